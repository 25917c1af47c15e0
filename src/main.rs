use std::process::ExitCode;

fn main() -> ExitCode {
    match quarterdeck::sim::agent::isolate::enter(std::env::args_os()) {
        Some(code) => code,
        None => ExitCode::SUCCESS,
    }
}

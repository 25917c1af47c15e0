use std::process::ExitCode;

use clap::Parser;
use quarterdeck::cli::sim;

#[derive(Parser)]
enum Verb {
    /// The embedded AWS alone, until interrupted
    Sim(sim::Args),
}

fn main() -> ExitCode {
    // Namespaces can be entered only before there is a second thread.
    if let Some(code) = quarterdeck::sim::agent::isolate::enter(std::env::args_os()) {
        return code;
    }
    let Verb::Sim(args) = Verb::parse();
    let outcome = tokio::runtime::Runtime::new()
        .map_err(|error| (error.to_string(), 1))
        .and_then(|runtime| {
            let outcome = runtime.block_on(sim::run(args));
            outcome.map_err(|error| (error.to_string(), if error.is_usage() { 2 } else { 1 }))
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err((says, code)) => {
            eprintln!("qd: {says}");
            ExitCode::from(code)
        }
    }
}

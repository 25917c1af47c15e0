//! Arguments in, exit code out. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Namespaces can be entered only before there is a second thread.
    if let Some(code) = quarterdeck::sim::agent::isolate::enter(std::env::args_os()) {
        return code;
    }
    quarterdeck::cli::main(std::env::args_os())
}

use std::process::ExitCode;

use clap::Parser;
use quarterdeck::cli::sim;

#[derive(Parser)]
enum Verb {
    /// The embedded AWS alone, until interrupted
    Sim(sim::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Verb::Sim(args) = Verb::parse();
    match sim::run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("qd: {error}");
            ExitCode::from(if error.is_usage() { 2 } else { 1 })
        }
    }
}

//! The command line: the tree of verbs, the global flags, and the one place where errors are printed.
//! One file a verb; each gives an `Args` and a `run`, prints a table or JSON, and never draws.
//! Standard output carries results only; progress, notices and errors go to standard error.

pub mod cloud;
mod completions;
mod context;
mod costs;
mod error;
mod fleet;
mod man;
pub mod sim;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use context::{Context, Globals, notice};
pub use error::{Error, Exit, Outcome};
pub use table::quote;

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "qd",
    version,
    about = "A console for an SRE on call: recorded sessions on any instance through AWS Systems Manager, \
             costs and runbooks beside the shell",
    propagate_version = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Every verb that exists; what does not exist yet is not listed.
#[derive(Subcommand)]
pub enum Verb {
    /// Instances and managed nodes of all accounts and regions
    Fleet(fleet::Args),
    /// Costs from Cost Explorer: month to date, breakdown, forecast
    Costs(costs::Args),
    /// The embedded AWS alone, until interrupted
    Sim(sim::Args),
    /// Print the completion script for a shell
    Completions(completions::Args),
    /// Print the manual page of the whole command tree
    Man(man::Args),
}

/// The tree as clap sees it: completions, manual and tests are printed from it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program and returns its exit code; errors have been printed when it returns.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(refused) => {
            let exit = if refused.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            // A reader that has gone away has read enough.
            let _ = refused.print();
            return exit.into();
        }
    };
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            error.print();
            error.exit.into()
        }
    }
}

fn run(cli: Cli) -> Outcome {
    // Verbs that need no configuration come first: they must work when the file is broken. A verb that has
    // to act before any thread exists (namespaces) belongs here too.
    let verb = match cli.verb {
        Some(Verb::Completions(args)) => return completions::run(args),
        Some(Verb::Man(args)) => return man::run(args),
        other => other,
    };
    let context = Context::load(cli.globals)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Error::failed(format!("cannot start worker threads: {cause}")))?;
    runtime.block_on(dispatch(verb, context))
}

async fn dispatch(verb: Option<Verb>, context: Context) -> Outcome {
    match verb {
        Some(Verb::Fleet(args)) => fleet::run(args, context).await,
        Some(Verb::Costs(args)) => costs::run(args, context).await,
        Some(Verb::Sim(args)) => simulate(args).await,
        Some(Verb::Completions(args)) => completions::run(args),
        Some(Verb::Man(args)) => man::run(args),
        None => Err(Error::usage("no command given").hint("`qd --help` lists the commands")),
    }
}

async fn simulate(args: sim::Args) -> Outcome {
    sim::run(args).await.map(|()| Exit::Done).map_err(|cause| {
        let exit = if cause.is_usage() {
            Exit::Usage
        } else {
            Exit::Failed
        };
        Error::new(exit, cause.to_string())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_tree_is_consistent() {
        super::command().debug_assert();
    }
}

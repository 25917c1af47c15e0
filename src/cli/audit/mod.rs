//! `qd audit`: one file a verb. The log is read and checked here, never changed, save by the verbs that say so.

mod ls;
mod verify;

use clap::{Args as ClapArgs, Subcommand};

use super::{Context, Error, Exit, Outcome, notice};
use crate::audit::Log;

#[derive(ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List events, oldest first
    Ls(ls::Args),
    /// Check the chain of hashes and signatures; exit 4 when a line was changed, moved or removed
    Verify(verify::Args),
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match args.verb {
        Verb::Ls(args) => ls::run(args, context),
        Verb::Verify(args) => verify::run(args, context),
    }
}

fn log(context: &Context) -> Result<Log, Error> {
    Ok(Log::open(&context.paths.data_dir)?)
}

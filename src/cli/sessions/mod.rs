//! `qd sessions`: what AWS knows of sessions in every account and region, and the way to end them.

mod end;
mod ls;

use clap::Subcommand;

use super::{Context, Outcome};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List sessions: open ones of everybody, unless told otherwise
    Ls(ls::Args),
    /// End sessions at AWS
    End(end::Args),
    /// End every open session that these credentials began
    EndMine(end::MineArgs),
}

pub async fn run(args: Args, context: Context) -> Outcome {
    match args.verb {
        Verb::Ls(args) => ls::run(args, &context).await,
        Verb::End(args) => end::run(args, &context).await,
        Verb::EndMine(args) => end::mine(args, &context).await,
    }
}

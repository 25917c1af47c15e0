//! `qd alarms`: what burns in every account and region, and what is known of one alarm: why, which runbook answers, what
//! was done the last times. A place that does not answer is told, and hides none of the others.

mod find;
mod ls;
mod row;
mod show;

use clap::Subcommand;

use super::{Context, Outcome};
use crate::aws::Place;

pub(super) use find::find;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List alarms: those that burn, or all
    Ls(ls::Args),
    /// One alarm: why, since when, the runbooks that answer it, what was done the last times
    Show(show::Args),
}

pub async fn run(args: Args, context: Context) -> Outcome {
    match args.verb {
        Verb::Ls(args) => ls::run(args, &context).await,
        Verb::Show(args) => show::run(args, &context).await,
    }
}

/// The one line for an identity that may see alarms and not what mutes them.
fn unmuted(places: &[Place]) -> Option<String> {
    let regions: std::collections::BTreeSet<&str> =
        places.iter().map(|place| place.region.as_str()).collect();
    let regions: Vec<&str> = regions.into_iter().collect();
    (!regions.is_empty()).then(|| {
        format!(
            "qd: what is muted in {} is not told to this identity: cloudwatch:ListAlarmMuteRules and GetAlarmMuteRule",
            regions.join(", ")
        )
    })
}

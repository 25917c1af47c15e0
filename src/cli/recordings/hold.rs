//! `qd recordings hold`: sets or lifts a legal hold, here and in the store. Needs s3:PutObjectLegalHold there.

use clap::ValueEnum;

use super::super::{Context, Error, Outcome, notice, store};
use super::{Exit, library};
use crate::audit::{Actor, Kind, Log};
use crate::recording::remote::{self, Hold};
use crate::recording::{Reader, event_of};

#[derive(clap::Args)]
pub struct Args {
    /// Id, any unique beginning of it, or a file
    #[arg(value_name = "ID|FILE")]
    recording: String,
    #[arg(value_enum)]
    state: Wanted,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    On,
    Off,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    context.require_write("change a legal hold")?;
    if args.reason.trim().is_empty() {
        return Err(Error::usage("a legal hold needs a reason").hint("state it with --reason"));
    }
    let path = library(context).find(&args.recording)?;
    let reader = Reader::open(&path)?;
    let on = args.state == Wanted::On;
    let wanted = on.then(|| Hold {
        reason: args.reason.clone(),
        by: Actor::local().user.unwrap_or_default(),
        at: jiff::Timestamp::now().to_string(),
    });
    // The log first: an attempt that fails is known too.
    let event = event_of(Kind::RecordingHold, &reader)
        .with("hold", on)
        .with("why", args.reason);
    Log::open(&context.paths.data_dir)?.append(event)?;
    let standing = remote::standing(&path)?;
    let bucket = match standing.to.is_some() {
        true => Some(store::open(context).await?),
        false => None,
    };
    let told = remote::hold(&path, wanted, bucket.as_ref().map(|bucket| (bucket, &standing))).await?;
    notice(match (on, told) {
        (true, 0) => "qd: held here; the store has nothing of it".to_owned(),
        (true, told) => format!("qd: held here, and {told} objects in the store"),
        (false, told) => format!("qd: no longer held, nor {told} objects in the store"),
    });
    Ok(Exit::Done)
}

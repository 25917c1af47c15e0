//! `qd audit prove`: one leaf of the log for a third party, who needs nothing else to check it.

use super::{Context, Error, Exit, Outcome, log};
use crate::audit::{Actor, Found, Leaf};
use crate::recording::DeviceKey;

#[derive(clap::Args)]
pub struct Args {
    /// Id of a recording or uid of an event, or any unique beginning of it
    #[arg(value_name = "ID|UID")]
    wanted: String,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let log = log(context)?;
    let found = one(log.find(args.wanted.trim())?, args.wanted.trim())?;
    let device = DeviceKey::load_or_create(&context.paths.data_dir)?;
    let proof = log.prove(&found, &device, Actor::local())?;
    context.print_json(&proof)?;
    Ok(Exit::Done)
}

/// The recording or the event that is meant. A recording that the log tells of twice is the later one.
fn one(mut found: Vec<Found>, wanted: &str) -> Result<Found, Error> {
    let id = |found: &Found| match &found.leaf {
        Leaf::Recording { id, .. } => id.clone(),
        Leaf::Event { sha256 } => sha256.clone(),
    };
    found.reverse();
    let first = found.first().filter(|_| !wanted.is_empty()).cloned().ok_or_else(|| {
        Error::new(Exit::Unreachable, format!("no event and no sealed recording on the log begins with {wanted:?}"))
            .hint("`qd audit ls --json` shows uids, `qd recordings ls` ids; a recording is on the log once it is sealed")
    })?;
    match found.iter().all(|other| id(other) == id(&first)) {
        true => Ok(first),
        false => Err(
            Error::usage(format!("{wanted:?} is the beginning of {} leaves", found.len()))
                .hint("give more of it"),
        ),
    }
}

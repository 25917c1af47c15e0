//! `qd audit verify`: whether the log is the one that was written.

use serde::Serialize;

use super::super::context::print;
use super::{Context, Error, Exit, Outcome, log};
use crate::audit::Verdict;

#[derive(clap::Args)]
pub struct Args {}

#[derive(Serialize)]
struct Report<'v> {
    ok: bool,
    events: u64,
    checkpoints: u64,
    keys: &'v [String],
    first_bad_file: Option<String>,
    first_bad_line: Option<u64>,
    says: &'v str,
}

pub fn run(Args {}: Args, context: &Context) -> Outcome {
    let verdict = log(context)?.verify()?;
    if context.json {
        context.print_json(&report(&verdict))?;
        return Ok(if verdict.ok { Exit::Done } else { Exit::Tampering });
    }
    match &verdict.first_bad {
        Some(place) => Err(Error::tampering(format!(
            "{}:{}: {}",
            place.file.display(),
            place.line,
            verdict.says
        ))
        .hint(format!(
            "the {} events before it stand; keep the file as it is",
            verdict.events
        ))),
        None => {
            print(&format!("{}\n", verdict.says))?;
            Ok(Exit::Done)
        }
    }
}

fn report(verdict: &Verdict) -> Report<'_> {
    Report {
        ok: verdict.ok,
        events: verdict.events,
        checkpoints: verdict.checkpoints,
        keys: &verdict.keys,
        first_bad_file: verdict
            .first_bad
            .as_ref()
            .map(|place| place.file.display().to_string()),
        first_bad_line: verdict.first_bad.as_ref().map(|place| place.line),
        says: &verdict.says,
    }
}

//! `qd recordings verify`: how far a recording can be trusted; exit 4 when not all of it can.

use super::super::{Context, Outcome};
use super::{Exit, library, manifest};
use crate::recording::{self, Verdict};
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// Id, any unique beginning of it, or a file
    #[arg(value_name = "ID|FILE")]
    recording: String,
}

#[derive(Serialize)]
struct Document {
    ok: bool,
    evidence: &'static str,
    events: u64,
    first_bad_offset: Option<u64>,
    says: String,
    state: &'static str,
    /// The device that answers for it: its Ed25519 public key.
    device_key: Option<String>,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let path = library(context).find(&args.recording)?;
    if manifest::path_beside(&path).is_file() {
        let (file, manifest) = (path, None);
        return manifest::run(manifest::Args { file, manifest }, context);
    }
    let Verdict {
        ok,
        evidence,
        events,
        first_bad_offset,
        says,
        state,
        device_key,
    } = recording::verify(&path)?;
    let document = Document {
        ok,
        evidence,
        events,
        first_bad_offset,
        says,
        state: state.as_str(),
        device_key: device_key.map(hex::encode),
    };
    if context.json {
        context.print_json(&document)?;
    } else {
        let verdict = if ok { "ok" } else { "NOT OK" };
        let device = document
            .device_key
            .map_or("none".into(), |key| key[..16].to_string());
        let line = [
            verdict.into(),
            document.state.into(),
            evidence.into(),
            device,
            document.says,
        ];
        context.print_table(&["VERDICT", "STATE", "EVIDENCE", "DEVICE", "SAYS"], &[line])?;
    }
    Ok(if ok { Exit::Done } else { Exit::Tampering })
}

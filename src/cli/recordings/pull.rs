//! `qd recordings pull`: fetches recordings from the team store, byte for byte; one whose machine is gone is closed with
//! this device's key, and says so. Needs s3:ListBucket and s3:GetObject.

use std::sync::Arc;

use serde::Serialize;

use super::super::{Context, Error, Outcome, notice, quote, store};
use super::Exit;
use crate::audit::{Kind, Log};
use crate::recording::remote::{self, list, locate};
use crate::recording::{DeviceKey, sealing_event, verify};

#[derive(clap::Args)]
pub struct Args {
    /// Ids, or any unique beginning of them
    #[arg(value_name = "ID", required_unless_present = "all")]
    recordings: Vec<String>,
    /// Everything that the store has
    #[arg(long, conflicts_with = "recordings")]
    all: bool,
}

#[derive(Serialize)]
struct Line {
    id: String,
    path: String,
    bytes: u64,
    /// `pulled`, `here` (it was here, byte for byte) or `recovered` (it had no end, and was closed here).
    state: &'static str,
    ok: bool,
    says: String,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let bucket = store::open(context).await?;
    let device = Arc::new(DeviceKey::load_or_create(&context.paths.data_dir)?);
    let mut failed = None;
    let wanted = if args.all {
        let (rows, failures) = list(&bucket).await?;
        for failure in failures {
            notice(format!("qd: {}", quote(&failure.to_string())));
            failed = Some(Error::from(failure));
        }
        rows
    } else {
        let mut rows = Vec::new();
        for id in &args.recordings {
            rows.push(locate(&bucket, id).await?);
        }
        rows
    };
    let mut rows = Vec::new();
    for listed in wanted {
        let id = listed.header.id.to_string();
        let pulled = match remote::pull(&bucket, &listed, &context.paths.data_dir, &device).await {
            Ok(pulled) => pulled,
            Err(error) => {
                notice(format!("qd: {}", quote(&error.to_string())));
                failed = Some(Error::from(error));
                continue;
            }
        };
        if pulled.replaced > 0 {
            let says = format!(
                "segments of {} were replaced or deleted since: {}; taken as they were stored",
                bucket.address(&listed.folder),
                pulled.replaced
            );
            notice(format!("qd: {}", quote(&says)));
            let hint = "the recording stands; look for who may change objects of this bucket";
            failed = Some(Error::tampering(says).hint(hint));
        }
        let verdict = verify(&pulled.path)?;
        if !pulled.was_here {
            let kind = match pulled.recovered {
                true => Kind::RecordingRecovered,
                false => Kind::RecordingImported,
            };
            let event = sealing_event(kind, &pulled.path)?;
            Log::open(&context.paths.data_dir)?.append(event.with("from", bucket.address(&listed.folder)))?;
        }
        if !verdict.ok && !pulled.was_here {
            let says = format!("{id}: {}", verdict.says);
            notice(format!("qd: {}", quote(&says)));
            failed = Some(Error::tampering(says));
        }
        let line = Line {
            id,
            path: pulled.path.display().to_string(),
            bytes: pulled.size,
            state: match &pulled {
                pulled if pulled.was_here => "here",
                pulled if pulled.recovered => "recovered",
                _ => "pulled",
            },
            ok: verdict.ok,
            says: verdict.says,
        };
        if context.json {
            context.print_json_line(&line)?;
        } else {
            rows.push([
                line.id,
                line.state.into(),
                line.bytes.to_string(),
                line.says,
                line.path,
            ]);
        }
    }
    if !rows.is_empty() {
        context.print_table(&["ID", "STATE", "BYTES", "VERIFIED", "PATH"], &rows)?;
    }
    // Each was told where it was met.
    failed.map_or(Ok(Exit::Done), |error| {
        Err(Error::new(error.exit, "").hint(error.hint.unwrap_or_default()))
    })
}

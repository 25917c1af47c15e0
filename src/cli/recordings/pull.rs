//! `qd recordings pull`: fetches recordings from the team store, byte for byte; one whose machine is gone is closed with
//! this device's key, and says so. Needs s3:ListBucket and s3:GetObject; s3:ListBucketVersions and s3:GetObjectVersion to
//! see through what was put over them.

use std::collections::HashSet;
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
    /// The device that recorded it: its Ed25519 public key.
    device_key: String,
    /// What makes it that recording, a sentence each.
    rests_on: Vec<String>,
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
    let (mut rows, mut remarks) = (Vec::new(), HashSet::new());
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
        let address = bucket.address(&listed.folder);
        if !pulled.replaced.is_empty() {
            let says = format!(
                "objects of {address} were replaced or deleted since: {}; taken as they were stored",
                pulled.replaced.join(", ")
            );
            notice(format!("qd: {}", quote(&says)));
            let hint = "what came first is what counts; look for who may change objects of this bucket";
            failed = Some(Error::tampering(says).hint(hint));
        }
        if let Some(refuted) = &pulled.refuted {
            let says = format!("{refuted}: taken by its segments alone");
            notice(format!("qd: {}", quote(&says)));
            let hint = "a manifest is the last that a device stores; look for who may write to this bucket";
            failed = Some(Error::tampering(says).hint(hint));
        }
        if pulled.vouched.is_stranger {
            let key = hex::encode(pulled.vouched.device_key);
            let says = format!("{address} is by device {key}, which never introduced itself to the store");
            notice(format!("qd: {}", quote(&says)));
            let hint = "it may be a forgery; if the device is one of yours, `qd recordings push` there introduces it";
            failed = Some(Error::tampering(says).hint(hint));
        }
        if let Some(remark) = listed
            .seen
            .remark()
            .filter(|remark| remarks.insert(remark.clone()))
        {
            notice(format!("qd: {}", quote(&remark)));
        }
        let verdict = verify(&pulled.path)?;
        if !pulled.was_here {
            let kind = match pulled.recovered {
                true => Kind::RecordingRecovered,
                false => Kind::RecordingImported,
            };
            let event = sealing_event(kind, &pulled.path)?;
            Log::open(&context.paths.data_dir)?.append(event.with("from", address))?;
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
            ok: verdict.ok && !pulled.vouched.is_stranger,
            says: verdict.says,
            device_key: hex::encode(pulled.vouched.device_key),
            rests_on: pulled.vouched.rests_on,
        };
        if context.json {
            context.print_json_line(&line)?;
        } else {
            rows.push([
                line.id,
                line.state.into(),
                line.bytes.to_string(),
                line.device_key[..16].into(),
                line.says,
                line.path,
            ]);
        }
    }
    if !rows.is_empty() {
        context.print_table(&["ID", "STATE", "BYTES", "DEVICE", "VERIFIED", "PATH"], &rows)?;
    }
    // Each was told where it was met.
    failed.map_or(Ok(Exit::Done), |error| {
        Err(Error::new(error.exit, "").hint(error.hint.unwrap_or_default()))
    })
}

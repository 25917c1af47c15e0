//! `qd recordings push`: sends to the team store what it does not have yet. Needs s3:PutObject (s3:PutObjectRetention
//! under a lock); s3:GetObject and s3:ListBucket only where the journal beside a recording was lost.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::super::{Context, Error, Outcome, notice, quote, store};
use super::{Exit, library};
use crate::audit::{Kind, Log, Shipment};
use crate::recording::remote::{Bucket, Push, Sent, ship};
use crate::recording::{DeviceKey, Reader, event_of, evidence, recovered_event};

#[derive(clap::Args)]
pub struct Args {
    /// Ids, any unique beginning of them, or files
    #[arg(value_name = "ID|FILE", required_unless_present = "all")]
    recordings: Vec<String>,
    /// Every recording of this machine, and the audit log
    #[arg(long, conflicts_with = "recordings")]
    all: bool,
}

#[derive(Serialize)]
struct Line {
    id: String,
    /// `stored`, `waiting` (it is still written), `elsewhere` (another process uploads it) or `failed`.
    state: &'static str,
    address: String,
    segments: usize,
    bytes: u64,
    evidence: &'static str,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    context.require_write("store recordings")?;
    let bucket = Arc::new(store::open(context).await?);
    let device = Arc::new(DeviceKey::load_or_create(&context.paths.data_dir)?);
    let library = library(context);
    let paths = if args.all {
        for closed in library.recover_torn(&device)? {
            let event = recovered_event(&closed?.path)?;
            Log::open(&context.paths.data_dir)?.append(event)?;
        }
        library.list()?.0.into_iter().map(|row| row.path).collect()
    } else {
        let find = |wanted: &String| library.find(wanted);
        args.recordings.iter().map(find).collect::<Result<Vec<_>, _>>()?
    };
    bucket.introduce(&device.public()).await?;
    let (mut failed, mut rows) = (None, Vec::new());
    for path in paths {
        let line = match push(&bucket, &device, path, context).await {
            Ok(line) => line,
            Err(error) => {
                notice(format!("qd: {}", quote(&error.says)));
                failed = Some(error);
                continue;
            }
        };
        if context.json {
            context.print_json_line(&line)?;
        } else {
            rows.push([
                line.id,
                line.state.into(),
                line.segments.to_string(),
                line.bytes.to_string(),
                line.evidence.into(),
                line.address,
            ]);
        }
    }
    if args.all {
        let mut shipment = Shipment::new(&context.paths.data_dir, &device.public());
        if let Err(error) = ship(&bucket, &mut shipment, true).await {
            let error = Error::from(error);
            notice(format!("qd: {}", quote(&error.says)));
            failed = Some(error);
        }
    }
    if !rows.is_empty() {
        context.print_table(
            &["ID", "STATE", "SEGMENTS", "BYTES", "EVIDENCE", "ADDRESS"],
            &rows,
        )?;
    }
    failed.map_or(Ok(Exit::Done), |error| {
        Err(Error::new(error.exit, "").hint(error.hint.unwrap_or_default()))
    })
}

async fn push(
    bucket: &Arc<Bucket>,
    device: &Arc<DeviceKey>,
    path: PathBuf,
    context: &Context,
) -> Result<Line, Error> {
    let opened = Push::open(bucket.clone(), device.clone(), &path).await?;
    let reader = Reader::open(&path)?;
    let (state, standing) = match opened {
        None => ("elsewhere", crate::recording::remote::standing(&path)?),
        Some(mut push) => {
            let was_stored = push.standing().sealed.is_some();
            let state = match push.advance(true).await? {
                Sent::All => "stored",
                Sent::Waiting => "waiting",
            };
            if !was_stored && push.standing().sealed.is_some() {
                let address = bucket.address(&bucket.folder(reader.header()));
                let event = event_of(Kind::SessionUpload, &reader).with("address", address);
                Log::open(&context.paths.data_dir)?.append(event)?;
            }
            (state, push.standing().clone())
        }
    };
    let id = reader.header().id.to_string();
    Ok(Line {
        evidence: evidence::listed(&path, &id, reader.size()?).as_str(),
        id,
        state,
        address: bucket.address(&bucket.folder(reader.header())),
        segments: standing.parts.len(),
        bytes: standing.stored_bytes(),
    })
}

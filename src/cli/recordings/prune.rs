//! `qd recordings prune`: deletes from this machine what the store has and whose time here is over, once
//! a checkpoint of the audit log that covers it is there too. Needs s3:GetObject.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;

use super::super::{Context, Error, Outcome, notice, quote, store};
use super::{Exit, library};
use crate::audit::{Actor, Kind, Leaf, Log, Shipment};
use crate::recording::remote::{Bucket, Fate, expire, judge, ship};
use crate::recording::{DeviceKey, Reader, event_of};

#[derive(clap::Args)]
pub struct Args {
    /// Tell what would be deleted, and why the rest stays
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Line {
    id: String,
    /// `expired`, `expires` (under --dry-run) or `stays`.
    fate: &'static str,
    why: Option<String>,
    bytes: u64,
}

/// What the audit log tells of sealed recordings, under a checkpoint that the store has.
struct Sealed(HashSet<(String, String)>);

impl Sealed {
    /// Signs a checkpoint and stores the log up to it; a dry run takes for granted that this could be done.
    async fn load(bucket: &Bucket, context: &Context, dry_run: bool) -> Result<Sealed, Error> {
        let data_dir = &context.paths.data_dir;
        let log = Log::open(data_dir)?;
        let mut size = u64::MAX;
        if !dry_run {
            let device = DeviceKey::load_or_create(data_dir)?;
            size = log.checkpoint(&device, Actor::local())?.checkpoint.size;
            ship(bucket, &mut Shipment::new(data_dir, &device.public()), true).await?;
        }
        let told = log.recordings()?.into_iter().filter(|found| found.index < size);
        let told = told.filter_map(|found| match found.leaf {
            Leaf::Recording { id, sha256, .. } => Some((id, sha256)),
            Leaf::Event { .. } => None,
        });
        Ok(Sealed(told.collect()))
    }

    fn tells_of(&self, id: &str, sha256: &str) -> bool {
        self.0.contains(&(id.to_owned(), sha256.to_owned()))
    }
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    if !args.dry_run {
        context.require_write("delete recordings")?;
    }
    let bucket = store::open(context).await?;
    let (mut rows, mut failed) = (Vec::new(), None);
    let mut sealed = None;
    for row in library(context).list()?.0 {
        let (fate, why) = match judge(&bucket, &row.path, Timestamp::now()).await {
            Ok(Fate::Stays { why }) => ("stays", Some(why)),
            Ok(Fate::Expires { class, sha256 }) => 'fate: {
                let log = match sealed.take() {
                    Some(log) => log,
                    None => Sealed::load(&bucket, context, args.dry_run).await?,
                };
                let is_told = log.tells_of(&row.id, &sha256);
                sealed = Some(log);
                if !is_told {
                    let why = "no checkpoint of the audit log that is in the store covers it";
                    break 'fate ("stays", Some(why.to_owned()));
                }
                if args.dry_run {
                    break 'fate ("expires", None);
                }
                let reader = Reader::open(&row.path)?;
                let event = event_of(Kind::RecordingExpired, &reader).with("class", class);
                Log::open(&context.paths.data_dir)?.append(event)?;
                expire(&row.path)?;
                ("expired", None)
            }
            Err(error) => {
                let error = Error::from(error);
                notice(format!("qd: {}", quote(&error.says)));
                let why = error.says.clone();
                failed = Some(error);
                ("stays", Some(why))
            }
        };
        let line = Line {
            id: row.id,
            fate,
            why,
            bytes: row.size,
        };
        if context.json {
            context.print_json_line(&line)?;
        } else {
            rows.push([
                line.id,
                line.fate.into(),
                line.bytes.to_string(),
                line.why.unwrap_or_default(),
            ]);
        }
    }
    if !rows.is_empty() {
        context.print_table(&["ID", "FATE", "BYTES", "WHY"], &rows)?;
    }
    failed.map_or(Ok(Exit::Done), |error| {
        Err(Error::new(error.exit, "").hint(error.hint.unwrap_or_default()))
    })
}

//! `qd recordings prune`: deletes from this machine what the store has and whose time here is over. Needs s3:GetObject.

use jiff::Timestamp;
use serde::Serialize;

use super::super::{Context, Error, Outcome, notice, quote, store};
use super::{Exit, library};
use crate::audit::{Kind, Log};
use crate::recording::remote::{Fate, expire, judge};
use crate::recording::{Reader, event_of};

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

pub async fn run(args: Args, context: &Context) -> Outcome {
    if !args.dry_run {
        context.require_write("delete recordings")?;
    }
    let bucket = store::open(context).await?;
    let (mut rows, mut failed) = (Vec::new(), None);
    for row in library(context).list()?.0 {
        let (fate, why) = match judge(&bucket, &row.path, Timestamp::now()).await {
            Ok(Fate::Stays { why }) => ("stays", Some(why)),
            Ok(Fate::Expires { .. }) if args.dry_run => ("expires", None),
            Ok(Fate::Expires { class }) => {
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

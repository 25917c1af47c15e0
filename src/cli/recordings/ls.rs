//! `qd recordings ls`: the catalogue.

use super::super::{Context, Outcome, notice, quote, store};
use super::{Exit, library, rfc3339};
use crate::recording::remote::{self, Bucket, Listed, Manifest};
use crate::recording::{Row, Short, State, clock, evidence};
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// What the team store has, instead of this machine; needs s3:ListBucket and s3:GetObject
    #[arg(long)]
    pub store: bool,
}

#[derive(Serialize)]
struct Document {
    recordings: Vec<Entry>,
}

/// One recording, in the fields that scripts rely on.
#[derive(Serialize)]
pub(super) struct Entry {
    pub id: String,
    session_id: Option<String>,
    target: Option<String>,
    name: Option<String>,
    account: Option<String>,
    region: Option<String>,
    actor: Option<String>,
    reason: Option<String>,
    started_at: Option<String>,
    ended_at: Option<String>,
    duration_ms: Option<u64>,
    size: u64,
    state: &'static str,
    evidence: &'static str,
    pub path: String,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Entry {
        Entry {
            id: row.id,
            session_id: row.session_id,
            target: row.target,
            name: row.name,
            account: row.account,
            region: row.region,
            actor: row.actor,
            reason: row.reason,
            started_at: rfc3339(row.started_at),
            ended_at: row.ended_at.and_then(rfc3339),
            duration_ms: row.duration_us.map(|us| us / 1_000),
            size: row.size,
            state: row.state.as_str(),
            evidence: row.evidence,
            path: row.path.display().to_string(),
        }
    }
}

/// The store's recordings.
pub async fn run_store(context: &Context) -> Outcome {
    let bucket = store::open(context).await?;
    let (rows, failures) = remote::list(&bucket).await?;
    for failure in &failures {
        notice(format!("qd: {}", quote(&failure.to_string())));
    }
    for refuted in rows.iter().filter_map(|row| row.refuted.as_ref()) {
        notice(format!("qd: {}", quote(refuted)));
    }
    for row in rows.iter().filter(|row| !row.replaced.is_empty()) {
        let (address, names) = (bucket.address(&row.folder), row.replaced.join(", "));
        let says = format!("qd: objects of {address} were replaced or deleted since: {names}");
        notice(quote(&says));
    }
    show(context, rows.iter().map(|row| row_of(&bucket, row)).collect())
}

fn row_of(bucket: &Bucket, listed: &Listed) -> Row {
    let (header, summary) = (
        &listed.header,
        listed.manifest.as_ref().map(|found| &found.summary),
    );
    let duration_us = summary.map(|summary| summary.duration_us);
    let is_locked = |found: &Manifest| found.segments.iter().all(|part| part.lock.is_some());
    let session_id = summary.and_then(|summary| summary.session_id.clone());
    Row {
        // Without a manifest it is still written, or nobody is left to finish it: the store cannot tell.
        state: match summary {
            Some(summary) if summary.recovered => State::Recovered,
            Some(_) => State::Sealed,
            None => State::Live,
        },
        evidence: match listed.manifest.as_ref().is_some_and(is_locked) {
            true => evidence::Level::Locked.as_str(),
            false => evidence::Level::Uploaded.as_str(),
        },
        path: bucket.address(&listed.folder).into(),
        ..Row::sealed(header, session_id, duration_us, listed.size)
    }
}

pub fn run(context: &Context) -> Outcome {
    let (rows, failures) = library(context).list()?;
    for failure in &failures {
        notice(format!("qd: {failure}"));
    }
    show(context, rows)
}

fn show(context: &Context, rows: Vec<Row>) -> Outcome {
    if context.json {
        context.print_json(&Document {
            recordings: rows.into_iter().map(Entry::from).collect(),
        })?;
    } else {
        let ids = Short::among(rows.iter().map(|row| row.id.as_str()));
        let lines: Vec<[String; 8]> = rows.into_iter().map(|row| line(row, &ids)).collect();
        context.print_table(
            &[
                "ID", "STARTED", "LENGTH", "STATE", "EVIDENCE", "SIZE", "TARGET", "REASON",
            ],
            &lines,
        )?;
        if lines.is_empty() {
            notice("qd: nothing is recorded yet");
        }
    }
    Ok(Exit::Done)
}

fn line(row: Row, ids: &Short) -> [String; 8] {
    [
        ids.of(&row.id).to_owned(),
        rfc3339(row.started_at).unwrap_or_default(),
        row.duration_us.map(clock).unwrap_or_default(),
        row.state.as_str().into(),
        row.evidence.into(),
        row.size.to_string(),
        row.name.or(row.target).unwrap_or(row.kind),
        row.reason.unwrap_or_default(),
    ]
}

//! `qd recordings ls`: the catalogue.

use super::super::{Context, Outcome, notice};
use super::{Exit, clock, library, rfc3339};
use crate::recording::Row;
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {}

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

pub fn run(Args {}: Args, context: &Context) -> Outcome {
    let (rows, failures) = library(context).list()?;
    for failure in &failures {
        notice(format!("qd: {failure}"));
    }
    if context.json {
        context.print_json(&Document {
            recordings: rows.into_iter().map(Entry::from).collect(),
        })?;
    } else {
        let lines: Vec<[String; 8]> = rows.into_iter().map(line).collect();
        context.print_table(
            &[
                "ID", "STARTED", "LENGTH", "STATE", "EVIDENCE", "SIZE", "TARGET", "REASON",
            ],
            &lines,
        )?;
    }
    Ok(Exit::Done)
}

fn line(row: Row) -> [String; 8] {
    [
        row.id,
        rfc3339(row.started_at).unwrap_or_default(),
        row.duration_us.map(clock).unwrap_or_default(),
        row.state.as_str().into(),
        row.evidence.into(),
        row.size.to_string(),
        row.name.or(row.target).unwrap_or(row.kind),
        row.reason.unwrap_or_default(),
    ]
}

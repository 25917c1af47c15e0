//! `qd sessions ls`: DescribeSessions of every account and region, and which of them are recorded here.

use std::collections::HashMap;

use serde::Serialize;

use super::super::{Context, Error, Exit, Outcome, cloud, notice};
use crate::aws::Failure;
use crate::recording::{Library, Short};
use crate::session::{Known, Wanted, fetch_roll};

#[derive(clap::Args)]
pub struct Args {
    /// Sessions of everybody; the default
    #[arg(long, conflicts_with = "mine")]
    all: bool,
    /// Only sessions that these credentials began
    #[arg(long)]
    mine: bool,
    /// Sessions that ended, of the last 30 days, instead of open ones
    #[arg(long)]
    history: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    sessions: Vec<Entry<'a>>,
    failures: &'a [Failure],
}

/// One session, in the fields that scripts rely on; what is absent is null.
#[derive(Serialize)]
struct Entry<'a> {
    session_id: &'a str,
    target: &'a str,
    owner: &'a str,
    status: &'a str,
    started_at: Option<String>,
    ended_at: Option<String>,
    reason: Option<&'a str>,
    /// Whether a recording of it is in the catalogue of this machine, and which.
    recorded: bool,
    recording: Option<&'a str>,
    document: Option<&'a str>,
    account: &'a str,
    region: &'a str,
}

const HEADERS: [&str; 8] = [
    "SESSION", "TARGET", "OWNER", "STATUS", "STARTED", "RECORDED", "REGION", "REASON",
];

pub async fn run(args: Args, context: &Context) -> Outcome {
    let wanted = Wanted {
        history: args.history,
        mine: args.mine && !args.all,
    };
    let roll = fetch_roll(&cloud::connect(context), wanted).await;
    let recordings = recordings(context)?;
    let entries: Vec<Entry> = roll
        .known
        .iter()
        .map(|known| Entry::of(known, recordings.get(&known.row.session_id)))
        .collect();
    if context.json {
        context.print_json(&Document {
            sessions: entries,
            failures: &roll.failures,
        })?;
    } else {
        let rows: Vec<Vec<String>> = {
            let short = Short::among(recordings.values().cloned());
            entries.iter().map(|entry| entry.cells(&short)).collect()
        };
        context.print_table(&HEADERS, &rows)?;
        if rows.is_empty() && roll.answered > 0 {
            notice(match args.history {
                true => "qd: no session ended in the last 30 days",
                false => "qd: no session is open",
            });
        }
    }
    roll.failures.iter().for_each(cloud::tell);
    if roll.answered > 0 || !roll.known.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Error::failed("no region answered").hint("the messages above say why for each"))
}

/// Recordings by AWS's session id.
fn recordings(context: &Context) -> Result<HashMap<String, String>, Error> {
    let (rows, failures) = Library::open(&context.paths.data_dir).list()?;
    for failure in &failures {
        notice(format_args!("qd: {failure}"));
    }
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.session_id?, row.id)))
        .collect())
}

impl<'a> Entry<'a> {
    fn of(known: &'a Known, recording: Option<&'a String>) -> Entry<'a> {
        let row = &known.row;
        let time = |at: Option<jiff::Timestamp>| at.map(|at| format!("{at:.3}"));
        Entry {
            session_id: &row.session_id,
            target: &row.target,
            owner: &row.owner,
            status: &row.status,
            started_at: time(row.started_at),
            ended_at: time(row.ended_at),
            reason: row.reason.as_deref(),
            recorded: recording.is_some(),
            recording: recording.map(String::as_str),
            document: row.document.as_deref(),
            account: &known.account,
            region: &known.place.region,
        }
    }

    fn cells(&self, short: &Short) -> Vec<String> {
        let started = self.started_at.as_deref().unwrap_or("-");
        let started = started.split('.').next().unwrap_or(started).replace('T', " ");
        let recorded = self.recording.map_or("-", |id| short.of(id));
        vec![
            self.session_id.to_owned(),
            self.target.to_owned(),
            owner(self.owner).to_owned(),
            self.status.to_owned(),
            started,
            recorded.to_owned(),
            self.region.to_owned(),
            self.reason.unwrap_or_default().to_owned(),
        ]
    }
}

/// The part of an ARN that tells people apart.
fn owner(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_told_by_what_follows_the_account() {
        assert_eq!(
            owner("arn:aws:sts::123456789012:assumed-role/ops/ana"),
            "assumed-role/ops/ana"
        );
        assert_eq!(owner("arn:aws:iam::123456789012:user/ana"), "user/ana");
        assert_eq!(owner("odd"), "odd");
    }
}

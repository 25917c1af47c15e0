//! What was changed: runs of runbooks, Automations and commands on many machines that did more than look, and which of
//! them ended without success.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use crate::audit::{Entry, Kind, Outcome};
use crate::runbook::plan::Plan;
use crate::runbook::run::record::{Outcome as Ended, Record};
use crate::runbook::run::{State as Ran, journal as runs};
use crate::runbook::{fence, reads};

/// Machines that a command did not succeed on, as its line in the audit log counts them.
const UNSUCCESSFUL: [&str; 3] = ["failed", "not_connected", "never_began"];

/// Something that was changed, by what an incident would link it by.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub id: String,
    /// It ended without success.
    pub has_failed: bool,
}

/// Automations and commands on many machines that were started in a span of time and do more than look.
pub(super) fn started<'e>(
    entries: impl Iterator<Item = &'e Entry>,
    from: Timestamp,
    to: Timestamp,
) -> Vec<Change> {
    let mut changes: BTreeMap<&str, bool> = BTreeMap::new();
    for entry in entries {
        let text = |key: &str| entry.body.get(key).and_then(|value| value.as_str());
        let is = |kind: Kind| entry.event == kind.name();
        let document = text("document").and(text("execution_id"));
        let (id, begins, ends) = match document {
            Some(id) => (id, is(Kind::RunbookStart), is(Kind::RunbookEnd)),
            None => match entry.sid.as_deref().filter(|_| is(Kind::Exec)) {
                Some(id) => (id, text("phase") == Some("start"), text("phase") == Some("end")),
                None => continue,
            },
        };
        let is_meanwhile = entry.at().is_some_and(|at| from <= at && at < to);
        if begins && is_meanwhile && may_change(entry) {
            changes.entry(id).or_default();
        }
        let count = |key: &str| {
            entry
                .body
                .get(key)
                .and_then(|count| count.as_u64())
                .unwrap_or_default()
        };
        let failures: u64 = UNSUCCESSFUL.map(count).iter().sum();
        let has_failed = entry.outcome == Outcome::Failure || failures > 0;
        if let (true, Some(change)) = (ends, changes.get_mut(id)) {
            *change |= has_failed;
        }
    }
    let change = |(id, has_failed): (&str, bool)| Change {
        id: id.to_owned(),
        has_failed,
    };
    changes.into_iter().map(change).collect()
}

/// Whether it does more than look, as far as its line tells.
fn may_change(entry: &Entry) -> bool {
    let text = |key: &str| entry.body.get(key).and_then(|value| value.as_str());
    match (entry.body.get("may_change"), text("command")) {
        (Some(told), _) => told.as_bool().unwrap_or(true),
        (None, Some(command)) => !reads(command),
        // Older lines tell what had to be confirmed, and what only looks needed no yes.
        (None, None) => !matches!(text("confirm"), Some("none" | "enter")),
    }
}

/// Runs that changed something and began in a span of time.
pub(super) fn changes(
    data_dir: &Path,
    from: Timestamp,
    to: Timestamp,
    warnings: &mut Vec<String>,
) -> Vec<Change> {
    let ids = runs::list(data_dir).unwrap_or_else(|cause| {
        warnings.push(format!("runs cannot be listed: {cause}"));
        Vec::new()
    });
    let mut changes = Vec::new();
    for id in ids {
        let lines = match runs::load(data_dir, &id) {
            Ok(lines) => lines,
            Err(cause) => {
                warnings.push(format!("run {id} is not counted: {cause}"));
                continue;
            }
        };
        let begun: Option<Timestamp> = lines.first().and_then(|line| line.at.parse().ok());
        if !begun.is_some_and(|at| from <= at && at < to) {
            continue;
        }
        let page = runs::load_page(data_dir, &id).unwrap_or_default();
        let Ok(plan) = Plan::parse(Path::new("page.md"), "page.md", &page) else {
            warnings.push(format!("run {id} is not counted: its page cannot be read"));
            continue;
        };
        let does = |wanted: &str| {
            let step = plan.step(wanted);
            step.is_some_and(|step| {
                let looks = matches!(step.attributes.kind, fence::Kind::Check | fence::Kind::Evidence);
                !step.reads && !looks && !step.is_task()
            })
        };
        if lines
            .iter()
            .any(|line| matches!(&line.record, Record::Started { step, .. } if does(step)))
        {
            let closed = Ran::of(&lines).closed;
            let has_failed = closed.is_some_and(|(outcome, _)| outcome != Ended::Success);
            changes.push(Change { id, has_failed });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Event, Log};
    use crate::incident::figure::figures;
    use crate::incident::timeline::Ground;

    #[test]
    fn a_document_that_was_started_is_a_change_and_a_look_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let run = |id: &str, page: &str| {
            let mut journal = runs::Journal::create(dir.path(), id, page).unwrap();
            let started = Record::Started {
                step: "1".into(),
                target: "aws".into(),
                attempt: 1,
                sha256: String::new(),
                commands: Vec::new(),
                spot: None,
            };
            journal.append(started).unwrap();
        };
        run("r1", "```ssm\ndocument: AWS-RestartEC2Instance\n```\n");
        run("r2", "```sh\ndf -h\n```\n");
        let now = Timestamp::now() + jiff::SignedDuration::from_mins(1);
        let past = now - jiff::SignedDuration::from_hours(1);
        let found = changes(dir.path(), past, now, &mut Vec::new());
        let found: Vec<&str> = found.iter().map(|change| change.id.as_str()).collect();
        assert_eq!(found, ["r1"]);
    }

    #[test]
    fn commands_on_many_machines_are_changes_and_what_only_reads_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::open(dir.path()).unwrap();
        let fan = |command: &str, phase: &str, failed: u32| {
            let mut event = Event::new(Kind::Exec, Actor::local());
            event.sid = Some(uuid::Uuid::from_u128(command.len() as u128));
            event
                .with("command", command)
                .with("phase", phase)
                .with("failed", failed)
        };
        let automation = |id: &str, may_change: bool| {
            let event = Event::new(Kind::RunbookStart, Actor::local());
            let event = event.with("document", "D").with("execution_id", id);
            event.with("may_change", may_change)
        };
        let ended = Event::new(Kind::RunbookEnd, Actor::local()).failed("no");
        for event in [
            fan("df -h", "start", 0),
            fan("df -h", "end", 1),
            fan("systemctl restart web", "start", 0),
            fan("systemctl restart web", "end", 1),
            automation("look", false),
            automation("change", true),
            ended.with("document", "D").with("execution_id", "change"),
            automation("well", true),
        ] {
            log.append(event).unwrap();
        }
        let now = Timestamp::now() + jiff::SignedDuration::from_mins(1);
        let past = now - jiff::SignedDuration::from_hours(1);
        let figures = figures(&Ground::plain(dir.path()), past, now, None).unwrap();
        assert_eq!((figures.changes, figures.failed), (3, 2));
    }

    #[test]
    fn a_run_that_failed_is_a_change_that_failed() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = runs::Journal::create(dir.path(), "r1", "```sh\nreboot\n```\n").unwrap();
        let started = Record::Started {
            step: "1".into(),
            target: "local".into(),
            attempt: 1,
            sha256: String::new(),
            commands: Vec::new(),
            spot: None,
        };
        let closed = Record::Closed {
            outcome: Ended::Failed,
            says: String::new(),
            lasted_us: 0,
            phases: Default::default(),
            recordings: Default::default(),
        };
        journal.append(started).unwrap();
        journal.append(closed).unwrap();
        let now = Timestamp::now() + jiff::SignedDuration::from_mins(1);
        let past = now - jiff::SignedDuration::from_hours(1);
        let figures = figures(&Ground::plain(dir.path()), past, now, None).unwrap();
        assert_eq!((figures.changes, figures.failed), (1, 1));
    }
}

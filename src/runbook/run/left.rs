//! Runs whose process died before they were over: somebody has to go on with them, or say that nobody will.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::journal;
use super::state::State;

/// Journals that are read, newest first.
const READ: usize = 40;
/// What was left longer ago is history.
const HOURS: i64 = 7 * 24;

/// A run that stands still in the middle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub run: String,
    pub title: String,
    /// Steps that are done, and all.
    pub done: usize,
    pub steps: usize,
    /// A step was under way.
    pub is_unknown: bool,
    pub last_at: Timestamp,
}

/// Newest first; a journal that cannot be read is for `runs` and `runs verify` to tell.
pub fn left(data_dir: &Path, now: Timestamp) -> Vec<Left> {
    let runs = journal::list(data_dir).unwrap_or_default();
    let newest = runs.into_iter().rev().take(READ);
    newest.filter_map(|run| one(data_dir, run, now)).collect()
}

fn one(data_dir: &Path, run: String, now: Timestamp) -> Option<Left> {
    let lines = journal::load(data_dir, &run).ok()?;
    let state = State::of(&lines);
    let last_at: Timestamp = state.last_at.parse().ok()?;
    let is_old = now.duration_since(last_at) > SignedDuration::from_hours(HOURS);
    if state.closed.is_some() || is_old || journal::is_live(data_dir, &run) {
        return None;
    }
    let (done, steps) = state.progress();
    Some(Left {
        done,
        steps,
        is_unknown: !state.unknown().is_empty(),
        title: state.title,
        run,
        last_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::run::journal::Journal;
    use crate::runbook::run::record::{Outcome, Record};

    fn begin(data_dir: &Path, run: &str, outcome: Option<Outcome>) {
        let mut journal = Journal::create(data_dir, run, "# T\n").unwrap();
        let opened = Record::Opened {
            run: run.into(),
            runbook: "/r/t.md".into(),
            name: "t.md".into(),
            title: "T".into(),
            sha256: String::new(),
            git_blob: String::new(),
            who: Box::default(),
            reason: String::new(),
            machines: Vec::new(),
            targets: Vec::new(),
            steps: Vec::new(),
            alarm: None,
            facts: Default::default(),
            production: Default::default(),
            tool: String::new(),
        };
        journal.append(opened).unwrap();
        if let Some(outcome) = outcome {
            let closed = Record::Closed {
                outcome,
                says: String::new(),
                lasted_us: 0,
                phases: Default::default(),
                recordings: Default::default(),
            };
            journal.append(closed).unwrap();
        }
    }

    #[test]
    fn what_nobody_closed_and_nobody_holds_is_left() {
        let dir = tempfile::tempdir().unwrap();
        begin(dir.path(), "a", None);
        begin(dir.path(), "b", Some(Outcome::Success));
        begin(dir.path(), "c", Some(Outcome::Stopped));
        begin(dir.path(), "d", None);
        let (held, _) = Journal::open(dir.path(), "d").unwrap();
        let now = Timestamp::now();
        let runs = |now| -> Vec<String> {
            let left = left(dir.path(), now);
            left.into_iter().map(|left| left.run).collect()
        };
        assert_eq!(runs(now), ["a"]);
        drop(held);
        assert_eq!(runs(now), ["d", "a"]);
        assert!(runs(now + SignedDuration::from_hours(HOURS + 1)).is_empty());
    }
}

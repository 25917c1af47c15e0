//! Figures over the months: how many incidents, how soon they were acknowledged and over, and how many changes failed. Every
//! figure says of how many it is made, and few are said to be few.
//!
//! A change is a run of a runbook that started at least one step which does more than look, an Automation that was started
//! and may change something, or a command on many machines that does more than look. It failed if it ended without success,
//! or an incident links it.

mod change;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use change::{Change, changes, started};

use super::journal::{self, Error, Journal};
use super::timeline::{Ground, Logs, gather_from};
use super::{Link, State, report};

/// Fewer than so many tell little; a 90th percentile needs twice as many.
const FEW: usize = 5;

/// What changes and failures are taken to be.
pub const DEFINITION: &str = "a change is a run of a runbook that started a step which does more than look, an Automation that may change something, or a command that `qd run` sent and that does more than look; it failed if it ended without success, or an incident links it";

/// Spans of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Incidents of which it is known.
    pub known: usize,
    /// Seconds; null where none is known.
    pub median_s: Option<u64>,
    pub p90_s: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Group {
    /// The tag's value; `""` for all, or for what has no such tag.
    pub of: String,
    pub incidents: usize,
    pub open: usize,
    pub to_acknowledge: Spread,
    pub to_recover: Spread,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub from: String,
    pub to: String,
    pub all: Group,
    /// The tag by which `groups` are made.
    pub by: Option<String>,
    pub groups: Vec<Group>,
    pub months: Vec<Group>,
    pub changes: usize,
    pub failed: usize,
    /// Failed of all, 0 to 1; null without a change.
    pub failure_rate: Option<f64>,
    pub definition: &'static str,
    pub warnings: Vec<String>,
}

/// Of incidents that began in a span of time, by a tag of the machines that were touched meanwhile: for that the commands
/// in recordings are read.
pub fn figures(ground: &Ground, from: Timestamp, to: Timestamp, by: Option<&str>) -> Result<Figures, Error> {
    let data_dir = ground.data_dir;
    let logs = Logs::read(ground);
    let mut warnings = logs.warnings.clone();
    let mut states = Vec::new();
    let mut linked = BTreeSet::new();
    for id in journal::list(data_dir)? {
        let journal = Journal::load(data_dir, &id)?;
        if !journal.faults.is_empty() {
            warnings.push(format!(
                "the journal of {id} is not whole: {} faults",
                journal.faults.len()
            ));
        }
        let state = State::of(&id, &journal.lines);
        linked.extend(state.links.iter().filter_map(|link| match link {
            Link::Run(id) | Link::Automation(id) | Link::Recording(id) => Some(id.clone()),
            Link::Ticket(_) | Link::Alarm(_) => None,
        }));
        if state.started_at.is_some_and(|at| from <= at && at < to) {
            states.push(state);
        }
    }
    let values = match by {
        Some(tag) => tagged(ground, &logs, &states, tag, &mut warnings)?,
        None => Vec::new(),
    };
    let mut groups: BTreeMap<String, Vec<&State>> = BTreeMap::new();
    for (state, values) in states.iter().zip(&values) {
        for value in values {
            groups.entry(value.clone()).or_default().push(state);
        }
    }
    let mut months: BTreeMap<String, Vec<&State>> = BTreeMap::new();
    for state in &states {
        let month = state.started_at.unwrap_or_default().strftime("%Y-%m");
        months.entry(month.to_string()).or_default().push(state);
    }
    let mut changes = changes(data_dir, from, to, &mut warnings);
    changes.extend(started(logs.entries.iter().map(|(_, entry)| entry), from, to));
    let has_failed = |change: &&Change| change.has_failed || linked.contains(&change.id);
    let failed = changes.iter().filter(has_failed).count();
    if changes.len() < FEW {
        warnings.push(few("changes", changes.len()));
    }
    let group = |(of, states): (String, Vec<&State>)| Group::of(of, &states);
    Ok(Figures {
        from: from.strftime("%Y-%m-%d").to_string(),
        to: to.strftime("%Y-%m-%d").to_string(),
        all: Group::of(String::new(), &states.iter().collect::<Vec<_>>()),
        by: by.map(str::to_owned),
        groups: groups.into_iter().map(group).collect(),
        months: months.into_iter().map(group).collect(),
        changes: changes.len(),
        failed,
        failure_rate: (!changes.is_empty()).then(|| failed as f64 / changes.len() as f64),
        definition: DEFINITION,
        warnings,
    })
}

fn few(what: &str, count: usize) -> String {
    match count {
        0 => format!("no {what} in this time"),
        1 => format!("one {} is too few to tell anything", what.trim_end_matches('s')),
        _ => format!("{count} {what} are too few to tell much"),
    }
}

impl Group {
    fn of(of: String, states: &[&State]) -> Group {
        let spread = |of: fn(&State) -> Option<u64>| {
            let mut spans: Vec<u64> = states.iter().filter_map(|state| of(state)).collect();
            spans.sort_unstable();
            Spread {
                known: spans.len(),
                median_s: median(&spans).map(|us| us / 1_000_000),
                p90_s: quantile(&spans, 90).map(|us| us / 1_000_000),
            }
        };
        let to_acknowledge = spread(|state| state.to_acknowledge().us());
        let to_recover = spread(|state| state.to_recover().us());
        let mut warnings = Vec::new();
        if states.len() < FEW {
            warnings.push(few("incidents", states.len()));
        } else if to_recover.known < 2 * FEW {
            warnings.push(format!(
                "the 90th percentile of {} spans is hardly more than the longest",
                to_recover.known
            ));
        }
        let silent = states.len() - to_recover.known;
        if silent > 0 && !states.is_empty() {
            warnings.push(format!(
                "of {silent} of {} incidents nobody said when they were over",
                states.len()
            ));
        }
        Group {
            of,
            incidents: states.len(),
            open: states.iter().filter(|state| !state.is_closed()).count(),
            to_acknowledge,
            to_recover,
            warnings,
        }
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(sorted: &[u64]) -> Option<u64> {
    let high = sorted.get(sorted.len() / 2)?;
    let low = sorted.get(sorted.len().saturating_sub(1) / 2)?;
    Some(low.midpoint(*high))
}

/// The smallest span that so many percent are not longer than.
fn quantile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

/// For each incident the values of a tag among what was touched while it went on, as its report tells them; `""` where
/// nothing has it.
fn tagged(
    ground: &Ground,
    logs: &Logs,
    states: &[State],
    tag: &str,
    warnings: &mut Vec<String>,
) -> Result<Vec<BTreeSet<String>>, Error> {
    let mut all = Vec::new();
    for state in states {
        let timeline = gather_from(ground, &state.id, logs)?;
        let touched = timeline.touched.iter();
        let mut values: BTreeSet<String> = touched.filter_map(|target| report::tag(target, tag)).collect();
        if values.is_empty() {
            values.insert(String::new());
        }
        all.push(values);
        for says in timeline.warnings {
            if !warnings.contains(&says) {
                warnings.push(says);
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::audit::{self, Actor, Event, Log, Target};
    use crate::incident::{Opened, Record as Word, Severity, Who, append, start};

    fn begin(dir: &Path, minutes: i64) -> String {
        let started_at = Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
        let opened = |id: &str| Opened {
            incident: id.into(),
            title: "t".into(),
            severity: Severity::Sev2,
            started_at,
            alarm: None,
            tool: "qd".into(),
        };
        start(dir, opened, Who::here()).unwrap()
    }

    #[test]
    fn quantiles_are_spans_that_were() {
        assert_eq!(
            (quantile(&[], 90), median(&[]), median(&[7])),
            (None, None, Some(7))
        );
        assert_eq!((median(&[2, 4, 9]), median(&[2, 4, 8, 90])), (Some(4), Some(6)));
        assert_eq!(quantile(&[7], 90), Some(7));
        let ten: Vec<u64> = (1..=10).collect();
        assert_eq!(quantile(&ten, 90), Some(9));
    }

    #[test]
    fn what_nobody_said_is_not_counted_as_zero() {
        let dir = tempfile::tempdir().unwrap();
        let one = begin(dir.path(), 10);
        begin(dir.path(), 20);
        append(
            dir.path(),
            &one,
            Word::Recovered {
                note: String::new(),
                when: None,
            },
            Who::here(),
        )
        .unwrap();
        let now = Timestamp::now() + jiff::SignedDuration::from_mins(1);
        let past = now - jiff::SignedDuration::from_hours(24);
        let figures = figures(&Ground::plain(dir.path()), past, now, Some("team")).unwrap();
        assert_eq!((figures.all.incidents, figures.all.to_recover.known), (2, 1));
        let minutes = figures.all.to_recover.median_s.unwrap() / 60;
        assert!((10..12).contains(&minutes));
        assert_eq!((figures.changes, figures.failure_rate), (0, None));
        assert_eq!(figures.groups[0].of, "");
        assert!(!figures.all.warnings.is_empty() && !figures.warnings.is_empty());
    }

    #[test]
    fn machines_that_a_document_went_to_tell_their_team_as_one_with_a_shell_does() {
        let dir = tempfile::tempdir().unwrap();
        begin(dir.path(), 10);
        let target = Target {
            id: Some("i-0aaaaaaaaaaaaaaaa".into()),
            tags: [
                ("team".to_owned(), "web".into()),
                ("Environment".to_owned(), "prod".into()),
            ]
            .into_iter()
            .collect(),
            ..Target::default()
        };
        let event = Event::new(audit::Kind::RunbookStart, Actor::local())
            .with("document", "Shop-Restart")
            .with("execution_id", "run-1")
            .with("touches", serde_json::json!([target]));
        Log::open(dir.path()).unwrap().append(event).unwrap();
        let now = Timestamp::now() + jiff::SignedDuration::from_mins(1);
        let past = now - jiff::SignedDuration::from_hours(24);
        for (tag, value) in [("team", "web"), ("env", "prod"), ("service", "")] {
            let figures = figures(&Ground::plain(dir.path()), past, now, Some(tag)).unwrap();
            let groups: Vec<&str> = figures.groups.iter().map(|group| group.of.as_str()).collect();
            assert_eq!(groups, [value], "{tag}");
        }
    }
}

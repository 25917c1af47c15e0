//! The report of an incident: what its timeline amounts to, as one document that Markdown, JSON and HTML are made of. It has
//! no clock of its own and no order but that of the journals: the same journals give the same bytes.

mod command;
mod cost;
mod cover;
mod evidence;
mod html;
mod markdown;
mod part;
mod people;
mod rate;
mod text;

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::state::{Item as OpsItem, State, Status, Took};
use super::timeline::{Ground, Item, Tape, Timeline, Unsettled, gather, stamp};
use super::{Alarm, Error, Severity, Who, append};
use crate::recording::redaction::Rules;

pub use command::Command;
pub use cost::{Bill, Cost, Price};
pub use cover::Cover;
pub use evidence::Evidence;
pub use html::html;
pub use markdown::markdown;
pub use people::Person;
pub use text::{Zone, lasted};

#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub v: u32,
    pub id: String,
    pub title: String,
    pub severity: Severity,
    pub status: Status,
    pub opened_by: String,
    pub started_at: Option<String>,
    pub acknowledged_at: Option<String>,
    pub mitigated_at: Option<String>,
    pub recovered_at: Option<String>,
    pub closed_at: Option<String>,
    pub reopened: u32,
    pub to_acknowledge: Span,
    pub to_mitigate: Span,
    pub to_recover: Span,
    pub opsitem: Option<OpsItem>,
    pub impact: Impact,
    pub people: Vec<Person>,
    pub timeline: Vec<Item>,
    /// What of it was run.
    pub commands: Vec<Command>,
    pub evidence: Vec<Evidence>,
    pub cost: Cost,
    pub recordings: Vec<Tape>,
    pub journal: Journal,
    /// What the report does not know, and why.
    pub warnings: Vec<String>,
    /// Left for people to fill in.
    pub causes: Vec<String>,
    pub actions: Vec<String>,
}

/// A span, or why there is none.
#[derive(Clone, Debug, Serialize)]
pub struct Span {
    /// Null where it is not known.
    pub seconds: Option<u64>,
    pub says: String,
}

impl Span {
    fn of(took: Took, what: &str) -> Span {
        let says = match took {
            Took::Us(us) => text::lasted(us),
            Took::NotSaid => format!("not known: nobody said that it was {what}"),
            Took::Backwards => format!("not known: it is dated {what} before it began"),
        };
        Span {
            seconds: took.us().map(|us| us / 1_000_000),
            says,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Impact {
    pub alarm: Option<Alarm>,
    /// From the alarm's own time to recovery.
    pub alarm_lasted: Option<Span>,
    pub targets: Vec<Affected>,
    /// Automations that go on, as far as is known, and may touch more than is told here.
    pub unsettled: Vec<Unsettled>,
    /// Machines that a command was sent to, and whose names are in recordings that are not here.
    pub untold: u64,
    /// By tag `service`, else `app` or `Name`.
    pub services: Vec<String>,
    pub teams: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Affected {
    pub id: String,
    pub name: Option<String>,
    pub account: Option<String>,
    pub region: Option<String>,
    pub environment: Option<String>,
    pub service: Option<String>,
    pub team: Option<String>,
    /// The log of somebody else, where that alone tells of it.
    pub from: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Journal {
    pub ok: bool,
    pub lines: usize,
    /// Lines whose hash the audit log knows.
    pub witnessed: u64,
    pub faults: Vec<String>,
}

/// The report of an incident; every text in it is covered. `ground` is where its timeline is gathered.
pub fn of(ground: &Ground, id: &str, cover: &mut Cover) -> Result<Report, Error> {
    let timeline = gather(ground, id)?;
    let (from, to) = span(&timeline);
    let kept = cost::kept(&timeline.journal.lines, from, to, &timeline.touched);
    let cost = kept.unwrap_or_else(|| {
        match timeline.touched.is_empty() && (!timeline.unsettled.is_empty() || timeline.untold > 0) {
            true => Cost::unsettled(),
            false => cost::of(ground, &timeline.state.id, from, to, &timeline.touched),
        }
    });
    let evidence = evidence::of(ground.data_dir, &timeline.runs);
    Ok(make(timeline, evidence, cost, cover))
}

/// What covers a text of an incident that leaves alone: it knows what is secret anywhere in the incident. Where that cannot
/// be gathered, the rules alone say it.
pub fn covering(ground: &Ground, id: &str, rules: Arc<Rules>) -> Cover {
    let mut cover = Cover::new(rules);
    drop(of(ground, id, &mut cover));
    cover
}

/// Keeps in the journal what it cost, so that every report of it tells the same, whatever this machine learns of prices
/// later; `anew` reckons again what is kept already.
pub fn price(ground: &Ground, id: &str, anew: bool) -> Result<(), Error> {
    let quick = Ground {
        keyring: ground.keyring.clone(),
        checks: false,
        ..*ground
    };
    let timeline = gather(&quick, id)?;
    let (from, to) = span(&timeline);
    if !anew && cost::kept(&timeline.journal.lines, from, to, &timeline.touched).is_some() {
        return Ok(());
    }
    match cost::to_keep(ground, &timeline.state.id, from, to, &timeline.touched) {
        Some(record) => append(ground.data_dir, id, record, Who::here()),
        None => Ok(()),
    }
}

/// From its beginning to recovery. What goes on is reckoned up to the last thing that was done: a report has no clock.
fn span(timeline: &Timeline) -> (Option<Timestamp>, Option<Timestamp>) {
    let state = &timeline.state;
    let last = timeline.items.last().map(|item| item.at);
    (state.started_at, state.recovered_at.or(state.closed_at).or(last))
}

fn make(timeline: Timeline, evidence: Vec<Evidence>, cost: Cost, cover: &mut Cover) -> Report {
    let state = &timeline.state;
    let mut report = Report {
        v: 1,
        id: state.id.clone(),
        title: state.title.clone(),
        severity: state.severity,
        status: state.status,
        opened_by: state.opened_by.clone(),
        started_at: state.started_at.map(stamp),
        acknowledged_at: state.acknowledged_at.map(stamp),
        mitigated_at: state.mitigated_at.map(stamp),
        recovered_at: state.recovered_at.map(stamp),
        closed_at: state.closed_at.map(stamp),
        reopened: state.reopened,
        to_acknowledge: Span::of(state.to_acknowledge(), "acknowledged"),
        to_mitigate: Span::of(state.to_mitigate(), "mitigated"),
        to_recover: Span::of(state.to_recover(), "recovered"),
        opsitem: state.opsitem.clone(),
        impact: impact(&timeline),
        people: people::of(&timeline),
        journal: journal(&timeline),
        evidence,
        cost,
        recordings: Vec::new(),
        warnings: Vec::new(),
        timeline: Vec::new(),
        commands: Vec::new(),
        causes: Vec::new(),
        actions: Vec::new(),
    };
    report.recordings = timeline.tapes;
    report.warnings = timeline.warnings;
    report.timeline = timeline.items;
    cover.report(&mut report);
    // Of what is covered by now.
    report.commands = command::of(&report.timeline);
    report
}

fn impact(timeline: &Timeline) -> Impact {
    let state = &timeline.state;
    let burnt_since = state.alarm.as_ref().and_then(Alarm::burnt_since);
    let alarm_lasted = burnt_since.map(|since| {
        let alone = State {
            started_at: Some(since),
            ..state.clone()
        };
        Span::of(alone.to_recover(), "recovered")
    });
    let targets: Vec<Affected> = timeline
        .touched
        .iter()
        .map(|target| {
            let from = target.id.as_ref().and_then(|id| timeline.hearsay.get(id));
            affected(target, from)
        })
        .collect();
    let all = |of: fn(&Affected) -> Option<&String>| {
        let mut values: Vec<String> = targets.iter().filter_map(of).cloned().collect();
        values.sort();
        values.dedup();
        values
    };
    Impact {
        services: all(|target| target.service.as_ref()),
        teams: all(|target| target.team.as_ref()),
        alarm: state.alarm.clone(),
        alarm_lasted,
        unsettled: timeline.unsettled.clone(),
        untold: timeline.untold,
        targets,
    }
}

fn affected(target: &crate::audit::Target, from: Option<&String>) -> Affected {
    Affected {
        id: target.id.clone().unwrap_or_default(),
        name: target.name.clone().filter(|name| !name.is_empty()),
        account: target.account.clone(),
        region: target.region.clone(),
        environment: tag(target, "env"),
        service: tag(target, "service"),
        team: tag(target, "team"),
        from: from.cloned(),
    }
}

/// What a machine has under a tag, or under what that is also called.
pub(super) fn tag(target: &crate::audit::Target, of: &str) -> Option<String> {
    let also: &[&str] = match of {
        "env" | "environment" => &["env", "environment"],
        "service" => &["service", "app"],
        "team" => &["team", "owner"],
        _ => &[],
    };
    let names = std::iter::once(&of).chain(also);
    let mut spelt = names.flat_map(|name| {
        let first = name.chars().next().into_iter().flat_map(char::to_uppercase);
        let capital = first.chain(name.chars().skip(1)).collect();
        [(*name).to_owned(), capital]
    });
    spelt.find_map(|name: String| target.tags.get(&name)?.as_str().map(str::to_owned))
}

fn journal(timeline: &Timeline) -> Journal {
    let mut faults: Vec<String> = timeline
        .journal
        .faults
        .iter()
        .map(|fault| format!("line {}: {}", fault.line, fault.says))
        .collect();
    if timeline.journal.is_torn {
        faults.push("the last line has no end: its writer died, and nobody has written since".into());
    }
    Journal {
        ok: timeline.journal.faults.is_empty(),
        lines: timeline.journal.lines.len(),
        witnessed: timeline.witnessed,
        faults,
    }
}

#[cfg(test)]
mod tests;

//! What people did just before costs moved: sessions, runs of runbooks and commands from the audit log, those in the
//! same account and region first. Costs know days and no hours, so the first day itself counts as before.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Anomaly;
use crate::audit::{self, Entry, Log, Range};

const HOURS_BEFORE: i64 = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Session,
    Runbook,
    /// One command on many instances.
    Command,
}

/// Something that the audit log tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub act: Act,
    pub at: Timestamp,
    /// Of the session, which is its recording's too, or of the run.
    pub id: String,
    /// The runbook's name, or the stated reason of the session.
    pub title: Option<String>,
    pub user: Option<String>,
    pub account: Option<String>,
    pub region: Option<String>,
    /// Name or id.
    pub target: Option<String>,
}

/// What the audit log tells of the days before a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    pub all: Vec<Deed>,
    /// Lines of the log that cannot be read; verifying it says what happened.
    pub unreadable: usize,
}

impl Deeds {
    /// Everything from the day before one on.
    pub fn since(day: Date, log: &Log) -> Result<Deeds, audit::Error> {
        let before = day
            .yesterday()
            .ok()
            .and_then(|day| day.to_zoned(TimeZone::UTC).ok());
        let range = Range {
            from: before.map(|at| at.timestamp()),
            to: None,
        };
        let (mut telling, mut unreadable) = (Telling::default(), 0);
        for entry in log.read(range)? {
            match entry {
                Ok(entry) => telling.hear(entry),
                Err(_) => unreadable += 1,
            }
        }
        Ok(Deeds {
            all: telling.deeds,
            unreadable,
        })
    }
}

/// Reads entries in their order: a run of a runbook is one deed however many steps it has, and so are the blocks that
/// were sent into one session.
#[derive(Default)]
pub(super) struct Telling {
    pub deeds: Vec<Deed>,
    /// Runs that have not ended: their id and their runbook's name.
    open: Vec<(String, String)>,
}

impl Telling {
    pub fn hear(&mut self, entry: Entry) {
        let text = |name: &str| Some(entry.body.get(name)?.as_str()?.to_owned());
        let (run, runbook) = (text("run"), text("runbook"));
        let is_local = text("kind").as_deref() == Some("local");
        let (act, id, title) = match entry.event.as_str() {
            // What a run does on this machine is recorded as a session of its own.
            "session.start" if is_local && !self.open.is_empty() => return,
            "session.start" => (Act::Session, entry.sid.clone(), entry.reason.clone()),
            "exec" => (Act::Command, entry.sid.clone(), entry.reason.clone()),
            "runbook.start" => {
                self.open
                    .extend(run.clone().map(|run| (run, runbook.clone().unwrap_or_default())));
                (Act::Runbook, run, runbook.or_else(|| entry.reason.clone()))
            }
            "runbook.step" => {
                let of_run = || {
                    let step = runbook.as_deref()?;
                    let open = self.open.iter().rev();
                    let mut open = open.filter(|(_, name)| step.starts_with(&format!("{name} ")));
                    Some(open.next()?.0.clone())
                };
                let id = run.or_else(of_run).or_else(|| entry.sid.clone());
                (Act::Runbook, id, runbook.clone())
            }
            "runbook.end" => return self.open.retain(|(open, _)| Some(open) != run.as_ref()),
            _ => return,
        };
        let Some(at) = entry.at() else { return };
        let target = entry.target.unwrap_or_default();
        let deed = Deed {
            act,
            at,
            id: id.unwrap_or(entry.uid),
            title,
            user: entry.actor.user,
            account: target.account,
            region: target.region,
            target: target.name.or(target.id),
        };
        let known = self
            .deeds
            .iter_mut()
            .find(|known| known.act == Act::Runbook && act == Act::Runbook && known.id == deed.id);
        match known {
            // Where it was done is told by its steps.
            Some(known) if known.target.is_none() => {
                known.account = deed.account;
                known.region = deed.region;
                known.target = deed.target;
            }
            Some(_) => {}
            None => self.deeds.push(deed),
        }
    }
}

/// Deeds from a day before the anomaly to the end of its first day: the most likely one first. A deed in
/// another account than the anomaly's explains nothing and is left out; `region` is where it happened, if
/// that is known.
pub fn deeds_before(anomaly: &Anomaly, region: Option<&str>, deeds: &[Deed]) -> Vec<Deed> {
    let midnight = anomaly.since.to_zoned(TimeZone::UTC).map(|at| at.timestamp());
    let Ok(midnight) = midnight else { return Vec::new() };
    let (from, to) = (midnight - HOURS_BEFORE.hours(), midnight + 24.hours());
    let elsewhere = |deed: &Deed| match (anomaly.account(), &deed.account) {
        (Some(ours), Some(theirs)) => ours != theirs,
        _ => false,
    };
    let in_region = |deed: &Deed| region.is_some() && deed.region.as_deref() == region;
    let in_account =
        |deed: &Deed| anomaly.account().is_some() && deed.account.as_deref() == anomaly.account();
    let mut near: Vec<Deed> = deeds
        .iter()
        .filter(|deed| (from..to).contains(&deed.at) && !elsewhere(deed))
        .cloned()
        .collect();
    near.sort_by_key(|deed| {
        let rank = (in_account(deed), in_region(deed), deed.act == Act::Runbook);
        (std::cmp::Reverse(rank), std::cmp::Reverse(deed.at))
    });
    near
}

/// `2 sessions, 1 runbook run (deploy by kim on web-1)`.
pub(super) fn counted(deeds: &[Deed]) -> String {
    let many = |act, one: &str, more: &str| match deeds.iter().filter(|deed| deed.act == act).count() {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {more}")),
    };
    let counts = [
        many(Act::Session, "session", "sessions"),
        many(Act::Runbook, "runbook run", "runbook runs"),
        many(Act::Command, "command", "commands"),
    ];
    let mut text = counts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if let Some(first) = deeds.first() {
        let title = first.title.clone();
        let by = first.user.as_ref().map(|user| format!("by {user}"));
        let on = first.target.as_ref().map(|target| format!("on {target}"));
        let facts: Vec<String> = [title, by, on].into_iter().flatten().collect();
        if !facts.is_empty() {
            text += &format!(" ({})", facts.join(" "));
        }
    }
    text
}

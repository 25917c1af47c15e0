//! What people did just before costs moved: sessions, runs of runbooks and commands from the audit log, those in the
//! same account and region first. Costs know days and no hours, so the first day itself counts as before.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Anomaly;
use crate::audit::Entry;

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

impl Deed {
    /// What an entry of the audit log tells; `None` where it is about something else.
    pub fn of(entry: Entry) -> Option<Deed> {
        let act = match entry.event.as_str() {
            "session.start" => Act::Session,
            "runbook.start" | "runbook.step" => Act::Runbook,
            "exec" => Act::Command,
            _ => return None,
        };
        let at = entry.at()?;
        let target = entry.target.unwrap_or_default();
        Some(Deed {
            act,
            at,
            id: entry.sid.unwrap_or(entry.uid),
            title: entry.reason,
            user: entry.actor.user,
            account: target.account,
            region: target.region,
            target: target.name.or(target.id),
        })
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

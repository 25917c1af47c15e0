//! Everything that was done since an incident began, by anyone whose work this data directory holds: the incident's own
//! lines, the audit log, the commands inside recordings, the steps of runs. Ordered by time, each led back to its recording.

mod absent;
mod audited;
mod automation;
mod command;
mod fanned;
mod gather;
mod logs;
mod own;
mod run;
mod tape;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::audit;

pub use automation::Unsettled;
pub(super) use gather::gather_from;
pub use gather::{Ground, Timeline, gather, log_access};
pub use logs::{Logs, Other};
pub use run::Ran;
pub use tape::{Tape, Trust};

/// What sort of thing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Incident,
    Note,
    Session,
    Command,
    Run,
    Step,
    /// A Systems Manager document that was started, or told something.
    Document,
    Approval,
    FanOut,
    Result,
    Forward,
    Copy,
    Recording,
    Alert,
    Other,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Incident => "incident",
            Kind::Note => "note",
            Kind::Session => "session",
            Kind::Command => "command",
            Kind::Run => "run",
            Kind::Step => "step",
            Kind::Document => "document",
            Kind::Approval => "approval",
            Kind::FanOut => "fan-out",
            Kind::Result => "result",
            Kind::Forward => "forward",
            Kind::Copy => "copy",
            Kind::Recording => "recording",
            Kind::Alert => "alert",
            Kind::Other => "other",
        }
    }
}

/// On what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Target {
    pub id: Option<String>,
    pub name: Option<String>,
    pub account: Option<String>,
    pub region: Option<String>,
    /// As they were then; told once for each machine, under what was touched.
    #[serde(skip)]
    pub tags: Map<String, Value>,
}

impl Target {
    fn of(target: &audit::Target) -> Target {
        Target {
            id: target.id.clone(),
            name: target.name.clone(),
            account: target.account.clone(),
            region: target.region.clone(),
            tags: target.tags.clone(),
        }
    }

    fn audited(&self) -> audit::Target {
        audit::Target {
            account: self.account.clone(),
            region: self.region.clone(),
            id: self.id.clone(),
            name: self.name.clone(),
            tags: self.tags.clone(),
            ..audit::Target::default()
        }
    }

    /// As people call it.
    pub fn label(&self) -> &str {
        let name = self.name.as_deref().filter(|name| !name.is_empty());
        name.or(self.id.as_deref()).unwrap_or_default()
    }
}

/// The second of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spot {
    pub recording: String,
    pub at_us: u64,
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    #[serde(serialize_with = "rfc3339")]
    pub at: Timestamp,
    pub kind: Kind,
    /// The user of the machine that it was done from.
    pub who: Option<String>,
    /// Who that is at AWS, where it is known.
    pub arn: Option<String>,
    pub target: Option<Target>,
    pub says: String,
    /// What was run on several machines, or on one of them.
    pub command: Option<String>,
    pub exit: Option<i32>,
    pub failed: bool,
    /// How a command is known: `osc133`, `marked`, `typed`, or `inferred`, which is a guess.
    pub known: Option<&'static str>,
    pub spot: Option<Spot>,
    /// A word about a step, with which nothing was run.
    #[serde(skip)]
    pub is_remark: bool,
    /// The result of a command on a machine that it never reached.
    #[serde(skip)]
    pub is_untouched: bool,
    pub run: Option<String>,
    /// The log of somebody else that told it.
    pub from: Option<String>,
    /// Its log has an earlier time than for the line before it.
    pub clock_went_back: bool,
}

impl Item {
    fn new(at: Timestamp, kind: Kind, says: impl Into<String>) -> Item {
        Item {
            at,
            kind,
            who: None,
            arn: None,
            target: None,
            says: says.into(),
            command: None,
            exit: None,
            failed: false,
            known: None,
            spot: None,
            is_remark: false,
            is_untouched: false,
            run: None,
            from: None,
            clock_went_back: false,
        }
    }
}

impl Item {
    /// Who did it, as people are told apart: several may work as one user of a machine.
    pub fn person(&self) -> Option<String> {
        Some(person(self.who.as_deref()?, self.arn.as_deref()))
    }
}

/// A user with their identity at AWS.
pub fn person(user: &str, arn: Option<&str>) -> String {
    match arn {
        Some(arn) if arn != user => format!("{user} ({})", arn.splitn(6, ':').nth(5).unwrap_or(arn)),
        _ => user.to_owned(),
    }
}

/// What several identities are called alike: each of two accounts may have a mara.
pub fn alike<'p>(people: impl Iterator<Item = (&'p str, Option<&'p str>)>) -> BTreeSet<String> {
    let mut known: BTreeMap<String, BTreeSet<Option<&str>>> = BTreeMap::new();
    for (user, arn) in people.filter(|(_, arn)| arn.is_some()) {
        known.entry(person(user, arn)).or_default().insert(arn);
    }
    let alike = known.into_iter().filter(|(_, arns)| arns.len() > 1);
    alike.map(|(called, _)| called).collect()
}

/// A user with their identity, and with its account where others are called alike.
pub fn person_apart(user: &str, arn: Option<&str>, alike: &BTreeSet<String>) -> String {
    let called = person(user, arn);
    let account = arn.and_then(|arn| arn.split(':').nth(4));
    match account.filter(|_| alike.contains(&called)) {
        Some(account) => format!("{called} of {account}"),
        None => called,
    }
}

/// What was done by a user of whom one identity alone is known was done by that.
fn identify(items: &mut [Item]) {
    type User = (Option<String>, Option<String>);
    let mut known: BTreeMap<User, BTreeSet<String>> = BTreeMap::new();
    for item in items.iter() {
        if let Some(arn) = &item.arn {
            let user = (item.from.clone(), item.who.clone());
            known.entry(user).or_default().insert(arn.clone());
        }
    }
    for item in items.iter_mut().filter(|item| item.arn.is_none()) {
        let arns = known.get(&(item.from.clone(), item.who.clone()));
        if let Some(arns) = arns.filter(|arns| arns.len() == 1) {
            item.arn = arns.first().cloned();
        }
    }
}

/// Instances, managed nodes and containers; what was done on this machine touches none.
fn is_machine(id: &str) -> bool {
    ["i-", "mi-", "ecs:"].iter().any(|prefix| id.starts_with(prefix))
}

/// RFC 3339 in UTC with milliseconds.
pub fn stamp(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn rfc3339<S: serde::Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&stamp(*at))
}

/// By time; what is told of one moment stays in the order in which it was told, the incident's own words first.
fn sort(items: &mut [Item]) {
    items.sort_by_key(|item| (item.at, Reverse(matches!(item.kind, Kind::Incident | Kind::Note))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_one_name_in_two_accounts_are_told_apart_by_the_account_and_one_is_not_burdened() {
        let (one, two) = (
            "arn:aws:iam::111122223333:user/mara",
            "arn:aws:iam::444455556666:user/mara",
        );
        let jun = "arn:aws:iam::111122223333:user/jun";
        let people = [
            ("root", Some(one)),
            ("root", Some(two)),
            ("root", Some(jun)),
            ("root", None),
        ];
        let alike = alike(people.into_iter());
        let called = people.map(|(user, arn)| person_apart(user, arn, &alike));
        assert_eq!(
            called,
            [
                "root (user/mara) of 111122223333",
                "root (user/mara) of 444455556666",
                "root (user/jun)",
                "root"
            ]
        );
    }
}

//! How an incident stands, by the lines of its journal alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::record::{Alarm, Line, Link, Record, Severity};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    #[default]
    Open,
    Acknowledged,
    Mitigated,
    Recovered,
    Closed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Acknowledged => "acknowledged",
            Status::Mitigated => "mitigated",
            Status::Recovered => "recovered",
            Status::Closed => "closed",
        }
    }
}

/// How long something took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    /// Microseconds.
    Us(u64),
    /// Nobody said that it happened.
    NotSaid,
    /// It is dated before its beginning: the clock was set, or the beginning was told wrong.
    Backwards,
}

impl Took {
    fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Took {
        let (Some(from), Some(to)) = (from, to) else {
            return Took::NotSaid;
        };
        match u64::try_from(to.as_microsecond() - from.as_microsecond()) {
            Ok(us) => Took::Us(us),
            Err(_) => Took::Backwards,
        }
    }

    pub fn us(self) -> Option<u64> {
        match self {
            Took::Us(us) => Some(us),
            _ => None,
        }
    }
}

/// An OpsItem that stands for the incident at AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    pub id: String,
    pub account: String,
    pub region: String,
}

#[derive(Clone, Debug, Default)]
pub struct State {
    pub id: String,
    pub title: String,
    pub severity: Severity,
    pub alarm: Option<Alarm>,
    pub opened_by: String,
    /// `None` only where the first line cannot be read.
    pub started_at: Option<Timestamp>,
    pub acknowledged_at: Option<Timestamp>,
    pub mitigated_at: Option<Timestamp>,
    pub recovered_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub status: Status,
    pub reopened: u32,
    /// Who has which role now.
    pub roles: BTreeMap<String, String>,
    pub links: Vec<Link>,
    pub opsitem: Option<Item>,
    pub last_at: Option<Timestamp>,
}

impl State {
    pub fn of(id: &str, lines: &[Line]) -> State {
        let mut state = State {
            id: id.to_owned(),
            title: "(its first line cannot be read)".into(),
            ..State::default()
        };
        for line in lines {
            state.hear(line);
        }
        state
    }

    fn hear(&mut self, line: &Line) {
        let at = Some(line.at);
        self.last_at = self.last_at.max(at);
        // An incident whose first line is gone began at the latest with the next.
        self.started_at = self.started_at.or(at);
        match &line.record {
            Record::Opened(opened) => {
                self.title.clone_from(&opened.title);
                self.severity = opened.severity;
                self.alarm.clone_from(&opened.alarm);
                self.started_at = Some(opened.started_at);
                self.opened_by = line.by.name().to_owned();
            }
            Record::Acknowledged { when, .. } => {
                // A time that is said holds, also against one that was not.
                self.acknowledged_at = when.or(self.acknowledged_at).or(at);
                if self.status == Status::Open {
                    self.status = Status::Acknowledged;
                }
            }
            // A time before the recovery is told afterwards; else it was not over after all, and its end is to be said anew.
            Record::Mitigated { when, .. } => {
                self.mitigated_at = when.or(at);
                if self
                    .recovered_at
                    .is_none_or(|over| self.mitigated_at > Some(over))
                {
                    self.recovered_at = None;
                    self.status = Status::Mitigated;
                }
            }
            Record::Recovered { when, .. } => {
                // Whoever says it again says that it was not over before.
                self.recovered_at = when.or(at);
                self.status = Status::Recovered;
            }
            Record::Closed { .. } => {
                self.closed_at = at;
                self.status = Status::Closed;
            }
            // It was not over after all: what ended it is to be said anew.
            Record::Reopened { .. } => {
                (self.mitigated_at, self.recovered_at, self.closed_at) = (None, None, None);
                self.reopened += 1;
                self.status = match self.acknowledged_at {
                    Some(_) => Status::Acknowledged,
                    None => Status::Open,
                };
            }
            Record::Role { role, person } => {
                self.roles.insert(role.clone(), person.clone());
            }
            Record::Linked { link, .. } => {
                if !self.links.contains(link) {
                    self.links.push(link.clone());
                }
            }
            Record::Opsitem {
                id: Some(id),
                account,
                region,
                ..
            } => {
                self.opsitem = Some(Item {
                    id: id.clone(),
                    account: account.clone(),
                    region: region.clone(),
                });
            }
            Record::Opsitem { .. }
            | Record::Note { .. }
            | Record::Priced { .. }
            | Record::Salvaged { .. } => {}
        }
    }

    pub fn is_closed(&self) -> bool {
        self.status == Status::Closed
    }

    pub fn to_acknowledge(&self) -> Took {
        Took::between(self.started_at, self.acknowledged_at)
    }

    pub fn to_mitigate(&self) -> Took {
        Took::between(self.started_at, self.mitigated_at)
    }

    pub fn to_recover(&self) -> Took {
        Took::between(self.started_at, self.recovered_at)
    }
}

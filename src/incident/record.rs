//! What an incident's journal says, one line a record. Fields are added, never renamed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::report::Cost;
use crate::alarm;
use crate::audit::Actor;
use crate::runbook::kept;

/// Who wrote a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    pub user: Option<String>,
    pub host: Option<String>,
    /// The caller as AWS knows it, where AWS was asked.
    pub arn: Option<String>,
}

impl Who {
    /// The user of this process on this machine.
    pub fn here() -> Who {
        let host = nix::unistd::gethostname().ok();
        Who {
            user: Actor::local().user,
            host: host.map(|name| name.to_string_lossy().into_owned()),
            arn: None,
        }
    }

    pub fn name(&self) -> &str {
        self.user.as_deref().or(self.arn.as_deref()).unwrap_or("somebody")
    }
}

/// How bad it is; the digits are those of an OpsItem's severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Sev1,
    Sev2,
    #[default]
    Sev3,
    Sev4,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::Sev1, Severity::Sev2, Severity::Sev3, Severity::Sev4];

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Sev1 => "sev1",
            Severity::Sev2 => "sev2",
            Severity::Sev3 => "sev3",
            Severity::Sev4 => "sev4",
        }
    }

    /// `1` to `4`.
    pub fn digit(self) -> &'static str {
        &self.as_str()[3..]
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Severity, String> {
        let wanted = text.to_ascii_lowercase();
        let fits = |severity: &Severity| severity.as_str() == wanted || severity.digit() == wanted;
        let found = Severity::ALL.into_iter().find(fits);
        found.ok_or_else(|| "allowed are sev1 (worst) to sev4, or 1 to 4".into())
    }
}

/// An alarm as it stood when the incident began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    pub name: String,
    pub account: Option<String>,
    pub region: Option<String>,
    pub state: Option<String>,
    /// Why it is in that state, in AWS's words.
    pub reason: Option<String>,
    /// When it came into its state.
    pub since: Option<Timestamp>,
    pub namespace: Option<String>,
    pub metric: Option<String>,
    pub dimensions: BTreeMap<String, String>,
}

impl Alarm {
    /// Since when it burnt, if it did.
    pub fn burnt_since(&self) -> Option<Timestamp> {
        let burns = self.state.as_deref().is_none_or(|state| state == "ALARM");
        self.since.filter(|_| burns)
    }
}

impl From<&alarm::Alarm> for Alarm {
    fn from(alarm: &alarm::Alarm) -> Alarm {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Alarm {
            name: alarm.name.clone(),
            account: some(&alarm.account),
            region: some(&alarm.region),
            state: Some(alarm.state.as_str().to_uppercase()),
            reason: some(&alarm.reason),
            since: alarm.since,
            namespace: alarm.namespace.clone(),
            metric: alarm.metric.clone(),
            dimensions: alarm.dimensions.clone(),
        }
    }
}

impl From<alarm::Severity> for Severity {
    fn from(severity: alarm::Severity) -> Severity {
        match severity {
            alarm::Severity::Critical => Severity::Sev1,
            alarm::Severity::High => Severity::Sev2,
            alarm::Severity::Medium => Severity::Sev3,
            alarm::Severity::Low => Severity::Sev4,
        }
    }
}

/// Something that belongs to the incident whenever it happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Link {
    Recording(String),
    /// The run of a runbook.
    Run(String),
    /// An execution of a Systems Manager Automation.
    Automation(String),
    /// Wherever tickets are: its number or its address.
    Ticket(String),
    /// An alarm besides the one that it began with.
    Alarm(String),
}

impl Link {
    pub fn id(&self) -> &str {
        match self {
            Link::Recording(id)
            | Link::Run(id)
            | Link::Automation(id)
            | Link::Ticket(id)
            | Link::Alarm(id) => id,
        }
    }

    pub fn noun(&self) -> &'static str {
        match self {
            Link::Recording(_) => "recording",
            Link::Run(_) => "run",
            Link::Automation(_) => "automation",
            Link::Ticket(_) => "ticket",
            Link::Alarm(_) => "alarm",
        }
    }
}

/// The first record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    pub incident: String,
    pub title: String,
    pub severity: Severity,
    /// When it went wrong: the alarm's own time where there is one.
    pub started_at: Timestamp,
    pub alarm: Option<Alarm>,
    pub tool: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Record {
    Opened(Opened),
    Acknowledged {
        note: String,
        /// When it was, where whoever says it says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Timestamp>,
    },
    Note {
        text: String,
    },
    Linked {
        link: Link,
        note: String,
    },
    /// It hurts no longer, and is not over.
    Mitigated {
        note: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Timestamp>,
    },
    Recovered {
        note: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Timestamp>,
    },
    Closed {
        note: String,
    },
    Reopened {
        note: String,
    },
    Role {
        role: String,
        person: String,
    },
    /// What AWS was asked about its OpsItem, and what came of it.
    Opsitem {
        did: String,
        id: Option<String>,
        account: String,
        region: String,
        /// Why it was not done.
        refused: Option<String>,
        /// What stays there as somebody else set it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<String>,
    },
    /// What it cost, as a report reckoned it: prices that are learned later change no report of before.
    Priced {
        from: Timestamp,
        to: Timestamp,
        /// Ids of what was touched.
        machines: Vec<String>,
        cost: Box<Cost>,
    },
    /// Bytes of a torn last line were set aside.
    Salvaged {
        bytes: u64,
        sha256: String,
    },
}

impl Record {
    /// When it was, where that is not when it was written.
    pub fn when(&self) -> Option<Timestamp> {
        match self {
            Record::Acknowledged { when, .. }
            | Record::Mitigated { when, .. }
            | Record::Recovered { when, .. } => *when,
            _ => None,
        }
    }

    /// What a person wrote with it.
    pub fn note(&self) -> Option<&str> {
        match self {
            Record::Note { text: note }
            | Record::Acknowledged { note, .. }
            | Record::Linked { note, .. }
            | Record::Mitigated { note, .. }
            | Record::Recovered { note, .. }
            | Record::Closed { note }
            | Record::Reopened { note } => Some(note),
            Record::Opened(_)
            | Record::Role { .. }
            | Record::Opsitem { .. }
            | Record::Priced { .. }
            | Record::Salvaged { .. } => None,
        }
    }

    /// As it may be kept: what looks like a secret in a person's words is never written.
    pub fn masked(mut self) -> Record {
        match &mut self {
            Record::Note { text: note }
            | Record::Acknowledged { note, .. }
            | Record::Linked { note, .. }
            | Record::Mitigated { note, .. }
            | Record::Recovered { note, .. }
            | Record::Closed { note }
            | Record::Reopened { note } => *note = kept(note),
            Record::Opened(opened) => opened.title = kept(&opened.title),
            Record::Role { role, person } => (*role, *person) = (kept(role), kept(person)),
            Record::Opsitem { .. } | Record::Priced { .. } | Record::Salvaged { .. } => {}
        }
        self
    }

    /// As the journal spells it.
    pub fn event(&self) -> &'static str {
        match self {
            Record::Opened(_) => "opened",
            Record::Acknowledged { .. } => "acknowledged",
            Record::Note { .. } => "note",
            Record::Linked { .. } => "linked",
            Record::Mitigated { .. } => "mitigated",
            Record::Recovered { .. } => "recovered",
            Record::Closed { .. } => "closed",
            Record::Reopened { .. } => "reopened",
            Record::Role { .. } => "role",
            Record::Opsitem { .. } => "opsitem",
            Record::Priced { .. } => "priced",
            Record::Salvaged { .. } => "salvaged",
        }
    }
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub v: u32,
    /// From 1.
    pub seq: u64,
    pub at: Timestamp,
    /// SHA-256 of the line before without its line feed; zeros before the first.
    pub prev: String,
    pub by: Who,
    #[serde(flatten)]
    pub record: Record,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_is_read_as_people_write_it() {
        assert_eq!("SEV1".parse(), Ok(Severity::Sev1));
        assert_eq!("2".parse(), Ok(Severity::Sev2));
        assert!("0".parse::<Severity>().is_err() && "critical".parse::<Severity>().is_err());
    }

    #[test]
    fn an_alarm_that_is_in_order_has_not_burnt_since_it_came_there() {
        let burnt_since = |state: Option<&str>| {
            let alarm = Alarm {
                state: state.map(str::to_owned),
                since: Some(Timestamp::UNIX_EPOCH),
                ..Alarm::default()
            };
            alarm.burnt_since().is_some()
        };
        assert!(burnt_since(Some("ALARM")) && burnt_since(None));
        assert!(!burnt_since(Some("OK")) && !burnt_since(Some("INSUFFICIENT_DATA")));
    }

    #[test]
    fn every_record_is_spelt_as_its_event() {
        let note = String::new;
        for record in [
            Record::Acknowledged {
                note: note(),
                when: None,
            },
            Record::Note { text: note() },
            Record::Linked {
                link: Link::Run("r".into()),
                note: note(),
            },
            Record::Salvaged {
                bytes: 1,
                sha256: note(),
            },
        ] {
            assert_eq!(serde_json::to_value(&record).unwrap()["event"], record.event());
        }
    }
}

//! Alarms of every account and region: what burns, since when, how bad, on what, which runbook answers it and how it
//! ended the last times. Nothing here changes an alarm; a place that does not answer never hides another's.

mod answer;
mod cache;
mod fact;
mod fetch;
mod history;
mod letter;
mod order;
pub mod past;
mod roster;
mod severity;
mod tags;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws::{AlarmRow, Place};

pub use answer::{Answer, answers, reason, unlinked};
pub use cache::{Saved, load, save};
pub use fact::{Known, facts, known};
pub use fetch::{Batch, Wanted, fetch};
pub use history::{History, began_at};
pub use letter::Letter;
pub use order::{FLAPPING, compare, sort};
pub use roster::Roster;
pub use severity::Severity;
pub use tags::Tags;

/// CloudWatch's word on an alarm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Alarm,
    /// Not enough data to say.
    Insufficient,
    #[default]
    Ok,
}

impl State {
    pub fn parse(text: &str) -> State {
        match text {
            "ALARM" => State::Alarm,
            "OK" => State::Ok,
            _ => State::Insufficient,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            State::Alarm => "alarm",
            State::Insufficient => "insufficient",
            State::Ok => "ok",
        }
    }
}

/// One alarm as CloudWatch knows it, and what its history and its tags add.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    pub name: String,
    pub arn: String,
    pub account: String,
    pub profile: String,
    pub region: String,
    pub state: State,
    /// Of the last change of state.
    pub since: Option<Timestamp>,
    /// CloudWatch's own words for the state.
    pub reason: String,
    pub description: Option<String>,
    /// Of the metric, or of the first one where several are computed with.
    pub namespace: Option<String>,
    pub metric: Option<String>,
    pub dimensions: BTreeMap<String, String>,
    /// Made of other alarms by a rule.
    pub composite: bool,
    pub rule: Option<String>,
    /// Why nobody is told of it: its actions are off, or another alarm suppresses them.
    pub suppressed: Option<String>,
    /// Why the state may be wrong: data that is partial, an evaluation that failed.
    pub doubt: Option<String>,
    /// How often it went into alarm in the last day; `None` while its history is not known.
    pub flaps: Option<u32>,
    /// `None` while they are not known.
    pub tags: Option<BTreeMap<String, String>>,
}

impl Alarm {
    pub fn new(row: AlarmRow, place: &Place, account: &str) -> Alarm {
        Alarm {
            account: account_of(&row.arn).unwrap_or_else(|| account.to_owned()),
            name: row.name,
            arn: row.arn,
            profile: place.profile.clone(),
            region: place.region.clone(),
            state: State::parse(&row.state),
            since: row.since,
            reason: row.reason,
            description: row.description.filter(|text| !text.trim().is_empty()),
            namespace: row.namespace,
            metric: row.metric,
            dimensions: row.dimensions,
            composite: row.rule.is_some(),
            rule: row.rule,
            suppressed: row.suppressed,
            doubt: row.doubt,
            flaps: None,
            tags: None,
        }
    }

    /// Tells alarms apart. Two profiles may reach one account: there its alarm is one.
    pub fn key(&self) -> String {
        match self.arn.is_empty() {
            true => format!("{}/{}/{}", self.profile, self.region, self.name),
            false => self.arn.clone(),
        }
    }

    pub fn is_burning(&self) -> bool {
        self.state == State::Alarm
    }

    pub fn is_flapping(&self) -> bool {
        self.flaps.is_some_and(|flaps| flaps >= FLAPPING)
    }

    pub fn letter(&self) -> Letter {
        Letter::of(self)
    }

    pub fn severity(&self) -> Option<Severity> {
        Severity::of(self)
    }

    /// The instance that it watches, by the id in its dimensions.
    pub fn instance_id(&self) -> Option<&str> {
        let is_id = |value: &&String| {
            let digits = value.strip_prefix("mi-").or_else(|| value.strip_prefix("i-"));
            digits.is_some_and(|digits| digits.len() >= 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        let named = self.dimensions.get("InstanceId").filter(is_id);
        named
            .or_else(|| self.dimensions.values().find(is_id))
            .map(String::as_str)
    }

    /// What it watches, in as few words as its dimensions have: an id, a name.
    pub fn target(&self) -> Option<&str> {
        /// Dimensions that say where, not what.
        const VAGUE: [&str; 8] = [
            "AvailabilityZone",
            "device",
            "fstype",
            "path",
            "ImageId",
            "InstanceType",
            "Stage",
            "Currency",
        ];
        if let Some(id) = self.instance_id() {
            return Some(id);
        }
        let telling = self
            .dimensions
            .iter()
            .filter(|(name, _)| !VAGUE.contains(&name.as_str()));
        let least = telling.min_by_key(|(name, _)| rank(name))?;
        Some(short(least.1))
    }

    /// Whether every word, in small letters, is found in what is told of it.
    pub fn holds(&self, words: &[String]) -> bool {
        if words.is_empty() {
            return true;
        }
        let told = [
            Some(self.name.as_str()),
            self.target(),
            self.instance_id(),
            self.description.as_deref(),
        ];
        let told = told
            .into_iter()
            .chain([self.namespace.as_deref(), self.metric.as_deref()])
            .flatten();
        let told = told.chain([self.region.as_str(), &self.account, &self.profile]);
        let text = told.collect::<Vec<_>>().join("\n").to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }

    /// As the runbooks' library asks for it.
    pub fn question(&self) -> crate::runbook::Alarm {
        crate::runbook::Alarm {
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            metric: self.metric.clone(),
            description: self.description.clone(),
        }
    }
}

/// Whose metric it is comes before which part of it.
fn rank(dimension: &str) -> usize {
    const FIRST: [&str; 6] = [
        "LoadBalancer",
        "DBInstanceIdentifier",
        "DBClusterIdentifier",
        "FunctionName",
        "QueueName",
        "ServiceName",
    ];
    FIRST
        .iter()
        .position(|first| *first == dimension)
        .unwrap_or(FIRST.len())
}

/// `app/payments/50dc6c495c0c9188` is known as `payments`.
fn short(value: &str) -> &str {
    let parts: Vec<&str> = value.split('/').collect();
    match parts.as_slice() {
        ["app" | "net" | "gwy" | "targetgroup", name, _] => name,
        // What stands before the last colon of an ARN is where.
        _ if value.starts_with("arn:") => value.rsplit(':').next().unwrap_or(value),
        _ => value,
    }
}

/// The account in `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:name`.
fn account_of(arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    crate::document::is_account(account).then(|| account.to_owned())
}

#[cfg(test)]
mod tests;

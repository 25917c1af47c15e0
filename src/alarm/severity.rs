//! How bad an alarm is, by its tags; else by the words of its name. An alarm that says nothing is taken for one in the
//! middle, and is not called so.

use serde::{Deserialize, Serialize};

use super::Alarm;
use super::letter::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
}

/// Tags that may hold it, spelt small.
const KEYS: [&str; 6] = ["severity", "sev", "priority", "prio", "urgency", "alarm-severity"];

impl Severity {
    pub fn of(alarm: &Alarm) -> Option<Severity> {
        let tags = alarm.tags.iter().flatten();
        let mut told = tags.filter(|(key, _)| KEYS.contains(&key.to_lowercase().as_str()));
        let by_tag =
            told.find_map(|(_, value)| words(value).iter().find_map(|word| Severity::parse(word, true)));
        by_tag.or_else(|| {
            words(&alarm.name)
                .iter()
                .find_map(|word| Severity::parse(word, false))
        })
    }

    /// In a word, for a list: an alarm whose tags are not known is not one that says nothing.
    pub fn told(alarm: &Alarm) -> &'static str {
        match Severity::of(alarm) {
            Some(severity) => severity.as_str(),
            None if alarm.tags.is_none() => "not asked yet",
            None => "-",
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
        }
    }

    /// A word; a bare number and words that may mean anything in a name count in a tag only.
    fn parse(word: &str, is_tag: bool) -> Option<Severity> {
        Some(match word {
            "critical" | "crit" | "p1" | "p0" | "sev1" | "sev0" | "s1" | "page" | "emergency" | "fatal" => {
                Severity::Critical
            }
            "p2" | "sev2" | "s2" | "major" | "urgent" => Severity::High,
            "p3" | "sev3" | "s3" | "warning" | "warn" | "minor" => Severity::Medium,
            "p4" | "p5" | "sev4" | "sev5" | "s4" | "s5" | "info" | "informational" | "notice" => {
                Severity::Low
            }
            "1" | "0" if is_tag => Severity::Critical,
            "2" | "high" if is_tag => Severity::High,
            "3" | "medium" | "moderate" | "normal" if is_tag => Severity::Medium,
            "4" | "5" | "low" if is_tag => Severity::Low,
            _ => return None,
        })
    }
}

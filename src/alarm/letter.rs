//! Which of the four signals an alarm speaks of: latency, errors, traffic or saturation, told by the words of its metric's
//! name, and of its own where no metric says it.

use serde::{Deserialize, Serialize};

use super::Alarm;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Letter {
    #[serde(rename = "L")]
    Latency,
    #[serde(rename = "E")]
    Errors,
    #[serde(rename = "T")]
    Traffic,
    #[serde(rename = "S")]
    Saturation,
    #[serde(rename = "?")]
    Unknown,
}

/// Looked for in this order: what failed is an error whatever it is counted in.
const TABLE: [(Letter, &str); 4] = [
    (
        Letter::Errors,
        "4xx 5xx error errors fail failed failure failures aborted expired drop dropped unhealthy healthy health success \
         timeout rejected restarts downtime denied crash status offline ping heartbeat down impact",
    ),
    (
        Letter::Latency,
        "latency duration response lag behind delay ttfb p99 p95 slow",
    ),
    (
        Letter::Saturation,
        "cpu gpu mem memory heap disk swap burst credit connections age depth queue free freeable used usage utilization \
         reservation throttle throttles throttled quota quotas limit evictions evicted concurrent concurrency pending \
         visible storage inodes iowait load full",
    ),
    (
        Letter::Traffic,
        "request requests invocations number count bytes packets io iops sent received network traffic throughput",
    ),
];

impl Letter {
    pub fn of(alarm: &Alarm) -> Letter {
        let metric = alarm.metric.as_deref().map(by_words);
        match metric {
            Some(letter) if letter != Letter::Unknown => letter,
            _ => by_words(&alarm.name),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Letter::Latency => "L",
            Letter::Errors => "E",
            Letter::Traffic => "T",
            Letter::Saturation => "S",
            Letter::Unknown => "?",
        }
    }
}

fn by_words(name: &str) -> Letter {
    let words = words(name);
    let has = |wanted: &str| {
        wanted
            .split(' ')
            .any(|wanted| words.iter().any(|word| word == wanted))
    };
    let found = TABLE.iter().find(|(_, wanted)| has(wanted));
    found.map_or(Letter::Unknown, |(letter, _)| *letter)
}

/// `HTTPCode_Target_5XX_Count` as `http code target 5xx count`; `UnHealthyHostCount` as `un healthy host count`.
pub(super) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, c) in letters.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        // A capital begins a word after a small letter, and as the last of several: `CPUUtilization`.
        let begins = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || (before.is_uppercase() && after.is_some_and(|c| c.is_lowercase()))
            });
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

//! Where alarms are made, and how a draft of one becomes an alarm with a past: turns of the last two weeks, thrown from the seed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::turn::turn;
use super::{Alarm, Metric, State, Watch, reason};
use crate::sim::dice::Dice;

/// One account in one region.
pub struct Site<'a> {
    pub seed: u64,
    pub account: usize,
    pub account_id: &'a str,
    pub region: &'a str,
    /// Its number among the regions of the account, sorted by name.
    pub nth: usize,
    pub now: Timestamp,
}

/// What its owner wrote, and how it stands.
pub struct Draft {
    pub name: String,
    pub says: Option<String>,
    pub watches: Watch,
    pub tags: BTreeMap<String, String>,
    pub state: State,
    /// How long it has stood so.
    pub minutes: u64,
    pub past: Past,
    pub acts: bool,
    pub partial: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// It has never changed.
    Quiet,
    /// It came and went a few times.
    Usual,
    /// It has come and gone all day.
    Flapping,
}

const RUNBOOKS: &str = "https://github.com/larkfield/runbooks/blob/main";

impl Draft {
    pub fn new(name: impl Into<String>, watches: Watch) -> Draft {
        Draft {
            name: name.into(),
            says: None,
            watches,
            tags: BTreeMap::new(),
            state: State::Ok,
            minutes: 5 * 1_440,
            past: Past::Usual,
            acts: true,
            partial: false,
        }
    }

    pub fn says(mut self, text: impl Into<String>) -> Draft {
        self.says = Some(text.into());
        self
    }

    /// A description that ends in a link.
    pub fn leads(self, text: &str, runbook: &str) -> Draft {
        self.says(format!("{text}\nRunbook: {RUNBOOKS}/{runbook}"))
    }

    pub fn tagged(mut self, pairs: &[(&str, &str)]) -> Draft {
        let pairs = pairs.iter().map(|(key, value)| ((*key).into(), (*value).into()));
        self.tags.extend(pairs);
        self
    }

    /// In this state since so many minutes, when `is` so.
    pub fn stands(mut self, is: bool, state: State, minutes: u64) -> Draft {
        if is {
            (self.state, self.minutes) = (state, minutes);
        }
        self
    }

    pub fn past(mut self, past: Past) -> Draft {
        self.past = past;
        self
    }
}

impl Site<'_> {
    pub fn ago(&self, minutes: u64) -> Timestamp {
        let whole = Timestamp::from_second(self.now.as_second()).unwrap_or(self.now);
        let span = SignedDuration::from_mins(i64::try_from(minutes).unwrap_or(i64::MAX / 60));
        whole.saturating_sub(span).unwrap_or(whole)
    }

    pub fn finish(&self, draft: Draft) -> Alarm {
        let mut dice = Dice::new(
            self.seed,
            &format!("alarm/{}/{}/{}", self.account_id, self.region, draft.name),
        );
        let topic = match draft.tags.get("severity").map(String::as_str) {
            Some("1") => "oncall-page",
            _ => "oncall-ticket",
        };
        let configured_at = self.ago((60 + dice.below(500)) * 1_440);
        let mut alarm = Alarm {
            says: draft.says,
            watches: draft.watches,
            actions: vec![format!("arn:aws:sns:{}:{}:{topic}", self.region, self.account_id)],
            acts: draft.acts,
            state: State::Unknown,
            reason: "Unchecked: Initial alarm creation".into(),
            data: None,
            updated_at: configured_at,
            since: configured_at,
            configured_at,
            partial: draft.partial,
            tags: draft.tags,
            turns: Vec::new(),
            name: draft.name,
        };
        let first = configured_at + SignedDuration::from_mins(5);
        let mut turns = vec![(first, State::Ok)];
        turns.extend(self.past(draft.past, draft.minutes, &mut dice));
        let since = self.ago(draft.minutes);
        if turns.last().is_none_or(|(_, state)| *state != draft.state) {
            turns.push((since, draft.state));
        }
        for (at, to) in turns {
            tell(&mut alarm, to, at, &mut dice);
        }
        alarm
    }

    /// Times at which it went off and came back before it came to stand as it does.
    fn past(&self, past: Past, minutes: u64, dice: &mut Dice) -> Vec<(Timestamp, State)> {
        let (episodes, within) = match past {
            Past::Quiet => return Vec::new(),
            Past::Usual => (dice.below(4), 14 * 1_440_u64),
            Past::Flapping => (11, 6 * 60),
        };
        let each = within / episodes.max(1);
        let mut turns = Vec::new();
        for nth in (0..episodes).rev() {
            let lasts = 3 + dice.below((each / 3).clamp(1, 50));
            let began = minutes + nth * each + lasts + 4 + dice.below((each / 3).max(1));
            turns.push((self.ago(began), State::Alarm));
            turns.push((self.ago(began - lasts), State::Ok));
        }
        turns
    }
}

fn tell(alarm: &mut Alarm, to: State, at: Timestamp, dice: &mut Dice) {
    let (reason, data) = match &alarm.watches {
        Watch::Rule(rule) => {
            let verb = if to == State::Alarm {
                "holds"
            } else {
                "does not hold"
            };
            (format!("The rule {rule} {verb}."), None)
        }
        Watch::Metric(metric) => {
            let values = reason::values(metric, to, dice);
            let (reason, data) = reason::of(metric, alarm.state, to, at, &values);
            (reason, Some(data))
        }
    };
    turn(alarm, to, &reason, data, at);
}

/// An average over five minutes, three in a row, that must not exceed a threshold; the rest is changed by name.
pub fn metric(namespace: &str, name: &str, dimensions: &[(&str, &str)], threshold: f64) -> Metric {
    let dimensions = dimensions.iter();
    Metric {
        namespace: namespace.into(),
        name: name.into(),
        dimensions: dimensions
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        statistic: "Average".into(),
        period_seconds: 300,
        periods: 3,
        breaching: 3,
        threshold,
        comparison: "GreaterThanThreshold",
        missing: "missing",
        query: None,
        contributors: Vec::new(),
    }
}

pub fn watch(metric: Metric) -> Watch {
    Watch::Metric(metric)
}

//! What an anomaly is made of: which value of each dimension changed with it, and how much of it that is.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::Anomaly;
use crate::cost::band::Side;

/// Days before the anomaly that its parts are compared with: two of every weekday.
const DAYS_BEFORE: i64 = 14;
/// A value that explains less is not named.
const LEAST_SHARE: f64 = 0.2;

/// What one value of a dimension cost on one day, inside the anomaly's series.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub day: Date,
    pub value: String,
    pub cost: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// As a person says it: `usage type`, `region`, `account`.
    pub dimension: String,
    pub value: String,
    /// Of what all values that moved to the same side moved, from 0 to 1.
    pub share: f64,
    /// Read from the bill, or at least as much; not where only the whole service's values are known, and another account
    /// may have had what moved.
    pub certain: bool,
    /// A day, against the fortnight before; as far as the share goes.
    pub change: f64,
}

impl Cause {
    /// `83 %`.
    pub fn says_share(&self) -> String {
        let share = format!("{:.0} %", self.share * 100.0);
        match self.certain {
            true => share,
            false => format!("probably {share}"),
        }
    }
}

/// The value of each dimension that moved most, where it explains a good part.
pub fn causes(anomaly: &Anomaly, dimensions: &[(&str, Vec<Part>)]) -> Vec<Cause> {
    dimensions
        .iter()
        .filter_map(|(dimension, parts)| cause(anomaly, dimension, parts))
        .collect()
}

/// What each value changed a day, against the fortnight before.
pub(super) fn changes<'a>(anomaly: &Anomaly, parts: &'a [Part]) -> BTreeMap<&'a str, f64> {
    let before = anomaly.since.saturating_sub(DAYS_BEFORE.days());
    let mut changes: BTreeMap<&str, f64> = BTreeMap::new();
    for Part { day, value, cost } in parts {
        let change = changes.entry(value).or_default();
        if (anomaly.since..=anomaly.last_day).contains(day) {
            *change += cost / anomaly.days as f64;
        } else if (before..anomaly.since).contains(day) {
            *change -= cost / DAYS_BEFORE as f64;
        }
    }
    changes
}

/// What each value cost a day on the side where it costs more, beyond which no part of it can have moved.
pub(super) fn levels<'a>(anomaly: &Anomaly, parts: &'a [Part]) -> BTreeMap<&'a str, f64> {
    let before = anomaly.since.saturating_sub(DAYS_BEFORE.days());
    let mut levels: BTreeMap<&str, f64> = BTreeMap::new();
    for Part { day, value, cost } in parts {
        let (is_in, days) = match anomaly.side {
            Side::High => (
                (anomaly.since..=anomaly.last_day).contains(day),
                anomaly.days as f64,
            ),
            Side::Low => ((before..anomaly.since).contains(day), DAYS_BEFORE as f64),
        };
        if is_in {
            *levels.entry(value).or_default() += cost.abs() / days;
        }
    }
    levels
}

/// 1 for what costs more, -1 for what costs less.
pub(super) fn sign(side: Side) -> f64 {
    match side {
        Side::High => 1.0,
        Side::Low => -1.0,
    }
}

pub(super) fn cause(anomaly: &Anomaly, dimension: &str, parts: &[Part]) -> Option<Cause> {
    let (changes, sign) = (changes(anomaly, parts), sign(anomaly.side));
    let moved = changes.iter().filter(|(_, change)| **change * sign > 0.0);
    let all: f64 = moved.clone().map(|(_, change)| change.abs()).sum();
    let (value, change) = moved.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let share = change.abs() / all;
    (share >= LEAST_SHARE && !value.is_empty()).then(|| Cause {
        dimension: dimension.into(),
        value: (*value).into(),
        share,
        certain: true,
        change: *change,
    })
}

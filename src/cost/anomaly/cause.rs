//! What an anomaly is made of: which value of each dimension changed with it, and how much of it that is.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Anomaly;
use crate::cost::band::{Side, median};

/// Days before the anomaly that its parts are compared with, by their middle: what came on one day of them, or moved before
/// most of them, is no part of it.
const DAYS_BEFORE: usize = 7;
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
    /// A day, against the middle of the week before; as far as the share goes.
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

/// What each value changed a day, against the middle of the week before.
pub(super) fn changes<'a>(anomaly: &Anomaly, parts: &'a [Part]) -> BTreeMap<&'a str, f64> {
    let change = |days: Days| days.now - median(days.before).unwrap_or_default();
    let days = days(anomaly, parts, |cost| cost).into_iter();
    days.map(|(value, days)| (value, change(days))).collect()
}

/// What each value cost a day on the side where it costs more, beyond which no part of it can have moved.
pub(super) fn levels<'a>(anomaly: &Anomaly, parts: &'a [Part]) -> BTreeMap<&'a str, f64> {
    let level = |days: Days| match anomaly.side {
        Side::High => days.now,
        // The middle of a part may be any of its days.
        Side::Low => days.before.into_iter().fold(0.0, f64::max),
    };
    let days = days(anomaly, parts, f64::abs).into_iter();
    days.map(|(value, days)| (value, level(days))).collect()
}

/// What a value cost a day since the anomaly began, and on each day of the week before.
#[derive(Default)]
struct Days {
    now: f64,
    before: [f64; DAYS_BEFORE],
}

fn days<'a>(anomaly: &Anomaly, parts: &'a [Part], of: impl Fn(f64) -> f64) -> BTreeMap<&'a str, Days> {
    let mut days: BTreeMap<&str, Days> = BTreeMap::new();
    for Part { day, value, cost } in parts {
        let days = days.entry(value).or_default();
        let ago = day.until(anomaly.since).map_or(0, |span| span.get_days());
        if (anomaly.since..=anomaly.last_day).contains(day) {
            days.now += of(*cost) / anomaly.days as f64;
        } else if let Some(before) = usize::try_from(ago - 1)
            .ok()
            .and_then(|at| days.before.get_mut(at))
        {
            *before += of(*cost);
        }
    }
    days
}

/// 1 for what costs more, -1 for what costs less.
pub(super) fn sign(side: Side) -> f64 {
    match side {
        Side::High => 1.0,
        Side::Low => -1.0,
    }
}

/// The value that moved most, where it is a good part of all that moved.
pub(super) fn cause(anomaly: &Anomaly, dimension: &str, parts: &[Part]) -> Option<Cause> {
    cause_of(anomaly, moved(anomaly, parts), dimension, parts)
}

/// What all values that moved to the side of the anomaly moved a day.
pub(super) fn moved(anomaly: &Anomaly, parts: &[Part]) -> f64 {
    let sign = sign(anomaly.side);
    let changes = changes(anomaly, parts).into_values();
    changes.map(|change| (change * sign).max(0.0)).sum()
}

/// The value that moved most, where it is a good part of a whole that moved so much a day.
pub(super) fn cause_of(anomaly: &Anomaly, whole: f64, dimension: &str, parts: &[Part]) -> Option<Cause> {
    let (changes, sign) = (changes(anomaly, parts), sign(anomaly.side));
    let moved = changes.iter().filter(|(_, change)| **change * sign > 0.0);
    let (value, change) = moved.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let share = (change.abs() / whole).min(1.0);
    (share >= LEAST_SHARE && !value.is_empty()).then(|| Cause {
        dimension: dimension.into(),
        value: (*value).into(),
        share,
        certain: true,
        change: *change,
    })
}

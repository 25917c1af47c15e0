//! What accepted advice really saved: the band as it stood on the day of the decision, against what came.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::cost::band::{Setting, Tracker};

/// Days after a decision on which it is booked.
pub const BOOKED_AFTER_DAYS: [i64; 3] = [7, 14, 28];

/// Σ max(0, expected − actual) from the day after `accepted` for `days`, in the currency of the series. The
/// expectation knows nothing of later days, so that a lasting saving does not become the new normal. `None`
/// while days are missing or the band was still learning.
pub fn realised(series: &[(Date, Option<f64>)], accepted: Date, days: i64, setting: &Setting) -> Option<f64> {
    let mut tracker = Tracker::new(setting.clone());
    for (day, cost) in series.iter().filter(|(day, _)| *day <= accepted) {
        if let Some(cost) = cost {
            tracker.observe(*day, *cost);
        }
    }
    let after: Vec<Date> = (1..=days)
        .map(|nth| accepted.saturating_add(nth.days()))
        .collect();
    let expected = tracker.foresee(&after)?;
    let costs: BTreeMap<Date, f64> = series
        .iter()
        .filter_map(|(day, cost)| Some((*day, (*cost)?)))
        .collect();
    let saved = after
        .iter()
        .zip(expected)
        .map(|(day, expected)| Some((expected - costs.get(day)?).max(0.0)));
    saved.sum()
}

/// What was booked for each team; `""` for what belongs to nobody.
pub fn by_team<'a>(booked: impl IntoIterator<Item = (Option<&'a str>, f64)>) -> BTreeMap<&'a str, f64> {
    let mut teams = BTreeMap::new();
    for (team, saved) in booked {
        *teams.entry(team.unwrap_or_default()).or_default() += saved;
    }
    teams
}

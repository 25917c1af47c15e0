//! Charges that do not follow use and come on most days, taken apart: what comes each day, and what came beside it on a day,
//! which keeps to a calendar of its own.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::cost::band::{NEW_NORMAL, quantile};

/// Days before a day that tell what comes each day, and the fewest of them that do.
const WINDOW: usize = 28;
const FEWEST: usize = 14;
/// Most of those days are as near to their middle as the days of a week are to each other.
const MOST: f64 = 0.8;
/// Less is rounding.
const NOTHING: f64 = 0.005;

/// By the days that are known, in their order: what came each day, and the rest. What is beside the daily charge is more than
/// half of it away, further than twice what most days are, and not as far on the days around it: else it is a new one.
pub fn apart(known: &[Date], costs: &BTreeMap<Date, f64>) -> (Vec<(Date, f64)>, BTreeMap<Date, f64>) {
    let raw: Vec<f64> = known
        .iter()
        .map(|day| costs.get(day).copied().unwrap_or_default())
        .collect();
    let away: Vec<f64> = (0..raw.len()).map(|at| beyond(&raw[..at], raw[at])).collect();
    let mut daily: Vec<(Date, f64)> = known.iter().copied().zip(raw).collect();
    let mut beside = BTreeMap::new();
    let mut at = 0;
    for run in away.chunk_by(|one, other| one.signum() == other.signum() && (*one == 0.0) == (*other == 0.0))
    {
        if run.len() < NEW_NORMAL && run.iter().any(|excess| *excess != 0.0) {
            for (day, excess) in daily.iter_mut().skip(at).zip(run) {
                day.1 -= excess;
                beside.insert(day.0, *excess);
            }
        }
        at += run.len();
    }
    (daily, beside)
}

/// What a day cost beyond the days before it, 0 where that is nothing unusual.
fn beyond(before: &[f64], cost: f64) -> f64 {
    let before = &before[before.len().saturating_sub(WINDOW)..];
    let usual = quantile(before.iter().copied(), 0.5).filter(|_| before.len() >= FEWEST);
    usual.map_or(0.0, |usual| {
        let away = quantile(before.iter().map(|cost| (cost - usual).abs()), MOST).unwrap_or_default();
        let far = (usual.abs() / 2.0).max(2.0 * away).max(NOTHING);
        if (cost - usual).abs() > far {
            cost - usual
        } else {
            0.0
        }
    })
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    fn taken(cost: impl Fn(Date) -> f64) -> BTreeMap<Date, f64> {
        let days: Vec<Date> = date(2026, 6, 1).series(1.day()).take(120).collect();
        let costs = days.iter().map(|day| (*day, cost(*day))).collect();
        let (daily, beside) = apart(&days, &costs);
        for (day, each) in daily {
            assert!((each + beside.get(&day).unwrap_or(&0.0) - cost(day)).abs() < 1e-9);
        }
        beside
    }

    #[test]
    fn what_comes_once_a_month_is_beside_what_comes_each_day_on_whichever_side() {
        for each in [-78.0, 20.0] {
            let beside = taken(|day| each + if day.day() == 20 { 2500.0 } else { 0.0 });
            let wanted = (6..=9).map(|month| (date(2026, month, 20), 2500.0));
            assert_eq!(beside, wanted.collect());
        }
    }

    #[test]
    fn cheap_weekends_are_no_charge_of_their_own() {
        let week = |day: Date| {
            if day.weekday().to_monday_zero_offset() < 5 {
                -100.0
            } else {
                -30.0
            }
        };
        assert_eq!(taken(week), BTreeMap::new());
    }

    #[test]
    fn a_daily_charge_that_begins_or_grows_is_daily_still() {
        let first = date(2026, 8, 1);
        assert_eq!(
            taken(|day| if day < first { 20.0 } else { 60.0 }),
            BTreeMap::new()
        );
        assert_eq!(
            taken(|day| if day < first { 0.0 } else { -60.0 }),
            BTreeMap::new()
        );
    }
}

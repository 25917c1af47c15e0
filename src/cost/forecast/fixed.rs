//! Charges that do not follow use, where they are few: expected again on the days of the month on which they came twice, and
//! daily where they came on each of the last days.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::projection::Projection;
use crate::cost::Period;
use crate::cost::band::{NEW_NORMAL, expected, quantile};

/// Of the last days with a daily charge so many say how much it is.
const DAILY: usize = 14;

/// What such charges came to on each day that had any, in the currency of the bill.
#[derive(Debug, Default)]
pub struct Fixed {
    known: BTreeSet<Date>,
    costs: BTreeMap<Date, f64>,
}

impl Fixed {
    /// By the days that are known, and those of them with such charges.
    pub fn new(known: BTreeSet<Date>, costs: BTreeMap<Date, f64>) -> Fixed {
        Fixed { known, costs }
    }

    pub fn cost(&self, day: Date) -> Option<f64> {
        self.costs.get(&day).copied()
    }

    pub fn sum(&self, period: Period) -> f64 {
        self.costs
            .range(period.from..period.to)
            .map(|(_, cost)| cost)
            .sum()
    }

    /// The month of a day: what has come before the day, and what comes from it on, by what was known then. It has no noise.
    pub fn project(&self, until: Date) -> Projection {
        let month = Period::month_of(until);
        let before = Then { fixed: self, until };
        let days = until.series(1.day()).take_while(|day| *day < month.to);
        let daily = before.daily();
        let each = daily.map_or(0.0, |(_, each)| each);
        Projection {
            month,
            until,
            so_far: self.sum(Period {
                from: month.from,
                to: until,
            }),
            rest: days.map(|day| each + before.expected(day, daily)).sum(),
            scale: 0.0,
            drift: 0.0,
        }
    }
}

/// What was known before a day.
struct Then<'a> {
    fixed: &'a Fixed,
    until: Date,
}

impl Then<'_> {
    fn cost(&self, day: Date) -> Option<f64> {
        self.fixed.cost(day).filter(|_| day < self.until)
    }

    /// What came on each of the last days, all of it on one side of nothing, with the first of those days.
    fn daily(&self) -> Option<(Date, f64)> {
        let mut run: Vec<(Date, f64)> = Vec::new();
        for day in self.fixed.known.range(..self.until).rev() {
            match (self.cost(*day), run.last()) {
                (Some(cost), None) => run.push((*day, cost)),
                (Some(cost), Some((_, later))) if cost.signum() == later.signum() => run.push((*day, cost)),
                _ => break,
            }
        }
        let (first, _) = *run.get(NEW_NORMAL - 1..)?.last()?;
        let each = quantile(run.iter().take(DAILY).map(|(_, cost)| *cost), 0.5)?;
        Some((first, each))
    }

    /// The least of what came on the same day of the months before, all of them on one side of nothing; beside what comes
    /// daily, what was more than half as much again. What came daily and ended is not expected again, what came beside it
    /// is.
    fn expected(&self, day: Date, daily: Option<(Date, f64)>) -> f64 {
        let beside = |then: Date| {
            let came = self.cost(then)?;
            Some(match daily.filter(|(first, _)| then >= *first) {
                Some((_, each)) if (came - each).abs() * 2.0 <= each.abs() => 0.0,
                Some((_, each)) => came - each,
                None => came - self.was_daily(then).map_or(0.0, |each| ended(came, each)),
            })
        };
        let is_known = |then: Date| then < self.until && self.fixed.known.contains(&then);
        expected(day, is_known, beside, least).unwrap_or_default()
    }

    /// What came daily around a day, where so much as makes a daily charge lies there without a break, on the same side of
    /// nothing.
    fn was_daily(&self, day: Date) -> Option<f64> {
        let cost = |nth: i64| self.cost(day.saturating_add(nth.days()));
        let side = cost(0)?.signum();
        let same = |cost: &f64| cost.signum() == side;
        let most = DAILY as i64;
        let before = (1..most).map_while(|nth| cost(-nth).filter(same));
        let after = (0..most).map_while(|nth| cost(nth).filter(same));
        let run: Vec<f64> = before.chain(after).collect();
        match run.len() >= DAILY {
            true => quantile(run, 0.5),
            false => None,
        }
    }
}

/// The one nearest to nothing of what is all on one side of it.
fn least(costs: Vec<f64>) -> Option<f64> {
    let is_one_side = costs.iter().all(|cost| *cost > 0.0) || costs.iter().all(|cost| *cost < 0.0);
    let nearest = |one: f64, other: f64| if other.abs() < one.abs() { other } else { one };
    costs.into_iter().reduce(nearest).filter(|_| is_one_side)
}

/// As much of a charge as was a part of what came daily and ended: all of it, but for what was more than half as much again.
fn ended(came: f64, each: f64) -> f64 {
    let is_more = (came - each) * each.signum() * 2.0 > each.abs();
    if is_more { each } else { came }
}

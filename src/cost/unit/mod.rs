//! Costs by what they are for: so much an order, a user, a machine. Cost and count are of the same days, those on which
//! both are known; a day without a count is not one on which nothing was done.

mod count;
mod verdict;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::amount::Amount;
use super::period::{Period, months};

pub use count::{BadCount, parse_counts};
pub use verdict::{Verdict, verdict};

/// A span of time with what was spent and counted in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub period: Period,
    /// Of the days that count.
    pub cost: Amount,
    /// The sum, or the mean a day; `None`: no day of it was counted.
    pub count: Option<Amount>,
    /// Days on which both are known.
    pub days: u32,
    /// Days of it whose bill may still move.
    pub estimated: u32,
}

impl Point {
    /// Of one unit in this span; `None` where nothing was counted, or zero.
    pub fn each(&self) -> Option<f64> {
        let count = self.count?.approximate();
        (count > 0.0).then(|| self.cost.approximate() / count)
    }
}

/// What is known of the days of a period: their cost with whether it may still move, and their count.
#[derive(Clone, Debug, Default)]
pub struct Days {
    pub costs: BTreeMap<Date, (Amount, bool)>,
    pub counts: BTreeMap<Date, Amount>,
    /// Several days together: the mean count.
    pub mean: bool,
}

impl Days {
    /// A point for each day or month of the period; one without a single day that counts has no cost.
    pub fn points(&self, period: Period, by_month: bool) -> Vec<Point> {
        let spans = if by_month {
            let cut = |month: Period| Period::new(month.from.max(period.from), month.to.min(period.to));
            months(period).into_iter().filter_map(cut).collect()
        } else {
            let day = |nth| period.from.saturating_add(jiff::Span::new().days(nth));
            let span = |nth| Period::new(day(nth), day(nth + 1));
            (0..i64::from(period.days())).filter_map(span).collect::<Vec<_>>()
        };
        spans.into_iter().map(|span| self.point(span)).collect()
    }

    fn point(&self, period: Period) -> Point {
        let mut point = Point {
            period,
            cost: Amount::ZERO,
            count: None,
            days: 0,
            estimated: 0,
        };
        for (day, (cost, estimated)) in self.costs.range(period.from..period.to) {
            let Some(count) = self.counts.get(day) else {
                continue;
            };
            point.cost += *cost;
            point.count = Some(point.count.unwrap_or_default() + *count);
            point.days += 1;
            point.estimated += u32::from(*estimated);
        }
        if self.mean {
            point.count = point.count.map(|count| count.per(point.days));
        }
        point
    }
}

#[cfg(test)]
mod tests;

//! Charges that do not follow use, where they are few: expected again on the days of the month on which they came twice, for a
//! week after them where they are late, and daily where they came on each of the last days.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::projection::Projection;
use crate::cost::Period;
use crate::cost::band::{NEW_NORMAL, expected, least, quantile};

/// Of the last days with a daily charge so many say how much it is.
const DAILY: usize = 14;
/// Days that a charge is waited for which did not come when it was due: bills are written late.
const LATE_DAYS: i32 = 7;

/// Of a charge that is still growing as large a share has come as of the month is over, or so much more of what else it is
/// laid on; less than a part may be of one on any day of the month, and nearly all of it is all.
const AHEAD: f64 = 0.2;
const PART: f64 = 0.75;
const NEARLY: f64 = 0.95;

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

    /// The month of a day: what has come before the day, and what comes from it on, by what was known then. It has no noise;
    /// what is late may as well not come any more, and what has come in part may have come whole.
    pub fn project(&self, until: Date) -> Projection {
        let month = Period::month_of(until);
        let before = Then { fixed: self, until };
        let days = until.series(1.day()).take_while(|day| *day < month.to);
        let daily = before.daily();
        let each = daily.map_or(0.0, |(_, each)| each);
        let late = before.late(month.from, daily);
        let growing = before.growing(month, daily);
        let to_come: f64 = days.map(|day| each + before.expected(day, daily)).sum();
        Projection {
            month,
            until,
            so_far: self.sum(Period {
                from: month.from,
                to: until,
            }),
            rest: to_come + late + growing,
            scale: 0.0,
            drift: late.abs() + growing,
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
        let is_known = |then: Date| then < self.until && self.fixed.known.contains(&then);
        expected(day, is_known, |then| self.beside(then, daily), least).unwrap_or_default()
    }

    /// What was due in the last days of the month that began `from` a day and has not come, nor anything on its side of
    /// nothing in that month.
    fn late(&self, from: Date, daily: Option<(Date, f64)>) -> f64 {
        let came: Vec<f64> = Period { from, to: self.until }
            .each()
            .filter_map(|day| self.beside(day, daily))
            .collect();
        let has_come = |cost: &f64| came.iter().any(|came| came * cost > 0.0);
        let since = self.until.saturating_sub(LATE_DAYS.days()).max(from);
        let due = since.series(1.day()).take_while(|day| *day < self.until);
        due.map(|day| self.expected(day, daily))
            .filter(|cost| !has_come(cost))
            .sum()
    }

    /// What is lacking to what came in other months of what costs much less in this one: tax is written on the first of its
    /// month and grows with use until it ends.
    fn growing(&self, month: Period, daily: Option<(Date, f64)>) -> f64 {
        let finished = Period {
            from: month.from,
            to: self.until,
        };
        let over = f64::from(finished.days()) / f64::from(month.days());
        let most = (over + AHEAD).clamp(PART, NEARLY);
        let lacking = finished.each().filter_map(|day| {
            let (came, due) = (self.beside(day, daily)?, self.expected(day, daily));
            (0.0 < came && came < due * most).then_some(due - came)
        });
        lacking.sum()
    }

    /// What came on a day beside what came daily then.
    fn beside(&self, day: Date, daily: Option<(Date, f64)>) -> Option<f64> {
        let came = self.cost(day)?;
        Some(match daily.filter(|(first, _)| day >= *first) {
            Some((_, each)) if (came - each).abs() * 2.0 <= each.abs() => 0.0,
            Some((_, each)) => came - each,
            None => came - self.was_daily(day).map_or(0.0, |each| ended(came, each)),
        })
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

/// As much of a charge as was a part of what came daily and ended: all of it, but for what was more than half as much again.
fn ended(came: f64, each: f64) -> f64 {
    let is_more = (came - each) * each.signum() * 2.0 > each.abs();
    if is_more { each } else { came }
}

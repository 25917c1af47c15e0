//! Where a month of a bill, or of a part of one, ends: the same reckoning for the console and the command line. Of a part,
//! such as a service, a credit or a fee is no noise of use, widens no band and makes no anomaly: it is expected again on the
//! days of the month on which it came twice, and daily where it came on each of the last days. In a whole bill such charges
//! are many, and projected with the rest; what began to come daily lately is known of it as of its parts, before the rest
//! has learnt a new level.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::projection::{Projection, misses, project, window};
use crate::cost::Period;
use crate::cost::band::{NEW_NORMAL, Setting, TOTAL_WIDTH, quantile};

pub type Series = Vec<(Date, Option<f64>)>;

/// Less is rounding.
const NOTHING: f64 = 0.005;
/// Months in which a charge must have come on a day to be expected on it again.
const MONTHS: i64 = 2;
/// Of the last days with a daily charge so many say how much it is.
const DAILY: usize = 14;
/// Days after which a whole bill has learnt what began.
const LATELY: i64 = 28;
const SHARE: f64 = 0.8;
/// Past months that are as many as most bills have: with fewer the interval is that of the worst of them.
const MANY_MISSES: usize = 9;

/// What is foreseen, with what of each day follows use, where the source tells.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    Whole(Option<&'a [f64]>),
    Part(Option<&'a [f64]>),
}

/// A month on one of its days, in the currency of its series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Foreseen {
    pub month: Period,
    pub so_far: f64,
    /// Expected of the days that are not finished.
    pub rest: f64,
    /// Holds the end in 80 of 100 months; `None` where too few of them are known.
    pub interval: Option<(f64, f64)>,
    /// Past months that say so.
    pub months: usize,
}

impl Foreseen {
    pub fn end(&self) -> f64 {
        self.so_far + self.rest
    }

    /// Whether few months are known, so that the interval may change with more.
    pub fn is_young(&self) -> bool {
        self.months < MANY_MISSES
    }
}

/// A projection, and what it was made of.
struct Projected {
    parted: Parted,
    setting: Setting,
    projection: Projection,
}

impl Projected {
    /// By the days before `until`, however many more are known; `None` as [`project`] has it.
    fn of(charged: &Series, of: Of<'_>, until: Date, setting: &Setting) -> Option<Projected> {
        let known = window(until);
        let is_within = |nth: &usize| known.contains(charged[*nth].0) && charged[*nth].0 < until;
        let nths: Vec<usize> = (0..charged.len()).filter(is_within).collect();
        let days: Series = nths.iter().map(|nth| charged[*nth]).collect();
        let within = |usage: Option<&[f64]>| -> Option<Vec<f64>> {
            let used = |usage: &[f64]| {
                let of = nths.iter().map(|nth| usage.get(*nth).copied());
                of.map(Option::unwrap_or_default).collect()
            };
            usage.map(used)
        };
        let parted = match of {
            Of::Whole(None) => Parted::whole(&days),
            Of::Whole(usage) => Parted::of(&days, within(usage).as_deref()).begun_lately(until, &days),
            Of::Part(usage) => Parted::of(&days, within(usage).as_deref()),
        };
        let setting = Setting {
            width: TOTAL_WIDTH,
            ..setting.clone()
        };
        Some(Projected {
            projection: project(&parted.usage, until, &setting)?,
            parted,
            setting,
        })
    }
}

/// Where the month ends, without an interval: for many at once.
pub fn end(charged: &Series, of: Of<'_>, until: Date, setting: &Setting) -> Option<f64> {
    let Projected {
        parted, projection, ..
    } = Projected::of(charged, of, until, setting)?;
    let (come, to_come) = parted.others(until);
    Some(projection.end() + come + to_come)
}

/// The same with the interval, and its parts.
pub fn foresee(charged: &Series, of: Of<'_>, until: Date, setting: &Setting) -> Option<Foreseen> {
    let Projected {
        parted,
        setting,
        projection,
    } = Projected::of(charged, of, until, setting)?;
    let past = misses(&parted.usage, until, &setting);
    let (come, to_come) = parted.others(until);
    let others = come + to_come;
    let interval = projection.interval(&past, SHARE);
    Some(Foreseen {
        month: projection.month,
        so_far: projection.so_far + come,
        rest: projection.rest + to_come,
        interval: interval.map(|(lower, upper)| (lower + others, upper + others)),
        months: past.len(),
    })
}

/// The days of a part of a bill, taken apart.
pub struct Parted {
    /// What its band is learnt from.
    pub usage: Series,
    /// What else was charged, where there was anything.
    others: BTreeMap<Date, f64>,
}

impl Parted {
    fn whole(charged: &Series) -> Parted {
        Parted {
            usage: charged.clone(),
            others: BTreeMap::new(),
        }
    }

    /// Of all charges of a whole bill, only what began to come daily in the last weeks, where there was nothing of the sort
    /// before: a step that is known at once.
    fn begun_lately(self, until: Date, charged: &Series) -> Parted {
        let lately = until.saturating_sub(LATELY.days());
        let begun = self.daily(until).map(|(first, _)| first).filter(|first| {
            let before = (1..=DAILY as i64).map(|days| first.saturating_sub(days.days()));
            let came = before.filter(|day| self.others.contains_key(day)).count();
            *first > lately && came * 2 < DAILY
        });
        let Some(first) = begun else {
            return Parted::whole(charged);
        };
        let mut others = self.others;
        others.retain(|day, _| *day >= first);
        let usage = charged.iter().map(|(day, cost)| {
            let other = others.get(day).copied().unwrap_or_default();
            (*day, cost.map(|cost| cost - other))
        });
        Parted {
            usage: usage.collect(),
            others,
        }
    }

    /// By what follows use on each day; where the source does not tell, a day below nothing holds a credit, since use costs
    /// something, and used as much as the day before it.
    pub fn of(charged: &Series, usage: Option<&[f64]>) -> Parted {
        let (mut parted, mut others) = (Series::new(), BTreeMap::new());
        let mut last = 0.0;
        for (nth, (day, cost)) in charged.iter().enumerate() {
            let used = cost.map(|cost| match usage.and_then(|usage| usage.get(nth)) {
                Some(used) => *used,
                None if cost < 0.0 => last,
                None => cost,
            });
            if let (Some(cost), Some(used)) = (cost, used) {
                last = used;
                if (cost - used).abs() >= NOTHING {
                    others.insert(*day, cost - used);
                }
            }
            parted.push((*day, used));
        }
        // What comes every day keeps to no calendar.
        match others.len() * 2 > charged.iter().filter(|(_, cost)| cost.is_some()).count() {
            true => Parted::whole(charged),
            false => Parted {
                usage: parted,
                others,
            },
        }
    }

    /// What does not follow use of the month that a day lies in: what has come before the day, and what comes from it on.
    fn others(&self, until: Date) -> (f64, f64) {
        let month = Period::month_of(until);
        let come = self.others.range(month.from..until).map(|(_, cost)| cost);
        let days = (0..month.days()).map(|nth| month.from.saturating_add(i64::from(nth).days()));
        let daily = self.daily(until);
        let each = daily.map_or(0.0, |(_, each)| each);
        let to_come = days
            .filter(|day| *day >= until)
            .map(|day| each + self.expected(day, daily));
        (come.sum(), to_come.sum())
    }

    /// What came on each of the last days, all of it on one side of nothing, with the first of those days.
    fn daily(&self, until: Date) -> Option<(Date, f64)> {
        let known = self.usage.iter().rev();
        let known = known.filter(|(day, cost)| *day < until && cost.is_some());
        let mut run: Vec<(Date, f64)> = Vec::new();
        for (day, _) in known {
            match (self.others.get(day), run.last()) {
                (Some(cost), None) => run.push((*day, *cost)),
                (Some(cost), Some((_, later))) if cost.signum() == later.signum() => run.push((*day, *cost)),
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
        let before = (1..=MONTHS).map(|months| {
            let then = day.checked_sub(months.months()).unwrap_or(day);
            let came = self.others.get(&then).copied().unwrap_or_default();
            match daily.filter(|(first, _)| then >= *first) {
                Some((_, each)) if (came - each).abs() * 2.0 <= each.abs() => 0.0,
                Some((_, each)) => came - each,
                None => came - self.was_daily(then).map_or(0.0, |each| ended(came, each)),
            }
        });
        let before: Vec<f64> = before.collect();
        let least = |one: f64, other: f64| if other.abs() < one.abs() { other } else { one };
        let is_one_side = before.iter().all(|cost| *cost > 0.0) || before.iter().all(|cost| *cost < 0.0);
        match is_one_side {
            true => before.into_iter().reduce(least).unwrap_or_default(),
            false => 0.0,
        }
    }

    /// What came daily around a day, where so much as makes a daily charge lies there without a break, on the same side of
    /// nothing.
    fn was_daily(&self, day: Date) -> Option<f64> {
        let cost = |nth: i64| self.others.get(&day.saturating_add(nth.days())).copied();
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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_daily_credit_that_ended_is_not_expected_on_the_days_of_the_month_it_had() {
        let (first, until) = (date(2026, 6, 1), date(2026, 11, 22));
        let days: Vec<Date> = first.series(1.day()).take_while(|day| *day < until).collect();
        let usage = vec![100.0; days.len()];
        let ends = |credits: &dyn Fn(Date) -> bool| {
            let cost = |day: &Date| 100.0 - if credits(*day) { 40.0 } else { 0.0 };
            let charged: Series = days.iter().map(|day| (*day, Some(cost(day)))).collect();
            end(&charged, Of::Part(Some(&usage)), until, &Setting::default()).unwrap()
        };
        let ended = ends(&|day| (date(2026, 9, 20)..date(2026, 11, 10)).contains(&day));
        assert!((ended - (3000.0 - 9.0 * 40.0)).abs() < 1.0, "{ended}");
        let monthly = ends(&|day| day.day() == 25);
        assert!((monthly - (3000.0 - 40.0)).abs() < 1.0, "{monthly}");
        let some_days = ends(&|day| (25..29).contains(&day.day()));
        assert!((some_days - (3000.0 - 4.0 * 40.0)).abs() < 1.0, "{some_days}");
    }

    #[test]
    fn a_monthly_fee_beside_a_daily_charge_that_ended_is_expected_again() {
        let (first, until) = (date(2026, 6, 1), date(2026, 11, 22));
        let days: Vec<Date> = first.series(1.day()).take_while(|day| *day < until).collect();
        let usage = vec![100.0; days.len()];
        let ends = |fee: f64| {
            let daily = |day: &Date| (date(2026, 10, 12)..date(2026, 11, 11)).contains(day);
            let cost = |day: &Date| {
                let fee = if day.day() == 25 { fee } else { 0.0 };
                let daily = if daily(day) { 40.0 } else { 0.0 };
                100.0 + fee + daily
            };
            let charged: Series = days.iter().map(|day| (*day, Some(cost(day)))).collect();
            end(&charged, Of::Part(Some(&usage)), until, &Setting::default()).unwrap()
        };
        assert!((ends(1000.0) - 4400.0).abs() < 1.0, "{}", ends(1000.0));
        // A day of the run that was somewhat dearer is no fee.
        assert!((ends(15.0) - 3400.0).abs() < 1.0, "{}", ends(15.0));
    }
}

//! Where a month of a bill, or of a part of one, ends: the same reckoning for the whole and each part, for the console and
//! the command line, so that the parts come to the whole. Only what follows use is scaled with it. Credits, fees and tax are
//! amounts of their own: by the calendar where they are few, by a band of their own where they come on most days.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::daily::apart;
use super::fees::Fee;
use super::fixed::Fixed;
use super::projection::{Miss, Past, Projection, counted, pasts, project, window};
use crate::cost::Period;
use crate::cost::band::{Setting, TOTAL_WIDTH};

pub type Series = Vec<(Date, Option<f64>)>;

/// Less is rounding.
const NOTHING: f64 = 0.005;
const SHARE: f64 = 0.8;
/// Past months that are as many as most bills have: with fewer the interval is that of the worst of them.
const MANY_MISSES: usize = 9;

/// A month on one of its days, in the currency of its series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Foreseen {
    pub month: Period,
    pub so_far: f64,
    /// Expected of the days that are not finished.
    pub rest: f64,
    /// Holds the end in 80 of 100 months; `None` where too few of them are known.
    pub interval: Option<(f64, f64)>,
    /// Past months that say so; 0 where it has no noise that they could tell of.
    pub months: usize,
}

impl Foreseen {
    pub fn end(&self) -> f64 {
        self.so_far + self.rest
    }

    /// Whether few months are known, so that the interval may change with more.
    pub fn is_young(&self) -> bool {
        (1..MANY_MISSES).contains(&self.months)
    }
}

/// Where the month ends, without an interval: for many at once.
pub fn end(
    charged: &Series,
    usage: Option<&[f64]>,
    fees: &[Fee],
    until: Date,
    setting: &Setting,
) -> Option<f64> {
    let (parted, setting) = known(charged, usage, fees, until, setting);
    let used = project(&parted.usage, until, &setting)?;
    Some(used.end() + parted.others(until, &setting)?.end())
}

/// The same with the interval, and its parts, by the days before `until`, however many more are known; with what of each day
/// follows use, that of each service, and each of the other charges, where the source tells. `None` as [`project`] has it.
pub fn foresee(
    charged: &Series,
    usage: Option<&[f64]>,
    uses: &[Fee],
    fees: &[Fee],
    until: Date,
    setting: &Setting,
) -> Option<Foreseen> {
    let (parted, setting) = known(charged, usage, fees, until, setting);
    let others = parted.others(until, &setting)?;
    let used = project(&parted.usage, until, &setting)?;
    let apart = used_apart(charged, uses, until, &setting).unwrap_or(used.end());
    let (whole, apart) = (used.and(others), apart + others.end());
    let misses = parted.misses(until, &setting);
    // Less than what is spent only by as much as was ever credited.
    let least = whole.so_far + parted.most_credited().min(others.rest);
    let interval = whole.interval(&misses, SHARE);
    Some(Foreseen {
        month: whole.month,
        so_far: whole.so_far,
        rest: whole.rest,
        // Where services go other ways than their sum nobody knows which is right.
        interval: interval.map(|(lower, upper)| (lower.max(least).min(apart), upper.max(apart))),
        months: misses.len(),
    })
}

/// What follows use at the end of the month, each service foreseen by itself; `None` where the source does not tell.
fn used_apart(charged: &Series, uses: &[Fee], until: Date, setting: &Setting) -> Option<f64> {
    let within = window(until);
    let ends = uses.iter().map(|used| {
        let days = charged.iter().zip(used);
        let days = days.map(|((day, cost), used)| (*day, cost.map(|_| *used)));
        let days: Series = days
            .filter(|(day, _)| within.contains(*day) && *day < until)
            .collect();
        Some(project(&days, until, setting)?.end())
    });
    let ends: Option<Vec<f64>> = ends.collect();
    ends.filter(|ends| !ends.is_empty()).map(|ends| ends.iter().sum())
}

/// The days before `until` that a month's end is foreseen by, taken apart, and how.
fn known(
    charged: &Series,
    usage: Option<&[f64]>,
    fees: &[Fee],
    until: Date,
    setting: &Setting,
) -> (Parted, Setting) {
    let known = window(until);
    let is_within = |nth: &usize| known.contains(charged[*nth].0) && charged[*nth].0 < until;
    let nths: Vec<usize> = (0..charged.len()).filter(is_within).collect();
    let days: Series = nths.iter().map(|nth| charged[*nth]).collect();
    let within = |costs: &[f64]| -> Vec<f64> {
        let of = nths.iter().map(|nth| costs.get(*nth).copied());
        of.map(Option::unwrap_or_default).collect()
    };
    let usage = usage.map(within);
    let fees: Vec<Fee> = fees.iter().map(|fee| within(fee)).collect();
    let setting = Setting {
        width: TOTAL_WIDTH,
        ..setting.clone()
    };
    (Parted::of(&days, usage.as_deref(), &fees), setting)
}

/// The days of a bill or of a part of one, taken apart.
pub struct Parted {
    /// What follows use.
    usage: Series,
    /// What else was charged by the calendar, each charge by itself.
    others: Vec<Fixed>,
    /// What else was charged each day, where something was on most of them, as what it costs on its side of nothing.
    daily: Option<(f64, Series)>,
}

impl Parted {
    /// By what follows use on each day; where the source does not tell, a day below nothing holds a credit, since use costs
    /// something, and used as much as the day before it. Without `fees` all that does not follow use is one charge.
    pub fn of(charged: &Series, usage: Option<&[f64]>, fees: &[Fee]) -> Parted {
        let (mut used, mut rest) = (Series::new(), BTreeMap::new());
        let mut last = 0.0;
        for (nth, (day, cost)) in charged.iter().enumerate() {
            let used_then = cost.map(|cost| match usage.and_then(|usage| usage.get(nth)) {
                Some(used) => *used,
                None if cost < 0.0 => last,
                None => cost,
            });
            if let (Some(cost), Some(used)) = (cost, used_then) {
                last = used;
                if (cost - used).abs() >= NOTHING {
                    rest.insert(*day, cost - used);
                }
            }
            used.push((*day, used_then));
        }
        let known: Vec<Date> = charged
            .iter()
            .filter(|(_, cost)| cost.is_some())
            .map(|(day, _)| *day)
            .collect();
        let others = match usage {
            Some(_) if !fees.is_empty() => fees.iter().map(|fee| charges(fee, charged)).collect(),
            _ => vec![rest],
        };
        let is_known: BTreeSet<Date> = known.iter().copied().collect();
        let (mut fixed, mut daily) = (Vec::new(), BTreeMap::<Date, f64>::new());
        for mut costs in others {
            if costs.len() * 2 > known.len() {
                if usage.is_none() {
                    // A bill of nothing but credits: there is no use to tell from them.
                    (used, costs) = (charged.clone(), BTreeMap::new());
                } else {
                    let (each, beside) = apart(&known, &costs);
                    for (day, cost) in each {
                        *daily.entry(day).or_default() += cost;
                    }
                    costs = beside;
                }
            }
            fixed.push(Fixed::new(is_known.clone(), costs));
        }
        Parted {
            usage: used,
            others: fixed,
            daily: (!daily.is_empty()).then(|| sided(daily, charged)),
        }
    }

    /// What a band is learnt from: use alone, but where other charges come on most days, all of it.
    pub fn watched(self, charged: &Series) -> Series {
        if self.daily.is_some() {
            charged.clone()
        } else {
            self.usage
        }
    }

    /// What does not follow use in the month of `until`, as it is foreseen.
    fn others(&self, until: Date, setting: &Setting) -> Option<Projection> {
        let each = self.others.iter().map(|fee| fee.project(until));
        let fixed = each.reduce(Projection::and)?;
        match &self.daily {
            Some((side, series)) => Some(project(series, until, setting)?.times(*side).and(fixed)),
            None => Some(fixed),
        }
    }

    /// How far off past months would have been foreseen, on the same day of the month.
    fn misses(&self, until: Date, setting: &Setting) -> Vec<Miss> {
        let (side, daily) = match &self.daily {
            Some((side, series)) => (*side, pasts(series, until, setting)),
            None => (1.0, Vec::new()),
        };
        let daily: BTreeMap<Date, Past> = daily
            .into_iter()
            .map(|past| (past.projection.month.from, past.times(side)))
            .collect();
        let miss = |past: Past| {
            let (mut end, mut cost) = (past.projection, past.cost);
            for fee in &self.others {
                cost += fee.sum(end.month);
                end = end.and(fee.project(end.until));
            }
            if self.daily.is_some() {
                let each = daily.get(&end.month.from)?;
                end = end.and(each.projection);
                cost += each.cost;
            }
            Some((past.is_learnt, Miss::of(&end, cost)?))
        };
        counted(pasts(&self.usage, until, setting).into_iter().filter_map(miss))
    }

    /// What was charged on a day beside use.
    fn other(&self, nth: usize, day: Date) -> f64 {
        let daily = self
            .daily
            .as_ref()
            .and_then(|(side, series)| Some(side * series.get(nth)?.1?));
        daily.unwrap_or_default() + self.others.iter().filter_map(|fee| fee.cost(day)).sum::<f64>()
    }

    /// The most that ever came back in a month, as a cost below nothing; 0 where nothing did.
    fn most_credited(&self) -> f64 {
        let mut months: BTreeMap<Date, f64> = BTreeMap::new();
        for (nth, (day, used)) in self.usage.iter().enumerate() {
            let other = self.other(nth, *day);
            let back = used.unwrap_or_default().min(0.0) + other.min(0.0);
            *months.entry(day.first_of_month()).or_default() += back;
        }
        months.into_values().fold(0.0, f64::min)
    }
}

/// The days on which a charge came, of those that are known.
fn charges(fee: &Fee, charged: &Series) -> BTreeMap<Date, f64> {
    let days = charged.iter().zip(fee).filter(|((_, cost), _)| cost.is_some());
    days.filter(|(_, fee)| fee.abs() >= NOTHING)
        .map(|((day, _), fee)| (*day, *fee))
        .collect()
}

/// What comes each day as a series that costs something, and the side of nothing on which it is: 1 or -1. Days that are not
/// known in the bill are not known in it.
fn sided(each: BTreeMap<Date, f64>, charged: &Series) -> (f64, Series) {
    let below = each.values().filter(|cost| **cost < 0.0).count();
    let side = if below * 2 > each.len() { -1.0 } else { 1.0 };
    let days = charged
        .iter()
        .map(|(day, _)| (*day, each.get(day).map(|cost| side * cost)));
    (side, days.collect())
}

#[cfg(test)]
mod tests;

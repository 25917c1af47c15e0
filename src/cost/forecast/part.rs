//! Where a month of a bill, or of a part of one, ends: the same reckoning for the whole and each part, for the console and
//! the command line, so that the parts come to the whole. Only what follows use is scaled with it. Credits, fees and tax are
//! amounts of their own: by the calendar where they are few, by a band of their own where they come on most days.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::fixed::Fixed;
use super::projection::{Miss, Past, Projection, counted, pasts, project, reach, window};
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

/// Where the month ends, without an interval: for many at once.
pub fn end(charged: &Series, usage: Option<&[f64]>, until: Date, setting: &Setting) -> Option<f64> {
    let (parted, setting) = known(charged, usage, until, setting);
    let used = project(&parted.usage, until, &setting)?;
    Some(used.end() + parted.others(until, &setting)?.end())
}

/// The same with the interval, and its parts, by the days before `until`, however many more are known; with what of each day
/// follows use, where the source tells. `None` as [`project`] has it.
pub fn foresee(charged: &Series, usage: Option<&[f64]>, until: Date, setting: &Setting) -> Option<Foreseen> {
    let (parted, setting) = known(charged, usage, until, setting);
    let used = project(&parted.usage, until, &setting)?;
    let others = parted.others(until, &setting)?;
    let misses = parted.misses(until, &setting);
    let (so_far, rest) = (used.so_far + others.so_far, used.rest + others.rest);
    let reach = reach(&misses, SHARE).map(|reach| reach * (used.scale() + others.scale()));
    // Less than what is spent only by as much as was ever credited.
    let least = so_far + parted.most_credited().min(others.rest);
    Some(Foreseen {
        month: used.month,
        so_far,
        rest,
        interval: reach.map(|reach| ((so_far + rest - reach).max(least), so_far + rest + reach)),
        months: misses.len(),
    })
}

/// The days before `until` that a month's end is foreseen by, taken apart, and how.
fn known(charged: &Series, usage: Option<&[f64]>, until: Date, setting: &Setting) -> (Parted, Setting) {
    let known = window(until);
    let is_within = |nth: &usize| known.contains(charged[*nth].0) && charged[*nth].0 < until;
    let nths: Vec<usize> = (0..charged.len()).filter(is_within).collect();
    let days: Series = nths.iter().map(|nth| charged[*nth]).collect();
    let usage = usage.map(|usage| -> Vec<f64> {
        let of = nths.iter().map(|nth| usage.get(*nth).copied());
        of.map(Option::unwrap_or_default).collect()
    });
    let setting = Setting {
        width: TOTAL_WIDTH,
        ..setting.clone()
    };
    (Parted::of(&days, usage.as_deref()), setting)
}

/// The days of a bill or of a part of one, taken apart.
pub struct Parted {
    /// What follows use.
    usage: Series,
    /// What else was charged, where there was anything.
    others: Fixed,
    /// Other charges come on most days: they keep to no calendar.
    is_daily: bool,
}

impl Parted {
    /// By what follows use on each day; where the source does not tell, a day below nothing holds a credit, since use costs
    /// something, and used as much as the day before it.
    pub fn of(charged: &Series, usage: Option<&[f64]>) -> Parted {
        let (mut used, mut others) = (Series::new(), BTreeMap::new());
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
                    others.insert(*day, cost - used);
                }
            }
            used.push((*day, used_then));
        }
        let is_daily = others.len() * 2 > charged.iter().filter(|(_, cost)| cost.is_some()).count();
        if is_daily && usage.is_none() {
            // A bill of nothing but credits: there is no use to tell from them.
            (used, others) = (charged.clone(), BTreeMap::new());
        }
        let known = used.iter().filter(|(_, cost)| cost.is_some());
        Parted {
            others: Fixed::new(known.map(|(day, _)| *day).collect(), others),
            usage: used,
            is_daily,
        }
    }

    /// What a band is learnt from: use alone, but where other charges come on most days, all of it.
    pub fn watched(self, charged: &Series) -> Series {
        if self.is_daily {
            charged.clone()
        } else {
            self.usage
        }
    }

    /// What does not follow use in the month of `until`, as it is foreseen.
    fn others(&self, until: Date, setting: &Setting) -> Option<Projection> {
        match self.is_daily {
            true => {
                let (side, series) = self.daily();
                project(&series, until, setting).map(|projection| projection.times(side))
            }
            false => Some(self.others.project(until)),
        }
    }

    /// Charges of most days as a series that costs something, and the side of nothing on which they are.
    fn daily(&self) -> (f64, Series) {
        let side = self.others.side();
        let other = |day: &Date| side * self.others.cost(*day).unwrap_or_default();
        let days = self
            .usage
            .iter()
            .map(|(day, used)| (*day, used.map(|_| other(day))));
        (side, days.collect())
    }

    /// How far off past months would have been foreseen, on the same day of the month.
    fn misses(&self, until: Date, setting: &Setting) -> Vec<Miss> {
        let daily: BTreeMap<Date, Past> = match self.is_daily {
            true => {
                let (side, series) = self.daily();
                let pasts = pasts(&series, until, setting).into_iter();
                pasts
                    .map(|past| (past.projection.month.from, past.times(side)))
                    .collect()
            }
            false => BTreeMap::new(),
        };
        let miss = |past: Past| {
            let Past {
                projection,
                cost,
                is_learnt,
            } = past;
            let (other, other_cost) = match self.is_daily {
                true => daily
                    .get(&projection.month.from)
                    .map(|past| (past.projection, past.cost))?,
                false => (
                    self.others.project(projection.until),
                    self.others.sum(projection.month),
                ),
            };
            let error = cost + other_cost - projection.end() - other.end();
            let scale = projection.scale() + other.scale();
            Some((is_learnt, Miss::of(projection.month, error, scale)?))
        };
        counted(pasts(&self.usage, until, setting).into_iter().filter_map(miss))
    }

    /// The most that ever came back in a month, as a cost below nothing; 0 where nothing did.
    fn most_credited(&self) -> f64 {
        let mut months: BTreeMap<Date, f64> = BTreeMap::new();
        for (day, used) in &self.usage {
            let other = self.others.cost(*day).unwrap_or_default();
            let back = used.unwrap_or_default().min(0.0) + other.min(0.0);
            *months.entry(day.first_of_month()).or_default() += back;
        }
        months.into_values().fold(0.0, f64::min)
    }
}

#[cfg(test)]
mod tests;

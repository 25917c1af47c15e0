//! The month's end from the days alone, free and offline: what is spent plus what the band expects of the
//! days to come. How sure that is comes from the months before: how far the same method, on the same day
//! of the month and knowing no more, was from what they cost.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::cost::Period;
use crate::cost::band::{Setting, Tracker, quantile};

/// Months before this one that a month's end is foreseen by.
const MONTHS: i64 = 12;
/// Beginnings of months that must have been seen before what comes once a month is expected.
const LEARNT_STARTS: u32 = 2;
/// Past months needed for an interval: with fewer, one of eighty percent would be a guess.
pub const FEWEST_MISSES: usize = 4;

/// A month on one of its days, in the currency of its series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    pub month: Period,
    /// Days of the month before this one are finished.
    pub until: Date,
    pub so_far: f64,
    /// Expected of the days from `until` on.
    pub rest: f64,
    /// How far off the noise of its days makes it likely to be, in the same currency.
    pub scale: f64,
    /// How far off it is beside that if the last days go on as they went, in the same currency.
    pub drift: f64,
}

/// How far a projection of a past month was from its end beyond what its drift told, as a multiple of what its noise made
/// likely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Miss {
    pub month: Period,
    pub size: f64,
}

impl Miss {
    /// Of a month that cost so much in the end; `None` where no noise is expected that it could be a multiple of.
    pub fn of(projection: &Projection, cost: f64) -> Option<Miss> {
        let Projection {
            month, scale, drift, ..
        } = *projection;
        let error = (cost - projection.end()).abs();
        (scale > 0.0).then(|| Miss {
            month,
            size: (error - drift).max(0.0) / scale,
        })
    }
}

impl Projection {
    pub fn end(&self) -> f64 {
        self.so_far + self.rest
    }

    /// The same of another amount, so many times as much.
    pub fn times(self, factor: f64) -> Projection {
        Projection {
            so_far: self.so_far * factor,
            rest: self.rest * factor,
            scale: self.scale * factor.abs(),
            drift: self.drift * factor.abs(),
            ..self
        }
    }

    /// With what else comes in the month: what each makes likely is added up.
    pub fn and(self, other: Projection) -> Projection {
        Projection {
            so_far: self.so_far + other.so_far,
            rest: self.rest + other.rest,
            scale: self.scale + other.scale,
            drift: self.drift + other.drift,
            ..self
        }
    }

    /// Bounds that hold the end in `share` (0 to 1) of all months, if these misses are like the next one;
    /// `None` when they are too few to tell. What has no noise is as far off as its drift at most, whatever was missed.
    pub fn interval(&self, misses: &[Miss], share: f64) -> Option<(f64, f64)> {
        if self.scale == 0.0 && self.drift > 0.0 {
            return Some((self.end() - self.drift, self.end() + self.drift));
        }
        let count = misses.len();
        if count < FEWEST_MISSES {
            return None;
        }
        // One more than there are, for the miss that is to come.
        let share = share * (count as f64 + 1.0) / count as f64;
        let reach = quantile(misses.iter().map(|miss| miss.size), share)? * self.scale + self.drift;
        Some((self.end() - reach, self.end() + reach))
    }
}

/// Projects the month of `until` from the days before it; `None` while there are too few of them, or when
/// one of this month's, or the last one, was not answered.
pub fn project(series: &[(Date, Option<f64>)], until: Date, setting: &Setting) -> Option<Projection> {
    let is_up_to_date =
        |(day, cost): &(Date, Option<f64>)| cost.is_some() && day.tomorrow().ok() == Some(until);
    if !series.iter().any(is_up_to_date) {
        return None;
    }
    let mut tracker = Tracker::new(setting.clone());
    for (day, cost) in series.iter().filter(|(day, _)| *day < until) {
        if let Some(cost) = cost {
            tracker.observe(*day, *cost);
        }
    }
    projection(series, until, &tracker)
}

/// The days that the end of a month is foreseen by, whatever else is known: the same everywhere.
pub fn window(until: Date) -> Period {
    let month = Period::month_of(until);
    Period {
        from: month.from.saturating_sub(MONTHS.months()),
        to: until.max(month.from.saturating_add(1.day())),
    }
}

/// A past month as it would have been projected on the same day of the month, from what was known then.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    pub projection: Projection,
    /// What it cost in the end.
    pub cost: f64,
    /// Whether monthly fees could be expected then.
    pub is_learnt: bool,
}

impl Past {
    /// The same of another amount, so many times as much.
    pub fn times(self, factor: f64) -> Past {
        Past {
            projection: self.projection.times(factor),
            cost: self.cost * factor,
            ..self
        }
    }
}

/// What past months would have been projected on the same day of the month.
pub fn misses(series: &[(Date, Option<f64>)], until: Date, setting: &Setting) -> Vec<Miss> {
    let past = pasts(series, until, setting);
    counted(
        past.into_iter()
            .filter_map(|past| Some((past.is_learnt, Miss::of(&past.projection, past.cost)?))),
    )
}

/// The past months of a series, oldest first.
pub fn pasts(series: &[(Date, Option<f64>)], until: Date, setting: &Setting) -> Vec<Past> {
    let this = Period::month_of(until);
    let finished = i32::from(until.day()) - 1;
    let mut tracker = Tracker::new(setting.clone());
    let (mut pasts, mut starts) = (Vec::new(), 0);
    for (day, cost) in series.iter().filter(|(day, _)| *day < this.from) {
        let month = Period::month_of(*day);
        let cut = finished.min(i32::from(month.from.days_in_month()) - 1);
        if *day == month.from.saturating_add(cut.days())
            && let Some(projection) = projection(series, *day, &tracker)
            && let Some(cost) = sum(series, month)
        {
            pasts.push(Past {
                projection,
                cost,
                is_learnt: starts >= LEARNT_STARTS,
            });
        }
        if let Some(cost) = cost {
            let reading = tracker.observe(*day, *cost);
            // While the band learns, a fee is no high day that could become a habit.
            starts += u32::from(*day == month.from && reading.band.is_some());
        }
    }
    pasts
}

/// Months in which monthly fees could not be expected yet say little of the next one: they count only while there are too
/// few others.
pub fn counted(misses: impl Iterator<Item = (bool, Miss)>) -> Vec<Miss> {
    let misses: Vec<(bool, Miss)> = misses.collect();
    let learnt: Vec<Miss> = misses
        .iter()
        .filter(|(is_learnt, _)| *is_learnt)
        .map(|(_, miss)| *miss)
        .collect();
    match learnt.len() >= FEWEST_MISSES {
        true => learnt,
        false => misses.into_iter().map(|(_, miss)| miss).collect(),
    }
}

fn projection(series: &[(Date, Option<f64>)], until: Date, tracker: &Tracker) -> Option<Projection> {
    let month = Period::month_of(until);
    let so_far = match Period::new(month.from, until) {
        Some(finished) => sum(series, finished)?,
        None => 0.0,
    };
    let left = Period {
        from: until,
        to: month.to,
    };
    let days: Vec<Date> = (0..left.days())
        .map(|nth| until.saturating_add(i64::from(nth).days()))
        .collect();
    let rest: f64 = tracker.foresee(&days)?.into_iter().sum();
    Some(Projection {
        month,
        until,
        so_far,
        rest,
        // The usual relative distance of one day from its expectation.
        scale: rest.abs() * tracker.spread(),
        drift: tracker.drift(days.len()),
    })
}

/// `None` unless every day was answered.
fn sum(series: &[(Date, Option<f64>)], period: Period) -> Option<f64> {
    let within = series.iter().filter(|(day, _)| period.contains(*day));
    let costs: Vec<f64> = within.map(|(_, cost)| *cost).collect::<Option<_>>()?;
    (costs.len() == period.days() as usize).then(|| costs.into_iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn flat(days: i64, cost: impl Fn(Date) -> f64) -> Vec<(Date, Option<f64>)> {
        let first = date(2026, 1, 1);
        (0..days)
            .map(|nth| first + nth.days())
            .map(|day| (day, Some(cost(day))))
            .collect()
    }

    #[test]
    fn a_steady_month_ends_where_its_days_add_up() {
        let series = flat(160, |_| 10.0);
        let projection = project(&series, date(2026, 6, 10), &Setting::default()).unwrap();
        assert_eq!(projection.so_far, 90.0);
        assert!((projection.end() - 300.0).abs() < 1e-9, "{projection:?}");
    }

    #[test]
    fn a_monthly_charge_to_come_is_counted() {
        let series = flat(160, |day| if day.day() == 25 { 500.0 } else { 10.0 });
        let end = project(&series, date(2026, 6, 10), &Setting::default())
            .unwrap()
            .end();
        assert!((end - 790.0).abs() < 40.0, "{end}");
    }

    #[test]
    fn a_monthly_fee_that_has_come_is_not_expected_again_on_other_days() {
        let series = flat(160, |day| if day.day() == 1 { 500.0 } else { 0.0 });
        let setting = Setting::default();
        let after = project(&series, date(2026, 6, 10), &setting).unwrap().end();
        let before = project(&series, date(2026, 6, 1), &setting).unwrap().end();
        assert!(
            (after - 500.0).abs() < 1.0 && (before - 500.0).abs() < 1.0,
            "{after} {before}"
        );
    }

    #[test]
    fn a_fee_that_came_in_two_months_is_no_cost_by_the_day() {
        let setting = Setting::default();
        for fee in [100.0, 3.0] {
            let bill = |days: i64| flat(days, |day| if day.day() == 1 { fee } else { 0.0 });
            let ends = |days: i64, until: Date| project(&bill(days), until, &setting).unwrap().end();
            // Of January and February; then all of both, when the third is to come.
            for end in [ends(32, date(2026, 2, 2)), ends(59, date(2026, 3, 1))] {
                assert!((end - fee).abs() < 0.01, "{fee} {end}");
            }
        }
        // What comes by the week is no fee by the month.
        let weekly = flat(59, |day| {
            if day.weekday().to_monday_zero_offset() == 0 {
                70.0
            } else {
                0.0
            }
        });
        let end = project(&weekly, date(2026, 3, 1), &setting).unwrap().end();
        assert!((end - 310.0).abs() < 80.0, "{end}");
    }

    #[test]
    fn a_day_that_was_not_answered_gives_no_projection() {
        let mut series = flat(160, |_| 10.0);
        series[153].1 = None;
        assert_eq!(project(&series, date(2026, 6, 10), &Setting::default()), None);
        let ended = flat(120, |_| 10.0);
        assert_eq!(
            project(&ended, date(2026, 6, 1), &Setting::default()),
            None,
            "it ends on April 30"
        );
        assert_eq!(
            project(&flat(10, |_| 10.0), date(2026, 1, 11), &Setting::default()),
            None
        );
    }

    #[test]
    fn three_past_months_give_no_interval_and_later_days_change_no_miss() {
        let series = flat(170, |day| {
            100.0 + f64::from(day.day() % 4) * f64::from(day.month())
        });
        let until = date(2026, 5, 11);
        let past = misses(&series, until, &Setting::default());
        assert_eq!(past.len(), 3, "{past:?}");
        let projection = project(&series, until, &Setting::default()).unwrap();
        assert_eq!(projection.interval(&past, 0.8), None);
        assert_eq!(past, misses(&series[..130], until, &Setting::default()));
    }

    #[test]
    fn months_that_could_not_expect_a_fee_say_nothing_once_others_can() {
        // The fee comes late, so that it is to come on the tenth.
        let cost = |day: Date| match day.day() {
            20 => 900.0,
            of => 100.0 + f64::from(of % 3),
        };
        let largest = |days: i64, until: Date| {
            let past = misses(&flat(days, cost), until, &Setting::default());
            let sizes = past.iter().map(|miss| miss.size);
            (past.len(), sizes.fold(0.0, f64::max))
        };
        let (young, missed) = largest(161, date(2026, 6, 10));
        assert!(young == 4 && missed > 3.0, "{young} {missed}");
        let (months, missed) = largest(320, date(2026, 11, 10));
        assert!(months == 8 && missed < 1.5, "{months} {missed}");
    }

    #[test]
    fn the_interval_is_as_wide_as_past_misses_ask() {
        let month = Period::month_of(date(2026, 5, 1));
        let projection = Projection {
            month,
            until: date(2026, 5, 11),
            so_far: 50.0,
            rest: 100.0,
            scale: 10.0,
            drift: 0.0,
        };
        let misses: Vec<Miss> = (1..=9)
            .map(|size| Miss {
                month,
                size: f64::from(size),
            })
            .collect();
        assert_eq!(projection.interval(&misses, 0.8), Some((70.0, 230.0)));
    }
}

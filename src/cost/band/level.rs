//! Where a series stands: its level, its slope, and how each weekday differs.

use jiff::civil::Date;

use super::history::{History, Past};
use super::median::median;

/// Days whose median is the level.
const LEVEL_DAYS: usize = 14;
/// Those of them that a new normal is most of.
const WEEK: usize = 7;
/// The steepest slope that is believed, as a share of the level a day, and how much of it.
const STEEPEST: f64 = 0.02;
const SLOPE_WEIGHT: f64 = 0.5;
/// A weekday that costs nearly nothing must not make the others infinite.
pub(super) const LEAST_FACTOR: f64 = 0.05;

#[derive(Clone, Debug)]
pub(super) struct Level {
    level: f64,
    /// A day.
    slope: f64,
    /// From the middle of the level's days to the day after the last.
    reach_days: f64,
    weekdays: [f64; 7],
}

impl Level {
    /// `None` of an empty history.
    pub fn of(history: &History) -> Option<Level> {
        let weekdays = weekdays(history);
        let recent = history.recent();
        let last = &recent[recent.len().saturating_sub(LEVEL_DAYS)..];
        let flat: Vec<f64> = last
            .iter()
            .map(|past| past.clean / weekdays[place(past.day)])
            .collect();
        let level = median(flat.iter().copied())?;
        let half = flat.len() / 2;
        let (older, newer) = flat.split_at(half);
        let rise = match (median(older.iter().copied()), median(newer.iter().copied())) {
            (Some(older), Some(newer)) => (newer - older) / half as f64,
            _ => 0.0,
        };
        let steepest = STEEPEST * level.abs();
        Some(Level {
            level,
            slope: rise.clamp(-steepest, steepest) * SLOPE_WEIGHT,
            reach_days: half as f64 + 0.5,
            weekdays,
        })
    }

    /// The level as the days themselves have it, which are not cleaned: between the middle of the last week and that of two.
    /// Where a series is wild, new normals one upon another make what is cleaned many times as much as any day was.
    pub fn seen(self, history: &History) -> Level {
        let recent = history.recent();
        match (self.middle(recent, WEEK), self.middle(recent, LEVEL_DAYS)) {
            (Some(week), Some(two)) => Level {
                level: self.level.clamp(week.min(two), week.max(two)),
                ..self
            },
            _ => self,
        }
    }

    /// The level that the last week settled on after a step: it has no slope, since the days before were of another.
    pub fn settled(self, history: &History) -> Level {
        Level {
            level: self.middle(history.recent(), WEEK).unwrap_or(self.level),
            slope: 0.0,
            ..self
        }
    }

    /// The middle of the last of some days as they came, as if all weekdays were alike; `None` of none. With weekdays that are
    /// theirs it lies among the days. Those that were learnt of days nearly free are not told apart: divided by them, it would be
    /// many times what any of them was.
    pub fn middle(&self, days: &[Past], count: usize) -> Option<f64> {
        let last = &days[days.len().saturating_sub(count)..];
        let came = || last.iter().map(|past| past.actual);
        let lies_among = |level: &f64| came().any(|cost| cost >= *level) && came().any(|cost| cost <= *level);
        median(last.iter().map(|past| self.flat(past.day, past.actual)))
            .filter(lies_among)
            .or_else(|| median(came()))
    }

    /// What a day should cost that lies `ahead_days` after the day after the last.
    pub fn expected(&self, day: Date, ahead_days: u32) -> f64 {
        self.trend(ahead_days) * self.weekdays[place(day)]
    }

    /// The same of a weekday that is as the mean of them.
    pub fn trend(&self, ahead_days: u32) -> f64 {
        self.level + self.slope * (self.reach_days + f64::from(ahead_days))
    }

    /// What a day would have cost if all weekdays were alike.
    pub fn flat(&self, day: Date, cost: f64) -> f64 {
        cost / self.weekdays[place(day)]
    }

    /// The same if the day behaved like a Sunday.
    pub fn expected_on_holiday(&self, day: Date, ahead_days: u32) -> f64 {
        let usual = self.weekdays[place(day)];
        self.expected(day, ahead_days) * (self.weekdays[6] / usual).min(1.0)
    }
}

/// The median ratio of each weekday to the mean of the seven days up to it, their mean being 1.
fn weekdays(history: &History) -> [f64; 7] {
    let (days, lead) = history.with_lead();
    let mut ratios: [Vec<f64>; 7] = Default::default();
    for at in lead.max(6)..days.len() {
        let mean = days[at - 6..=at].iter().map(|past| past.clean).sum::<f64>() / 7.0;
        if mean > 0.0 {
            let Past { day, clean, .. } = days[at];
            ratios[place(day)].push(clean / mean);
        }
    }
    let mut factors = ratios.map(|ratios| median(ratios).unwrap_or(1.0));
    let mean = factors.iter().sum::<f64>() / 7.0;
    for factor in &mut factors {
        *factor = if mean > 0.0 { *factor / mean } else { 1.0 }.max(LEAST_FACTOR);
    }
    factors
}

/// Monday is 0.
fn place(day: Date) -> usize {
    usize::from(day.weekday().to_monday_zero_offset().unsigned_abs()).min(6)
}

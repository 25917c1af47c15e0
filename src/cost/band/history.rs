//! The days that a band is learnt from: eight weeks, cleaned, with how far each was from its expectation.

use jiff::civil::Date;

use super::median::median;

/// Days before there is a band.
pub const LEARNING_DAYS: usize = 14;
/// Eight weeks.
const DAYS: usize = 56;
/// A band that no noise has shaped is this wide a spread, and never narrower than the least.
const FIRST_SPREAD: f64 = 0.10;
pub(super) const LEAST_SPREAD: f64 = 0.03;
const FEWEST_RESIDUALS: usize = 7;
/// Makes the median of absolute deviations a standard deviation where noise is normal.
pub(super) const MAD_TO_DEVIATION: f64 = 1.4826;

#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    pub day: Date,
    /// The cost, or where it was outside its band a value that does not spoil the next ones.
    pub clean: f64,
    pub actual: f64,
    pub expected: Option<f64>,
    /// Distance from the expectation, relative to it; `None` where it says nothing about noise.
    pub residual: Option<f64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct History(Vec<Past>);

impl History {
    pub fn push(&mut self, past: Past) {
        self.0.push(past);
        // Twice the span, so that the oldest goes rarely and its weekly neighbour is still there.
        if self.0.len() > 2 * DAYS {
            self.0.drain(..DAYS - 7);
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Keeps a day as another cost than it had.
    pub fn clean(&mut self, at: usize, clean: f64) {
        if let Some(past) = self.0.get_mut(at) {
            past.clean = clean;
        }
    }

    /// All that is remembered, twice the recent ones at most.
    pub fn days(&self) -> &[Past] {
        &self.0
    }

    pub fn recent(&self) -> &[Past] {
        &self.0[self.0.len().saturating_sub(DAYS)..]
    }

    /// Those of all that is remembered that were before a day.
    pub fn before(&self, day: Date) -> &[Past] {
        &self.0[..self.0.partition_point(|past| past.day < day)]
    }

    /// The recent days with the six before them, which their trailing mean needs.
    pub fn with_lead(&self) -> (&[Past], usize) {
        let start = self.0.len().saturating_sub(DAYS);
        let lead = start.min(6);
        (&self.0[start - lead..], lead)
    }

    /// The usual relative distance from the expectation.
    pub fn spread(&self) -> f64 {
        let residuals: Vec<f64> = self
            .recent()
            .iter()
            .filter_map(|past| past.residual.map(f64::abs))
            .collect();
        if residuals.len() < FEWEST_RESIDUALS {
            return FIRST_SPREAD;
        }
        median(residuals).map_or(FIRST_SPREAD, |mad| (MAD_TO_DEVIATION * mad).max(LEAST_SPREAD))
    }

    /// What one of the last `days` cost on average, as it came; 0 of an empty history.
    pub fn mean_of(&self, days: usize) -> f64 {
        let last = &self.0[self.0.len().saturating_sub(days)..];
        last.iter().map(|past| past.actual).sum::<f64>() / last.len().max(1) as f64
    }

    /// Mostly zeros: there is no level to be near.
    pub fn is_sparse(&self) -> bool {
        let recent = self.recent();
        let zeros = recent.iter().filter(|past| past.actual == 0.0).count();
        zeros * 2 > recent.len()
    }

    /// Takes the last `days` for the normal level, with those of the learning days that were of it already: what was before is
    /// scaled to it. Tells the factor.
    pub fn adopt(&mut self, days: usize) -> Option<f64> {
        let start = self.0.len().checked_sub(days)?;
        let factor = median(
            self.0[start..]
                .iter()
                .filter_map(|past| Some(past.actual / past.expected.filter(|e| *e > 0.0)?)),
        )?;
        let start = start - self.learnt_of(start);
        let (before, new) = self.0.split_at_mut(start);
        before.iter_mut().for_each(|past| past.clean *= factor);
        for past in new {
            past.clean = past.actual;
            past.residual = None;
        }
        Some(factor)
    }

    /// How many learning days right before the one at `start` are of the level of the days from it on: nobody could say so then.
    fn learnt_of(&self, start: usize) -> usize {
        let (before, new) = self.0.split_at(start);
        let level = |days: &[Past]| median(days.iter().map(|past| past.actual)).filter(|level| *level > 0.0);
        let (Some(old), Some(new)) = (level(before), level(new)) else {
            return 0;
        };
        let is_new = |past: &&Past| {
            let far = |level: f64| (past.actual.max(f64::MIN_POSITIVE) / level).ln().abs();
            past.expected.is_none() && far(new) < far(old)
        };
        before.iter().rev().take_while(is_new).count()
    }
}

//! Whether a series is on its way elsewhere: where its last week points, against where its level stands. A level that is
//! taken for the new normal step by step stands still between two steps, and where a ramp goes on to is not told by the noise
//! of its days, nor by months that had none.

use super::history::History;
use super::level::Level;
use super::median::median;

/// Days that say where it is going.
const WEEK: usize = 7;
/// From the middle of them to the day after the last.
const REACH_DAYS: f64 = 4.0;
/// So many deviations of noise are no direction.
const NOISE: f64 = 2.0;
/// Of a day's noise squared: what is left of it in the median of a week, and in its slope a day.
const LEFT_IN_MIDDLE: f64 = 0.22;
const LEFT_IN_SLOPE: f64 = 0.036;

/// How far `count` coming days together would be from their expectation if the last week went on as it went, in the currency
/// of the series; 0 where that is no more than noise.
pub(super) fn drift(history: &History, level: &Level, count: usize) -> f64 {
    let recent = history.recent();
    let week = &recent[recent.len().saturating_sub(WEEK)..];
    let flat: Vec<f64> = week
        .iter()
        .map(|past| level.flat(past.day, past.actual))
        .collect();
    let (Some(middle), Some(slope)) = (median(flat.iter().copied()), slope(&flat)) else {
        return 0.0;
    };
    let usual = history.spread() * middle.abs();
    let (mut off, mut noise) = (0.0, 0.0);
    for ahead in (0..).take(count) {
        let reach = REACH_DAYS + f64::from(ahead);
        off += middle + slope * reach - level.trend(ahead);
        noise += usual * (LEFT_IN_MIDDLE + LEFT_IN_SLOPE * reach * reach).sqrt();
    }
    (off.abs() - NOISE * noise).max(0.0)
}

/// The middle of the slopes between any two of the days, each a day: one wild day does not tilt it.
fn slope(flat: &[f64]) -> Option<f64> {
    let pairs = (0..flat.len()).flat_map(|at| (0..at).map(move |before| (before, at)));
    median(pairs.map(|(before, at)| (flat[at] - flat[before]) / (at - before) as f64))
}

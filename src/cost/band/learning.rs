//! What the learning days tell once they are over. Each weekday was seen twice by then: what came on one of them alone is no
//! habit of that weekday, and taken for one it would be expected on it for months.

use jiff::civil::{Date, Weekday};

use super::history::{History, LEAST_SPREAD, MAD_TO_DEVIATION, Past};
use super::level::LEAST_FACTOR;
use super::median::median;

/// A learning day that is not like the others: where in the history it is, and what it is kept as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Odd {
    pub at: usize,
    pub clean: f64,
}

/// Learning days far from both the usual and the nearest day of their weekday, `width` spreads and more: a job by the month, a
/// holiday, a spike. They are kept as the nearer of the two. Where most weekdays changed from one week to the other the
/// level did, and no day is odd.
pub(super) fn odd(history: &History, width: f64) -> Vec<Odd> {
    let days = history.days();
    if history.is_sparse() {
        return Vec::new();
    }
    let Some(whole) = middle(days, |_| true).filter(|whole| *whole > 0.0) else {
        return Vec::new();
    };
    let usual = [false, true].map(|weekend| {
        middle(days, |past| is_weekend(past.day) == weekend).map_or(whole, |of| of.max(LEAST_FACTOR * whole))
    });
    let twins: Vec<Option<Twin>> = (0..days.len())
        .map(|at| Twin::of(days, at, usual[usize::from(is_weekend(days[at].day))]))
        .collect();
    let apart = twins
        .iter()
        .flatten()
        .map(|twin| (twin.cost - twin.other).abs() / twin.usual);
    let spread = median(apart).map_or(0.0, |apart| MAD_TO_DEVIATION * apart);
    let reach = width * spread.max(LEAST_SPREAD);
    let odd = twins.iter().enumerate().filter_map(|(at, twin)| {
        let clean = twin.as_ref()?.mended(reach)?;
        Some(Odd { at, clean })
    });
    odd.collect()
}

/// A day beside the one of its weekday that is nearest to it in cost, and the middle of the workdays or of the weekends.
struct Twin {
    cost: f64,
    other: f64,
    usual: f64,
}

impl Twin {
    /// `None` of the only day of its weekday: whether it is like it always is cannot be told.
    fn of(days: &[Past], at: usize, usual: f64) -> Option<Twin> {
        let Past {
            day, actual: cost, ..
        } = *days.get(at)?;
        let others = days
            .iter()
            .filter(|past| past.day != day && past.day.weekday() == day.weekday());
        let far = |other: &f64| (other - cost).abs();
        let other = others
            .map(|past| past.actual)
            .min_by(|a, b| far(a).total_cmp(&far(b)))?;
        Some(Twin { cost, other, usual })
    }

    /// What it should have cost, where it is the odd one of the two: the one that is farther from the usual.
    fn mended(&self, reach: f64) -> Option<f64> {
        let Twin { cost, other, usual } = *self;
        let is_far = |from: f64| (cost - from).abs() > reach * usual;
        let is_odd = is_far(usual) && is_far(other) && (cost - usual).abs() >= (other - usual).abs();
        let is_other_nearer = (cost - other).abs() < (cost - usual).abs();
        is_odd.then_some(if is_other_nearer { other } else { usual })
    }
}

fn middle(days: &[Past], of: impl Fn(&Past) -> bool) -> Option<f64> {
    median(days.iter().filter(|past| of(past)).map(|past| past.actual))
}

pub(super) fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

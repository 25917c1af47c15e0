//! How much less a part of the bill cost after a day than its band had foreseen on that day, and how far it is from that
//! by noise alone.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::cost::band::{Setting, Tracker, median};

/// Makes the median of absolute deviations a standard deviation where noise is normal.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// Days before that tell how far a day is from what is expected of it, and the fewest that do.
const RECENT_DAYS: usize = 56;
const FEWEST: usize = 7;
/// What is foreseen hangs on so many days, whose noise it has in it.
const LEVEL_DAYS: f64 = 28.0;
/// Less than that is none of any bill.
const CENT: f64 = 0.01;
/// So many deviations are no noise any longer.
const WIDTH: f64 = 3.0;

#[derive(Clone, Debug)]
pub(super) struct Fall {
    /// Expected less actual, in the currency of the series; `None` on a day that is not known. The expectation knows nothing
    /// of these days, so that a lasting saving does not become the new normal.
    days: Vec<(Date, Option<f64>)>,
    /// The usual distance of one day from its expectation, in the currency of the series.
    deviation: f64,
}

impl Fall {
    /// On so many days after `on`; `None` while the band is still learning.
    pub fn of(series: &[(Date, Option<f64>)], on: Date, days: i64, setting: &Setting) -> Option<Fall> {
        let mut tracker = Tracker::new(setting.clone());
        let mut distances = Vec::new();
        for (day, cost) in series.iter().filter(|(day, _)| *day <= on) {
            if let Some(cost) = cost {
                let band = tracker.observe(*day, *cost).band;
                distances.extend(band.map(|band| (band.expected - cost).abs()));
            }
        }
        let after: Vec<Date> = (1..=days).map(|nth| on.saturating_add(nth.days())).collect();
        let expected = tracker.foresee(&after)?;
        let recent = &distances[distances.len().saturating_sub(RECENT_DAYS)..];
        let told = median(recent.iter().copied()).filter(|_| recent.len() >= FEWEST);
        let foreseen: f64 = expected.iter().sum();
        let deviation = match told {
            Some(distance) => MAD_TO_DEVIATION * distance,
            None => tracker.spread() * foreseen.abs() / days.max(1) as f64,
        };
        let costs: BTreeMap<Date, f64> = series
            .iter()
            .filter_map(|(day, cost)| Some((*day, (*cost)?)))
            .collect();
        let fell = |(day, expected): (Date, f64)| (day, costs.get(&day).map(|cost| expected - cost));
        Some(Fall {
            days: after.into_iter().zip(expected).map(fell).collect(),
            deviation,
        })
    }

    /// The first days; `None` where one of them is not known.
    pub fn first(&self, days: i64) -> Option<Vec<(Date, f64)>> {
        let days = self.days.get(..usize::try_from(days).ok()?)?;
        days.iter().map(|(day, fell)| Some((*day, (*fell)?))).collect()
    }

    /// How far so many days together may be from what was foreseen with nothing done, in the currency of the series: their own
    /// noise, and that of the level.
    pub fn noise(&self, days: usize) -> f64 {
        let days = days as f64;
        let noise = WIDTH * self.deviation * (days + days * days / LEVEL_DAYS).sqrt();
        noise.max(CENT)
    }
}

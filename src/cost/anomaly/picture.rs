//! The days that an anomaly stood out from, each with the band that it was judged by.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::Series;
use super::find::readings;
use crate::cost::band::{Band, Setting};

/// Days before and with the last one that are shown.
const PICTURED_DAYS: i64 = 70;

/// The last days of a series, each with its cost and its band where they are known.
pub(super) fn pictured(series: &Series, setting: &Setting) -> Vec<(Date, Option<f64>, Option<Band>)> {
    let bands: Vec<(Date, Option<Band>)> = readings(series, setting)
        .into_iter()
        .map(|reading| (reading.day, reading.band))
        .collect();
    let band = |day: Date| {
        bands
            .iter()
            .find(|(of, _)| *of == day)
            .and_then(|(_, band)| *band)
    };
    let costs: BTreeMap<Date, Option<f64>> = series.days.iter().copied().collect();
    let Some((first, last)) = costs.keys().next().zip(costs.keys().next_back()) else {
        return Vec::new();
    };
    // Days without an answer have a place as well: what lies on both sides of them does not follow each other.
    let from = last.saturating_sub((PICTURED_DAYS - 1).days()).max(*first);
    let days = from.series(1.day()).take_while(|day| day <= last);
    let cost = |day: &Date| costs.get(day).copied().flatten();
    days.map(|day| (day, cost(&day), band(day))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_nobody_knows_keep_their_place() {
        let day = |nth: i64| (jiff::civil::date(2026, 7, 1) + nth.days(), Some(100.0));
        let series = Series {
            key: vec!["EC2".into()],
            days: (0..60).chain(80..90).map(day).collect(),
        };
        let pictured = pictured(&series, &Setting::default());
        assert_eq!(pictured.len(), 70);
        assert!(
            pictured
                .windows(2)
                .all(|pair| pair[0].0.tomorrow().unwrap() == pair[1].0)
        );
        let unknown = pictured.iter().filter(|(_, cost, _)| cost.is_none()).count();
        assert_eq!(unknown, 20);
    }

    #[test]
    fn the_total_is_pictured_in_the_band_that_it_is_judged_by() {
        let first = jiff::civil::date(2026, 1, 5);
        let cost = |nth: i64| 100.0 + (nth * 37 % 11) as f64;
        let upper = |key: &[&str]| {
            let series = Series {
                key: key.iter().map(|of| (*of).to_owned()).collect(),
                days: (0..60).map(|nth| (first + nth.days(), Some(cost(nth)))).collect(),
            };
            let pictured = pictured(&series, &Setting::default());
            let judged = readings(&series, &Setting::default());
            let bands = [
                pictured.last().and_then(|(_, _, band)| *band),
                judged.last().and_then(|reading| reading.band),
            ];
            bands.map(|band| band.map(|band| band.upper))
        };
        let [pictured, judged] = upper(&[]);
        assert_eq!(pictured, judged);
        assert!(pictured < upper(&["EC2"])[0], "{pictured:?}");
    }
}

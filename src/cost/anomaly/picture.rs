//! The days that an anomaly stood out from, each with the band that it was judged by.

use jiff::civil::Date;

use super::Series;
use super::find::readings;
use crate::cost::band::{Band, Setting};

/// Days before and with the last one that are shown.
const PICTURED_DAYS: usize = 70;

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
    let skipped = series.days.len().saturating_sub(PICTURED_DAYS);
    let days = series.days[skipped..].iter();
    days.map(|(day, cost)| (*day, *cost, band(*day))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

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

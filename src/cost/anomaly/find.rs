//! From readings to anomalies: breaches that follow each other on one side are one.

use super::{Anomaly, Series};
use crate::cost::band::{Reading, Setting, TOTAL_WIDTH, read};

/// Days of a month, for what a series costs in one.
const MONTH_DAYS: f64 = 30.0;
/// An anomaly is material from this share of what its series costs in a month,
const LEAST_SHARE: f64 = 0.01;
/// and from this much, in the currency of the series.
const LEAST_IMPACT: f64 = 5.0;

/// All anomalies, the latest first and of one day the largest first. The total has its own width of band.
/// One is material when its whole impact reaches the larger of 5 and 1 % of a month.
pub fn find(series: &[Series], setting: &Setting) -> Vec<Anomaly> {
    let mut all: Vec<Anomaly> = series
        .iter()
        .flat_map(|series| find_in(series, setting))
        .collect();
    all.sort_by(|a, b| {
        let size = b.impact.abs().total_cmp(&a.impact.abs());
        b.since.cmp(&a.since).then(size).then_with(|| a.key.cmp(&b.key))
    });
    all
}

/// The readings of a series; the total has a band of its own width.
pub(super) fn readings(series: &Series, setting: &Setting) -> Vec<Reading> {
    let width = match series.key.is_empty() {
        true => setting.width.min(TOTAL_WIDTH),
        false => setting.width,
    };
    let setting = Setting {
        width,
        ..setting.clone()
    };
    read(&series.days, &setting)
}

fn find_in(series: &Series, setting: &Setting) -> Vec<Anomaly> {
    let mut found: Vec<Anomaly> = Vec::new();
    let mut running = false;
    for reading in readings(series, setting) {
        match found
            .last_mut()
            .filter(|last| running && Some(last.side) == reading.breach)
        {
            Some(last) => last.extend(&reading),
            None => found.extend(begin(series, &reading)),
        }
        // What comes after a new normal is news again.
        running = reading.breach.is_some() && reading.new_normal.is_none();
    }
    for anomaly in &mut found {
        let month = anomaly.band.expected * MONTH_DAYS;
        anomaly.material = anomaly.impact.abs() >= LEAST_IMPACT.max(month * LEAST_SHARE);
    }
    found
}

fn begin(series: &Series, reading: &Reading) -> Option<Anomaly> {
    let (side, band) = (reading.breach?, reading.band?);
    Some(Anomaly {
        key: series.key.clone(),
        since: reading.day,
        last_day: reading.day,
        days: 1,
        side,
        actual: reading.actual,
        band,
        impact: reading.actual - band.expected,
        seconded: reading.seconded,
        material: false,
        new_normal: reading.new_normal,
    })
}

impl Anomaly {
    fn extend(&mut self, reading: &Reading) {
        self.last_day = reading.day;
        self.days += 1;
        self.impact += reading.actual - reading.band.map_or(0.0, |band| band.expected);
        self.seconded |= reading.seconded;
        self.new_normal = reading.new_normal;
    }
}

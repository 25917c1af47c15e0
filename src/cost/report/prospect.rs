//! What is to come, worked out after the report is on the screen: the month's end with its interval, and for each row
//! the band that its days were expected in. All of it from the report's own days: it costs nothing. Bands are learnt of use
//! alone, as those of anomalies are.

use std::collections::HashMap;

use jiff::civil::Date;

use super::{Line, Report};
use crate::cost::band::{Band, LEARNING_DAYS, Setting, Side, read};
use crate::cost::forecast::part::{self, Foreseen, Parted, Series, foresee};

/// Rows that are judged; what is smaller is not worth the time.
const ROWS: usize = 120;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prospect {
    /// Where the month of the report's last day will end, in its currency. What single rows say tells nothing of how sure that
    /// is: a row's noise is another than that of the sum.
    pub end: Option<Foreseen>,
    /// Why there is none, as a sentence.
    pub no_end: String,
    /// By name.
    pub rows: HashMap<String, RowProspect>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct RowProspect {
    /// For each of the report's days.
    pub bands: Vec<Option<Band>>,
    pub end: Option<f64>,
    /// The last finished day left its band.
    pub breach: Option<Side>,
}

impl Prospect {
    /// Judges finished days alone.
    pub fn of(report: &Report, setting: &Setting) -> Prospect {
        let until = report.today;
        // A day is held against its band when its bill is finished.
        let open_from = report.days.iter().find(|day| day.unfinished);
        let open_from = open_from.map_or(until, |day| day.day);
        let days = || report.days.iter().map(|day| day.day);
        let finished = |costs: &[Option<f64>]| -> Series {
            days()
                .zip(costs.iter().copied())
                .filter(|(day, _)| *day < until)
                .collect()
        };
        let mut ranked: Vec<&Line> = report.rows.iter().filter(|row| !row.days.is_empty()).collect();
        ranked.sort_by_key(|row| std::cmp::Reverse(row.cost));
        let mut rows = HashMap::new();
        let silent = report.silent.iter().filter(|row| !row.days.is_empty());
        for row in ranked.into_iter().take(ROWS).chain(silent.take(ROWS)) {
            let told = report.usage.as_ref().and_then(|usage| usage.get(&row.name));
            let usage = told.or_else(|| report.named.get(&row.name)).map(Vec::as_slice);
            let charged = finished(&row.days);
            let fees = report.fees.get(&row.name).map_or(&[][..], Vec::as_slice);
            let watched = Parted::of(&charged, usage, &[]).watched(&charged);
            let finished: Series = watched.into_iter().filter(|(day, _)| *day < open_from).collect();
            let readings = read(&finished, setting);
            let mut bands: HashMap<Date, Option<Band>> = HashMap::new();
            let breach = readings.last().and_then(|last| last.breach);
            bands.extend(readings.iter().map(|reading| (reading.day, reading.band)));
            rows.insert(
                row.name.clone(),
                RowProspect {
                    bands: days().map(|day| bands.get(&day).copied().flatten()).collect(),
                    end: part::end(&charged, usage, fees, until, setting),
                    breach,
                },
            );
        }
        let total: Vec<Option<f64>> = report.days.iter().map(super::Day::cost).collect();
        let total = finished(&total);
        let end = foresee(
            &total,
            report.usage_of_all.as_deref(),
            &report.uses_of_all,
            &report.fees_of_all,
            until,
            setting,
        );
        Prospect {
            no_end: match (&end, total.iter().filter(|(_, cost)| cost.is_some()).count()) {
                (Some(_), _) => String::new(),
                (None, known) if known < LEARNING_DAYS => {
                    format!("no forecast yet: learning {known}/{LEARNING_DAYS} days")
                }
                (None, _) => format!(
                    "no forecast: not every day before {} is known",
                    until.strftime("%b %-d")
                ),
            },
            end,
            rows,
        }
    }
}

//! How far projected month ends are from what the months cost, and how often the interval held them.

use jiff::ToSpan;
use jiff::civil::Date;
use quarterdeck::cost::band::{Setting, median};
use quarterdeck::cost::projection::{Miss, misses, project};

use super::data::Series;

#[derive(Default)]
pub struct Missed {
    /// Relative distances of the month end.
    pub errors: Vec<f64>,
    pub held: usize,
    pub intervals: usize,
}

impl Missed {
    /// Every month after the third of every series, with `finished` days done, is projected from what was
    /// known then; misses of all series before it calibrate the interval.
    pub fn add(&mut self, all: &[&Series], finished: i64, setting: &Setting) {
        let days = all[0];
        let last = days.last().unwrap().0;
        let until = last.first_of_month() + finished.days();
        // A miss rests on the days before its month's end alone, so that later months are merely left out.
        let misses: Vec<Miss> = all
            .iter()
            .flat_map(|series| misses(series, until, setting))
            .collect();
        let mut month = days[0].0.first_of_month() + 3.months();
        while month.last_of_month() <= last {
            let until = month + finished.days();
            let known = misses.iter().filter(|miss| miss.month.from < month);
            let known: Vec<Miss> = known.copied().collect();
            for series in all {
                let cost = whole(series, month);
                let projection = project(series, until, setting).unwrap();
                self.errors.push((projection.end() / cost - 1.0).abs());
                if let Some((lower, upper)) = projection.interval(&known, 0.8) {
                    self.intervals += 1;
                    self.held += usize::from((lower..=upper).contains(&cost));
                }
            }
            month += 1.month();
        }
    }

    pub fn median_error(&self) -> f64 {
        median(self.errors.iter().copied()).unwrap()
    }

    pub fn coverage(&self) -> f64 {
        self.held as f64 / self.intervals as f64
    }
}

fn whole(series: &Series, month: Date) -> f64 {
    let days = series.iter().filter(|(day, _)| day.first_of_month() == month);
    days.map(|(_, cost)| cost.unwrap()).sum()
}

//! Scoring by event: found when a day between its start and `detect_by` was raised; a run of raised days that
//! touches no event is one false alarm.

use std::fmt;

use jiff::civil::Date;

#[derive(Clone, Debug)]
pub struct Event {
    pub series: String,
    pub kind: String,
    pub start: Date,
    pub detect_by: Date,
    pub grace_until: Date,
}

#[derive(Default)]
pub struct Score {
    pub events: usize,
    pub found: usize,
    pub false_alarms: usize,
    pub days: i64,
}

impl Score {
    pub fn add(&mut self, raised: &[Date], events: &[Event]) {
        self.events += events.len();
        let found = |event: &&Event| {
            raised
                .iter()
                .any(|day| (event.start..=event.detect_by).contains(day))
        };
        self.found += events.iter().filter(found).count();
        let mut runs: Vec<Vec<Date>> = Vec::new();
        for day in raised {
            match runs.last_mut() {
                Some(run) if run.last().is_some_and(|last| last.tomorrow().ok() == Some(*day)) => {
                    run.push(*day)
                }
                _ => runs.push(vec![*day]),
            }
        }
        let excused = |day: &Date| {
            events
                .iter()
                .any(|event| (event.start..=event.grace_until).contains(day))
        };
        self.false_alarms += runs.iter().filter(|run| !run.iter().any(excused)).count();
    }

    pub fn precision(&self) -> f64 {
        self.found as f64 / (self.found + self.false_alarms).max(1) as f64
    }

    pub fn recall(&self) -> f64 {
        self.found as f64 / self.events as f64
    }

    /// False alarms in thirty days of one series.
    pub fn false_per_month(&self) -> f64 {
        self.false_alarms as f64 * 30.0 / self.days as f64
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Score {
            events,
            found,
            false_alarms,
            ..
        } = self;
        let (precision, recall, month) = (self.precision(), self.recall(), self.false_per_month());
        write!(
            f,
            "found {found} of {events}, {false_alarms} false: precision {precision:.3}, recall {recall:.3}, \
             {month:.4} false a series-month"
        )
    }
}

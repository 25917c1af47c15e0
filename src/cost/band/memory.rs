//! Jobs that come on the same day of every month: alarming twice, expected from then on. What is long
//! past is forgotten.

use jiff::ToSpan;
use jiff::civil::Date;

/// How far back a monthly job is remembered.
const REMEMBERED_DAYS: i64 = 100;
/// Times that make a habit.
pub const HABIT: usize = 2;

/// High days so far, as multiples of what was expected.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    highs: Vec<(Date, f64)>,
}

impl Memory {
    pub fn keep(&mut self, day: Date, ratio: f64) {
        self.highs.push((day, ratio));
    }

    /// The ratios of this day of the month, once they are a habit.
    pub fn habit(&self, day: Date) -> Option<Vec<f64>> {
        self.habit_on(day.day(), day)
    }

    /// The same of a day of the month, as it is remembered on a date.
    pub fn habit_on(&self, day_of_month: i8, date: Date) -> Option<Vec<f64>> {
        let since = date.saturating_sub(REMEMBERED_DAYS.days());
        let recent = self.highs.iter().rev().take_while(|(past, _)| *past >= since);
        let same: Vec<f64> = recent
            .filter(|(past, _)| past.day() == day_of_month)
            .map(|(_, ratio)| *ratio)
            .collect();
        (same.len() >= HABIT).then_some(same)
    }
}

//! Days that repeat: the user's holidays, and jobs that come on the same day of every month.

use jiff::ToSpan;
use jiff::civil::Date;

/// How far back a monthly job is remembered.
const REMEMBERED_DAYS: i64 = 100;
/// Times that make a habit.
const HABIT: usize = 2;

/// `12-25` every year, or `2026-05-25` once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holiday {
    Yearly { month: i8, day: i8 },
    Once(Date),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no day like 12-25 or 2026-05-25")]
pub struct BadHoliday(pub String);

impl Holiday {
    pub fn parse(text: &str) -> Result<Holiday, BadHoliday> {
        let bad = || BadHoliday(text.chars().take(40).collect());
        if let Ok(date) = text.parse() {
            return Ok(Holiday::Once(date));
        }
        let (month, day) = text.split_once('-').ok_or_else(bad)?;
        let number = |text: &str| text.parse::<i8>().map_err(|_| bad());
        let (month, day) = (number(month)?, number(day)?);
        // A leap year, so that the 29th of February is one.
        Date::new(2028, month, day).map_err(|_| bad())?;
        Ok(Holiday::Yearly { month, day })
    }

    pub fn is_on(self, date: Date) -> bool {
        match self {
            Holiday::Yearly { month, day } => (date.month(), date.day()) == (month, day),
            Holiday::Once(once) => date == once,
        }
    }
}

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
        let since = day.saturating_sub(REMEMBERED_DAYS.days());
        let recent = self.highs.iter().rev().take_while(|(past, _)| *past >= since);
        let same: Vec<f64> = recent
            .filter(|(past, _)| past.day() == day.day())
            .map(|(_, ratio)| *ratio)
            .collect();
        (same.len() >= HABIT).then_some(same)
    }
}

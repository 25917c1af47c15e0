//! Weeks as ISO 8601 counts them, Monday first, and how far one of them is: what is to come is compared with nothing.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, Weekday};

use crate::cost::period::{Comparison, Period};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    year: i16,
    number: i8,
    /// Its finished days against the same weekdays of the week before.
    pub comparison: Comparison,
    /// Its days that are not over.
    pub to_come: Vec<Date>,
}

impl Week {
    /// The last one that is over on a day.
    pub fn before(today: Date) -> Option<Week> {
        Week::holding(today.checked_sub(7.days()).ok()?, today)
    }

    /// One by its name, `2026-W46`; `None` for what is no week, or one none of whose days is over.
    pub fn parse(text: &str, today: Date) -> Option<Week> {
        let (year, number) = text.split_once("-W")?;
        let first = ISOWeekDate::new(year.parse().ok()?, number.parse().ok()?, Weekday::Monday).ok()?;
        Week::holding(first.date(), today)
    }

    fn holding(day: Date, today: Date) -> Option<Week> {
        let at = day.iso_week_date();
        let first = ISOWeekDate::new(at.year(), at.week(), Weekday::Monday)
            .ok()?
            .date();
        let end = first.checked_add(7.days()).ok()?;
        let before = first.checked_sub(7.days()).ok()?;
        let over = end.min(today);
        let current = Period::new(first, over)?;
        Some(Week {
            year: at.year(),
            number: at.week(),
            comparison: Comparison {
                current,
                previous: Period {
                    from: before,
                    to: before.checked_add(i64::from(current.days()).days()).ok()?,
                },
            },
            to_come: over.series(1.day()).take_while(|day| *day < end).collect(),
        })
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-W{:02}", self.year, self.number)
    }
}

//! Days on which little happens: `[costs] holidays`. A cheap one is never an alarm.

use jiff::civil::Date;

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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_holiday_is_yearly_or_once() {
        let yearly = Holiday::parse("12-25").unwrap();
        assert!(yearly.is_on(date(2026, 12, 25)) && yearly.is_on(date(2027, 12, 25)));
        let once = Holiday::parse("2026-05-25").unwrap();
        assert!(once.is_on(date(2026, 5, 25)) && !once.is_on(date(2027, 5, 25)));
    }

    #[test]
    fn what_is_no_day_is_no_holiday() {
        for text in ["", "25-12", "12/25", "2026-02-30", "christmas", "1-300"] {
            assert!(Holiday::parse(text).is_err(), "{text}");
        }
    }
}

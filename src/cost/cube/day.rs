//! Days and months as numbers: days since 1970, months since the year 0, so that cells stay small.

use jiff::ToSpan;
use jiff::civil::Date;

const EPOCH: Date = Date::constant(1970, 1, 1);

pub fn number(day: Date) -> i32 {
    let days = day.duration_since(EPOCH).as_hours() / 24;
    i32::try_from(days).unwrap_or(0)
}

/// The nearest day there is.
pub fn date(number: i32) -> Date {
    EPOCH.saturating_add(number.days())
}

pub fn month(day: Date) -> i32 {
    i32::from(day.year()) * 12 + i32::from(day.month()) - 1
}

/// The first day of a month.
pub fn first(month: i32) -> Date {
    let (year, month) = (
        i16::try_from(month.div_euclid(12)),
        i8::try_from(month.rem_euclid(12) + 1),
    );
    let date = year
        .ok()
        .zip(month.ok())
        .and_then(|(year, month)| Date::new(year, month, 1).ok());
    date.unwrap_or(EPOCH)
}

/// `2026-11`.
pub fn month_name(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_come_back() {
        for text in ["1969-12-31", "1970-01-01", "2024-02-29", "2026-11-21"] {
            let day: Date = text.parse().unwrap();
            assert_eq!(date(number(day)), day);
            assert_eq!(month_name(month(day)), text[..7]);
            assert_eq!(first(month(day)), day.first_of_month());
        }
        assert_eq!(number("2026-11-21".parse().unwrap()), 20_778);
    }
}

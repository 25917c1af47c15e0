//! Spans of UTC days, and the one rule for what a period is compared with: days from the first of a month on with the same
//! days of the month before, whole months with as many whole ones, any others with as many days just before. Today is never
//! compared.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

/// Days from `from` up to, not including, `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    pub from: Date,
    pub to: Date,
}

impl Period {
    /// Its days.
    pub fn each(self) -> impl Iterator<Item = Date> {
        let days = self.from.series(1.day());
        days.take_while(move |day| *day < self.to)
    }

    /// Days in their order as periods, each of days that follow each other.
    pub fn runs(days: impl IntoIterator<Item = Date>) -> Vec<Period> {
        let mut runs: Vec<Period> = Vec::new();
        for day in days {
            let next = day.tomorrow().unwrap_or(day);
            match runs.last_mut() {
                Some(run) if run.to == day => run.to = next,
                _ => runs.push(Period { from: day, to: next }),
            }
        }
        runs
    }

    /// `None` unless `from` is before `to`.
    pub fn new(from: Date, to: Date) -> Option<Period> {
        (from < to).then_some(Period { from, to })
    }

    /// The whole month a day is in.
    pub fn month_of(day: Date) -> Period {
        let from = day.first_of_month();
        Period {
            from,
            to: day.last_of_month().tomorrow().unwrap_or(Date::MAX),
        }
    }

    pub fn days(self) -> u32 {
        let days = self.from.until(self.to).map_or(0, |span| span.get_days());
        u32::try_from(days).unwrap_or(0)
    }

    pub fn contains(self, day: Date) -> bool {
        self.from <= day && day < self.to
    }

    pub fn last_day(self) -> Date {
        self.to.yesterday().unwrap_or(self.from)
    }

    /// Its name for readers in a year: in any other the year is said, too.
    pub fn in_year(self, year: i16) -> String {
        let (from, last) = (self.from, self.last_day());
        let says_it = self == Period::month_of(from) || from.year() != last.year();
        match says_it || last.year() == year {
            true => self.to_string(),
            false => format!("{self}, {}", last.year()),
        }
    }

    /// Its name for readers at any time.
    pub fn in_full(self) -> String {
        self.in_year(i16::MIN)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, last) = (self.from, self.last_day());
        if *self == Period::month_of(from) {
            write!(f, "{}", from.strftime("%b %Y"))
        } else if from == last {
            write!(f, "{}", from.strftime("%b %-d"))
        } else if from.first_of_month() == last.first_of_month() {
            write!(f, "{}–{}", from.strftime("%b %-d"), last.day())
        } else if from.year() != last.year() {
            write!(
                f,
                "{} – {}",
                from.strftime("%b %-d, %Y"),
                last.strftime("%b %-d, %Y")
            )
        } else {
            write!(f, "{} – {}", from.strftime("%b %-d"), last.strftime("%b %-d"))
        }
    }
}

/// Two periods that may be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    pub current: Period,
    pub previous: Period,
}

impl Comparison {
    /// Compares the days that are finished `lag_days` before `today` (at least one: today itself never
    /// counts). On the first of a month that is last month against the one before.
    pub fn same_days(today: Date, lag_days: u8) -> Comparison {
        let last = today.saturating_sub(i32::from(lag_days.max(1)).days());
        Comparison::of(Period {
            from: last.first_of_month(),
            to: last.saturating_add(1.day()),
        })
    }

    /// A period with what it is compared with where nothing else was said.
    pub fn of(current: Period) -> Comparison {
        let month = Period::month_of(current.from);
        let before = Period::month_of(month.from.yesterday().unwrap_or(Date::MIN));
        let days = i64::from(current.days());
        let previous = match current.from == month.from && current.to <= month.to {
            true if current == month => before,
            true => Period {
                from: before.from,
                to: before.from.saturating_add(days.days()).min(before.to),
            },
            false => Period {
                from: match whole_months(current) {
                    // What is charged on the first of each month is in as many of them.
                    Some(count) => current.from.saturating_sub(count.months()),
                    None => current.from.saturating_sub(days.days()),
                },
                to: current.from,
            },
        };
        Comparison { current, previous }
    }

    /// From the first day of either to the last.
    pub fn span(&self) -> Period {
        Period {
            from: self.current.from.min(self.previous.from),
            to: self.current.to.max(self.previous.to),
        }
    }

    /// Whether both have as many days; if not, costs a day belong beside the totals.
    pub fn is_even(&self) -> bool {
        self.current.days() == self.previous.days()
    }
}

/// How many months a period is, where it is nothing but whole ones.
fn whole_months(period: Period) -> Option<i64> {
    let is_whole = period.from.day() == 1 && period.to.day() == 1;
    let count = is_whole.then(|| months(period).len())?;
    i64::try_from(count).ok()
}

/// The months that a period touches, each as the part that lies within it being ignored: whole months.
pub fn months(period: Period) -> Vec<Period> {
    let mut months = Vec::new();
    let mut month = Period::month_of(period.from);
    while month.from < period.to {
        months.push(month);
        if month.to == Date::MAX {
            break;
        }
        month = Period::month_of(month.to);
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn same_days(today: &str) -> (String, String) {
        let comparison = Comparison::same_days(day(today), 1);
        let text = |p: Period| format!("{}..{}", p.from, p.to);
        (text(comparison.current), text(comparison.previous))
    }

    #[test]
    fn the_month_so_far_is_compared_with_the_same_days() {
        let wanted = ("2026-11-01..2026-11-21".into(), "2026-10-01..2026-10-21".into());
        assert_eq!(same_days("2026-11-21"), wanted);
    }

    #[test]
    fn the_first_of_a_month_compares_the_two_whole_months_before() {
        let wanted = ("2026-02-01..2026-03-01".into(), "2026-01-01..2026-02-01".into());
        assert_eq!(same_days("2026-03-01"), wanted);
    }

    #[test]
    fn a_shorter_month_before_gives_all_the_days_it_has() {
        let wanted = ("2026-03-01..2026-03-31".into(), "2026-02-01..2026-03-01".into());
        assert_eq!(same_days("2026-03-31"), wanted);
        assert!(!Comparison::same_days(day("2026-03-31"), 1).is_even());
        let leap = ("2028-03-01..2028-03-30".into(), "2028-02-01..2028-03-01".into());
        assert_eq!(same_days("2028-03-30"), leap);
    }

    #[test]
    fn a_chosen_period_from_the_first_of_a_month_is_compared_as_the_month_so_far_is_and_others_with_the_days_before()
     {
        let of = |from: &str, to: &str| {
            let previous = Comparison::of(Period::new(day(from), day(to)).unwrap()).previous;
            format!("{}..{}", previous.from, previous.to)
        };
        assert_eq!(of("2026-11-01", "2026-11-21"), "2026-10-01..2026-10-21");
        assert_eq!(of("2026-10-01", "2026-11-01"), "2026-09-01..2026-10-01");
        assert_eq!(of("2026-02-01", "2026-03-01"), "2026-01-01..2026-02-01");
        assert_eq!(of("2026-03-01", "2026-03-31"), "2026-02-01..2026-03-01");
        assert_eq!(of("2026-11-08", "2026-11-15"), "2026-11-01..2026-11-08");
        assert_eq!(of("2026-10-01", "2026-12-01"), "2026-08-01..2026-10-01");
        assert_eq!(
            of("2026-09-01", "2026-11-01"),
            "2026-07-01..2026-09-01",
            "61 days against 62"
        );
        assert_eq!(of("2026-01-01", "2027-01-01"), "2025-01-01..2026-01-01");
        assert_eq!(of("2028-02-01", "2028-05-01"), "2027-11-01..2028-02-01");
        assert_eq!(
            of("2026-09-01", "2026-11-02"),
            "2026-07-01..2026-09-01",
            "62 days"
        );
    }

    #[test]
    fn every_day_of_nine_years_keeps_the_rule_at_every_lag() {
        let mut today = day("2023-12-25");
        while today < day("2033-01-10") {
            for lag in [1_u8, 2] {
                let Comparison { current, previous } = Comparison::same_days(today, lag);
                let finished = today.saturating_sub(i32::from(lag).days());
                assert_eq!(current.last_day(), finished, "{today}");
                assert_eq!((current.from.day(), previous.from.day()), (1, 1));
                assert_eq!(previous.from, current.from.yesterday().unwrap().first_of_month());
                assert!(previous.to <= current.from);
                let whole = finished == finished.last_of_month();
                let length = i32::from(previous.from.days_in_month());
                let expected = if whole {
                    length
                } else {
                    length.min(i32::from(finished.day()))
                };
                assert_eq!(previous.days() as i32, expected, "{today}");
            }
            today = today.tomorrow().unwrap();
        }
    }

    #[test]
    fn months_of_a_period_neither_repeat_nor_skip() {
        let period = Period::new(day("2025-10-31"), day("2026-03-01")).unwrap();
        let names: Vec<String> = months(period)
            .iter()
            .map(|month| month.from.to_string())
            .collect();
        assert_eq!(
            names,
            [
                "2025-10-01",
                "2025-11-01",
                "2025-12-01",
                "2026-01-01",
                "2026-02-01"
            ]
        );
        for start in 1..=31 {
            let from = Date::new(2026, 1, start).unwrap();
            assert_eq!(months(Period::new(from, day("2026-12-31")).unwrap()).len(), 12);
        }
    }

    #[test]
    fn periods_are_named_as_people_say_them() {
        let name = |from: &str, to: &str| Period::new(day(from), day(to)).unwrap().to_string();
        assert_eq!(name("2026-11-01", "2026-12-01"), "Nov 2026");
        assert_eq!(name("2026-11-01", "2026-11-21"), "Nov 1–20");
        assert_eq!(name("2026-11-01", "2026-11-02"), "Nov 1");
        assert_eq!(name("2025-12-29", "2026-01-05"), "Dec 29, 2025 – Jan 4, 2026");
    }

    #[test]
    fn a_period_of_another_year_says_which() {
        let of = |from: &str, to: &str| Period::new(day(from), day(to)).unwrap();
        assert_eq!(of("2025-11-01", "2025-11-21").in_year(2026), "Nov 1–20, 2025");
        assert_eq!(of("2025-11-01", "2025-11-21").in_year(2025), "Nov 1–20");
        assert_eq!(of("2025-11-01", "2025-12-01").in_year(2026), "Nov 2025");
        assert_eq!(of("2025-11-01", "2025-12-04").in_full(), "Nov 1 – Dec 3, 2025");
        assert_eq!(
            of("2025-12-29", "2026-01-05").in_full(),
            "Dec 29, 2025 – Jan 4, 2026"
        );
    }
}

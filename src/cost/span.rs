//! Which two periods are held against each other, as people write them. Relative ones move with the day that is billed:
//! a saved view of the last seven days is always about the last seven.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

use super::period::{Comparison, Period};

/// Days at the end that are not final: today, and with a lag of one nothing more.
const LAG_DAYS: u8 = 1;
/// Longer spans are beyond what any source keeps by day.
const MOST_DAYS: u16 = 400;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    /// The finished days of this month against the same days of the one before.
    #[default]
    Month,
    /// The last whole month against the one before it.
    WholeMonth,
    /// The last finished days against as many before them.
    Days(u16),
    /// What somebody chose.
    Chosen(Comparison),
}

impl Span {
    /// The ways to compare that need no days written, in the order of their key.
    pub const PRESETS: [Span; 4] = [Span::Month, Span::WholeMonth, Span::Days(7), Span::Days(30)];

    /// The periods on a day that is still being billed.
    pub fn on(self, today: Date) -> Comparison {
        let before = |month: Period| Period::month_of(month.from.yesterday().unwrap_or(Date::MIN));
        match self {
            Span::Month => Comparison::same_days(today, LAG_DAYS),
            Span::WholeMonth => {
                let current = before(Period::month_of(today));
                Comparison {
                    current,
                    previous: before(current),
                }
            }
            Span::Days(days) => {
                let back = |from: Date| from.saturating_sub(i64::from(days.max(1)).days());
                let current = Period {
                    from: back(today),
                    to: today,
                };
                Comparison {
                    current,
                    previous: Period {
                        from: back(current.from),
                        to: current.from,
                    },
                }
            }
            Span::Chosen(comparison) => comparison,
        }
    }

    /// `month`, `months`, `7d`, `DAY..DAY` (against what [`Comparison::of`] says) or `DAY..DAY vs DAY..DAY`; of two days the
    /// first counts and the second does not. A month such as `2025-09` stands for its days.
    pub fn parse(text: &str) -> Result<Span, String> {
        let text = text.trim();
        match text {
            "" | "month" => return Ok(Span::Month),
            "months" => return Ok(Span::WholeMonth),
            _ => {}
        }
        if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok()) {
            return match days {
                1..=MOST_DAYS => Ok(Span::Days(days)),
                _ => Err(format!("choose 1d to {MOST_DAYS}d")),
            };
        }
        let (current, previous) = match text.split_once(" vs ") {
            Some((current, previous)) => (period(current)?, Some(period(previous)?)),
            None => (period(text)?, None),
        };
        let previous = previous.unwrap_or(Comparison::of(current).previous);
        Ok(Span::Chosen(Comparison { current, previous }))
    }
}

fn period(text: &str) -> Result<Period, String> {
    let wanted = "write month, months, 7d, months such as 2025-09 vs 2024-09, or days such as \
                  2026-11-01..2026-11-08 vs 2026-10-25..2026-11-01";
    if let Some(month) = whole_month(text.trim()) {
        return Ok(month);
    }
    let (from, to) = text.trim().split_once("..").ok_or(wanted)?;
    let day = |text: &str| text.trim().parse::<Date>().map_err(|_| wanted);
    let (from, to) = (day(from)?, day(to)?);
    Period::new(from, to)
        .ok_or_else(|| format!("{from} is not before {to}: the second day is the one after the last"))
}

/// `2025-09`.
fn whole_month(text: &str) -> Option<Period> {
    let is_month = text.len() == "2025-09".len();
    let first = is_month.then(|| format!("{text}-01").parse::<Date>().ok())?;
    first.map(Period::month_of)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Span::Month => f.write_str("month"),
            Span::WholeMonth => f.write_str("months"),
            Span::Days(days) => write!(f, "{days}d"),
            Span::Chosen(Comparison { current, previous }) => write!(
                f,
                "{}..{} vs {}..{}",
                current.from, current.to, previous.from, previous.to
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str, today: &str) -> String {
        Span::Chosen(Span::parse(text).unwrap().on(today.parse().unwrap())).to_string()
    }

    #[test]
    fn presets_end_with_the_last_finished_day() {
        assert_eq!(
            on("7d", "2026-11-21"),
            "2026-11-14..2026-11-21 vs 2026-11-07..2026-11-14"
        );
        assert_eq!(
            on("months", "2026-03-15"),
            "2026-02-01..2026-03-01 vs 2026-01-01..2026-02-01"
        );
        assert_eq!(
            on("month", "2026-11-21"),
            "2026-11-01..2026-11-21 vs 2026-10-01..2026-10-21"
        );
    }

    #[test]
    fn a_chosen_period_is_held_against_as_many_days_before_or_the_month_before_unless_told_otherwise() {
        assert_eq!(
            on("2026-10-01..2026-11-01", "2026-11-21"),
            "2026-10-01..2026-11-01 vs 2026-09-01..2026-10-01"
        );
        assert_eq!(
            on("2026-11-10..2026-11-12", "2026-11-21"),
            "2026-11-10..2026-11-12 vs 2026-11-08..2026-11-10"
        );
        assert_eq!(
            on("2026-11-10..2026-11-12 vs 2026-01-01..2026-02-01", "2026-11-21"),
            "2026-11-10..2026-11-12 vs 2026-01-01..2026-02-01"
        );
    }

    #[test]
    fn a_month_stands_for_its_days() {
        let today = "2026-11-21";
        assert_eq!(
            on("2025-09 vs 2024-09", today),
            "2025-09-01..2025-10-01 vs 2024-09-01..2024-10-01"
        );
        assert_eq!(
            on("2025-12", today),
            "2025-12-01..2026-01-01 vs 2025-11-01..2025-12-01"
        );
        for wrong in ["2025-13", "2025-9", "2025-09 vs", "vs 2025-09"] {
            assert!(
                Span::parse(wrong).unwrap_err().contains("2025-09 vs 2024-09"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_nonsense_is_a_sentence() {
        for preset in Span::PRESETS {
            assert_eq!(Span::parse(&preset.to_string()), Ok(preset));
        }
        assert!(Span::parse("0d").unwrap_err().contains("1d"));
        assert!(Span::parse("yesterday").unwrap_err().contains("2026-11-01.."));
        assert!(
            Span::parse("2026-11-02..2026-11-02")
                .unwrap_err()
                .contains("not before")
        );
    }
}

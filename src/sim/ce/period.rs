//! Time periods: UTC days, the end exclusive, cut into days or calendar months.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::invalid;
use crate::sim::billing::Ledger;
use crate::sim::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Asked {
    start: String,
    end: String,
}

/// From `start` up to but not including `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub start: Date,
    pub end: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    Daily,
    Monthly,
}

impl Granularity {
    pub fn parse(text: Option<&str>) -> Result<Granularity, Refusal> {
        match text {
            Some("DAILY") => Ok(Granularity::Daily),
            Some("MONTHLY") => Ok(Granularity::Monthly),
            Some("HOURLY") => Err(invalid(
                "You haven't enabled hourly data. Turn on hourly granularity in the Cost Explorer settings.",
            )),
            other => Err(Refusal::constraint(
                other.unwrap_or("null"),
                "granularity",
                "Member must satisfy enum value set: [DAILY, MONTHLY, HOURLY]",
            )),
        }
    }
}

impl Period {
    pub fn parse(asked: Option<Asked>) -> Result<Period, Refusal> {
        let null = || Refusal::constraint("null", "timePeriod", "Member must not be null");
        let asked = asked.ok_or_else(null)?;
        let date = |name: &str, text: &str| {
            let strict = text.len() == 10;
            text.parse::<Date>().ok().filter(|_| strict).ok_or_else(|| {
                invalid(format!(
                    "{name} time {text} is invalid. Valid format is: yyyy-MM-dd."
                ))
            })
        };
        let period = Period {
            start: date("Start", &asked.start)?,
            end: date("End", &asked.end)?,
        };
        if period.start >= period.end {
            return Err(invalid(
                "Start date (and hour) should be before end date (and hour)",
            ));
        }
        Ok(period)
    }

    /// For questions about the past: not before the history, which is longer by month where that is turned on,
    /// and not in the future.
    pub fn check_past(self, ledger: &Ledger, granularity: Granularity) -> Result<Period, Refusal> {
        let thirteen = ledger.today.first_of_month().saturating_sub(13.months());
        let first = match granularity {
            Granularity::Daily => thirteen,
            Granularity::Monthly => ledger.first.min(thirteen),
        };
        if self.start < first {
            return Err(invalid(format!(
                "start date is too old: {}. You haven't enabled historical data beyond 14 months",
                self.start
            )));
        }
        if self.start > ledger.today {
            return Err(invalid(format!("Start date {} is in the future", self.start)));
        }
        if self.end > ledger.today.saturating_add(1.year()) {
            return Err(invalid(format!("End date {} is too far in the future", self.end)));
        }
        Ok(self)
    }

    pub fn days(self) -> i32 {
        (self.end - self.start).get_days()
    }

    /// The period cut at midnights or at the first of each month.
    pub fn buckets(self, granularity: Granularity) -> Vec<Period> {
        let mut buckets = Vec::new();
        let mut start = self.start;
        while start < self.end {
            let next = match granularity {
                Granularity::Daily => start.saturating_add(1.day()),
                Granularity::Monthly => start.first_of_month().saturating_add(1.month()),
            };
            let end = next.min(self.end);
            buckets.push(Period { start, end });
            start = end;
        }
        buckets
    }

    /// Whether the bill of any of it can still change: the open month, and the last one until the fifth.
    pub fn is_estimated(self, today: Date) -> bool {
        let open = today.first_of_month();
        let settled = if today.day() > 5 {
            open
        } else {
            open.saturating_sub(1.month())
        };
        self.end > settled
    }

    pub fn to_json(self) -> Value {
        json!({ "Start": self.start.to_string(), "End": self.end.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(start: &str, end: &str) -> Period {
        Period {
            start: start.parse().unwrap(),
            end: end.parse().unwrap(),
        }
    }

    #[test]
    fn months_are_cut_at_their_firsts_and_lose_no_day() {
        let all = period("2026-01-31", "2026-04-02");
        let months = all.buckets(Granularity::Monthly);
        let starts: Vec<String> = months.iter().map(|month| month.start.to_string()).collect();
        assert_eq!(starts, ["2026-01-31", "2026-02-01", "2026-03-01", "2026-04-01"]);
        assert_eq!(months.iter().map(|month| month.days()).sum::<i32>(), all.days());
        assert_eq!(all.buckets(Granularity::Daily).len() as i32, all.days());
    }

    #[test]
    fn the_open_month_is_estimated_and_the_last_one_until_the_fifth() {
        let today = |text: &str| text.parse::<Date>().unwrap();
        let october = period("2026-10-01", "2026-11-01");
        assert!(october.is_estimated(today("2026-11-03")));
        assert!(!october.is_estimated(today("2026-11-06")));
        assert!(period("2026-11-01", "2026-11-02").is_estimated(today("2026-11-20")));
    }
}

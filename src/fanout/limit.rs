//! How far a run may go at once, how many failures stop it and how long it may take: typed by a user in the command line
//! or the console, checked here alike.

use std::fmt;

/// How long a command may run on a machine where nobody says otherwise.
const LASTS_SECONDS: u32 = 600;
/// What AWS-RunShellScript takes for `executionTimeout`: two days.
const LASTS_SECONDS_AT_MOST: u32 = 172_800;
/// Seven digits are what SendCommand takes for either number.
const NUMBER_AT_MOST: u32 = 9_999_999;

/// How many at a time, and how many may fail before no more are asked: numbers, or shares such as `25%`. `None` leaves
/// the first to AWS, 50 of a batch, and lets every machine be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub concurrency: Option<String>,
    pub errors: Option<String>,
    pub lasts_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: None,
            errors: None,
            lasts_seconds: LASTS_SECONDS,
        }
    }
}

/// One of the limits, as a user names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Concurrency,
    Errors,
    Lasts,
}

/// A limit that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLimit {
    #[error("expected a number, or a share such as 25%")]
    Amount,
    #[error("0 would run it nowhere")]
    Nowhere,
    #[error("expected seconds, 1 to {LASTS_SECONDS_AT_MOST}")]
    Seconds,
}

impl Limits {
    /// Numbers count over all batches, so these must wait for each other.
    pub(super) fn is_absolute(&self) -> bool {
        let is_number = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.ends_with('%'));
        is_number(&self.concurrency) || is_number(&self.errors)
    }

    /// Takes what was typed for one of them; nothing typed is what holds without it.
    pub fn set(&mut self, limit: Limit, typed: &str) -> Result<(), BadLimit> {
        let typed = typed.trim();
        let optional = |parse: fn(&str) -> Result<String, BadLimit>| match typed {
            "" => Ok(None),
            typed => parse(typed).map(Some),
        };
        match limit {
            Limit::Concurrency => self.concurrency = optional(parse_concurrency)?,
            Limit::Errors => self.errors = optional(parse_amount)?,
            Limit::Lasts if typed.is_empty() => self.lasts_seconds = LASTS_SECONDS,
            Limit::Lasts => self.lasts_seconds = parse_seconds(typed)?,
        }
        Ok(())
    }

    /// One of them as it would be typed; empty where nobody said anything.
    pub fn typed(&self, limit: Limit) -> String {
        match limit {
            Limit::Concurrency => self.concurrency.clone().unwrap_or_default(),
            Limit::Errors => self.errors.clone().unwrap_or_default(),
            Limit::Lasts => self.lasts_seconds.to_string(),
        }
    }

    pub fn is_default(&self, limit: Limit) -> bool {
        self.typed(limit) == Self::default().typed(limit)
    }
}

impl Limit {
    pub const ALL: [Limit; 3] = [Limit::Concurrency, Limit::Errors, Limit::Lasts];
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Limit::Concurrency => "at a time",
            Limit::Errors => "failures",
            Limit::Lasts => "timeout",
        })
    }
}

/// A number, or a share of a hundred with its sign.
pub fn parse_amount(text: &str) -> Result<String, BadLimit> {
    let (number, most) = match text.strip_suffix('%') {
        Some(number) => (number, 100),
        None => (text, NUMBER_AT_MOST),
    };
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
    match number.parse::<u32>() {
        Ok(number) if number <= most && is_plain => Ok(text.to_owned()),
        _ => Err(BadLimit::Amount),
    }
}

/// The same, but somewhere it must run.
pub fn parse_concurrency(text: &str) -> Result<String, BadLimit> {
    let amount = parse_amount(text)?;
    match amount.trim_end_matches('%').bytes().all(|digit| digit == b'0') {
        true => Err(BadLimit::Nowhere),
        false => Ok(amount),
    }
}

/// Seconds that a command may run on a machine.
pub fn parse_seconds(text: &str) -> Result<u32, BadLimit> {
    match text.parse() {
        Ok(seconds @ 1..=LASTS_SECONDS_AT_MOST) => Ok(seconds),
        _ => Err(BadLimit::Seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_numbers_or_shares() {
        for good in ["0", "3", "25%", "100%"] {
            assert_eq!(parse_amount(good).as_deref(), Ok(good));
        }
        for bad in ["", "%", "101%", "-1", "+1", "many", "10000000"] {
            assert_eq!(parse_amount(bad), Err(BadLimit::Amount), "{bad}");
        }
    }

    #[test]
    fn a_run_that_would_run_nowhere_is_refused() {
        for bad in ["0", "00", "0%"] {
            assert_eq!(parse_concurrency(bad), Err(BadLimit::Nowhere), "{bad}");
        }
        assert_eq!(parse_concurrency("10%").as_deref(), Ok("10%"));
    }

    #[test]
    fn a_timeout_is_between_a_second_and_two_days() {
        assert_eq!(
            (parse_seconds("1"), parse_seconds("172800")),
            (Ok(1), Ok(172_800))
        );
        for bad in ["0", "172801", "-5", "10m", ""] {
            assert_eq!(parse_seconds(bad), Err(BadLimit::Seconds), "{bad}");
        }
    }

    #[test]
    fn nothing_typed_is_the_default_and_a_refusal_changes_nothing() {
        let mut limits = Limits::default();
        for (limit, typed) in Limit::ALL.into_iter().zip(["5", "10%", "60"]) {
            limits.set(limit, typed).unwrap();
            assert!(limits.set(limit, "x").is_err());
            assert_eq!(limits.typed(limit), typed);
            assert!(!limits.is_default(limit));
            limits.set(limit, " ").unwrap();
            assert!(limits.is_default(limit));
        }
        assert_eq!(limits, Limits::default());
    }
}

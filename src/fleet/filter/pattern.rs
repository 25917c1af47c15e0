//! Values of a filter: text with wildcards, regular expressions, versions and spans that compare.
//! Case never counts, and `Display` writes what `parse` reads.

use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use regex::{Regex, RegexBuilder};

/// A whole value; `*` is any text and `?` any character, unless the value was quoted.
#[derive(Clone, Debug, PartialEq)]
pub struct Glob {
    pub text: String,
    pub literal: bool,
    lower: Vec<char>,
    has_wildcard: bool,
}

impl Glob {
    pub fn new(text: String, literal: bool) -> Glob {
        let lower = text.chars().flat_map(char::to_lowercase).collect();
        let has_wildcard = !literal && text.contains(['*', '?']);
        Glob {
            text,
            literal,
            lower,
            has_wildcard,
        }
    }

    pub fn matches(&self, value: &str) -> bool {
        if !self.has_wildcard {
            return value.eq_ignore_ascii_case(&self.text)
                || !value.is_ascii() && lowered(value).eq(self.lower.iter().copied());
        }
        // Nearly every value is ASCII and short: comparing it in place keeps typing into the filter fluent.
        if value.is_ascii() {
            self.walk(|at| {
                value
                    .as_bytes()
                    .get(at)
                    .map(|byte| char::from(byte.to_ascii_lowercase()))
            })
        } else {
            let value: Vec<char> = lowered(value).collect();
            self.walk(|at| value.get(at).copied())
        }
    }

    /// Compares from left to right; where a character does not fit, the last star takes one more.
    fn walk(&self, value: impl Fn(usize) -> Option<char>) -> bool {
        let (mut want, mut at) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        loop {
            let (wanted, got) = (self.lower.get(want).copied(), value(at));
            match (wanted, got) {
                (Some('*'), _) => {
                    want += 1;
                    star = Some((want, at));
                }
                (None, None) => return true,
                (Some(a), Some(b)) if a == '?' || a == b => (want, at) = (want + 1, at + 1),
                _ => match star {
                    Some((after, from)) if value(from).is_some() => {
                        star = Some((after, from + 1));
                        (want, at) = (after, from + 1);
                    }
                    _ => return false,
                },
            }
        }
    }
}

fn lowered(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.literal {
            f.write_str(&super::parse::always_quoted(&self.text))
        } else {
            f.write_str(&self.text)
        }
    }
}

/// A regular expression, equal to another by its text.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    pub fn new(text: &str) -> Result<Pattern, regex::Error> {
        let regex = RegexBuilder::new(text)
            .case_insensitive(true)
            .size_limit(1 << 20)
            .build()?;
        Ok(Pattern {
            text: text.to_owned(),
            regex,
        })
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.text.replace('/', "\\/"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Longer signs first: `<=` is not `<`.
    pub const ALL: [(&str, Order); 4] = [
        ("<=", Order::LessOrEqual),
        (">=", Order::GreaterOrEqual),
        ("<", Order::Less),
        (">", Order::Greater),
    ];

    pub fn holds(self, found: Ordering) -> bool {
        match self {
            Order::Less => found == Ordering::Less,
            Order::LessOrEqual => found != Ordering::Greater,
            Order::Greater => found == Ordering::Greater,
            Order::GreaterOrEqual => found != Ordering::Less,
        }
    }
}

/// A comparison. A node without the value never fits.
#[derive(Clone, Debug, PartialEq)]
pub enum Compare {
    Version(Order, String),
    Age { order: Order, count: u32, unit: char },
}

impl Compare {
    /// `30d`, `12h`, `2w`, `45m`.
    pub fn age(order: Order, text: &str) -> Option<Compare> {
        let unit = text.chars().last().filter(|unit| "mhdw".contains(*unit))?;
        let count = text.strip_suffix(unit)?;
        let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        let count = count.parse().ok().filter(|_| digits)?;
        Some(Compare::Age { order, count, unit })
    }

    /// Numbers joined by dots.
    pub fn version(order: Order, text: &str) -> Option<Compare> {
        let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        text.split('.')
            .all(number)
            .then(|| Compare::Version(order, text.to_owned()))
    }

    pub fn holds_for_age(&self, launched_at: Option<Timestamp>, now: Timestamp) -> bool {
        let (Compare::Age { order, count, unit }, Some(launched_at)) = (self, launched_at) else {
            return false;
        };
        let unit_seconds = match unit {
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => 604_800,
        };
        let limit = Duration::from_secs(u64::from(*count) * unit_seconds);
        let age = Duration::try_from(now.duration_since(launched_at)).unwrap_or_default();
        order.holds(age.cmp(&limit))
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = |order: &Order| {
            Order::ALL
                .iter()
                .find(|(_, o)| o == order)
                .map_or("", |(sign, _)| sign)
        };
        match self {
            Compare::Version(order, version) => write!(f, "{}{version}", sign(order)),
            Compare::Age { order, count, unit } => write!(f, "{}{count}{unit}", sign(order)),
        }
    }
}

/// Compares versions number by number; a missing number is zero, so that 3.2 equals 3.2.0.0.
pub fn versions(a: &str, b: &str) -> Ordering {
    let numbers =
        |text: &str| -> Vec<u64> { text.split('.').map(|part| part.parse().unwrap_or(0)).collect() };
    let (mut a, mut b) = (numbers(a), numbers(b));
    let length = a.len().max(b.len());
    a.resize(length, 0);
    b.resize(length, 0);
    a.cmp(&b)
}

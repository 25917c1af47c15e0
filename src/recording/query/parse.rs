//! From text to a query. Every error carries the byte position and says what may stand there.

use super::Query;
use super::term::{About, Field, Run, Test, Text, Value};
use crate::recording::Source;
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("query, at {at}: {says}")]
pub struct BadQuery {
    /// Byte position in the text.
    pub at: usize,
    pub says: String,
}

/// A longer query is a mistake.
const MAX_BYTES: usize = 4096;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    now: Timestamp,
}

/// A piece of a query as it is written.
enum Written {
    Bare(String),
    Quoted(String),
    Expression(String),
}

pub fn parse(text: &str, now: Timestamp) -> Result<Query, BadQuery> {
    let mut reader = Reader { text, at: 0, now };
    if text.len() > MAX_BYTES {
        return Err(reader.bad(format!("longer than {MAX_BYTES} bytes")));
    }
    let mut query = Query::default();
    loop {
        reader.skip_blanks();
        if reader.rest().is_empty() {
            return Ok(query);
        }
        reader.term(&mut query)?;
        if reader.rest().chars().next().is_some_and(|c| !c.is_whitespace()) {
            return Err(reader.bad("a blank must stand between two terms"));
        }
    }
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn bad(&self, says: impl Into<String>) -> BadQuery {
        BadQuery {
            at: self.at,
            says: says.into(),
        }
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, sign: &str) -> bool {
        let taken = self.rest().starts_with(sign);
        self.at += if taken { sign.len() } else { 0 };
        taken
    }

    fn term(&mut self, query: &mut Query) -> Result<(), BadQuery> {
        let negated = self.take("-");
        if self.rest().is_empty() || self.rest().starts_with(char::is_whitespace) {
            return Err(self.bad("a word or key:value must follow \"-\""));
        }
        let start = self.at;
        let key = self
            .rest()
            .find(|c: char| !c.is_ascii_alphabetic())
            .filter(|end| self.rest()[*end..].starts_with(':'))
            .map(|end| self.rest()[..end].to_ascii_lowercase());
        let Some(key) = key.filter(|_| !self.rest().starts_with(['"', '/'])) else {
            let text = self.value(&[])?;
            query.text.push(self.text_term(start, text, negated)?);
            return Ok(());
        };
        self.at += key.len() + 1;
        self.keyed(&key, start, negated, query)
    }

    fn keyed(&mut self, key: &str, start: usize, negated: bool, query: &mut Query) -> Result<(), BadQuery> {
        match key {
            "cmd" | "command" => {
                let text = self.value(&[])?;
                query.run.push(Run::Text(self.text_term(start, text, negated)?));
            }
            "exit" => {
                let not = self.take("!");
                let codes = self.all(
                    |text| text.parse().ok(),
                    "an exit code is a number, !0 for any but 0",
                )?;
                let negated = negated != not;
                query.run.push(Run::Exit { negated, codes });
            }
            "source" => {
                let named = |text: &str| Source::ALL.into_iter().find(|source| source.as_str() == text);
                let wanted = "a command's source is osc133, inferred or marked";
                for source in self.all(named, wanted)? {
                    query.run.push(Run::Source { negated, source });
                }
            }
            "cwd" => {
                let values = self.values(true, key, &[])?;
                query.run.push(Run::Directory { negated, values });
            }
            "after" | "before" => {
                let at = self.moment()?;
                let test = if key == "after" {
                    Test::After(at)
                } else {
                    Test::Before(at)
                };
                query.about.push(About { negated, test });
            }
            key => {
                let known = Field::NAMES.iter().find(|(name, ..)| *name == key);
                let Some((_, field, part)) = known else {
                    let names: Vec<&str> = Field::NAMES.iter().map(|(name, ..)| *name).collect();
                    return Err(BadQuery {
                        at: start,
                        says: format!(
                            "there is no key {key:?}; keys are {}, after, before, cmd, exit, source, cwd; quote text \
                             that has a colon",
                            names.join(", ")
                        ),
                    });
                };
                let test = Test::OneOf(*field, self.values(*part, key, field.words())?);
                query.about.push(About { negated, test });
            }
        }
        Ok(())
    }

    fn text_term(&self, start: usize, text: Written, negated: bool) -> Result<Text, BadQuery> {
        match text {
            Written::Bare(text) | Written::Quoted(text) => Text::literal(&text, negated),
            Written::Expression(text) => Text::expression(&text, negated),
        }
        .map_err(|error| bad_expression(start, &error))
    }

    /// Values joined by commas, or one expression; each stands for one of `words` at least, where there are any.
    fn values(&mut self, part: bool, key: &str, words: &[&str]) -> Result<Vec<Value>, BadQuery> {
        let mut values = Vec::new();
        loop {
            let start = self.at;
            let value = match self.value(&[','])? {
                Written::Bare(text) => Value::new(&text, false, part),
                Written::Quoted(text) => Value::new(&text, true, part),
                Written::Expression(text) => Value::expression(&text),
            };
            let value = value.map_err(|error| bad_expression(start, &error))?;
            if !words.is_empty() && !words.iter().any(|word| value.holds(word)) {
                return Err(BadQuery {
                    at: start,
                    says: format!("{key} is one of {}", words.join(", ")),
                });
            }
            values.push(value);
            if !self.take(",") {
                return Ok(values);
            }
        }
    }

    fn all<T>(&mut self, read: impl Fn(&str) -> Option<T>, wanted: &str) -> Result<Vec<T>, BadQuery> {
        let mut all = Vec::new();
        loop {
            let start = self.at;
            let read = match self.value(&[','])? {
                Written::Bare(text) | Written::Quoted(text) => read(&text),
                Written::Expression(_) => None,
            };
            all.push(read.ok_or_else(|| BadQuery {
                at: start,
                says: wanted.into(),
            })?);
            if !self.take(",") {
                return Ok(all);
            }
        }
    }

    /// A day or a moment in this machine's time zone, or a span before now; Unix microseconds.
    fn moment(&mut self) -> Result<i64, BadQuery> {
        let start = self.at;
        let (Written::Bare(text) | Written::Quoted(text) | Written::Expression(text)) = self.value(&[])?;
        let wanted =
            "a time is 2026-03-01, 2026-03-01T14:30, one with its zone, or a span such as 45m, 12h, 2d, 3w";
        let at = parse_span(&text)
            .and_then(|span| self.now.checked_sub(span).ok())
            .or_else(|| text.parse().ok())
            .or_else(|| {
                let at: civil::DateTime = text.parse().ok()?;
                Some(at.to_zoned(TimeZone::system()).ok()?.timestamp())
            });
        at.map(Timestamp::as_microsecond).ok_or_else(|| BadQuery {
            at: start,
            says: wanted.into(),
        })
    }

    /// Text up to a blank or one of `stops`, text in quotes, or an expression between slashes.
    fn value(&mut self, stops: &[char]) -> Result<Written, BadQuery> {
        let rest = self.rest();
        match rest.chars().next() {
            Some('"') => Ok(Written::Quoted(self.enclosed('"', &['"', '\\'])?)),
            // A path is text: an expression ends with a slash before a blank.
            Some('/') if closes(rest) => Ok(Written::Expression(self.enclosed('/', &['/'])?)),
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || stops.contains(&c))
                    .unwrap_or(rest.len());
                if end == 0 {
                    return Err(self.bad("a value is missing; * stands for any"));
                }
                self.at += end;
                Ok(Written::Bare(rest[..end].to_owned()))
            }
        }
    }

    fn enclosed(&mut self, mark: char, escapable: &[char]) -> Result<String, BadQuery> {
        let mut text = String::new();
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            if escaped {
                if !escapable.contains(&c) {
                    text.push('\\');
                }
                text.push(c);
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == mark {
                self.at += offset + mark.len_utf8();
                return Ok(text);
            } else {
                text.push(c);
            }
        }
        Err(self.bad(format!("the closing {mark} is missing")))
    }
}

/// Whether text that begins with a slash is an expression: `/var/log` is a path, `/var\/log/` is not.
fn closes(text: &str) -> bool {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == '/' && !escaped {
            let after = text[at + 1..].chars().next();
            return after.is_none_or(|c| c.is_whitespace() || c == ',');
        }
        escaped = c == '\\' && !escaped;
    }
    false
}

fn parse_span(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
    Some(SignedDuration::from_secs(i64::from(count) * seconds))
}

fn bad_expression(at: usize, error: &regex::Error) -> BadQuery {
    let says = error.to_string();
    let last = says.lines().last().unwrap_or_default();
    BadQuery {
        at,
        says: format!("not a regular expression: {}", last.trim_start_matches("error: ")),
    }
}

//! From text to a query. Every error carries the byte position and says what may stand there.

use super::Query;
use super::term::{About, Field, Run, Test, Text, Value};
use crate::phrase::{self, Bad};
use crate::recording::Source;
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

struct Reader<'a> {
    line: phrase::Reader<'a>,
    now: Timestamp,
}

/// A piece of a query as it is written.
enum Written {
    Bare(String),
    Quoted(String),
    Expression(String),
}

pub fn parse(text: &str, now: Timestamp) -> Result<Query, Bad> {
    let line = phrase::Reader::new("query", text)?;
    let mut reader = Reader { line, now };
    let mut query = Query::default();
    loop {
        reader.line.skip_blanks();
        if reader.line.rest().is_empty() {
            return Ok(query);
        }
        reader.term(&mut query)?;
        if !reader.line.is_between() {
            return Err(reader.line.bad("a blank must stand between two terms"));
        }
    }
}

impl Reader<'_> {
    fn term(&mut self, query: &mut Query) -> Result<(), Bad> {
        let negated = self.line.take("-");
        if self.line.rest().is_empty() || self.line.rest().starts_with(char::is_whitespace) {
            return Err(self.line.bad("a word or key:value must follow \"-\""));
        }
        let start = self.line.at;
        let key = self
            .line
            .rest()
            .find(|c: char| !c.is_ascii_alphabetic())
            .filter(|end| self.line.rest()[*end..].starts_with(':'))
            .map(|end| self.line.rest()[..end].to_ascii_lowercase());
        let Some(key) = key.filter(|_| !self.line.rest().starts_with(['"', '/'])) else {
            let text = self.value(&[])?;
            query.text.push(self.text_term(start, text, negated)?);
            return Ok(());
        };
        self.line.at += key.len() + 1;
        self.keyed(&key, start, negated, query)
    }

    fn keyed(&mut self, key: &str, start: usize, negated: bool, query: &mut Query) -> Result<(), Bad> {
        match key {
            "cmd" | "command" => {
                let text = self.value(&[])?;
                query.run.push(Run::Text(self.text_term(start, text, negated)?));
            }
            "exit" => {
                let not = self.line.take("!");
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
                    let says = format!(
                        "there is no key {key:?}; keys are {}, after, before, cmd, exit, source, cwd; quote text that \
                         has a colon",
                        names.join(", ")
                    );
                    return Err(self.line.bad_at(start, says));
                };
                let test = Test::OneOf(*field, self.values(*part, key, field.words())?);
                query.about.push(About { negated, test });
            }
        }
        Ok(())
    }

    fn text_term(&self, start: usize, text: Written, negated: bool) -> Result<Text, Bad> {
        match text {
            Written::Bare(text) | Written::Quoted(text) => Text::literal(&text, negated),
            Written::Expression(text) => Text::expression(&text, negated),
        }
        .map_err(|error| self.line.bad_expression(start, &error))
    }

    /// Values joined by commas, or one expression; each stands for one of `words` at least, where there are any.
    fn values(&mut self, part: bool, key: &str, words: &[&str]) -> Result<Vec<Value>, Bad> {
        let mut values = Vec::new();
        loop {
            let start = self.line.at;
            let value = match self.value(&[','])? {
                Written::Bare(text) => Value::new(&text, false, part),
                Written::Quoted(text) => Value::new(&text, true, part),
                Written::Expression(text) => Value::expression(&text),
            };
            let value = value.map_err(|error| self.line.bad_expression(start, &error))?;
            if !words.is_empty() && !words.iter().any(|word| value.holds(word)) {
                return Err(self
                    .line
                    .bad_at(start, format!("{key} is one of {}", words.join(", "))));
            }
            values.push(value);
            if !self.line.take(",") {
                return Ok(values);
            }
        }
    }

    fn all<T>(&mut self, read: impl Fn(&str) -> Option<T>, wanted: &str) -> Result<Vec<T>, Bad> {
        let mut all = Vec::new();
        loop {
            let start = self.line.at;
            let read = match self.value(&[','])? {
                Written::Bare(text) | Written::Quoted(text) => read(&text),
                Written::Expression(_) => None,
            };
            all.push(read.ok_or_else(|| self.line.bad_at(start, wanted))?);
            if !self.line.take(",") {
                return Ok(all);
            }
        }
    }

    /// A day or a moment in this machine's time zone, or a span before now; Unix microseconds.
    fn moment(&mut self) -> Result<i64, Bad> {
        let start = self.line.at;
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
        at.map(Timestamp::as_microsecond)
            .ok_or_else(|| self.line.bad_at(start, wanted))
    }

    /// Text up to a blank or one of `stops`, text in quotes, or an expression between slashes.
    fn value(&mut self, stops: &[char]) -> Result<Written, Bad> {
        let rest = self.line.rest();
        match rest.chars().next() {
            Some('"') => Ok(Written::Quoted(self.line.quote()?)),
            // A path is text: an expression ends with a slash before a blank.
            Some('/') if closes(rest) => Ok(Written::Expression(self.line.expression()?)),
            _ => {
                let text = self.line.bare(stops);
                match text.is_empty() {
                    true => Err(self.line.bad("a value is missing; * stands for any")),
                    false => Ok(Written::Bare(text.to_owned())),
                }
            }
        }
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

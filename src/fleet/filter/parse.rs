//! From text to a filter. Every error carries the byte position and says what may stand there.

use super::key::Key;
use super::pattern::{Compare, Glob, Order, Pattern};
use super::{Filter, Term, Test, What};
use crate::phrase::{self, Bad};

struct Reader<'a> {
    line: phrase::Reader<'a>,
}

pub fn parse(text: &str) -> Result<Filter, Bad> {
    let line = phrase::Reader::new("filter", text)?;
    let mut reader = Reader { line };
    let mut alternatives = Vec::new();
    let mut terms = Vec::new();
    loop {
        reader.line.skip_blanks();
        if reader.line.rest().is_empty() {
            break;
        }
        if reader.take_or() {
            if terms.is_empty() {
                return Err(reader
                    .line
                    .bad("\"or\" stands between two terms; quote it to search for the word"));
            }
            alternatives.push(std::mem::take(&mut terms));
        } else {
            terms.push(reader.term()?);
        }
    }
    if terms.is_empty() && !alternatives.is_empty() {
        return Err(reader.line.bad("a term must follow \"or\""));
    }
    if !terms.is_empty() {
        alternatives.push(terms);
    }
    Ok(Filter { alternatives })
}

impl Reader<'_> {
    fn take_or(&mut self) -> bool {
        let rest = self.line.rest();
        let word = rest.split(char::is_whitespace).next().unwrap_or_default();
        let taken = word.eq_ignore_ascii_case("or");
        self.line.at += if taken { word.len() } else { 0 };
        taken
    }

    fn term(&mut self) -> Result<Term, Bad> {
        let negated = self.line.take("-");
        let what = match self.line.rest().chars().next() {
            None => return Err(self.line.bad("a word or key:value must follow \"-\"")),
            Some(c) if c.is_whitespace() => {
                return Err(self.line.bad("a word or key:value must follow \"-\""));
            }
            Some('"') => word(self.line.quote()?),
            Some('/') => What::Regex(self.regex()?),
            Some(_) => self.word_or_key()?,
        };
        if !self.line.is_between() {
            return Err(self.line.bad("a blank must stand between two terms"));
        }
        Ok(Term { negated, what })
    }

    fn word_or_key(&mut self) -> Result<What, Bad> {
        let start = self.line.at;
        let name = self.line.bare(&[':', '"']);
        if name.eq_ignore_ascii_case("tag.") && self.line.rest().starts_with('"') {
            let key = self.line.quote()?;
            return if self.line.take(":") {
                Ok(What::Key(Key::Tag(key), self.one_of()?))
            } else {
                Err(self.line.bad("\":\" and a value must follow the tag's key"))
            };
        }
        if !self.line.take(":") {
            return if self.line.rest().starts_with('"') {
                Err(self.line.bad("a quote may only begin a word or a value"))
            } else {
                Ok(word(name.to_owned()))
            };
        }
        let key = match name.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("tag.") && name.len() > 4 => {
                Key::Tag(name[4..].to_owned())
            }
            _ => Key::named(name).ok_or_else(|| {
                self.line.bad_at(
                    start,
                    format!(
                        "there is no key {name:?}; keys are {}; quote text that has a colon",
                        Key::allowed()
                    ),
                )
            })?,
        };
        let test = match key {
            Key::Age => self.age()?,
            Key::Agent => match self.order() {
                Some(order) => self.version(order)?,
                None => self.one_of()?,
            },
            _ => self.one_of()?,
        };
        Ok(What::Key(key, test))
    }

    fn order(&mut self) -> Option<Order> {
        Order::ALL
            .into_iter()
            .find(|(sign, _)| self.line.take(sign))
            .map(|(_, order)| order)
    }

    fn age(&mut self) -> Result<Test, Bad> {
        let wanted = "an age is <, <=, > or >= and a span such as 45m, 12h, 30d or 2w";
        let order = self.order().ok_or_else(|| self.line.bad(wanted))?;
        let start = self.line.at;
        let age = Compare::age(order, self.line.bare(&[]));
        age.map(Test::Compare)
            .ok_or_else(|| self.line.bad_at(start, wanted))
    }

    fn version(&mut self, order: Order) -> Result<Test, Bad> {
        let start = self.line.at;
        let version = Compare::version(order, self.line.bare(&[]));
        version.map(Test::Compare).ok_or_else(|| {
            self.line
                .bad_at(start, "a version is numbers joined by dots, such as 3.2")
        })
    }

    /// A regular expression, or values joined by commas.
    fn one_of(&mut self) -> Result<Test, Bad> {
        if self.line.rest().starts_with('/') {
            return Ok(Test::Regex(self.regex()?));
        }
        let mut globs = Vec::new();
        loop {
            if self.line.rest().starts_with('"') {
                globs.push(Glob::new(self.line.quote()?, true));
            } else {
                let value = self.line.bare(&[',', '"']);
                if value.is_empty() {
                    return Err(self
                        .line
                        .bad("a value is missing; * stands for any, \"\" for an empty one"));
                }
                globs.push(Glob::new(value.to_owned(), false));
            }
            if !self.line.take(",") {
                return Ok(Test::OneOf(globs));
            }
        }
    }

    fn regex(&mut self) -> Result<Pattern, Bad> {
        let start = self.line.at;
        let text = self.line.expression()?;
        Pattern::new(&text).map_err(|error| self.line.bad_expression(start, &error))
    }
}

fn word(text: String) -> What {
    let lower = text.to_lowercase();
    What::Word { text, lower }
}

/// A word as it must be written: quoted only where it would read as something else.
pub fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && !text.starts_with(['-', '/'])
        && !text.eq_ignore_ascii_case("or")
        && !text.contains(|c: char| c.is_whitespace() || matches!(c, ':' | '"'));
    if plain {
        text.to_owned()
    } else {
        always_quoted(text)
    }
}

pub fn always_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

//! From text to a filter. Every error carries the byte position and says what may stand there.

use super::key::Key;
use super::pattern::{Compare, Glob, Order, Pattern};
use super::{Filter, Term, Test, What};

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("filter, at {at}: {says}")]
pub struct BadFilter {
    /// Byte position in the text.
    pub at: usize,
    pub says: String,
}

/// A filter longer than this is a mistake, and would be slow on every node.
const MAX_BYTES: usize = 4096;

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

pub fn parse(text: &str) -> Result<Filter, BadFilter> {
    if text.len() > MAX_BYTES {
        return Err(BadFilter {
            at: MAX_BYTES,
            says: format!("longer than {MAX_BYTES} bytes"),
        });
    }
    let mut reader = Reader { text, at: 0 };
    let mut alternatives = Vec::new();
    let mut terms = Vec::new();
    loop {
        reader.skip_blanks();
        if reader.rest().is_empty() {
            break;
        }
        if reader.take_or() {
            if terms.is_empty() {
                return Err(reader.bad("\"or\" stands between two terms; quote it to search for the word"));
            }
            alternatives.push(std::mem::take(&mut terms));
        } else {
            terms.push(reader.term()?);
        }
    }
    if terms.is_empty() && !alternatives.is_empty() {
        return Err(reader.bad("a term must follow \"or\""));
    }
    if !terms.is_empty() {
        alternatives.push(terms);
    }
    Ok(Filter { alternatives })
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn bad(&self, says: impl Into<String>) -> BadFilter {
        BadFilter {
            at: self.at,
            says: says.into(),
        }
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Text up to a blank or one of `stops`.
    fn bare(&mut self, stops: &[char]) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|c: char| c.is_whitespace() || stops.contains(&c))
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn take(&mut self, sign: &str) -> bool {
        let taken = self.rest().starts_with(sign);
        self.at += if taken { sign.len() } else { 0 };
        taken
    }

    fn take_or(&mut self) -> bool {
        let rest = self.rest();
        let word = rest.split(char::is_whitespace).next().unwrap_or_default();
        let taken = word.eq_ignore_ascii_case("or");
        self.at += if taken { word.len() } else { 0 };
        taken
    }

    fn term(&mut self) -> Result<Term, BadFilter> {
        let negated = self.take("-");
        let what = match self.rest().chars().next() {
            None => return Err(self.bad("a word or key:value must follow \"-\"")),
            Some(c) if c.is_whitespace() => return Err(self.bad("a word or key:value must follow \"-\"")),
            Some('"') => word(self.quote()?),
            Some('/') => What::Regex(self.regex()?),
            Some(_) => self.word_or_key()?,
        };
        if self.rest().chars().next().is_some_and(|c| !c.is_whitespace()) {
            return Err(self.bad("a blank must stand between two terms"));
        }
        Ok(Term { negated, what })
    }

    fn word_or_key(&mut self) -> Result<What, BadFilter> {
        let start = self.at;
        let name = self.bare(&[':', '"']);
        if name.eq_ignore_ascii_case("tag.") && self.rest().starts_with('"') {
            let key = self.quote()?;
            return if self.take(":") {
                Ok(What::Key(Key::Tag(key), self.one_of()?))
            } else {
                Err(self.bad("\":\" and a value must follow the tag's key"))
            };
        }
        if !self.take(":") {
            return if self.rest().starts_with('"') {
                Err(self.bad("a quote may only begin a word or a value"))
            } else {
                Ok(word(name.to_owned()))
            };
        }
        let key = match name.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("tag.") && name.len() > 4 => {
                Key::Tag(name[4..].to_owned())
            }
            _ => Key::named(name).ok_or_else(|| BadFilter {
                at: start,
                says: format!(
                    "there is no key {name:?}; keys are {}; quote text that has a colon",
                    Key::allowed()
                ),
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
            .find(|(sign, _)| self.take(sign))
            .map(|(_, order)| order)
    }

    fn age(&mut self) -> Result<Test, BadFilter> {
        let wanted = "an age is <, <=, > or >= and a span such as 45m, 12h, 30d or 2w";
        let order = self.order().ok_or_else(|| self.bad(wanted))?;
        let start = self.at;
        let age = Compare::age(order, self.bare(&[]));
        age.map(Test::Compare).ok_or_else(|| BadFilter {
            at: start,
            says: wanted.into(),
        })
    }

    fn version(&mut self, order: Order) -> Result<Test, BadFilter> {
        let start = self.at;
        let version = Compare::version(order, self.bare(&[]));
        version.map(Test::Compare).ok_or_else(|| BadFilter {
            at: start,
            says: "a version is numbers joined by dots, such as 3.2".into(),
        })
    }

    /// A regular expression, or values joined by commas.
    fn one_of(&mut self) -> Result<Test, BadFilter> {
        if self.rest().starts_with('/') {
            return Ok(Test::Regex(self.regex()?));
        }
        let mut globs = Vec::new();
        loop {
            if self.rest().starts_with('"') {
                globs.push(Glob::new(self.quote()?, true));
            } else {
                let value = self.bare(&[',', '"']);
                if value.is_empty() {
                    return Err(self.bad("a value is missing; * stands for any, \"\" for an empty one"));
                }
                globs.push(Glob::new(value.to_owned(), false));
            }
            if !self.take(",") {
                return Ok(Test::OneOf(globs));
            }
        }
    }

    /// Text in double quotes; `\"` and `\\` stand for themselves.
    fn quote(&mut self) -> Result<String, BadFilter> {
        self.enclosed('"', |c| matches!(c, '"' | '\\'))
    }

    /// Text between slashes; only `\/` is unescaped, the rest belongs to the expression.
    fn regex(&mut self) -> Result<Pattern, BadFilter> {
        let start = self.at;
        let text = self.enclosed('/', |c| c == '/')?;
        Pattern::new(&text).map_err(|error| {
            let says = error.to_string();
            let last = says.lines().last().unwrap_or_default();
            BadFilter {
                at: start,
                says: format!("not a regular expression: {}", last.trim_start_matches("error: ")),
            }
        })
    }

    fn enclosed(&mut self, mark: char, escapable: impl Fn(char) -> bool) -> Result<String, BadFilter> {
        let start = self.at;
        let mut text = String::new();
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            if escaped {
                if !escapable(c) {
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
        Err(BadFilter {
            at: start,
            says: format!("the closing {mark} is missing"),
        })
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

//! The filter language of the panel, `--filter`, `--targets` and `[production] match`.
//!
//! ```text
//! web "blue green"        text in name, id, addresses or tags; all words must be there
//! /^web-\d+$/             a regular expression over each of those
//! state:running,stopped   a key has one of these values; * and ? stand for any text and any character
//! tag.team:pay  env:prod  a tag; env is the tag env or Environment
//! agent:<3.2  age:>30d    versions and spans (m, h, d, w) compare
//! -ping:online            not; "or" separates alternatives
//! ```

mod key;
mod parse;
mod pattern;

use std::fmt;

use jiff::Timestamp;

pub use crate::phrase::Bad as BadFilter;

use super::Node;
use key::Key;
use pattern::{Compare, Glob, Pattern};

/// A condition on nodes. The empty filter matches every node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// One of these must hold; in each, every term.
    alternatives: Vec<Vec<Term>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    /// Kept as written, beside its lower-cased form.
    Word {
        text: String,
        lower: String,
    },
    Regex(Pattern),
    Key(Key, Test),
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    OneOf(Vec<Glob>),
    Regex(Pattern),
    Compare(Compare),
}

impl Filter {
    /// Reads a filter; the error names the position and what is allowed there.
    pub fn parse(text: &str) -> Result<Filter, BadFilter> {
        parse::parse(text)
    }

    /// Whether a node is wanted.
    pub fn matches(&self, node: &Node) -> bool {
        self.matches_at(node, Timestamp::now())
    }

    /// Whether a node is wanted, ages counted at `now`.
    pub fn matches_at(&self, node: &Node, now: Timestamp) -> bool {
        self.alternatives.is_empty()
            || self
                .alternatives
                .iter()
                .any(|terms| terms.iter().all(|term| term.matches(node, now)))
    }

    pub fn is_empty(&self) -> bool {
        self.alternatives.is_empty()
    }
}

impl Term {
    fn matches(&self, node: &Node, now: Timestamp) -> bool {
        let found = match &self.what {
            What::Word { lower, .. } => node.haystack.contains(lower.as_str()),
            What::Regex(pattern) => node.haystack.lines().any(|line| pattern.is_match(line)),
            What::Key(key, test) => {
                key.values(node).any(|value| match test {
                    Test::OneOf(globs) => globs.iter().any(|glob| glob.matches(value)),
                    Test::Regex(pattern) => pattern.is_match(value),
                    Test::Compare(Compare::Version(order, version)) => {
                        order.holds(pattern::versions(value, version))
                    }
                    Test::Compare(Compare::Age { .. }) => false,
                }) || matches!(test, Test::Compare(age) if age.holds_for_age(node.launched_at, now))
            }
        };
        found != self.negated
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, terms) in self.alternatives.iter().enumerate() {
            if nth > 0 {
                f.write_str(" or ")?;
            }
            for (nth, term) in terms.iter().enumerate() {
                let (space, not) = (
                    if nth > 0 { " " } else { "" },
                    if term.negated { "-" } else { "" },
                );
                write!(f, "{space}{not}{}", term.what)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Word { text, .. } => f.write_str(&parse::quoted(text)),
            What::Regex(pattern) => pattern.fmt(f),
            What::Key(key, Test::Regex(pattern)) => write!(f, "{key}:{pattern}"),
            What::Key(key, Test::Compare(compare)) => write!(f, "{key}:{compare}"),
            What::Key(key, Test::OneOf(globs)) => {
                let values: Vec<String> = globs.iter().map(ToString::to_string).collect();
                write!(f, "{key}:{}", values.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests;

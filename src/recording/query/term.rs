//! The terms of a query: text in lines, what is asked about a recording, what is asked about a command.

use crate::recording::{Command, Row, Source};
use regex::{Regex, RegexBuilder};
use std::ops::Range;

/// Memory a pattern may take when compiled.
const PATTERN_BYTES: usize = 1 << 20;

/// A word, a text or an expression that a line must have, or must not.
#[derive(Debug, Clone)]
pub struct Text {
    pub negated: bool,
    /// As it was written.
    written: String,
    regex: Regex,
    /// An expression of the user's may be anchored: it must hold for one row of a line that wrapped.
    is_expression: bool,
    /// It can only be judged line by line.
    is_absolute: bool,
}

impl Text {
    pub(super) fn literal(text: &str, negated: bool) -> Result<Text, regex::Error> {
        Text::new(&regex::escape(text), text, negated, false)
    }

    pub(super) fn expression(text: &str, negated: bool) -> Result<Text, regex::Error> {
        Text::new(text, text, negated, true)
    }

    fn new(pattern: &str, written: &str, negated: bool, is_expression: bool) -> Result<Text, regex::Error> {
        // `\S` and its like are no capitals of the user's.
        let mut escaped = false;
        let capitals = written.chars().any(|c| {
            let counts = c.is_uppercase() && !(is_expression && escaped);
            escaped = c == '\\' && !escaped;
            counts
        });
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(!capitals)
            .multi_line(true)
            .size_limit(PATTERN_BYTES)
            .build()?;
        let is_absolute = is_expression && ["\\A", "\\z", "(?"].iter().any(|mark| pattern.contains(mark));
        Ok(Text {
            negated,
            written: written.to_owned(),
            regex,
            is_expression,
            is_absolute,
        })
    }

    pub(super) fn holds(&self, line: &str, breaks: &[u32]) -> bool {
        let found = self.regex.is_match(line)
            || (self.is_expression && rows(line, breaks).any(|row| self.regex.is_match(row)));
        found != self.negated
    }

    pub(super) fn find(&self, line: &str) -> Option<Range<usize>> {
        let found = self.regex.find(line).filter(|_| !self.negated)?;
        Some(found.range())
    }

    pub(super) fn pattern(&self) -> Option<&str> {
        Some(self.regex.as_str()).filter(|_| !self.negated)
    }

    /// What every line that has it holds, but for capitals.
    pub fn word(&self) -> Option<&str> {
        (!self.negated && !self.is_expression).then_some(self.written.as_str())
    }

    /// Whether one walk over many lines at once finds every line that has it.
    pub fn can_lead(&self) -> bool {
        !self.negated && !self.is_absolute && !self.regex.is_match("")
    }

    /// Whether it may hold for a row of a line that wrapped and not for the line.
    pub fn minds_rows(&self) -> bool {
        self.is_expression
    }

    /// Where the next match begins; it may lie across lines, and then the line must be judged by itself.
    pub fn next(&self, text: &str, from: usize) -> Option<usize> {
        self.regex.find_at(text, from).map(|found| found.start())
    }
}

/// The rows of a line that wrapped, as the screen had them; none of one that did not.
fn rows<'l>(line: &'l str, breaks: &[u32]) -> impl Iterator<Item = &'l str> {
    let ends = breaks.iter().map(|at| *at as usize).chain([line.len()]);
    let mut from = 0;
    ends.take(if breaks.is_empty() { 0 } else { usize::MAX })
        .map(move |to| {
            let row = line.get(from..to).unwrap_or_default();
            from = to;
            row.trim_end_matches(' ')
        })
}

/// A whole value, or a part of it where `part` says so; `*` and `?` stand for any text and any character.
#[derive(Debug, Clone)]
pub(super) struct Value {
    regex: Regex,
}

impl Value {
    pub fn new(text: &str, quoted: bool, part: bool) -> Result<Value, regex::Error> {
        let wild = !quoted && text.contains(['*', '?']);
        let escaped = regex::escape(text);
        let pattern = match (wild, part) {
            (true, _) => format!("^{}$", escaped.replace("\\*", ".*").replace("\\?", ".")),
            (false, true) => escaped,
            (false, false) => format!("^{escaped}$"),
        };
        let regex = RegexBuilder::new(&pattern)
            .case_insensitive(true)
            .dot_matches_new_line(true)
            .size_limit(PATTERN_BYTES)
            .build()?;
        Ok(Value { regex })
    }

    pub fn expression(text: &str) -> Result<Value, regex::Error> {
        let regex = RegexBuilder::new(text)
            .case_insensitive(true)
            .size_limit(PATTERN_BYTES)
            .build()?;
        Ok(Value { regex })
    }

    pub fn holds(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }
}

/// What of a recording is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Who,
    Target,
    Account,
    Region,
    Ticket,
    Reason,
    Id,
    Kind,
    State,
    Evidence,
}

/// A condition on a recording.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub negated: bool,
    pub test: Test,
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    OneOf(Field, Vec<Value>),
    /// Unix microseconds.
    After(i64),
    Before(i64),
}

impl About {
    pub fn holds(&self, row: &Row) -> bool {
        let found = match &self.test {
            Test::OneOf(field, values) => field
                .values(row)
                .any(|value| values.iter().any(|wanted| wanted.holds(value))),
            Test::After(at) => row.started_at >= *at,
            Test::Before(at) => row.started_at < *at,
        };
        found != self.negated
    }
}

impl Field {
    /// The names under which a query may ask, and whether a part of the value is enough.
    pub const NAMES: [(&'static str, Field, bool); 13] = [
        ("who", Field::Who, true),
        ("actor", Field::Who, true),
        ("target", Field::Target, true),
        ("name", Field::Target, true),
        ("account", Field::Account, false),
        ("region", Field::Region, false),
        ("ticket", Field::Ticket, true),
        ("reason", Field::Reason, true),
        ("why", Field::Reason, true),
        ("id", Field::Id, true),
        ("kind", Field::Kind, false),
        ("state", Field::State, false),
        ("evidence", Field::Evidence, false),
    ];

    /// All that it can be; empty where anything can.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Field::State => &["live", "sealed", "recovered", "torn"],
            Field::Evidence => &["local", "uploaded", "locked", "correlated", "witnessed"],
            _ => &[],
        }
    }

    fn values(self, row: &Row) -> impl Iterator<Item = &str> {
        let two = match self {
            Field::Who => [row.actor.as_deref(), row.local_user.as_deref()],
            Field::Target => [row.name.as_deref(), row.target.as_deref()],
            Field::Account => [row.account.as_deref(), None],
            Field::Region => [row.region.as_deref(), None],
            Field::Ticket => [row.ticket.as_deref(), row.reason.as_deref()],
            Field::Reason => [row.reason.as_deref(), None],
            Field::Id => [Some(row.id.as_str()), row.session_id.as_deref()],
            Field::Kind => [Some(row.kind.as_str()), None],
            Field::State => [Some(row.state.as_str()), None],
            Field::Evidence => [Some(row.evidence), None],
        };
        two.into_iter().flatten()
    }
}

/// A condition on a command.
#[derive(Debug, Clone)]
pub(super) enum Run {
    Text(Text),
    Exit { negated: bool, codes: Vec<i32> },
    Source { negated: bool, source: Source },
    Directory { negated: bool, values: Vec<Value> },
}

impl Run {
    pub fn holds(&self, command: &Command) -> bool {
        match self {
            Run::Text(text) => text.holds(&command.text, &[]),
            // What is not known is neither.
            Run::Exit { negated, codes } => command
                .exit_code
                .is_some_and(|code| codes.contains(&code) != *negated),
            Run::Source { negated, source } => (command.source == *source) != *negated,
            Run::Directory { negated, values } => {
                let found = |cwd: &str| values.iter().any(|value| value.holds(cwd));
                command.cwd.as_deref().is_some_and(found) != *negated
            }
        }
    }

    pub fn text(&self) -> Option<&Text> {
        match self {
            Run::Text(text) => Some(text),
            _ => None,
        }
    }
}

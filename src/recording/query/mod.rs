//! What is sought in recordings, in the style of the fleet's filters.
//!
//! ```text
//! disk "no space left" /oom-\d+/   words, text and expressions; one line must have them all
//! who:mara target:web-* region:eu-west-1   of whom, where; * and ? stand for any text and any character
//! after:2026-03-01 before:2d        when it began: a day, a moment, or so long ago
//! ticket:INC-7 kind:shell           why, what kind
//! cmd:terraform exit:1 source:osc133   commands only; exit:!0 for those that failed
//! -word -who:ci                     not
//! ```
//!
//! Text without capitals ignores case.

mod parse;
mod term;

pub use crate::phrase::Bad as BadQuery;
pub(super) use term::Text;

use super::{Command, Row};
use jiff::Timestamp;
use term::{About, Run};

/// A condition on recordings, on lines or on commands.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Of the lines; of the commands where only those are sought.
    text: Vec<Text>,
    about: Vec<About>,
    run: Vec<Run>,
}

impl Query {
    /// Spans such as `2d` count from `now`.
    pub fn parse(text: &str, now: Timestamp) -> Result<Query, BadQuery> {
        parse::parse(text, now)
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.about.is_empty() && self.run.is_empty()
    }

    /// Whether a recording may hold what is sought.
    pub fn admits(&self, row: &Row) -> bool {
        self.about.iter().all(|about| about.holds(row))
    }

    /// Whether it is about recordings only: each that fits is an answer.
    pub fn is_about_recordings(&self) -> bool {
        self.text.is_empty() && self.run.is_empty()
    }

    /// Whether it is about commands, not about what was shown.
    pub fn is_about_commands(&self) -> bool {
        !self.run.is_empty()
    }

    pub fn admits_command(&self, command: &Command) -> bool {
        self.run.iter().all(|run| run.holds(command)) && self.admits_line(&command.text, &[])
    }

    /// Whether a line has all that is sought; `breaks` is where it wrapped.
    pub fn admits_line(&self, line: &str, breaks: &[u32]) -> bool {
        self.text.iter().all(|text| text.holds(line, breaks))
    }

    pub(super) fn text(&self) -> &[Text] {
        &self.text
    }

    /// What is sought in text as one expression, for marking it on a screen.
    pub fn pattern(&self) -> Option<String> {
        let commands = self.run.iter().filter_map(Run::text);
        let sought: Vec<&str> = self
            .text
            .iter()
            .chain(commands)
            .filter_map(Text::pattern)
            .collect();
        (!sought.is_empty()).then(|| sought.join("|"))
    }

    /// Where the first thing sought stands in a line, for showing it.
    pub fn find(&self, line: &str) -> Option<std::ops::Range<usize>> {
        self.text
            .iter()
            .chain(self.run.iter().filter_map(Run::text))
            .find_map(|text| text.find(line))
    }
}

#[cfg(test)]
mod tests;

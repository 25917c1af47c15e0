//! Just enough of the shell's grammar to tell where a command ends and what quoting surrounds a character.
//! Wherever that cannot be told for certain the answer is [`Context::Undecided`], and nothing is filled in there.

mod again;
mod bracket;
mod lexer;
#[cfg(test)]
mod tests;
mod word;

use std::ops::Range;

pub use again::{Runs, counted, is_evaluator, is_powershell_evaluator, reader};
pub use word::{
    bare_name, first_word, is_assignment, is_command, is_device, is_home, is_inert, is_known, is_logged,
    is_plain, is_reserved, is_stand_in, quote,
};

/// What surrounds a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    Bare,
    /// Between `'…'`.
    Single,
    /// Between `"…"`.
    Double,
    /// In the body of a here-document, whose delimiter was quoted (nothing is expanded) or not.
    Heredoc {
        quoted: bool,
    },
    Comment,
    /// Back-ticks, arithmetic, `${…}`, `$'…'`, what a here-document expands, or quotes that never end.
    Undecided,
}

/// A script taken apart.
#[derive(Clone, Debug)]
pub struct Script {
    contexts: Vec<Context>,
    /// Byte ranges of whole commands with their continuation lines, line ends excluded.
    pub commands: Vec<Range<usize>>,
    /// Whether the last command is whole: nothing is open at the end.
    pub complete: bool,
    /// The lines that end here-documents, by byte offset of their start.
    pub delimiters: Vec<(usize, String)>,
    /// The line that a here-document waits for, where its end is not there.
    pub awaits: Option<String>,
    /// The bodies of here-documents.
    bodies: Vec<Range<usize>>,
}

impl Script {
    /// Takes a script apart. The `opaque` byte ranges (placeholders) are taken as parts of words,
    /// whatever characters are in them; they are sorted and do not overlap.
    pub fn parse(text: &str, opaque: &[Range<usize>]) -> Script {
        lexer::lex(text, opaque)
    }

    /// The context of the byte at this offset.
    pub fn context(&self, at: usize) -> Context {
        self.contexts.get(at).copied().unwrap_or(Context::Undecided)
    }

    /// Whether this byte is of a here-document's body.
    pub fn is_document(&self, at: usize) -> bool {
        let nth = self.bodies.partition_point(|body| body.end <= at);
        self.bodies.get(nth).is_some_and(|body| body.contains(&at))
    }

    /// The one context of a whole range, or `Undecided`.
    pub fn context_of(&self, range: &Range<usize>) -> Context {
        let first = self.context(range.start);
        match range.clone().all(|at| self.context(at) == first) {
            true => first,
            false => Context::Undecided,
        }
    }
}

//! What is to be filled in before a block can run: what its text names, as far as nothing else can be meant by it, and the
//! variables that nothing before it has set.

use std::collections::HashSet;
use std::ops::Range;

use super::super::placeholder::{self, Form, Placeholder};
use super::super::shell::{Context, Script};
use super::super::verb;
use super::Block;

impl Block {
    /// Those of all its commands, each once.
    pub(super) fn list_placeholders(&mut self) {
        let mut seen = HashSet::new();
        let all = self.commands.iter();
        let all = all.flat_map(|command| self.placeholders_of(command));
        let all = all.map(|found| (found.bare().to_owned(), found.name));
        (self.placeholders, self.keys) = all.filter(|(text, _)| seen.insert(text.clone())).unzip();
    }

    /// Whether the block itself sets what is wanted, but only where a condition holds.
    pub(in super::super) fn sets_in_branch(&self, wanted: &str) -> bool {
        let mut all = self.assigned.first.keys();
        all.any(|known| {
            placeholder::name(known) == wanted
                && self.assigned.holds(known, false)
                && !self.assigned.holds(known, true)
        })
    }

    /// Whether a value is wanted only where the page says that it may be left out.
    pub fn is_optional(&self, wanted: &str) -> bool {
        let all = self
            .commands
            .iter()
            .flat_map(|command| self.placeholders_of(command));
        let mut own = all
            .filter(|found| found.name == placeholder::name(wanted))
            .peekable();
        own.peek().is_some() && own.all(|found| found.option().is_some())
    }

    /// Whether a block before this one sets a variable, whichever way the shell goes or not.
    pub(in super::super) fn is_handed(&self, variable: &str) -> bool {
        let first = self.assigned.first.get(variable);
        first.is_some_and(|first| first.any < self.assigned.upto)
    }

    /// The placeholders of one command, in the order in which they are filled.
    pub(in super::super) fn placeholders_of(&self, command: &str) -> Vec<Placeholder> {
        let mut found = placeholder::written(command);
        let opaque: Vec<Range<usize>> = found.iter().map(|placeholder| placeholder.at.clone()).collect();
        let script = Script::parse(command, &opaque);
        let words = placeholder::words(command).into_iter();
        found.extend(words.filter(|word| self.is_meant(word, command, &script)));
        let arguments = placeholder::arguments(command).into_iter();
        found.extend(arguments.filter(|word| !self.is_powershell() && is_argument(command, word, &script)));
        found.retain(|placeholder| script.context(placeholder.at.start) != Context::Comment);
        let mut found = placeholder::apart(found);
        let is_careful = !verb::reads(command);
        let unset = placeholder::unset(command, &script, is_careful, |name, is_careful| {
            self.assigned.holds(name, is_careful)
        });
        if !self.is_powershell() {
            let is_set = |name: &str| self.assigned.holds(name, is_careful);
            found.extend(placeholder::positional(command, &script, is_set));
            found = placeholder::apart(found);
        }
        // `$ENV:NAME` names a variable of the process; `$ENV` is none, and neither is `$true` or `$_`.
        let is_own = |found: &Placeholder| {
            let is_drive = command[found.at.end..].starts_with(':');
            self.is_powershell() && (is_drive || found.text.contains(|c: char| c.is_ascii_lowercase()))
        };
        found.extend(unset.into_iter().filter(|found| !is_own(found)));
        found
    }

    /// Whether a word stands where it can only stand for another.
    fn is_meant(&self, word: &Placeholder, command: &str, script: &Script) -> bool {
        let is_bracketed = word.text.starts_with(['[', '{']) && word.text.is_ascii();
        match (word.form, script.context_of(&word.at)) {
            (Form::Loose, _) if self.is_powershell() => {
                word.option().is_some() && word.text.starts_with("[-")
            }
            (Form::Loose, Context::Bare) => true,
            (Form::Loose, Context::Double)
                if word.text.starts_with(['.', '…']) || word.option().is_some() =>
            {
                false
            }
            (Form::Loose, Context::Double) => is_bracketed || is_one_word(command, &word.at),
            (Form::Loose, _) => false,
            _ => true,
        }
    }
}

/// Whether the shell sees a word here: between quotes, the whole of what is quoted.
fn is_argument(command: &str, word: &Placeholder, script: &Script) -> bool {
    let (before, behind) = (&command[..word.at.start], &command[word.at.end..]);
    match script.context_of(&word.at) {
        Context::Bare => true,
        Context::Double => before.ends_with('"') && behind.starts_with('"'),
        Context::Single if word.text.starts_with('[') => false,
        Context::Single => before.ends_with('\'') && behind.starts_with('\''),
        _ => false,
    }
}

/// Whether a quote of the shell begins near a place and holds one word up to its end.
fn is_one_word(command: &str, at: &Range<usize>) -> bool {
    let ends = |c: char| c == '"' || c.is_whitespace();
    let before = command[..at.start].rfind(ends).map(|at| command.as_bytes()[at]);
    let behind = command[at.end..]
        .find(ends)
        .map(|next| command.as_bytes()[at.end + next]);
    before == Some(b'"') && behind == Some(b'"')
}

//! The commands of a recording, and how they come to be known: told by the shell's marks, by our own markers, or
//! inferred from what was echoed behind a prompt. Which of the three is always said.

use super::mark::Mark;
use crate::recording::{End, Marker, Summary, line_of};
use crate::term::Screen;
use serde::{Deserialize, Serialize};

/// How a command is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The shell said so.
    Osc133,
    /// Read off the screen behind what looks like a prompt.
    Inferred,
    /// A marker of ours: a step of a runbook, a command that the session was opened for.
    Marked,
    /// What was typed, and echoed: to a shell, or to whatever was asking.
    Typed,
}

impl Source {
    pub const ALL: [Source; 4] = [Source::Osc133, Source::Inferred, Source::Marked, Source::Typed];

    pub fn as_str(self) -> &'static str {
        match self {
            Source::Osc133 => "osc133",
            Source::Inferred => "inferred",
            Source::Marked => "marked",
            Source::Typed => "typed",
        }
    }
}

/// One command that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// When it began, in microseconds since the recording did.
    pub at_us: u64,
    pub text: String,
    /// The directory that the shell told last.
    pub cwd: Option<String>,
    pub exit_code: Option<i32>,
    /// `None` where its end is not known.
    pub duration_us: Option<u64>,
    pub source: Source,
}

#[derive(Default)]
pub(super) struct Commands {
    list: Vec<Command>,
    /// The shell's command that has not ended.
    running: Option<usize>,
    /// The marked one that the session was opened for.
    opened: Option<usize>,
    /// How many commands there were when the last typed line was heard.
    typed: Option<usize>,
    /// Where the typed line begins: rows since the start, column.
    input: Option<(u64, u16)>,
    line: Option<String>,
    cwd: Option<String>,
}

impl Commands {
    pub fn shell(&mut self, mark: Mark, screen: &mut Screen, scrolled: u64, at_us: u64) {
        match mark {
            Mark::Prompt => {
                self.done(at_us, None);
                (self.input, self.line) = (None, None);
            }
            Mark::Input => {
                let (col, row) = screen.position();
                self.input = Some((scrolled + u64::from(row), col));
            }
            Mark::Line(line) => self.line = Some(line),
            Mark::Output(told) => {
                let input = self.input.take();
                let shown = input.and_then(|from| between(screen, scrolled, from));
                if let Some(text) = told.or(self.line.take()).or(shown) {
                    self.begin(at_us, text, Source::Osc133);
                }
            }
            Mark::Done(exit_code) => self.done(at_us, exit_code),
            Mark::Directory(path) => self.cwd = Some(path),
        }
    }

    pub fn inferred(&mut self, at_us: u64, text: String) {
        self.begin(at_us, text, Source::Inferred);
    }

    /// A line that was typed before there was a prompt; the keyboard may have told it.
    pub fn ahead(&mut self, at_us: u64, text: String) {
        let is_it = |known: &Command| known.source != Source::Inferred && known.text == text;
        if !self.list.iter().any(is_it) {
            self.push(at_us, text, Source::Inferred);
        }
    }

    /// A line from the keyboard. Where it was known already by what the screen or the shell said, it is no other.
    pub fn typed(&mut self, at_us: u64, keys: &[u8]) {
        let Some(text) = line_of(keys) else { return };
        let count = self.list.len();
        let is_new = self.typed.replace(count) != Some(count);
        let is_it = |last: &&mut Command| is_new && last.text.trim() == text;
        match self.list.last_mut().filter(is_it) {
            Some(known) if known.source == Source::Inferred => known.source = Source::Typed,
            Some(_) => {}
            None => {
                self.push(at_us, text, Source::Typed);
                self.typed = Some(self.list.len());
            }
        }
    }

    /// The last command was not run: its line is still being typed.
    pub fn retract(&mut self) {
        let is_last = self.running.take().is_some_and(|nth| nth + 1 == self.list.len());
        // What the keyboard sent was run, whatever the screen looks like.
        self.list
            .pop_if(|last| is_last && last.source == Source::Inferred);
    }

    pub fn marked(&mut self, at_us: u64, marker: &Marker) {
        match marker.kind.as_str() {
            "command" => {
                self.push(at_us, marker.label.clone(), Source::Marked);
                self.opened = self.list.len().checked_sub(1);
            }
            "runbook" => {
                let lines = marker.fields.get("lines").map(|lines| format!(", lines {lines}"));
                let place = format!("{}{}", marker.label, lines.as_deref().unwrap_or_default());
                // A step of a run is called by its name; a block that was sent is what was typed.
                let sent = lines.and_then(|_| marker.fields.get("commands").cloned());
                self.push(at_us, sent.unwrap_or(place), Source::Marked);
            }
            // Of a command on many instances: the worst is its own.
            "result" => {
                let code = marker.fields.get("exit_code").and_then(|code| code.parse().ok());
                if let Some(command) = self.opened.and_then(|nth| self.list.get_mut(nth)) {
                    command.exit_code = command.exit_code.max(code);
                }
            }
            _ => {}
        }
    }

    /// The running command is over.
    pub fn done(&mut self, at_us: u64, exit_code: Option<i32>) {
        if let Some(command) = self.running.take().and_then(|nth| self.list.get_mut(nth)) {
            command.duration_us = Some(at_us.saturating_sub(command.at_us));
            command.exit_code = exit_code;
        }
    }

    pub fn ended(&mut self, at_us: u64, end: &End) {
        self.done(at_us, None);
        if let Some(command) = self.opened.and_then(|nth| self.list.get_mut(nth)) {
            command.duration_us = Some(at_us.saturating_sub(command.at_us));
            command.exit_code = command.exit_code.or(end.exit_code);
        }
    }

    pub fn finish(mut self, summary: &Summary) -> Vec<Command> {
        // A recording whose end says nothing still has its summary.
        if let Some(command) = self.opened.and_then(|nth| self.list.get_mut(nth)) {
            command.exit_code = command.exit_code.or(summary.exit_code);
        }
        self.list.sort_by_key(|command| command.at_us);
        self.list
    }

    fn begin(&mut self, at_us: u64, text: String, source: Source) {
        self.done(at_us, None);
        // What was marked as sent comes up on the screen at once.
        let last = self.list.last();
        if last.is_some_and(|last| last.source == Source::Marked && last.text == text.trim()) {
            self.running = self.list.len().checked_sub(1);
            return;
        }
        if !text.trim().is_empty() {
            self.push(at_us, text, source);
            self.running = self.list.len().checked_sub(1);
        }
    }

    fn push(&mut self, at_us: u64, text: String, source: Source) {
        self.list.push(Command {
            at_us,
            // The first line of a command begins where it begins; further ones may be indented.
            text: match source {
                Source::Inferred => text.trim_end().into(),
                _ => text.trim().into(),
            },
            cwd: self.cwd.clone(),
            exit_code: None,
            duration_us: None,
            source,
        });
    }
}

/// What stands on the screen from there up to the cursor.
fn between(screen: &mut Screen, scrolled: u64, (row, col): (u64, u16)) -> Option<String> {
    let (to_col, to_row) = screen.position();
    let (row, col) = match row.checked_sub(scrolled) {
        Some(row) => (u16::try_from(row).ok()?, col),
        None => (0, 0),
    };
    // Behind the return key the cursor stands in the next row.
    let (to_col, to_row) = match to_col {
        0 => (u16::MAX, to_row.checked_sub(1)?),
        col => (col - 1, to_row),
    };
    if (to_row, to_col) < (row, col) {
        return None;
    }
    screen.select_start(col, row);
    screen.select_to(to_col, to_row);
    let text = screen.selected_text();
    screen.clear_selection();
    text
}

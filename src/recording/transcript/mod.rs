//! What a recording showed, as lines with the time at which each stood on the screen, and the commands that were run.
//! Derived: it is made again from the recording whenever it is missing. Every line of the text export is in it.

mod command;
mod mark;
mod page;
mod prompt;
mod rows;
#[cfg(test)]
mod tests;

pub use command::{Command, Source};
pub use page::{Line, Page};

use super::player::{blank, show};
use super::{Error, Reader, What};
use crate::term::Screen;
use command::Commands;
use mark::Scanner;
use prompt::{Back, Prompts};
use rows::Rows;

/// What the lines of a page take together, in bytes.
const PAGE_BYTES: usize = 128 << 10;

/// The lines in the order in which they went, and the commands in the order in which they began.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transcript {
    pub pages: Vec<Page>,
    pub commands: Vec<Command>,
}

impl Transcript {
    /// Replays the recording without waiting.
    pub fn read(reader: &Reader) -> Result<Transcript, Error> {
        Self::read_while(reader, || true).map(Option::unwrap_or_default)
    }

    /// The same, asking before each event whether it goes on; `None` once it does not.
    pub fn read_while(
        reader: &Reader,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<Option<Transcript>, Error> {
        let mut walk = Walk {
            screen: blank(reader),
            rows: Rows::default(),
            scanner: Scanner::default(),
            prompts: Prompts::default(),
            commands: Commands::default(),
            done: Transcript::default(),
            at_us: 0,
        };
        for event in reader.events()? {
            if !goes_on() {
                return Ok(None);
            }
            let event = event?;
            walk.until(event.at_us);
            match &event.what {
                What::Output(bytes) | What::Stderr(bytes) => walk.output(bytes),
                What::Marker(marker) => walk.commands.marked(event.at_us, marker),
                What::Input(keys) => walk.commands.typed(event.at_us, keys),
                What::End(end) => walk.commands.ended(event.at_us, end),
                other => walk.turn(other),
            }
        }
        Ok(Some(walk.finish(reader)))
    }

    /// All lines with their text.
    pub fn lines(&self) -> impl Iterator<Item = (&Line, &str)> {
        self.pages.iter().flat_map(Page::lines)
    }

    fn push(&mut self, line: Line, text: &str) {
        if self.pages.last().is_none_or(|page| page.len() >= PAGE_BYTES) {
            self.pages.push(Page::default());
        }
        if let Some(page) = self.pages.last_mut() {
            page.push(line, text);
        }
    }
}

struct Walk {
    screen: Screen,
    rows: Rows,
    scanner: Scanner,
    prompts: Prompts,
    commands: Commands,
    done: Transcript,
    /// Time of the event that was taken last.
    at_us: u64,
}

impl Walk {
    /// Time passes: what has stood still meanwhile was seen.
    fn until(&mut self, at_us: u64) {
        if self.rows.is_due(at_us) {
            self.rows.look(&self.screen, self.at_us, &mut self.done);
        }
        if !self.scanner.has_marks() {
            let quiet_us = at_us.saturating_sub(self.at_us);
            let is_first = self.prompts.knows_none();
            if self.prompts.wait(&self.screen, self.rows.scrolled(), quiet_us) {
                self.commands.done(self.at_us, None);
                if is_first {
                    self.ahead();
                }
            }
        }
        self.at_us = at_us;
    }

    /// What was typed before the shell's first prompt, which is known only now.
    fn ahead(&mut self) {
        let gone = self.done.lines().filter(|(line, _)| !line.on_screen);
        let gone: Vec<(u64, String)> = gone.map(|(line, text)| (line.at_us, text.to_owned())).collect();
        for (at_us, text) in self
            .prompts
            .ahead(&self.screen, self.rows.scrolled(), gone, self.at_us)
        {
            self.commands.ahead(at_us, text);
        }
    }

    /// In pieces: up to each mark of the shell, to each wipe, and to each line feed while a command is typed.
    fn output(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (taken, mark) = self.scanner.advance(rest);
            let (piece, after) = rest.split_at(taken);
            rest = after;
            self.pieces(piece);
            if let Some(mark) = mark {
                let scrolled = self.rows.scrolled();
                self.commands.shell(mark, &mut self.screen, scrolled, self.at_us);
            }
        }
    }

    fn pieces(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let typing = self.prompts.is_open() && !self.scanner.has_marks();
            let (len, wipes) = rows::piece(bytes, typing);
            if wipes {
                self.rows.look(&self.screen, self.at_us, &mut self.done);
            }
            let (piece, after) = bytes.split_at(len);
            bytes = after;
            self.screen.feed(piece);
            self.screen.take_replies();
            self.screen.take_clipboard();
            self.rows.fed(&mut self.screen, self.at_us, &mut self.done);
            if typing && let Some(text) = self.prompts.typed(&self.screen, self.rows.scrolled()) {
                self.commands.inferred(self.at_us, text);
            }
        }
        if !self.scanner.has_marks() {
            match self.prompts.back(&self.screen, self.rows.scrolled()) {
                Back::Away => {}
                Back::Prompt => self.commands.done(self.at_us, None),
                Back::SameLine => self.commands.retract(),
            }
        }
    }

    fn turn(&mut self, what: &What) {
        if let What::Resize { .. } = what {
            self.rows.look(&self.screen, self.at_us, &mut self.done);
            show(&mut self.screen, what);
            self.rows.fed(&mut self.screen, self.at_us, &mut self.done);
            self.rows.settle(&self.screen, self.at_us);
            self.prompts.forget();
        }
    }

    fn finish(mut self, reader: &Reader) -> Transcript {
        self.rows.finish(&mut self.screen, self.at_us, &mut self.done);
        self.done.commands = self.commands.finish(reader.summary());
        self.done
    }
}

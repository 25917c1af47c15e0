//! Keys on their way to a program, held in memory line by line until its echo tells that they were no secret. A line
//! whose every printable character came back, in order and with nothing between, becomes input of the recording; of any
//! other only the number of its keys is left. So what is written of a line was in the output before.

mod echo;

use super::pulse::hold;
use echo::{Echo, Shown};
use std::collections::VecDeque;
use std::mem::take;
use std::sync::{Arc, Mutex, OnceLock};
use zeroize::Zeroizing;

/// Longer lines are not kept, only counted. A line never grows beyond it, so that no copy of it is left behind.
const LINE_BYTES: usize = 4 << 10;
/// Lines that wait for their echo; what is typed beyond them is counted with the last.
const LINES: usize = 64;
const ESC: u8 = 0x1b;
const RUBOUT: u8 = 0x7f;

static WANTED: OnceLock<()> = OnceLock::new();

/// From now on recorders that are made keep what is typed and echoed, as policy says for this process.
pub fn keep_typed() {
    let _ = WANTED.set(());
}

/// Hears keys before they are sent; clones share what is held.
#[derive(Clone, Default)]
pub struct Typist(Arc<Mutex<Held>>);

/// What became of a line.
pub(super) enum Heard {
    Echoed(Zeroizing<Vec<u8>>),
    /// So many keys.
    Unechoed(usize),
}

impl Typist {
    /// Where policy wants it.
    pub(super) fn wanted() -> Option<Typist> {
        WANTED.get().map(|()| Typist::default())
    }

    /// Must be called before the remote can answer these keys.
    pub fn typed(&self, bytes: &[u8]) {
        let mut held = hold(&self.0);
        bytes.iter().for_each(|byte| held.key(*byte));
    }

    /// Output that is in the recording.
    pub(super) fn shown(&self, bytes: &[u8]) -> Vec<Heard> {
        let mut held = hold(&self.0);
        for byte in bytes {
            match held.echo.next(*byte) {
                Some(shown) => held.hear(shown),
                None => continue,
            }
        }
        held.settle();
        take(&mut held.heard)
    }

    /// Nothing more is coming.
    pub(super) fn finish(&self) -> Vec<Heard> {
        let mut held = hold(&self.0);
        for line in &mut held.lines {
            line.is_over = true;
            line.is_secret |= !line.is_echoed();
        }
        held.settle();
        take(&mut held.heard)
    }
}

#[derive(Default)]
struct Held {
    lines: VecDeque<Line>,
    keys: Sequence,
    echo: Echo,
    heard: Vec<Heard>,
    /// The line feed of a line that is done already is still to come.
    is_due: bool,
}

/// Keys that send several bytes are one key, and none of theirs is kept: some terminals put letters into them.
#[derive(Clone, Copy, Default)]
enum Sequence {
    #[default]
    None,
    Begun,
    Control,
    Text,
    TextEscape,
}

struct Line {
    bytes: Zeroizing<Vec<u8>>,
    /// How many of them need no echo any more.
    echoed: usize,
    keys: usize,
    is_secret: bool,
    is_over: bool,
    /// It was sent before its echo was complete: then the end of a line must follow the echo, as it follows every echo.
    must_break: bool,
    is_broken: bool,
}

impl Held {
    fn key(&mut self, byte: u8) {
        let (next, is_part) = self.keys.next(byte);
        self.keys = next;
        if self.lines.back().is_none_or(|line| line.is_over) {
            self.lines.push_back(Line::new());
        }
        let is_full = self.lines.len() > LINES;
        let Some(line) = self.lines.back_mut() else { return };
        if is_full {
            line.hide();
        }
        // The rest of a character of several bytes is no key of its own.
        line.keys += usize::from(!is_part && !(0x80..0xc0).contains(&byte));
        if is_part || byte == ESC {
            return;
        }
        line.keep(byte);
        // Return, and what interrupts, suspends, quits or ends the input.
        if matches!(byte, b'\r' | b'\n' | 3 | 4 | 0x1a | 0x1c) && !is_full {
            line.is_over = true;
            line.must_break = !line.is_echoed();
        }
    }

    fn hear(&mut self, shown: Shown) {
        self.settle();
        let was_due = self.is_due;
        self.is_due &= shown == Shown::Return;
        if was_due && shown == Shown::Break {
            return;
        }
        let Some(line) = self.lines.front_mut() else {
            return;
        };
        if line.is_secret {
            return;
        }
        match (line.expected(), shown) {
            (Some(expected), Shown::Text(byte)) if byte == expected => line.echoed += 1,
            (Some(_), Shown::Text(_) | Shown::Break) => line.hide(),
            (None, Shown::Break) => (line.must_break, line.is_broken) = (false, true),
            (None, Shown::Text(_)) if line.must_break => line.hide(),
            (_, Shown::Return) if line.is_echoed() => line.must_break = false,
            _ => {}
        }
    }

    /// Lets go of what is decided.
    fn settle(&mut self) {
        while let Some(line) = self.lines.front_mut() {
            let is_decided = line.is_secret || line.is_echoed() && !line.must_break;
            if !line.is_over || !is_decided {
                return;
            }
            self.is_due = !line.is_secret && !line.is_broken;
            self.heard.push(match line.is_secret {
                true => Heard::Unechoed(line.keys),
                false => Heard::Echoed(take(&mut line.bytes)),
            });
            self.lines.pop_front();
        }
    }
}

impl Sequence {
    /// The state after a byte, and whether the byte belongs to a sequence that had begun.
    fn next(self, byte: u8) -> (Sequence, bool) {
        use Sequence::*;
        match (self, byte) {
            (None, ESC) => (Begun, false),
            (None, _) => (None, false),
            (Begun, b'[' | b'O') => (Control, true),
            (Begun, b']' | b'P' | b'_' | b'^' | b'X') => (Text, true),
            // Escape by itself, before something that ends a line.
            (Begun, 0..0x20) => (None, false),
            (Begun, _) => (None, true),
            (Control, 0x40..=0x7e) => (None, true),
            (Control, 0..0x20) => (None, false),
            (Control, _) => (Control, true),
            (Text, 7) => (None, true),
            (Text, ESC) => (TextEscape, true),
            (Text, b'\r' | b'\n') => (None, false),
            (Text, _) => (Text, true),
            (TextEscape, _) => (None, true),
        }
    }
}

impl Line {
    fn new() -> Line {
        Line {
            bytes: Zeroizing::new(Vec::with_capacity(LINE_BYTES)),
            echoed: 0,
            keys: 0,
            is_secret: false,
            is_over: false,
            must_break: false,
            is_broken: false,
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.bytes.len() == LINE_BYTES {
            self.hide();
        }
        if !self.is_secret {
            self.bytes.push(byte);
        }
    }

    /// It is not written, and from now on not held either.
    fn hide(&mut self) {
        self.is_secret = true;
        self.bytes = Zeroizing::default();
    }

    /// The next character that must come back.
    fn expected(&mut self) -> Option<u8> {
        let ahead = self.bytes.get(self.echoed..)?;
        let controls = ahead.iter().take_while(|byte| is_control(**byte)).count();
        self.echoed += controls;
        self.bytes.get(self.echoed).copied()
    }

    fn is_echoed(&self) -> bool {
        let ahead = self.bytes.get(self.echoed..).unwrap_or_default();
        ahead.iter().all(|byte| is_control(*byte))
    }
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 || byte == RUBOUT
}

/// A typed line as a person would read it: what was rubbed out is gone, and completions are named. `None` where it was
/// not sent, or empty.
pub fn line_of(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    for letter in String::from_utf8_lossy(bytes).chars() {
        match letter {
            '\r' | '\n' => return Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            '\u{8}' | '\u{7f}' => drop(text.pop()),
            '\u{15}' => text.clear(),
            '\u{17}' => {
                let end = text.trim_end().rfind(' ').map_or(0, |at| at + 1);
                text.truncate(end);
            }
            '\t' => text.push('⇥'),
            control if control.is_control() => {}
            letter => text.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests;

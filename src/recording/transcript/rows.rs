//! The rows of the screen from look to look: since when each has read as it does, and what is gone. Lines that scroll
//! away are taken from the scrollback exactly as the text export takes them, so that nothing it has is missing here.

use super::Transcript;
use super::page::Line;
use crate::term::Screen;
use std::collections::{HashMap, HashSet};

/// A screen that stands for less than this is looked at only before it is wiped.
const GLANCE_US: u64 = 200_000;
/// So much is fed at once that the scrollback never overflows: even bytes that are all line feeds fit.
const PIECE: usize = 1_024;
/// Empties the scrollback.
const FORGET: &[u8] = b"\x1b[3J";
/// What wipes or changes a screen at once.
const WIPES: [&[u8]; 11] = [
    b"\x1b[2J",
    b"\x1b[J",
    b"\x1b[0J",
    FORGET,
    b"\x1bc",
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[?1047h",
    b"\x1b[?1047l",
    b"\x1b[?47h",
    b"\x1b[?47l",
];

/// Bytes to feed at once, and whether the screen must be looked at before.
pub(super) fn piece(bytes: &[u8], by_line: bool) -> (usize, bool) {
    let wipes = WIPES.iter().any(|wipe| bytes.starts_with(wipe));
    let most = bytes.len().min(PIECE);
    let body = &bytes[1.min(most)..most];
    let wipe = memchr::memchr_iter(0x1b, body)
        .map(|at| at + 1)
        .find(|at| WIPES.iter().any(|wipe| bytes[*at..].starts_with(wipe)));
    // The line feed begins the next piece: what was typed is read off the screen before.
    let feed = memchr::memchr(b'\n', body).filter(|_| by_line).map(|at| at + 1);
    let len = [wipe, feed].into_iter().flatten().min().unwrap_or(most);
    (len, wipes)
}

#[derive(Debug, Clone, Default)]
struct Row {
    /// With its trailing blanks where it goes on in the next row.
    text: String,
    goes_on: bool,
    since_us: u64,
}

/// Both screens as they were at the last look.
#[derive(Default)]
pub(super) struct Rows {
    main: Vec<Row>,
    /// Of a full-screen program, while one runs.
    alternate: Option<Vec<Row>>,
    /// What that program has shown so far: told once.
    told: HashSet<String>,
    /// A line whose later rows are still to come.
    open: Option<(Line, String)>,
    scrolled: u64,
    looked_us: u64,
    dirty: bool,
}

impl Rows {
    /// Rows that have scrolled off the main screen.
    pub fn scrolled(&self) -> u64 {
        self.scrolled
    }

    pub fn is_due(&self, at_us: u64) -> bool {
        self.dirty && at_us.saturating_sub(self.looked_us) >= GLANCE_US
    }

    /// Bytes were fed: what scrolled away is taken over.
    pub fn fed(&mut self, screen: &mut Screen, at_us: u64, done: &mut Transcript) {
        self.dirty = true;
        if screen.modes().alt_screen {
            self.alternate.get_or_insert_default();
            return;
        }
        self.leave(done);
        if screen.history() > 0 && screen.is_ground() {
            self.drain(screen, at_us, done);
        }
    }

    fn drain(&mut self, screen: &mut Screen, at_us: u64, done: &mut Transcript) {
        let mut left = screen.history();
        let mut nth = 0;
        while left > 0 {
            screen.scroll_to_end();
            screen.scroll(i32::try_from(left).unwrap_or(i32::MAX));
            for row in 0..left.min(usize::from(screen.size().rows)) {
                let (text, goes_on) = screen.row_part(row);
                let known = self.main.get(nth).filter(|row| row.text == text);
                let known = known.or_else(|| self.main.iter().find(|row| row.text == text));
                let since_us = known.map_or(at_us, |row| row.since_us);
                self.flow(&text, goes_on, since_us, done);
                left -= 1;
                nth += 1;
            }
        }
        screen.scroll_to_end();
        self.main.drain(..nth.min(self.main.len()));
        self.scrolled += nth as u64;
        screen.feed(FORGET);
    }

    /// A row that scrolled away; rows of one line are joined.
    fn flow(&mut self, text: &str, goes_on: bool, since_us: u64, done: &mut Transcript) {
        let (mut line, mut whole) = match self.open.take() {
            Some((mut line, whole)) => {
                line.breaks.push(u32::try_from(whole.len()).unwrap_or(u32::MAX));
                line.at_us = line.at_us.max(since_us);
                (line, whole)
            }
            None => (Line::scrolled(since_us), String::new()),
        };
        whole.push_str(text);
        // A line without end, such as minified text, is cut somewhere.
        if goes_on && whole.len() < super::PAGE_BYTES {
            self.open = Some((line, whole));
            return;
        }
        if !whole.trim().is_empty() {
            line.breaks.shrink_to_fit();
            done.push(line, &whole);
        }
    }

    /// Looks at the whole screen: what is no longer there has been there from its time on.
    pub fn look(&mut self, screen: &Screen, at_us: u64, done: &mut Transcript) {
        if !self.dirty {
            return;
        }
        self.dirty = false;
        self.looked_us = at_us;
        let on_alternate = screen.modes().alt_screen;
        let before = match (on_alternate, &mut self.alternate) {
            (true, alternate) => std::mem::take(alternate.get_or_insert_default()),
            (false, _) => std::mem::take(&mut self.main),
        };
        let now = read(screen, &before, at_us);
        let there: HashSet<&str> = now.iter().map(|row| row.text.as_str()).collect();
        let mut nth = 0;
        while let Some(row) = before.get(nth) {
            let grown = now.get(nth).is_some_and(|now| now.text.starts_with(&row.text));
            nth += match grown || there.contains(row.text.as_str()) {
                true => 1,
                false => self.tell(&before[nth..], on_alternate, done),
            };
        }
        match on_alternate {
            true => self.alternate = Some(now),
            false => self.main = now,
        }
    }

    /// The rows were laid out anew: nothing is gone.
    pub fn settle(&mut self, screen: &Screen, at_us: u64) {
        match (screen.modes().alt_screen, &mut self.alternate) {
            (true, Some(alternate)) => *alternate = read(screen, alternate, at_us),
            (true, None) => {}
            (false, _) => self.main = read(screen, &self.main, at_us),
        }
    }

    fn leave(&mut self, done: &mut Transcript) {
        let rows = self.alternate.take().unwrap_or_default();
        let mut nth = 0;
        while nth < rows.len() {
            nth += self.tell(&rows[nth..], true, done);
        }
        self.told.clear();
    }

    /// The line that the first of these rows begins, and how many of them it takes.
    fn tell(&mut self, rows: &[Row], once: bool, done: &mut Transcript) -> usize {
        let taken = rows.iter().take_while(|row| row.goes_on).count() + 1;
        let rows = &rows[..taken.min(rows.len())];
        let mut line = Line::of_screen(rows.iter().map(|row| row.since_us).max().unwrap_or_default());
        let mut text = String::new();
        for row in rows {
            if !text.is_empty() {
                line.breaks.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
            }
            text.push_str(&row.text);
        }
        if !text.trim().is_empty() && (!once || self.told.insert(text.clone())) {
            done.push(line, &text);
        }
        rows.len()
    }

    /// The last screens, main and alternate.
    pub fn finish(mut self, screen: &mut Screen, at_us: u64, done: &mut Transcript) {
        self.fed(screen, at_us, done);
        self.look(screen, at_us, done);
        for row in std::mem::take(&mut self.main) {
            self.flow(&row.text, row.goes_on, row.since_us, done);
        }
        if self.open.is_some() {
            self.flow("", false, at_us, done);
        }
        self.leave(done);
    }
}

fn read(screen: &Screen, before: &[Row], at_us: u64) -> Vec<Row> {
    let since: HashMap<&str, u64> = before
        .iter()
        .rev()
        .map(|row| (row.text.as_str(), row.since_us))
        .collect();
    let row = |nth: usize| {
        let (text, goes_on) = screen.row_part(nth);
        let same = before
            .get(nth)
            .filter(|row| row.text == text)
            .map(|row| row.since_us);
        let since_us = same
            .or_else(|| since.get(text.as_str()).copied())
            .unwrap_or(at_us);
        Row {
            text,
            goes_on,
            since_us,
        }
    };
    (0..usize::from(screen.size().rows)).map(row).collect()
}

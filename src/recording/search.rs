//! Search in what a recording showed: it is replayed without waiting, and a line counts when it appears.

use super::player::{blank, show};
use super::{Error, Player, Reader, What};
use crate::term::Screen;
use std::collections::HashSet;

/// Screens that stand for less than this are looked at only before they are scrolled or wiped.
const GLANCE_US: u64 = 200_000;
/// What wipes a screen at once.
const WIPES: [&[u8]; 5] = [b"\x1b[2J", b"\x1b[J", b"\x1b[0J", b"\x1b[3J", b"\x1bc"];
/// More hits than anyone steps through.
const MOST: usize = 10_000;

/// A line that holds what was sought, and when it appeared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub at_us: u64,
    pub text: String,
}

impl Player {
    /// Every line shown that contains `text`; capitals in it make capitals count.
    pub fn search(&self, text: &str) -> Result<Vec<Hit>, Error> {
        search(self.reader(), text)
    }
}

fn search(reader: &Reader, text: &str) -> Result<Vec<Hit>, Error> {
    let mut look = Look::new(reader, text);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut checked_us = 0;
    let mut at_us = 0;
    for event in reader.events()? {
        let event = event?;
        if look.dirty && event.at_us.saturating_sub(checked_us) >= GLANCE_US {
            look.check(at_us);
            checked_us = event.at_us;
        }
        at_us = event.at_us;
        match &event.what {
            What::Output(bytes) | What::Stderr(bytes) => look.feed(bytes, at_us),
            other => {
                show(&mut look.screen, other);
                look.dirty = true;
            }
        }
        if look.hits.len() >= MOST {
            return Ok(look.hits);
        }
    }
    look.check(at_us);
    Ok(look.hits)
}

struct Look {
    screen: Screen,
    wanted: String,
    exact_case: bool,
    /// Lines with a match at the last look: they are reported once while they stand.
    standing: HashSet<String>,
    hits: Vec<Hit>,
    newlines: usize,
    dirty: bool,
}

impl Look {
    fn new(reader: &Reader, text: &str) -> Look {
        Look {
            screen: blank(reader),
            exact_case: text.chars().any(char::is_uppercase),
            wanted: text.into(),
            standing: HashSet::new(),
            hits: Vec::new(),
            newlines: 0,
            dirty: false,
        }
    }

    /// In pieces that cannot scroll a line past unseen.
    fn feed(&mut self, bytes: &[u8], at_us: u64) {
        let half = (usize::from(self.screen.size().rows) / 2).max(1);
        let row = usize::from(self.screen.size().cols).max(1);
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            for piece in line.chunks(row * half) {
                let wiped = WIPES
                    .iter()
                    .any(|wipe| piece.windows(wipe.len()).any(|found| found == *wipe));
                if self.newlines >= half || (wiped && self.dirty) {
                    self.check(at_us);
                }
                show(&mut self.screen, &What::Output(piece.to_vec()));
                self.newlines += 1 + piece.len() / row;
                self.dirty = true;
            }
        }
    }

    fn check(&mut self, at_us: u64) {
        let text = self.screen.text();
        let mut standing = HashSet::new();
        for line in text.lines() {
            if !self.matches(line) {
                continue;
            }
            if !self.standing.contains(line) && !standing.contains(line) {
                self.hits.push(Hit {
                    at_us,
                    text: line.trim().into(),
                });
            }
            standing.insert(line.to_string());
        }
        self.standing = standing;
        self.newlines = 0;
        self.dirty = false;
    }

    fn matches(&self, line: &str) -> bool {
        match self.exact_case {
            true => line.contains(&self.wanted),
            false => line.to_lowercase().contains(&self.wanted),
        }
    }
}

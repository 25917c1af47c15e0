//! A recording as pictures: each distinct row once, then what changed from picture to picture. Made by our own
//! emulator, so that whoever shows it needs none.

use super::view::{Events, View};
use super::{covered, rows};
use crate::recording::player::show;
use crate::recording::redaction::Veil;
use crate::recording::{Error, Transcript, What};
use crate::term::picture::Styles;
use crate::term::{Run, Screen};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// Pictures closer together than this are one: a screen shows no more.
pub(super) const PICTURE_US: u64 = 33_000;
/// A seek replays at most so many pictures.
const KEY_EVERY: usize = 250;
/// Bars of the activity strip.
const BARS: u64 = 240;

#[derive(Default)]
pub(super) struct Film {
    pub styles: Styles,
    /// Distinct rows as JSON: a style's number (times four, 1 for wide, 2 for one cell), then the text, and so on.
    pub lines: Vec<String>,
    numbers: HashMap<Vec<Run>, u32>,
    /// JSON: milliseconds, cursor's column and row or -1, changes as row and line, then the size where it changed.
    pub frames: Vec<String>,
    /// JSON: a frame's number, its lines, its size.
    pub keys: Vec<String>,
    pub marks: Vec<Value>,
    pub activity: Vec<u64>,
    pub events: u64,
    pub redacted: BTreeMap<String, u64>,
    veil: Option<Veil>,
    last: Picture,
}

/// What is seen at one moment; rows by their numbers.
#[derive(Default, PartialEq)]
struct Picture {
    rows: Vec<u32>,
    size: (u16, u16),
    cursor: Option<(u16, u16)>,
}

impl Film {
    pub fn of(view: &View) -> Result<Film, Error> {
        let mut film = Film {
            veil: view.veil(),
            ..Film::default()
        };
        // Line 0 is the empty one.
        film.number(Vec::new());
        let (mut screen, mut events) = view.start()?;
        film.shoot(0, &screen);
        film.run(view, &mut screen, &mut events)?;
        film.redacted = covered(events.redacted(), &film.veil);
        film.tell_commands(view)?;
        Ok(film)
    }

    fn run(&mut self, view: &View, screen: &mut Screen, events: &mut Events) -> Result<(), Error> {
        let bar_us = (view.duration_us() / BARS).max(1);
        self.activity = vec![0; BARS as usize];
        let (mut dirty_us, mut last_us) = (None, 0);
        for event in events {
            let event = event?;
            if dirty_us.is_some_and(|since| event.at_us.saturating_sub(since) >= PICTURE_US) {
                self.shoot(last_us, screen);
                dirty_us = None;
            }
            last_us = event.at_us;
            self.events += 1;
            if let What::Output(bytes) | What::Stderr(bytes) = &event.what {
                let bar = (event.at_us / bar_us).min(BARS - 1) as usize;
                self.activity[bar] += bytes.len() as u64;
                self.feed(last_us, screen, bytes);
            } else {
                show(screen, &event.what);
                self.mark(last_us, &event.what);
            }
            dirty_us.get_or_insert(last_us);
        }
        if dirty_us.is_some() {
            self.shoot(last_us, screen);
        }
        Ok(())
    }

    /// In pieces of half a screen, so that no line scrolls by without being in a picture: it could not be found.
    fn feed(&mut self, at_us: u64, screen: &mut Screen, bytes: &[u8]) {
        let half = (usize::from(screen.size().rows) / 2).max(1);
        let cols = usize::from(screen.size().cols).max(1);
        let mut lines = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            for piece in line.chunks(cols * half) {
                lines += 1 + piece.len() / cols;
                show(screen, &What::Output(piece.to_vec()));
                if lines >= half {
                    self.shoot(at_us, screen);
                    lines = 0;
                }
            }
        }
    }

    fn shoot(&mut self, at_us: u64, screen: &Screen) {
        let size = (screen.size().cols, screen.size().rows);
        let rows = rows(screen, &mut self.veil);
        let rows: Vec<u32> = rows.into_iter().map(|runs| self.number(runs)).collect();
        let cursor = screen.cursor();
        let resized = size != self.last.size;
        let same = rows == self.last.rows && cursor == self.last.cursor && !resized;
        if !self.frames.is_empty() && same {
            return;
        }
        if self.frames.len().is_multiple_of(KEY_EVERY) {
            self.keys
                .push(json!([self.frames.len(), rows, size.0, size.1]).to_string());
        }
        let changes: Vec<u32> = (0u32..)
            .zip(&rows)
            .filter(|(row, line)| resized || self.last.rows.get(*row as usize) != Some(line))
            .flat_map(|(row, line)| [row, *line])
            .collect();
        let (col, row) = cursor.map_or((-1, -1), |(col, row)| (i32::from(col), i32::from(row)));
        let mut frame = json!([at_us / 1000, col, row, changes]);
        if let (true, Some(frame)) = (resized, frame.as_array_mut()) {
            frame.extend([json!(size.0), json!(size.1)]);
        }
        self.frames.push(frame.to_string());
        self.last = Picture { rows, size, cursor };
    }

    fn number(&mut self, runs: Vec<Run>) -> u32 {
        if let Some(number) = self.numbers.get(&runs) {
            return *number;
        }
        let mut line = Vec::new();
        for run in &runs {
            let kind = self.styles.number(run.look) * 4 + usize::from(run.wide) + 2 * usize::from(run.joined);
            line.extend([json!(kind), json!(run.text)]);
        }
        let number = self.lines.len() as u32;
        self.lines.push(Value::from(line).to_string());
        self.numbers.insert(runs, number);
        number
    }

    /// Commands are marks too, so that the page's keys go from one to the next.
    fn tell_commands(&mut self, view: &View) -> Result<(), Error> {
        for command in Transcript::read(view.reader)?.commands {
            let at_us = command.at_us.checked_sub(view.from_us);
            let Some(at_us) = at_us.filter(|at_us| *at_us <= view.duration_us()) else {
                continue;
            };
            let label = match &view.rules {
                Some(rules) => rules.redact(&command.text),
                None => command.text,
            };
            self.put_mark(at_us, "command", &label);
        }
        self.marks.sort_by_key(|mark| mark[0].as_u64());
        self.marks.dedup();
        Ok(())
    }

    fn mark(&mut self, at_us: u64, what: &What) {
        let (kind, label) = match what {
            What::Marker(marker) => (marker.kind.as_str(), marker.label.clone()),
            What::Gap(gap) => ("gap", format!("{} {}", gap.cause, gap.note)),
            What::Join(who) if who.joined => ("join", format!("{} ({})", who.who, who.mode)),
            What::Join(who) => ("leave", who.who.clone()),
            What::End(end) => ("end", end.why.clone()),
            _ => return,
        };
        self.put_mark(at_us, kind, &label);
    }

    fn put_mark(&mut self, at_us: u64, kind: &str, label: &str) {
        let label: String = label
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(300)
            .collect();
        self.marks.push(json!([at_us / 1000, kind, label]));
    }
}

//! Replay without a clock of its own: whoever shows it says how much time has passed. Seeking restores the keyframe
//! before and replays from there; times are always those of the recording, however idle time is shortened.

use super::{Cursor, Error, Event, Header, Reader, What};
use crate::term::{Screen, Size};
use std::path::Path;
use std::time::Duration;

pub const SLOWEST: f64 = 0.25;
pub const FASTEST: f64 = 32.0;
const SCROLLBACK: usize = 2_000;

pub struct Player {
    reader: Reader,
    screen: Screen,
    cursor: Cursor,
    next: Option<Event>,
    segment: usize,
    at_us: u64,
    /// Events before the current position.
    events: u64,
    speed: f64,
    paused: bool,
    idle_limit: Option<Duration>,
    /// Time of the gap before `next` that was already waited for.
    idled_us: u64,
    /// Less than a microsecond, kept for the next `advance`.
    rest_us: f64,
}

impl Player {
    pub fn open(path: &Path) -> Result<Player, Error> {
        Player::of(Reader::open(path)?)
    }

    /// The same for a reader that has been unlocked.
    pub fn of(reader: Reader) -> Result<Player, Error> {
        let cursor = reader.events()?;
        let mut player = Player {
            screen: blank(&reader),
            reader,
            cursor,
            next: None,
            segment: 0,
            at_us: 0,
            events: 0,
            speed: 1.0,
            paused: false,
            idle_limit: None,
            idled_us: 0,
            rest_us: 0.0,
        };
        player.fetch()?;
        Ok(player)
    }

    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    pub fn screen_mut(&mut self) -> &mut Screen {
        &mut self.screen
    }

    /// Position in microseconds since the start.
    pub fn at_us(&self) -> u64 {
        self.at_us
    }

    pub fn duration_us(&self) -> u64 {
        self.reader.duration_us()
    }

    /// When the next event comes, if one does.
    pub fn next_at_us(&self) -> Option<u64> {
        self.next.as_ref().map(|event| event.at_us)
    }

    /// Nothing more comes.
    pub fn is_at_end(&self) -> bool {
        self.next.is_none() && self.at_us >= self.duration_us()
    }

    pub fn is_paused(&self) -> bool {
        self.paused
    }

    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Clamped to 0.25 to 32.
    pub fn set_speed(&mut self, speed: f64) {
        if speed.is_finite() {
            self.speed = speed.clamp(SLOWEST, FASTEST);
        }
    }

    pub fn idle_limit(&self) -> Option<Duration> {
        self.idle_limit
    }

    /// Longer waits between events are cut to this (of recorded time); `None` keeps them.
    pub fn set_idle_limit(&mut self, limit: Option<Duration>) {
        self.idle_limit = limit;
    }

    /// Wall time has passed; true when the screen may have changed.
    pub fn advance(&mut self, by: Duration) -> Result<bool, Error> {
        if self.paused || self.is_at_end() {
            return Ok(false);
        }
        let exact = by.as_secs_f64() * 1e6 * self.speed + self.rest_us;
        self.rest_us = exact.fract();
        let mut budget = exact as u64;
        let mut changed = false;
        loop {
            let target = self.next.as_ref().map_or(self.duration_us(), |event| event.at_us);
            let gap = target.saturating_sub(self.at_us);
            let limit = self
                .idle_limit
                .map_or(u64::MAX, micros)
                .saturating_sub(self.idled_us);
            let wait = gap.min(limit);
            if budget < wait {
                self.at_us += budget;
                self.idled_us += budget;
                return Ok(changed);
            }
            budget -= wait;
            self.at_us = self.at_us.max(target);
            if self.next.is_none() {
                return Ok(changed);
            }
            changed = true;
            self.play_next()?;
        }
    }

    /// Goes to a time; everything up to and including it is on the screen then.
    pub fn seek(&mut self, at_us: u64) -> Result<(), Error> {
        let at_us = at_us.min(self.duration_us());
        let segment = self.reader.keyframe_before(at_us);
        if at_us < self.at_us || segment > self.segment {
            self.load(segment)?;
        }
        while self.next.as_ref().is_some_and(|event| event.at_us <= at_us) {
            self.play_next()?;
        }
        self.at_us = at_us;
        Ok(())
    }

    /// 0 to 100.
    pub fn seek_percent(&mut self, percent: f64) -> Result<(), Error> {
        let part = percent.clamp(0.0, 100.0) / 100.0;
        self.seek((self.duration_us() as f64 * part) as u64)
    }

    /// Events forward or, when negative, back; pauses.
    pub fn step(&mut self, by: i32) -> Result<(), Error> {
        self.paused = true;
        let wanted = self.events.saturating_add_signed(by.into());
        if wanted < self.events {
            self.load(self.reader.keyframe_before_event(wanted))?;
        }
        while self.events < wanted && self.next.is_some() {
            self.play_next()?;
        }
        Ok(())
    }

    /// Markers, gaps, participants and the end, with their times.
    pub fn markers(&self) -> Result<Vec<Event>, Error> {
        self.reader.marks()
    }

    fn load(&mut self, segment: usize) -> Result<(), Error> {
        self.screen = screen_at(&self.reader, segment)?;
        self.cursor = self.reader.events_from(segment)?;
        let start = self.reader.segments().get(segment);
        (self.at_us, self.events) = start.map_or((0, 0), |s| (s.at_us, s.first_event));
        self.segment = segment;
        self.fetch()
    }

    fn play_next(&mut self) -> Result<(), Error> {
        if let Some(event) = self.next.take() {
            self.at_us = self.at_us.max(event.at_us);
            // It may have begun where a hostile index said.
            self.events = self.events.saturating_add(1);
            show(&mut self.screen, &event.what);
            let upcoming = self.reader.segments().get(self.segment + 1);
            self.segment += usize::from(upcoming.is_some_and(|s| s.first_event <= self.events));
        }
        self.fetch()
    }

    fn fetch(&mut self) -> Result<(), Error> {
        self.idled_us = 0;
        self.next = self.cursor.next().transpose()?;
        Ok(())
    }
}

/// What an event does to a screen. Replies and clipboard wishes of the past go nowhere.
pub(super) fn show(screen: &mut Screen, what: &What) {
    match what {
        What::Output(bytes) | What::Stderr(bytes) => {
            screen.feed(bytes);
            screen.take_replies();
            screen.take_clipboard();
        }
        What::Resize { cols, rows } => screen.resize(Size {
            cols: *cols,
            rows: *rows,
        }),
        _ => {}
    }
}

pub(super) fn blank(reader: &Reader) -> Screen {
    blank_of(reader.header())
}

pub(super) fn blank_of(header: &Header) -> Screen {
    let (cols, rows) = header.size;
    let mut screen = Screen::new(Size { cols, rows }, SCROLLBACK);
    screen.feed(header.first_mode());
    screen
}

fn screen_at(reader: &Reader, segment: usize) -> Result<Screen, Error> {
    let Some(dump) = reader.dump(segment)? else {
        return Ok(blank(reader));
    };
    Screen::restore(&dump, SCROLLBACK).map_err(|bad| Error::Damaged {
        path: reader.path().into(),
        offset: reader.segments().get(segment).map_or(0, |s| s.offset),
        why: format!("a keyframe that cannot be restored: {bad}"),
    })
}

pub(super) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

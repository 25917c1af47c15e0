//! What of a recording an export is made of: a stretch of it, with secrets covered or not. Events of the stretch come
//! with times that begin at its start, and the screen that it starts on.

use crate::recording::player::{blank, show};
use crate::recording::redaction::{Replay, Rules, Veil};
use crate::recording::{Cursor, Error, Event, Reader};
use crate::term::Screen;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone)]
pub struct View<'r> {
    pub reader: &'r Reader,
    pub from_us: u64,
    /// Inclusive; `None`: to the end.
    pub to_us: Option<u64>,
    /// With rules, the secrets that they find are covered.
    pub rules: Option<Arc<Rules>>,
}

impl<'r> From<&'r Reader> for View<'r> {
    fn from(reader: &'r Reader) -> View<'r> {
        View {
            reader,
            from_us: 0,
            to_us: None,
            rules: None,
        }
    }
}

impl View<'_> {
    /// The screen at the beginning, and the events after it.
    pub(super) fn start(&self) -> Result<(Screen, Events), Error> {
        let cursor = self.reader.events()?;
        let source = match &self.rules {
            Some(rules) => Source::Covered(Box::new(Replay::new(cursor, rules.clone()))),
            None => Source::Plain(Box::new(cursor)),
        };
        let mut events = Events {
            source,
            first: None,
            from_us: self.from_us,
            to_us: self.to_us.unwrap_or(u64::MAX),
            counts: BTreeMap::new(),
        };
        let mut screen = blank(self.reader);
        if self.from_us > 0 {
            while let Some(event) = events.pull().transpose()? {
                if event.at_us >= self.from_us {
                    events.first = Some(event);
                    break;
                }
                show(&mut screen, &event.what);
            }
            // What is covered is told of the stretch alone.
            events.counts = events.source.counts();
        }
        Ok((screen, events))
    }

    /// What covers on the screen that it makes.
    pub(super) fn veil(&self) -> Option<Veil> {
        self.rules.clone().map(Veil::new)
    }

    /// Length of the stretch in microseconds.
    pub fn duration_us(&self) -> u64 {
        let end = self.reader.duration_us();
        self.to_us
            .map_or(end, |to| to.min(end))
            .saturating_sub(self.from_us)
    }

    /// Unix microseconds of its beginning.
    pub fn started_at(&self) -> i64 {
        self.reader
            .header()
            .started_at
            .saturating_add_unsigned(self.from_us)
    }
}

enum Source {
    Plain(Box<Cursor>),
    Covered(Box<Replay<Cursor>>),
}

impl Source {
    fn counts(&self) -> BTreeMap<String, u64> {
        match self {
            Source::Plain(_) => BTreeMap::new(),
            Source::Covered(replay) => replay.counts().clone(),
        }
    }
}

pub(super) struct Events {
    source: Source,
    first: Option<Event>,
    from_us: u64,
    to_us: u64,
    /// Covered before the stretch.
    counts: BTreeMap<String, u64>,
}

impl Events {
    /// Secrets covered, by rule.
    pub fn redacted(&self) -> BTreeMap<String, u64> {
        let mut counts = self.source.counts();
        for (rule, before) in &self.counts {
            if let Some(count) = counts.get_mut(rule) {
                *count -= before;
            }
        }
        counts.retain(|_, count| *count > 0);
        counts
    }

    fn pull(&mut self) -> Option<Result<Event, Error>> {
        match &mut self.source {
            Source::Plain(cursor) => cursor.next(),
            Source::Covered(replay) => replay.next(),
        }
    }
}

impl Iterator for Events {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let event = match self.first.take() {
            Some(event) => event,
            None => match self.pull()? {
                Ok(event) => event,
                Err(error) => return Some(Err(error)),
            },
        };
        if event.at_us > self.to_us {
            return None;
        }
        let at_us = event.at_us.saturating_sub(self.from_us);
        Some(Ok(Event { at_us, ..event }))
    }
}

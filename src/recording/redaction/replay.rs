//! The events of a recording with its secrets covered, at their own times. Nobody waits here, so a candidate is held
//! until it is decided: what was typed slowly is found as well.

use super::{Found, Redactor, Rules};
use crate::recording::{Error, Event, Marker, What};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub struct Replay<I> {
    events: I,
    rules: Arc<Rules>,
    /// Output with standard error, as they share a screen; and input.
    streams: [Redactor; 2],
    queue: VecDeque<Slot>,
    counts: BTreeMap<String, u64>,
    is_over: bool,
}

struct Slot {
    event: Event,
    /// Which stream its bytes are in, and how many.
    stream: Option<(usize, usize)>,
}

impl<I: Iterator<Item = Result<Event, Error>>> Replay<I> {
    pub fn new(events: I, rules: Arc<Rules>) -> Replay<I> {
        Replay {
            events,
            streams: [Redactor::new(rules.clone()), Redactor::new(rules.clone())],
            rules,
            queue: VecDeque::new(),
            counts: BTreeMap::new(),
            is_over: false,
        }
    }

    /// Secrets covered so far, by rule.
    pub fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    fn take_in(&mut self, event: Event) {
        let stream = match &event.what {
            What::Output(bytes) | What::Stderr(bytes) => Some((0, bytes)),
            What::Input(bytes) => Some((1, bytes)),
            _ => None,
        };
        let stream = stream.map(|(stream, bytes)| {
            self.streams[stream].feed(bytes);
            (stream, bytes.len())
        });
        self.queue.push_back(Slot { event, stream });
        self.count();
    }

    fn count(&mut self) {
        for Found { rule, .. } in self.streams.iter_mut().flat_map(Redactor::take_found) {
            *self.counts.entry(self.rules.name(rule).to_owned()).or_default() += 1;
        }
    }

    fn is_ready(&self) -> bool {
        match self.queue.front().map(|slot| slot.stream) {
            Some(Some((stream, len))) => self.streams[stream].ready() >= len,
            Some(None) => true,
            None => false,
        }
    }

    fn covered(&mut self, slot: Slot) -> Event {
        let mut event = slot.event;
        if let Some((stream, len)) = slot.stream {
            let mut bytes = Vec::with_capacity(len);
            self.streams[stream].take(len, &mut bytes);
            event.what = match event.what {
                What::Stderr(_) => What::Stderr(bytes),
                What::Input(_) => What::Input(bytes),
                _ => What::Output(bytes),
            };
        } else if let What::Marker(marker) = &mut event.what {
            self.cover_marker(marker);
        }
        event
    }

    /// A command's marker holds what was typed.
    fn cover_marker(&self, marker: &mut Marker) {
        marker.label = self.rules.redact(&marker.label);
        for value in marker.fields.values_mut() {
            *value = self.rules.redact(value);
        }
    }
}

impl<I: Iterator<Item = Result<Event, Error>>> Iterator for Replay<I> {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.is_ready() {
                let slot = self.queue.pop_front()?;
                return Some(Ok(self.covered(slot)));
            }
            if self.is_over {
                return None;
            }
            match self.events.next() {
                Some(Ok(event)) => self.take_in(event),
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    self.is_over = true;
                    self.streams.iter_mut().for_each(Redactor::finish);
                    self.count();
                }
            }
        }
    }
}

//! What the reader of a channel has not taken yet, in order and weighed: above a limit the socket is left unread.

use super::event::Event;
use std::collections::VecDeque;

#[derive(Default)]
pub struct Unread {
    events: VecDeque<Event>,
    bytes: usize,
}

impl Unread {
    pub fn push(&mut self, event: Event) {
        self.bytes += weight(&event);
        self.events.push_back(event);
    }

    pub fn pop(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        self.bytes -= weight(&event);
        Some(event)
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What an event costs while it waits, its own size included so that tiny ones are bounded too.
fn weight(event: &Event) -> usize {
    let bytes = match event {
        Event::Output(bytes) | Event::Stderr(bytes) => bytes.len(),
        _ => 0,
    };
    size_of::<Event>() + bytes
}

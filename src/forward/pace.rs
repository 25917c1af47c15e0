//! How an agent's messages come: whether one follows another without end is how its own pauses are told from a program
//! that has no more to send.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// An agent with more to send does so after a millisecond of sleep, and some more where its machine is busy.
const FOLLOWS: Duration = Duration::from_millis(20);

/// Written by one, read by any.
#[derive(Default)]
pub struct Pace {
    messages: AtomicU64,
    busy_us: AtomicU64,
}

impl Pace {
    /// A message came; the one before it at `last`.
    pub fn beat(&self, last: Option<Instant>) {
        self.messages.fetch_add(1, Relaxed);
        let gap = last.map(|last| last.elapsed()).filter(|gap| *gap <= FOLLOWS);
        let busy_us = gap.map_or(0, |gap| u64::try_from(gap.as_micros()).unwrap_or(0));
        self.busy_us.fetch_add(busy_us, Relaxed);
    }

    pub fn messages(&self) -> u64 {
        self.messages.load(Relaxed)
    }

    /// For how long one followed another.
    pub fn busy_for(&self) -> Duration {
        Duration::from_micros(self.busy_us.load(Relaxed))
    }
}

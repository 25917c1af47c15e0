//! How much may be under way to the agent, and in what pieces: both grow while answers come soon and shrink after a loss.
//!
//! Messages: one more for each answer up to the last width that held, then one more for each full window; 7/10 after a
//! loss, 7/8 while the round trip is swollen. Pieces: doubled after sixteen full ones without a loss, halved after one.
//! Nothing grows that is not used.

use super::trip::Trip;
use std::time::Duration;
use tokio::time::Instant;

/// The window never shrinks below this many messages.
const NARROWEST: usize = 32;
/// Full pieces answered in a row before they grow.
const CLEAN: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Unacknowledged messages at first and at most.
    pub messages: (usize, usize),
    /// Unacknowledged bytes at most: what a lost connection costs in memory.
    pub bytes: usize,
    /// Bytes in one message at first and at most.
    pub chunk: (usize, usize),
}

pub struct Window {
    limits: Limits,
    messages: usize,
    /// Up to here the window grows with every answer.
    held: usize,
    answers: usize,
    chunk: usize,
    clean: usize,
    narrowed_at: Option<Instant>,
}

impl Window {
    pub fn new(limits: Limits) -> Self {
        let widest = limits.messages.1.max(1);
        Self {
            messages: limits.messages.0.clamp(1, widest),
            held: widest,
            answers: 0,
            chunk: limits.chunk.0.max(1),
            clean: 0,
            narrowed_at: None,
            limits,
        }
    }

    pub fn has_room(&self, messages: usize, bytes: usize) -> bool {
        messages < self.messages && (bytes < self.limits.bytes || messages == 0)
    }

    /// Bytes that one message should carry now.
    pub fn chunk(&self) -> usize {
        self.chunk
    }

    #[cfg(test)]
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// A message of `bytes` was answered at its first sending while `in_flight` were under way.
    pub fn answered(&mut self, bytes: usize, in_flight: usize, trip: &Trip, now: Instant) {
        if trip.is_swollen() {
            self.narrow(|messages| messages - messages / 8, trip, now);
            return;
        }
        if bytes >= self.chunk {
            self.clean += 1;
            if self.clean >= CLEAN {
                self.clean = 0;
                self.chunk = (self.chunk * 2).min(self.limits.chunk.1.max(self.limits.chunk.0).max(1));
            }
        }
        if in_flight * 2 < self.messages {
            return;
        }
        self.answers += 1;
        if self.messages < self.held || self.answers >= self.messages {
            self.answers = 0;
            self.messages = self.limits.messages.1.max(1).min(self.messages + 1);
        }
    }

    /// A message is late: it counts once in a round trip, whatever else is late with it.
    pub fn lost(&mut self, trip: &Trip, now: Instant) {
        if self.narrow(|messages| messages * 7 / 10, trip, now) {
            self.held = self.messages;
            self.clean = 0;
            self.chunk = (self.chunk / 2).max(self.limits.chunk.0.max(1));
        }
    }

    fn narrow(&mut self, to: impl Fn(usize) -> usize, trip: &Trip, now: Instant) -> bool {
        let span = trip.mean().unwrap_or(Duration::from_millis(100));
        if self.narrowed_at.is_some_and(|at| now < at + span) {
            return false;
        }
        self.narrowed_at = Some(now);
        let least = NARROWEST.min(self.messages);
        self.messages = to(self.messages).max(least);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn window() -> Window {
        Window::new(Limits {
            messages: (64, 1024),
            bytes: 1 << 20,
            chunk: (1024, 32 << 10),
        })
    }

    fn trip(took: Duration) -> Trip {
        let mut trip = Trip::default();
        (0..200).for_each(|_| trip.sample(took));
        trip
    }

    #[test]
    fn it_grows_with_quick_answers_to_full_pieces_and_shrinks_once_a_round_trip() {
        let (mut window, trip, now) = (window(), trip(20 * MS), Instant::now());
        for _ in 0..200 {
            window.answered(window.chunk(), window.messages(), &trip, now);
        }
        assert_eq!((window.messages(), window.chunk()), (264, 32 << 10));
        for late in 0..19 {
            window.lost(&trip, now + late * MS);
        }
        assert_eq!((window.messages(), window.chunk()), (184, 16 << 10));
        window.lost(&trip, now + 40 * MS);
        assert_eq!((window.messages(), window.chunk()), (128, 8 << 10));
        for _ in 0..128 {
            window.answered(1, window.messages(), &trip, now);
        }
        assert_eq!(window.messages(), 129, "past what held last it grows slowly");
    }

    #[test]
    fn what_is_not_used_does_not_grow_and_bytes_are_bounded() {
        let (mut window, trip, now) = (window(), trip(MS), Instant::now());
        for _ in 0..1000 {
            window.answered(1, 1, &trip, now);
        }
        assert_eq!((window.messages(), window.chunk()), (64, 1024));
        assert!(window.has_room(63, 0) && !window.has_room(64, 0) && !window.has_room(2, 1 << 20));
        assert!(window.has_room(0, 2 << 20), "one message always goes");
    }

    #[test]
    fn a_swollen_round_trip_narrows_it_but_never_below_its_least() {
        let (mut window, mut trip) = (window(), trip(5 * MS));
        (0..20).for_each(|_| trip.sample(400 * MS));
        let now = Instant::now();
        window.answered(1024, 64, &trip, now);
        assert_eq!((window.messages(), window.chunk()), (56, 1024));
        for n in 1..100 {
            window.answered(1024, 64, &trip, now + n * 1000 * MS);
        }
        assert_eq!(window.messages(), NARROWEST);
    }
}

//! Counters of a channel, for the status line, the benchmarks and the curious.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

#[derive(Debug, Default)]
pub struct Tally {
    pub malformed: AtomicU64,
    pub unknown: AtomicU64,
    pub duplicates: AtomicU64,
    pub early: AtomicU64,
    pub refused: AtomicU64,
    pub received: AtomicU64,
    pub sent: AtomicU64,
    pub resent: AtomicU64,
    pub resumes: AtomicU64,
    /// Microseconds, 0 before the first answer.
    pub round_trip_us: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames that could not be understood, wrong digests included.
    pub malformed: u64,
    /// Message types and payload types that we do not know.
    pub unknown: u64,
    pub duplicates: u64,
    /// Messages that arrived before an earlier one.
    pub early: u64,
    /// Messages not taken because they were too far ahead.
    pub refused: u64,
    pub received: u64,
    pub sent: u64,
    pub resent: u64,
    pub resumes: u64,
}

pub(super) fn count(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Relaxed) + 1
}

impl Tally {
    pub fn counts(&self) -> Counts {
        Counts {
            malformed: self.malformed.load(Relaxed),
            unknown: self.unknown.load(Relaxed),
            duplicates: self.duplicates.load(Relaxed),
            early: self.early.load(Relaxed),
            refused: self.refused.load(Relaxed),
            received: self.received.load(Relaxed),
            sent: self.sent.load(Relaxed),
            resent: self.resent.load(Relaxed),
            resumes: self.resumes.load(Relaxed),
        }
    }

    pub fn round_trip(&self) -> Option<Duration> {
        let us = self.round_trip_us.load(Relaxed);
        (us != 0).then(|| Duration::from_micros(us))
    }
}

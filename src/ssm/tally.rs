//! Counters of a channel, for the status line, the benchmarks and the curious.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

#[derive(Debug, Default)]
pub struct Tally {
    pub active: Active,
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

/// When data last went either way, by two clocks: the monotonic one stands still while the machine sleeps.
#[derive(Debug)]
pub struct Active {
    epoch: (Instant, SystemTime),
    /// Milliseconds after the epoch.
    monotonic: AtomicU64,
    wall: AtomicU64,
}

impl Default for Active {
    fn default() -> Self {
        Self {
            epoch: (Instant::now(), SystemTime::now()),
            monotonic: AtomicU64::new(0),
            wall: AtomicU64::new(0),
        }
    }
}

impl Active {
    pub fn mark(&self) {
        let (monotonic, wall) = self.since_epoch(Instant::now(), SystemTime::now());
        self.monotonic.store(monotonic, Relaxed);
        self.wall.store(wall, Relaxed);
    }

    /// How long nothing went, by whichever clock says more.
    pub fn idle_for(&self, now: Instant, wall_now: SystemTime) -> Duration {
        let (monotonic, wall) = self.since_epoch(now, wall_now);
        let monotonic = monotonic.saturating_sub(self.monotonic.load(Relaxed));
        Duration::from_millis(monotonic.max(wall.saturating_sub(self.wall.load(Relaxed))))
    }

    fn since_epoch(&self, now: Instant, wall: SystemTime) -> (u64, u64) {
        let wall = wall.duration_since(self.epoch.1).unwrap_or_default();
        ((now - self.epoch.0).as_millis() as u64, wall.as_millis() as u64)
    }
}

/// Tells how long a session has been without data, for as long as anyone holds it.
#[derive(Debug, Clone)]
pub struct Idle(Arc<Tally>);

impl Idle {
    pub(super) fn new(tally: Arc<Tally>) -> Self {
        Self(tally)
    }

    /// Since terminal or port data last went either way; what the channel itself sends does not count.
    pub fn lasts(&self) -> Duration {
        self.0.active.idle_for(Instant::now(), SystemTime::now())
    }
}

impl PartialEq for Idle {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Idle {}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nap_of_the_machine_counts_as_idleness_and_a_clock_set_back_does_not_hide_any() {
        let active = Active::default();
        active.mark();
        let (now, wall, s) = (Instant::now(), SystemTime::now(), Duration::from_secs(1));
        let idle = |monotonic, wall_at| active.idle_for(now + monotonic, wall_at).as_secs();
        assert_eq!(idle(60 * s, wall + 60 * s), 60);
        assert_eq!(idle(5 * s, wall + 3600 * s), 3600);
        assert_eq!(idle(60 * s, wall - 3600 * s), 60);
    }
}

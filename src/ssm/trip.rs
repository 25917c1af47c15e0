//! The round-trip estimate and the resend timeout, by the formula that both official sides use.
//!
//! Two differences: answers to resent messages give no sample, because nobody knows which sending they answer; and
//! after a resend the timeout stays doubled until a message is answered at its first sending, so that a path which
//! became slow is measured again instead of being flooded.

use std::time::Duration;

const GRANULARITY: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(1);
/// A mean this much above four times the least means that queues are filling somewhere.
const SWOLLEN: Duration = Duration::from_millis(60);
/// Samples until the mean has forgotten what it started from.
const SETTLED: u32 = 16;

#[derive(Debug, Clone, Copy)]
pub struct Trip {
    mean: Duration,
    deviation: Duration,
    timeout: Duration,
    /// The least of late; creeps up, so that a changed path is believed in time.
    least: Duration,
    doublings: u32,
    samples: u32,
}

impl Default for Trip {
    fn default() -> Self {
        Self {
            mean: Duration::from_millis(100),
            deviation: Duration::ZERO,
            timeout: Duration::from_millis(200),
            least: LONGEST,
            doublings: 0,
            samples: 0,
        }
    }
}

impl Trip {
    pub fn sample(&mut self, took: Duration) {
        self.deviation = self.deviation * 3 / 4 + self.mean.abs_diff(took) / 4;
        self.mean = self.mean * 7 / 8 + took / 8;
        self.timeout = LONGEST.min(self.mean + GRANULARITY.max(self.deviation * 4));
        self.least = took.min(self.least + self.least / 256);
        self.doublings = 0;
        self.samples = self.samples.saturating_add(1);
    }

    /// The oldest message was late: expect as much of the next ones.
    pub fn back_off(&mut self) {
        self.doublings = (self.doublings + 1).min(6);
    }

    /// When to resend a message that was sent `resends` times too often already: doubling, at most a second.
    pub fn timeout(&self, resends: u32) -> Duration {
        LONGEST.min(self.timeout * (1 << resends.max(self.doublings).min(8)))
    }

    /// The smoothed round trip, once there was an answer.
    pub fn mean(&self) -> Option<Duration> {
        (self.samples > 0).then_some(self.mean)
    }

    /// Whether answers take much longer than they need to.
    pub fn is_swollen(&self) -> bool {
        self.samples >= SETTLED && self.mean > self.least * 4 + SWOLLEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_follows_the_formula_of_the_official_sides() {
        let mut trip = Trip::default();
        assert_eq!(trip.timeout(0), Duration::from_millis(200));
        trip.sample(Duration::from_millis(20));
        // Deviation 0.75·0 + 0.25·80 = 20 ms, mean 87.5 + 2.5 = 90 ms, timeout 90 + 4·20.
        assert_eq!(trip.timeout(0), Duration::from_millis(170));
        for _ in 0..200 {
            trip.sample(Duration::from_millis(1));
        }
        assert!(trip.timeout(0) < Duration::from_millis(12));
        trip.sample(Duration::from_secs(60));
        assert_eq!(trip.timeout(0), Duration::from_secs(1));
        assert_eq!(trip.timeout(u32::MAX), Duration::from_secs(1));
    }

    #[test]
    fn a_path_that_became_slow_is_measured_again_instead_of_flooded() {
        let mut trip = Trip::default();
        for _ in 0..200 {
            trip.sample(Duration::from_millis(1));
        }
        let slow = Duration::from_millis(500);
        assert!(trip.timeout(0) < slow && !trip.is_swollen());
        for _ in 0..6 {
            trip.back_off();
        }
        assert!(
            trip.timeout(0) >= slow,
            "a new message waits long enough to be answered"
        );
        trip.sample(slow);
        trip.sample(slow);
        assert!(trip.is_swollen());
        assert!(trip.timeout(0) >= slow);
    }
}

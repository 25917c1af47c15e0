//! The round-trip estimate and the resend timeout, by the formula that both official sides use.
//!
//! One difference: answers to resent messages give no sample, because nobody knows which sending they answer.

use std::time::Duration;

const GRANULARITY: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy)]
pub struct Trip {
    mean: Duration,
    deviation: Duration,
    timeout: Duration,
    measured: bool,
}

impl Default for Trip {
    fn default() -> Self {
        Self {
            mean: Duration::from_millis(100),
            deviation: Duration::ZERO,
            timeout: Duration::from_millis(200),
            measured: false,
        }
    }
}

impl Trip {
    pub fn sample(&mut self, took: Duration) {
        self.deviation = self.deviation * 3 / 4 + self.mean.abs_diff(took) / 4;
        self.mean = self.mean * 7 / 8 + took / 8;
        self.timeout = LONGEST.min(self.mean + GRANULARITY.max(self.deviation * 4));
        self.measured = true;
    }

    /// When to resend a message that was sent `resends` times too often already: doubling, at most a second.
    pub fn timeout(&self, resends: u32) -> Duration {
        LONGEST.min(self.timeout * (1 << resends.min(8)))
    }

    /// The smoothed round trip, once there was an answer.
    pub fn mean(&self) -> Option<Duration> {
        self.measured.then_some(self.mean)
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
}

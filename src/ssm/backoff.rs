//! The delay between attempts to connect: doubling with jitter, capped, nothing before the first.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    attempts: u32,
}

impl Backoff {
    pub fn new((first, longest): (Duration, Duration)) -> Self {
        Self {
            first,
            longest,
            attempts: 0,
        }
    }

    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    pub fn reset(&mut self) {
        self.attempts = 0;
    }

    /// Counts one more attempt and says how long to wait before it; `jitter` is in 0..1.
    pub fn next(&mut self, jitter: f64) -> Duration {
        self.attempts = self.attempts.saturating_add(1);
        let Some(doublings) = self.attempts.checked_sub(2) else {
            return Duration::ZERO;
        };
        let full = self
            .longest
            .min(self.first.saturating_mul(1 << doublings.min(20)));
        full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attempt_is_immediate_and_later_ones_double_up_to_the_cap() {
        let mut backoff = Backoff::new((Duration::from_millis(100), Duration::from_secs(1)));
        let waits: Vec<_> = (0..6).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(waits, [0, 100, 200, 400, 800, 1000]);
        assert_eq!(backoff.next(0.0).as_millis(), 500);
        backoff.reset();
        assert_eq!(backoff.next(1.0), Duration::ZERO);
    }
}

//! How fast automations go: the least that a step takes, and how many of a document's seconds pass in a real one.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    pub step: Duration,
    pub rate: u32,
}

impl Clock {
    /// So many seconds of a document, in real time.
    pub fn real(&self, seconds: f64) -> Duration {
        let seconds = seconds.clamp(0.0, 1e9) / f64::from(self.rate.max(1));
        Duration::from_secs_f64(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faster_clock_shortens_what_documents_wait() {
        let clock = Clock {
            step: Duration::ZERO,
            rate: 60,
        };
        assert_eq!(clock.real(120.0), Duration::from_secs(2));
        assert_eq!(clock.real(-1.0), Duration::ZERO);
    }
}

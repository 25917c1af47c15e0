//! When work that nobody waits for may go on: not while a flood of output is drawn or somebody types, and no more once the
//! program ends. Niceness alone does not give way: what such work holds while it is out of turn, the memory map first,
//! everybody waits for, and the processor that it keeps from idling takes no work off the other one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// It is calm this long after the last flood, and after the start.
const CALM: Duration = Duration::from_secs(2);
/// Frames closer to each other than this are no clock's.
const CLOSE: Duration = Duration::from_millis(150);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(250);

pub struct Lull {
    began_at: Instant,
    /// Milliseconds after that; so is the next.
    stirred_at: AtomicU64,
    drawn_at: AtomicU64,
    over: AtomicBool,
}

impl Default for Lull {
    fn default() -> Self {
        Self {
            began_at: Instant::now(),
            stirred_at: AtomicU64::new(0),
            drawn_at: AtomicU64::new(0),
            over: AtomicBool::new(false),
        }
    }
}

impl Lull {
    /// A frame is drawn.
    pub fn drawn(&self) {
        let now = self.passed();
        let before = self.drawn_at.swap(millis(now), Ordering::Relaxed);
        if now.saturating_sub(Duration::from_millis(before)) < CLOSE {
            self.stirred_at.store(millis(now), Ordering::Relaxed);
        }
    }

    /// The program ends.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Waits for calm; false once the program ends.
    pub fn wait(&self) -> bool {
        loop {
            if self.over.load(Ordering::Relaxed) {
                return false;
            }
            let stirred_at = Duration::from_millis(self.stirred_at.load(Ordering::Relaxed));
            if self.passed().saturating_sub(stirred_at) >= CALM {
                return true;
            }
            sleep(LOOK);
        }
    }

    fn passed(&self) -> Duration {
        self.began_at.elapsed()
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_end_of_the_program_ends_the_wait() {
        let lull = Arc::new(Lull::default());
        let waiting = std::thread::spawn({
            let lull = lull.clone();
            move || lull.wait()
        });
        lull.end();
        assert!(!waiting.join().unwrap());
    }

    fn long_since(stirred: Duration) -> Lull {
        Lull {
            began_at: Instant::now().checked_sub(CALM * 3).unwrap(),
            stirred_at: AtomicU64::new(millis(stirred)),
            ..Lull::default()
        }
    }

    #[test]
    fn it_is_calm_again_some_time_after_a_flood() {
        assert!(long_since(CALM).wait());
    }

    #[test]
    fn frames_in_a_row_are_a_flood_and_a_single_one_is_not() {
        let lull = long_since(Duration::ZERO);
        lull.drawn();
        assert_eq!(lull.stirred_at.load(Ordering::Relaxed), 0);
        lull.drawn();
        assert!(lull.stirred_at.load(Ordering::Relaxed) >= millis(CALM * 3));
    }
}

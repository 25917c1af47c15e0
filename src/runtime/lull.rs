//! When work that nobody waits for may go on: not while a flood of output is drawn, and no more once the program ends. Such
//! work gives way to no niceness alone: what it holds while it is out of turn, the memory map first, everybody waits for.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// It is calm this long after the last flood, and after the start.
const CALM: Duration = Duration::from_secs(2);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(250);

pub struct Lull {
    began_at: Instant,
    /// Milliseconds after that.
    stirred_at: AtomicU64,
    over: AtomicBool,
}

impl Default for Lull {
    fn default() -> Self {
        Self {
            began_at: Instant::now(),
            stirred_at: AtomicU64::new(0),
            over: AtomicBool::new(false),
        }
    }
}

impl Lull {
    /// A flood is drawn.
    pub fn stir(&self) {
        let passed = u64::try_from(self.began_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.stirred_at.store(passed, Ordering::Relaxed);
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
            if self.began_at.elapsed().saturating_sub(stirred_at) >= CALM {
                return true;
            }
            sleep(LOOK);
        }
    }
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

    #[test]
    fn it_is_calm_again_some_time_after_a_flood() {
        let lull = Lull {
            began_at: Instant::now().checked_sub(CALM * 3).unwrap(),
            stirred_at: AtomicU64::new(u64::try_from(CALM.as_millis()).unwrap()),
            over: AtomicBool::new(false),
        };
        assert!(lull.wait());
    }
}

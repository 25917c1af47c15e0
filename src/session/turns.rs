//! A lock that is had in turns: who waits comes before who has just had it. A plain mutex lets a task that drains a
//! flood of output take it again and again, and the painter, with the keys behind it, would wait for the flood's end.

use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

pub(crate) struct Turns<T> {
    /// Held only while waiting for `inner`: whoever has it is next.
    next: Mutex<()>,
    inner: Mutex<T>,
}

impl<T> Turns<T> {
    pub fn new(inner: T) -> Self {
        Self {
            next: Mutex::new(()),
            inner: Mutex::new(inner),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        let _next = self.next.lock();
        self.inner.lock()
    }

    /// Gives up after a while: who holds it may itself be waiting for a processor.
    pub fn lock_within(&self, time: Duration) -> Option<MutexGuard<'_, T>> {
        let until = Instant::now() + time;
        let _next = self.next.try_lock_until(until)?;
        self.inner.try_lock_until(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_comes_before_who_has_just_had_it() {
        for _ in 0..50 {
            let turns = Turns::new(false);
            std::thread::scope(|scope| {
                let mut mine = turns.lock();
                scope.spawn(|| *turns.lock() = true);
                while !turns.next.is_locked() {
                    std::thread::yield_now();
                }
                *mine = false;
                drop(mine);
                assert!(*turns.lock(), "the other one waited longer");
            });
        }
    }

    #[test]
    fn who_cannot_wait_goes_without() {
        let turns = Turns::new(());
        let held = turns.lock();
        assert!(turns.lock_within(Duration::from_millis(1)).is_none());
        drop(held);
        assert!(turns.lock_within(Duration::from_millis(1)).is_some());
    }
}

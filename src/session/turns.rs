//! A lock that is had in turns: who waits comes before who has just had it. A plain mutex lets a task that drains a
//! flood of output take it again and again, and the painter, with the keys behind it, would wait for the flood's end.

use std::sync::{Mutex, MutexGuard, PoisonError};

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
        let _next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
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
                while turns.next.try_lock().is_ok() {
                    std::thread::yield_now();
                }
                *mine = false;
                drop(mine);
                assert!(*turns.lock(), "the other one waited longer");
            });
        }
    }
}

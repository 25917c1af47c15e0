//! A lock that is had in turns: who waits comes before who has just had it. A plain mutex lets a task that drains a
//! flood of output take it again and again, and the painter, with the keys behind it, would wait for the flood's end.
//! Waiting sleeps at once: a thread that yields its processor while it tries again is put behind all others by the
//! scheduler (sched_yield(2) moves a deadline on Linux), and a painter's frame then takes 15 ms more.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(crate) struct Turns<T> {
    line: Mutex<Line>,
    left: Condvar,
    /// Locked by whose turn it is, so nobody else ever waits for it.
    inner: Mutex<T>,
}

#[derive(Default)]
struct Line {
    is_held: bool,
    waiting: usize,
}

impl Line {
    /// It may be free for whoever waits and is about to have it.
    fn is_taken(&self) -> bool {
        self.is_held || self.waiting > 0
    }
}

/// The lock is held until this goes.
pub(crate) struct Turn<'t, T> {
    // In this order: it is unlocked before the next one may have it.
    inner: MutexGuard<'t, T>,
    _place: Place<'t>,
}

struct Place<'t> {
    line: &'t Mutex<Line>,
    left: &'t Condvar,
}

impl<T> Turns<T> {
    pub fn new(inner: T) -> Self {
        Self {
            line: Mutex::default(),
            left: Condvar::new(),
            inner: Mutex::new(inner),
        }
    }

    pub fn lock(&self) -> Turn<'_, T> {
        let mut line = sound(self.line.lock());
        let mut waits = line.is_taken();
        line.waiting += 1;
        while waits {
            line = sound(self.left.wait(line));
            waits = line.is_held;
        }
        self.enter(line)
    }

    /// Gives up after a while: who holds it may itself be waiting for a processor.
    pub fn lock_within(&self, time: Duration) -> Option<Turn<'_, T>> {
        let until = Instant::now() + time;
        let mut line = sound(self.line.lock());
        let mut waits = line.is_taken();
        line.waiting += 1;
        while waits {
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                line.waiting -= 1;
                return None;
            }
            line = sound(self.left.wait_timeout(line, rest)).0;
            waits = line.is_held;
        }
        Some(self.enter(line))
    }

    fn enter(&self, mut line: MutexGuard<'_, Line>) -> Turn<'_, T> {
        line.waiting -= 1;
        line.is_held = true;
        drop(line);
        Turn {
            inner: sound(self.inner.lock()),
            _place: Place {
                line: &self.line,
                left: &self.left,
            },
        }
    }
}

impl<T> Deref for Turn<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> DerefMut for Turn<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut line = sound(self.line.lock());
        line.is_held = false;
        if line.waiting > 0 {
            self.left.notify_one();
        }
    }
}

/// What a thread held when it panicked is used on: a picture half drawn is drawn again.
fn sound<G>(locked: Result<G, PoisonError<G>>) -> G {
    locked.unwrap_or_else(PoisonError::into_inner)
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
                while sound(turns.line.lock()).waiting == 0 {
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

    #[test]
    fn one_at_a_time_has_it_and_nobody_waits_for_ever() {
        let turns = Turns::new(0_u32);
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let turns = &turns;
                scope.spawn(move || {
                    for round in 0..2_000_u32 {
                        let wait = Duration::from_micros(u64::from(round % 50));
                        let turn = match worker {
                            0 => turns.lock_within(wait),
                            _ => Some(turns.lock()),
                        };
                        let mut turn = turn.unwrap_or_else(|| turns.lock());
                        let before = *turn;
                        std::hint::spin_loop();
                        *turn = before + 1;
                    }
                });
            }
        });
        assert_eq!(*turns.lock(), 8_000);
    }

    #[test]
    fn a_panic_of_its_holder_leaves_it_to_the_others() {
        let turns = Turns::new(7);
        std::thread::scope(|scope| {
            let broken = scope.spawn(|| {
                let _turn = turns.lock();
                panic!("while it is held");
            });
            assert!(broken.join().is_err());
        });
        assert_eq!(*turns.lock(), 7);
    }
}

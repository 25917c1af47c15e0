//! How long the disk has kept a recording waiting, told to whoever must not wait with it: the recorder's own thread
//! is stuck in the write meanwhile, or writes nothing more that would show what happened to the file.

use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Shared by a writer, its flushing thread and a session's watch.
pub struct Strain {
    base: Instant,
    /// Microseconds from `base` at which it began, 0 while there is none.
    write: AtomicU64,
    flush: AtomicU64,
    /// Why what was written is not safe.
    failed: Mutex<Option<String>>,
    begun: Notify,
}

/// What is under way for how long; zero for what is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waited {
    pub write_for: Duration,
    pub flush_for: Duration,
}

/// A write or flush under way, until dropped.
pub(super) struct Busy<'a>(&'a AtomicU64);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

impl Strain {
    pub(super) fn new() -> Arc<Strain> {
        Arc::new(Strain {
            base: Instant::now(),
            write: AtomicU64::new(0),
            flush: AtomicU64::new(0),
            failed: Mutex::new(None),
            begun: Notify::new(),
        })
    }

    pub(super) fn writing(&self) -> Busy<'_> {
        self.begin(&self.write)
    }

    pub(super) fn flushing(&self) -> Busy<'_> {
        self.begin(&self.flush)
    }

    fn begin<'a>(&self, slot: &'a AtomicU64) -> Busy<'a> {
        slot.store(self.now_us(), Ordering::Release);
        self.begun.notify_one();
        Busy(slot)
    }

    fn now_us(&self) -> u64 {
        let us = u64::try_from(self.base.elapsed().as_micros()).unwrap_or(u64::MAX);
        us.max(1)
    }

    pub fn waited(&self) -> Waited {
        let now_us = self.now_us();
        let since = |slot: &AtomicU64| match slot.load(Ordering::Acquire) {
            0 => Duration::ZERO,
            began_us => Duration::from_micros(now_us.saturating_sub(began_us).max(1)),
        };
        Waited {
            write_for: since(&self.write),
            flush_for: since(&self.flush),
        }
    }

    /// A flush failed, or the file is gone: whoever watches need not wait for the next write to hear of it.
    pub(super) fn fail(&self, says: &str) {
        self.failed.lock().get_or_insert_with(|| says.to_owned());
        self.begun.notify_one();
    }

    /// Why what was written is not safe, once.
    pub fn take_failure(&self) -> Option<String> {
        self.failed.lock().take()
    }

    /// Waits until a write or flush begins, or one has failed.
    pub async fn begun(&self) {
        self.begun.notified().await;
    }
}

impl Waited {
    pub fn is_idle(&self) -> bool {
        self.write_for.is_zero() && self.flush_for.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_is_told_and_what_is_over_is_not() {
        let strain = Strain::new();
        assert!(strain.waited().is_idle());
        let flushing = strain.flushing();
        let writing = strain.writing();
        let waited = strain.waited();
        assert!(!waited.write_for.is_zero() && !waited.flush_for.is_zero());
        drop(writing);
        assert!(strain.waited().write_for.is_zero() && !strain.waited().is_idle());
        drop(flushing);
        assert!(strain.waited().is_idle());
    }
}

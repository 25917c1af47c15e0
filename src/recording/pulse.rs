//! The side thread of a writer: `fdatasync` when something was written and 200 ms have passed (at once when asked),
//! and a checkpoint for bytes that have waited unsigned for 10 s. After each flush it looks whether the file still
//! stands where it was made: bytes in a deleted file are no recording. The session never waits for either.

use super::disk;
use super::strain::Strain;
use super::tape::Tape;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const BETWEEN_SYNCS: Duration = Duration::from_millis(200);

#[derive(Default)]
struct Wish {
    dirty: bool,
    urgent: bool,
    stop: bool,
    failed: Option<String>,
}

pub(super) struct Pulse {
    wish: Arc<(Mutex<Wish>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

/// A poisoned lock means that another thread panicked; what it guards here is valid at every step.
pub(super) fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pulse {
    pub fn start(
        file: File,
        path: PathBuf,
        tape: &Arc<Mutex<Tape>>,
        strain: Arc<Strain>,
    ) -> std::io::Result<Pulse> {
        let wish = Arc::new((Mutex::new(Wish::default()), Condvar::new()));
        let (theirs, tape) = (wish.clone(), Arc::downgrade(tape));
        let beat = move || {
            while wait(&theirs) {
                let wait_for = match tape.upgrade() {
                    Some(tape) => hold(&tape).seal_if_due(),
                    None => return,
                };
                let flushing = strain.flushing();
                let done = file.sync_data().and_then(|()| disk::stands(&file, &path));
                drop(flushing);
                if let Err(e) = &done {
                    strain.fail(&e.to_string());
                }
                let mut wish = hold(&theirs.0);
                if let Err(e) = done {
                    wish.failed = Some(e.to_string());
                }
                // What waits for its signature makes the thread look again, even if nothing more is written.
                if let Some(after) = wait_for
                    && !wish.dirty
                {
                    let (again, _) = theirs
                        .1
                        .wait_timeout(wish, after)
                        .unwrap_or_else(PoisonError::into_inner);
                    wish = again;
                    wish.dirty = true;
                }
            }
        };
        let thread = std::thread::Builder::new().name("recording".into()).spawn(beat)?;
        Ok(Pulse {
            wish,
            thread: Some(thread),
        })
    }

    /// Something was written; the error of an earlier flush, once.
    pub fn wrote(&self, urgent: bool) -> Option<String> {
        let mut wish = hold(&self.wish.0);
        if !wish.dirty || urgent {
            wish.dirty = true;
            wish.urgent |= urgent;
            self.wish.1.notify_one();
        }
        wish.failed.take()
    }

    pub fn stop(&mut self) {
        hold(&self.wish.0).stop = true;
        self.wish.1.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until a flush is due; false when the writer is done.
fn wait((lock, bell): &(Mutex<Wish>, Condvar)) -> bool {
    let due = Instant::now() + BETWEEN_SYNCS;
    let mut wish = hold(lock);
    loop {
        if wish.stop {
            return false;
        }
        let left = due.saturating_duration_since(Instant::now());
        if wish.urgent || wish.dirty && left.is_zero() {
            wish.dirty = false;
            wish.urgent = false;
            return true;
        }
        wish = match wish.dirty {
            true => {
                bell.wait_timeout(wish, left)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
            false => bell.wait(wish).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

//! How the loop's thread waits: for a wake-up from another thread and for the keyboard, in one call to the kernel. A key
//! wakes the thread that answers it and no other; on a machine whose processors are all at work, each thread between
//! would wait for its turn again.

use std::cell::Cell;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Standard input, as the thread that waits for it knows it.
#[derive(Default)]
pub struct Keyboard {
    /// Whether anybody wants keys: a child program may have standard input meanwhile.
    pub wanted: Cell<bool>,
    /// Whether there is something to read.
    pub struck: Cell<bool>,
}

const AWAKE: u8 = 0;
const RUNG: u8 = 1;
const ASLEEP: u8 = 2;

/// Wakes the thread; one that is awake is told without a call to the kernel.
struct Bell {
    state: AtomicU8,
    cord: PipeWriter,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(RUNG, Ordering::AcqRel) == ASLEEP {
            // One byte for each sleep: the pipe is never full, and it is open as long as the sleeper lives.
            let _ = (&self.cord).write(&[0]);
        }
    }
}

/// Drives `work` on this thread, between two polls of which it sleeps until it is woken or a key is struck. Timers and
/// sockets are those of the runtime that the thread has entered.
pub fn drive<T>(keyboard: &Keyboard, work: impl Future<Output = T>) -> io::Result<T> {
    let (mut heard, cord) = io::pipe()?;
    let bell = Arc::new(Bell {
        state: AtomicU8::new(AWAKE),
        cord,
    });
    let waker = Waker::from(bell.clone());
    let mut context = Context::from_waker(&waker);
    // The runtime's budget is for tasks that share a thread; this one has its thread for itself.
    let mut work = pin!(tokio::task::unconstrained(work));
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return Ok(done);
        }
        let slept = bell
            .state
            .compare_exchange(AWAKE, ASLEEP, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        let rung = wait(keyboard, &heard, slept);
        bell.state.store(AWAKE, Ordering::Release);
        if rung? {
            heard.read_exact(&mut [0])?;
        }
    }
}

/// Whether the bell's pipe has something to read; returns at once unless it may sleep.
fn wait(keyboard: &Keyboard, heard: &PipeReader, may_sleep: bool) -> io::Result<bool> {
    let stdin = io::stdin();
    let mut watched = [
        PollFd::new(heard.as_fd(), PollFlags::POLLIN),
        PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
    ];
    let count = if keyboard.wanted.get() { 2 } else { 1 };
    let limit = if may_sleep {
        PollTimeout::NONE
    } else {
        PollTimeout::ZERO
    };
    match poll(&mut watched[..count], limit) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(cause) => return Err(cause.into()),
    }
    let [heard, stdin] = watched.map(|one| one.any().unwrap_or_default());
    keyboard.struck.set(keyboard.wanted.get() && stdin);
    Ok(heard)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::*;

    fn entered() -> tokio::runtime::Runtime {
        tokio::runtime::Runtime::new().unwrap()
    }

    #[test]
    fn what_other_threads_send_and_timers_wake_it_every_time() {
        let runtime = entered();
        let _entered = runtime.enter();
        let (sender, mut receiver) = mpsc::channel::<u32>(1);
        runtime.spawn(async move {
            for number in 0..20_000 {
                sender.send(number).await.unwrap();
            }
        });
        let sum = drive(&Keyboard::default(), async {
            let mut sum = 0_u64;
            while let Some(number) = receiver.recv().await {
                sum += u64::from(number);
                if number % 5_000 == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            sum
        });
        assert_eq!(sum.unwrap(), 19_999 * 20_000 / 2);
    }

    #[test]
    fn work_that_wakes_itself_goes_on() {
        let turns = drive(&Keyboard::default(), async {
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
            1_000
        });
        assert_eq!(turns.unwrap(), 1_000);
    }

    #[test]
    fn a_bell_that_rings_after_the_end_hurts_nobody() {
        let runtime = entered();
        let _entered = runtime.enter();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let kept = drive(&Keyboard::default(), async {
            let waiting = std::future::poll_fn(|context| Poll::Ready(context.waker().clone())).await;
            sender.send(waiting).unwrap();
            receiver.recv().await.unwrap()
        });
        kept.unwrap().wake();
    }
}

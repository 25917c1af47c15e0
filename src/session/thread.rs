//! A thread of its own for each session. Its recorder writes before anything is shown, and a disk that does not answer
//! stops the thread it is asked from: that must be nobody else's, least of all the data channel's. Where the console
//! paints what it shows, a flood of output comes after the frame that answers a key.

use std::io;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// Two thirds less of a busy processor than who paints. Enough for the painter to come first in a flood; other programs
/// leave it enough for its echo.
const BEHIND_THE_PAINTER: i32 = 5;

/// A thread that waits for what it shall drive; without that it ends.
pub(super) struct Thread<F>(oneshot::Sender<F>);

impl<F: Future<Output = ()> + Send + 'static> Thread<F> {
    /// It gives way if what it shows is painted by another thread.
    pub fn start(is_painted: bool) -> io::Result<Thread<F>> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let (give, given) = oneshot::channel();
        let drive = move || {
            if is_painted {
                give_way(BEHIND_THE_PAINTER);
            }
            runtime.block_on(async {
                if let Ok(work) = given.await {
                    work.await;
                }
            });
        };
        std::thread::Builder::new().name("session".into()).spawn(drive)?;
        Ok(Thread(give))
    }

    pub fn drive(self, work: F) {
        // It waits for nothing else, so it is there.
        let _ = self.0.send(work);
    }
}

/// Lowers the priority of the calling thread by so much, of 19; it cannot be raised again. On Linux a priority is a
/// thread's own (setpriority(2)), and threads and programs that this one starts inherit it; elsewhere it would be the whole
/// program's, and nothing is done.
pub(crate) fn give_way(by: i32) {
    #[cfg(target_os = "linux")]
    // SAFETY: a plain system call on the calling thread, without memory of ours; a refusal leaves all as it is.
    #[allow(unsafe_code)]
    unsafe {
        nix::libc::setpriority(nix::libc::PRIO_PROCESS, 0, by);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = by;
}

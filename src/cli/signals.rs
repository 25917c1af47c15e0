//! The signals that end a program which has sessions open, for whoever attends them: heard from before the first to after
//! the second, so that none falls between the two. SIGQUIT is one of them: no core dump is worth a session left at AWS.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Error, Exit};

/// How a program ends that SIGQUIT ended: as its shell would tell it, 128 + 3.
pub const QUIT: Exit = Exit::Remote(131);

/// SIGQUIT came: whatever way the work then ends, that is why.
static CAME: AtomicBool = AtomicBool::new(false);

/// The exit that goes before any other.
pub fn quit() -> Option<Exit> {
    CAME.load(Ordering::Relaxed).then_some(QUIT)
}

pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    quit: Signal,
}

impl Signals {
    /// From now on they are ours.
    pub fn listen() -> Result<Signals, Error> {
        let listen =
            |kind| signal(kind).map_err(|cause| Error::failed(format!("cannot listen for signals: {cause}")));
        Ok(Signals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
            quit: listen(SignalKind::quit())?,
        })
    }

    /// The next of them, also one that came before it was asked for.
    pub async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.hangup.recv() => SignalKind::hangup(),
            _ = self.quit.recv() => {
                CAME.store(true, Ordering::Relaxed);
                SignalKind::quit()
            }
        }
    }
}

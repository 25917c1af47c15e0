//! SIGINT, SIGTERM and SIGHUP for whoever opens a session and then attends it: heard from before the first to after the
//! second, so that none falls between the two.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Error;

pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
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
        })
    }

    /// The next of them, also one that came before it was asked for.
    pub async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.hangup.recv() => SignalKind::hangup(),
        }
    }
}

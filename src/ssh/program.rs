//! A recorded program, kept by a task that never waits for the disk: whoever records it stands still while the disk does,
//! and a strict run is over within a second all the same, any other says that it is not recorded.

use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle};

use super::terminal::Shown;
use crate::session::{Kept, Status, kept_in_words};

/// What is hung up has so long before it is killed.
const FAREWELL: Duration = Duration::from_millis(150);

/// Dropped, the program is killed.
pub(super) struct Program {
    ended: JoinHandle<io::Result<ExitStatus>>,
    telling: AbortHandle,
    hangup: Arc<Notify>,
}

impl Program {
    /// `child` must be killed when it is dropped.
    pub fn keep(
        child: Child,
        strict: bool,
        recorded: watch::Receiver<Status>,
        show: mpsc::Sender<Shown>,
    ) -> Program {
        let hangup = Arc::new(Notify::new());
        Program {
            telling: tokio::spawn(tell(recorded.clone(), show)).abort_handle(),
            ended: tokio::spawn(keep(child, strict, recorded, hangup.clone())),
            hangup,
        }
    }

    pub fn hang_up(&self) {
        self.hangup.notify_one();
    }

    /// Must not be waited for again once it has answered.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        (&mut self.ended).await.map_err(io::Error::other)?
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.ended.abort();
        self.telling.abort();
    }
}

/// One task waits for its end and signals it, so that no signal meets another process of the same number.
async fn keep(
    mut child: Child,
    mut strict: bool,
    mut recorded: watch::Receiver<Status>,
    hangup: Arc<Notify>,
) -> io::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return status,
            () = hangup.notified() => hang_up(&child),
            failed = fails(&mut recorded), if strict => {
                strict = false;
                if failed {
                    // Hung up, ssh ends its proxy, and with it the session at AWS.
                    hang_up(&child);
                    let ended = tokio::time::timeout(FAREWELL, child.wait()).await;
                    if let Ok(status) = ended {
                        return status;
                    }
                    // It may have ended meanwhile.
                    let _ = child.start_kill();
                }
            }
        }
    }
}

/// False when nobody watches the disk any more.
pub(super) async fn fails(recorded: &mut watch::Receiver<Status>) -> bool {
    let failed = recorded.wait_for(|status| status.recording_failed.is_some());
    failed.await.is_ok()
}

fn hang_up(child: &Child) {
    if let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()) {
        let _ = kill(Pid::from_raw(id), Signal::SIGHUP);
    }
}

async fn tell(recorded: watch::Receiver<Status>, show: mpsc::Sender<Shown>) {
    let mut kept = Kept::of(recorded);
    while let Some(trouble) = kept.changed().await {
        if show.send(Shown::Notice(kept_in_words(&trouble))).await.is_err() {
            return;
        }
    }
}

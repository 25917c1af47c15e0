//! A recorded program, kept by a task that never waits for the disk: whoever records it stands still while the disk does,
//! and a strict run is over within a second all the same, any other says that it is not recorded.

use std::io;
use std::process::ExitStatus;
use std::sync::Arc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle};

use super::terminal::Shown;
use crate::session::Status;

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
                    // It may have ended meanwhile.
                    let _ = child.start_kill();
                }
            }
        }
    }
}

/// False when nobody watches the disk any more.
async fn fails(recorded: &mut watch::Receiver<Status>) -> bool {
    let failed = recorded.wait_for(|status| status.recording_failed.is_some());
    failed.await.is_ok()
}

fn hang_up(child: &Child) {
    if let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()) {
        let _ = kill(Pid::from_raw(id), Signal::SIGHUP);
    }
}

async fn tell(mut recorded: watch::Receiver<Status>, show: mpsc::Sender<Shown>) {
    let mut known = None;
    loop {
        let now = recorded.borrow_and_update().recording_failed.clone();
        if now != known {
            let says = match &now {
                Some(cause) => format!("NOT RECORDED: {cause}"),
                None => "recorded again".to_owned(),
            };
            if show.send(Shown::Notice(says)).await.is_err() {
                return;
            }
            known = now;
        }
        if recorded.changed().await.is_err() {
            return;
        }
    }
}

//! What its disk does to a run: one that may not go on unrecorded is cancelled at once, without waiting for the disk; any
//! other says that it is not recorded, and when it is again. The trouble is told once, to the hearer before the log.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use super::Event;
use super::run::Shared;
use crate::audit::Kind;
use crate::recording::{Error, Mode};
use crate::session::{Kept, Trouble};

#[derive(Default)]
pub struct Disk {
    /// Why a strict run is over.
    over: watch::Sender<Option<String>>,
    /// A write failed, and the run goes on.
    failed: AtomicBool,
}

impl Disk {
    pub fn is_over(&self) -> bool {
        self.over.borrow().is_some()
    }

    pub fn trouble(&self) -> Option<String> {
        self.over.borrow().clone()
    }

    /// Waits until the run is over for its disk.
    async fn over(&self) {
        // The sender lives as long as this does.
        let _ = self.over.subscribe().wait_for(Option::is_some).await;
    }
}

impl Shared {
    /// Whether what was to be recorded may be shown. It is waited for no longer than the run lasts.
    pub async fn is_recorded(&self, written: impl Future<Output = Result<(), Error>>) -> bool {
        let written = tokio::select! {
            written = written => written,
            () = self.disk.over() => return false,
        };
        match written {
            Ok(()) => {
                if self.disk.failed.swap(false, Ordering::Relaxed) {
                    let _ = self.events.send(Event::Recorded).await;
                }
            }
            Err(cause) if self.mode == Mode::Strict => self.give_up(cause.to_string()).await,
            Err(cause) => {
                if !self.disk.failed.swap(true, Ordering::Relaxed) {
                    self.tell(Some(cause.to_string())).await;
                    self.log(cause.to_string()).await;
                }
            }
        }
        // A strict run is over though the write was done in the end.
        !self.disk.is_over()
    }

    /// Follows what is seen of the disk beside the writes. Until it is aborted, or the run is over.
    pub async fn watch_disk(&self) {
        let mut kept = Kept::of(self.evidence.status());
        while let Some(trouble) = kept.changed().await {
            match trouble {
                Some(says) if self.mode == Mode::Strict => return self.give_up(says).await,
                trouble => self.tell(trouble).await,
            }
        }
    }

    async fn tell(&self, trouble: Trouble) {
        let event = match trouble {
            Some(says) => Event::Unrecorded { says, over: false },
            None => Event::Recorded,
        };
        let _ = self.events.send(event).await;
    }

    async fn give_up(&self, says: String) {
        let is_first = self.disk.over.send_if_modified(|over| {
            let is_first = over.is_none();
            over.get_or_insert_with(|| says.clone());
            is_first
        });
        if is_first {
            self.cancel.send_replace(true);
            let over = Event::Unrecorded {
                says: says.clone(),
                over: true,
            };
            let _ = self.events.send(over).await;
            self.log(says).await;
        }
    }

    async fn log(&self, why: String) {
        let _ = self
            .evidence
            .say(Kind::RecordingFailed, |event| *event = event.clone().failed(why))
            .await;
    }
}

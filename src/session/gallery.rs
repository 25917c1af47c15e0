//! A recording that is no session of AWS's, watched all the same: a local program, a command on many instances. Joins
//! are recorded as they are with a shell, and a watcher's wish to end it reaches whoever runs it, as does a disk that
//! does not answer.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::audience::{self, Audience};
use super::journal::Journal;
use super::patience::{Patience, Ward};
use super::turns::Turns;
use super::{Core, Order, Status};
use crate::audit::Kind;
use crate::recording::{End, Error, Gap, Mode, Recorder, Sealed};
use crate::term::Modes;

/// What can be passed over waits so long for its turn.
const SOON: Duration = Duration::from_millis(20);

pub(crate) struct Gallery {
    core: Arc<Turns<Core>>,
    status: watch::Receiver<Status>,
    /// True while the disk takes nothing.
    stalled: watch::Receiver<bool>,
    /// Has the status; ended, the door is shut.
    patience: AbortHandle,
    /// Of watchers; kept for as long as there may be some.
    orders: Option<mpsc::UnboundedSender<Order>>,
    over: watch::Receiver<bool>,
    audience: Mutex<Audience>,
}

impl Drop for Gallery {
    fn drop(&mut self) {
        self.patience.abort();
    }
}

/// What is recorded here, as far as its disk goes. Who runs it follows the status.
struct Local {
    core: Arc<Turns<Core>>,
    journal: Journal,
    status: watch::Sender<Status>,
    stalled: watch::Sender<bool>,
}

impl Local {
    fn tell(&self, says: Option<String>) {
        self.status.send_modify(|status| status.recording_failed = says);
    }
}

impl Ward for Local {
    async fn end(&self, says: String) {
        self.tell(Some(says));
        // The status goes with this, and the door would be shut: whoever runs it seals it first.
        std::future::pending().await
    }

    fn stall(&self, says: &str) {
        self.stalled.send_replace(true);
        self.tell(Some(says.to_owned()));
    }

    async fn resume(&self, note: String) {
        let gap = Gap {
            cause: "slow-disk".into(),
            note: note.clone(),
            ..Gap::default()
        };
        let core = self.core.clone();
        // The disk may stand still once more, and this would with it.
        let written = tokio::task::spawn_blocking(move || match &mut *core.lock() {
            Core::Recording(recorder) => recorder.gap(gap),
            Core::Ended(_) => Ok(()),
        });
        self.journal
            .say(Kind::RecordingGap, |event| {
                *event = event.clone().with("note", note)
            })
            .await;
        let marked = written.await;
        if !matches!(marked, Ok(Ok(()))) {
            tracing::warn!(?marked, "the time of a slow disk is not marked in its recording");
        }
        self.tell(None);
        self.stalled.send_replace(false);
    }

    async fn lose(&self, says: String) {
        let is_news = self.status.borrow().recording_failed.is_none();
        self.tell(Some(says.clone()));
        if is_news {
            self.journal
                .say(Kind::RecordingFailed, |event| *event = event.clone().failed(says))
                .await;
        }
    }
}

impl Gallery {
    /// Lets watchers in. Must be called within a tokio runtime.
    pub fn open(recorder: Recorder, data_dir: &Path, id: Uuid, journal: Journal, mode: Mode) -> Gallery {
        let mut gallery = Gallery::shut(recorder, journal.clone(), mode);
        let (orders, mut ordered) = mpsc::unbounded_channel();
        let watched = gallery.status.clone();
        let core = gallery.core.clone();
        let audience = audience::admit(data_dir, id, core, journal, orders.downgrade(), watched);
        gallery.audience = Mutex::new(audience);
        gallery.orders = Some(orders);
        let (tell, over) = watch::channel(false);
        gallery.over = over;
        tokio::spawn(async move {
            while let Some(order) = ordered.recv().await {
                if let Order::EndedBy(_) = order {
                    tell.send_replace(true);
                }
            }
        });
        gallery
    }

    /// Lets nobody in: there is nothing to see. Must be called within a tokio runtime.
    pub fn shut(recorder: Recorder, journal: Journal, mode: Mode) -> Gallery {
        let strain = recorder.strain();
        let core = Arc::new(Turns::new(Core::Recording(Box::new(recorder))));
        let (status, told) = watch::channel(Status::default());
        let (stall, stalled) = watch::channel(false);
        let patience = Patience {
            strain,
            mode,
            ward: Local {
                core: core.clone(),
                journal,
                status,
                stalled: stall,
            },
        };
        Gallery {
            core,
            status: told,
            stalled,
            patience: tokio::spawn(patience.keep()).abort_handle(),
            orders: None,
            over: watch::channel(false).1,
            audience: Mutex::default(),
        }
    }

    /// Becomes true when a watcher ends it.
    pub fn over(&self) -> watch::Receiver<bool> {
        self.over.clone()
    }

    /// Says in `recording_failed` that its disk does not keep it; what could not be written is told to who wrote it.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Waits until a time that the disk took nothing is marked, as it must be before the seal.
    pub async fn settle(&self) {
        let mut stalled = self.stalled.clone();
        // One whose watch is gone marks nothing more.
        let _ = stalled.wait_for(|stalled| !stalled).await.map(drop);
    }

    /// The same where it can wait: passed over while something else is written.
    pub fn with_soon(&self, then: impl FnOnce(&mut Recorder)) {
        if let Some(mut core) = self.core.lock_within(SOON)
            && let Core::Recording(recorder) = &mut *core
        {
            then(recorder);
        }
    }

    /// `None` once it has been sealed.
    pub fn with<T>(&self, then: impl FnOnce(&mut Recorder) -> T) -> Option<T> {
        match &mut *self.core.lock() {
            Core::Recording(recorder) => Some(then(recorder)),
            Core::Ended(_) => None,
        }
    }

    /// Writes; what was sealed already takes nothing more.
    pub fn record(&self, write: impl FnOnce(&mut Recorder) -> Result<(), Error>) -> Result<(), Error> {
        self.with(write).unwrap_or(Ok(()))
    }

    pub fn modes(&self) -> Modes {
        self.core.lock().screen_mut().modes()
    }

    /// Lets nobody in any more, and waits until the log knows who was there.
    pub async fn dismiss(&self) {
        let mut audience = {
            let mut held = self.audience.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *held)
        };
        audience.dismiss().await;
    }

    /// Seals it; `None` where that was done before.
    pub fn finish(&self, end: End) -> Option<Result<Sealed, Error>> {
        self.core.lock().finish(end)
    }
}

//! A recording that is no session of AWS's, watched all the same: a local program, a command on many instances. Joins
//! are recorded as they are with a shell, and a watcher's wish to end it reaches whoever runs it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::audience::{self, Audience};
use super::journal::Journal;
use super::turns::Turns;
use super::{Core, Order, Status};
use crate::recording::{End, Error, Recorder, Sealed};
use crate::term::{Modes, Screen, Size};

pub(crate) struct Gallery {
    core: Arc<Turns<Core>>,
    /// Dropped, the door is shut.
    _status: watch::Sender<Status>,
    _orders: mpsc::UnboundedSender<Order>,
    over: watch::Receiver<bool>,
    audience: Mutex<Audience>,
}

impl Gallery {
    /// Lets watchers in. Must be called within a tokio runtime.
    pub fn open(recorder: Recorder, data_dir: &Path, id: Uuid, journal: Journal) -> Gallery {
        let core = Arc::new(Turns::new(Core::Recording(Box::new(recorder))));
        let (status, watched) = watch::channel(Status::default());
        let (orders, mut ordered) = mpsc::unbounded_channel();
        let audience = audience::admit(data_dir, id, core.clone(), journal, orders.downgrade(), watched);
        let (tell, over) = watch::channel(false);
        tokio::spawn(async move {
            while let Some(order) = ordered.recv().await {
                if let Order::EndedBy(_) = order {
                    tell.send_replace(true);
                }
            }
        });
        Gallery {
            core,
            _status: status,
            _orders: orders,
            over,
            audience: Mutex::new(audience),
        }
    }

    /// Becomes true when a watcher ends it.
    pub fn over(&self) -> watch::Receiver<bool> {
        self.over.clone()
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
        let mut core = self.core.lock();
        let blank = Core::Ended(Box::new(Screen::new(Size { cols: 1, rows: 1 }, 0)));
        match std::mem::replace(&mut *core, blank) {
            Core::Recording(recorder) => {
                let (sealed, screen) = recorder.finish(end);
                *core = Core::Ended(Box::new(screen));
                Some(sealed)
            }
            ended => {
                *core = ended;
                None
            }
        }
    }
}

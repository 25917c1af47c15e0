//! A live session: one source, many sinks, recorded before it is shown. The header exists before AWS is asked, its
//! hash travels in the request's reason, and every way out ends the session at AWS and seals the recording.

mod actor;
mod audience;
mod begin;
mod command;
mod gallery;
mod journal;
mod kept;
mod ledger;
mod opaque;
mod open;
mod opening;
pub(crate) mod owner;
mod passed;
mod patience;
mod roll;
mod seam;
mod status;
#[cfg(test)]
mod tests;
mod thread;
mod turns;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::recording::{End, Error, Marker, Recorder, Sealed, Typist};
use crate::term::{Screen, Size};

pub(crate) use actor::Faults;
pub use begin::{stamp, stamped};
pub use command::{Command, Outcome};
pub(crate) use gallery::Gallery;
pub use journal::watch_for;
pub(crate) use journal::{Journal, Lines, alert, broken_by, seal, telling};
pub use kept::{Kept, Trouble, kept_in_words};
pub use ledger::{Left, end_left};
pub use opaque::{Connection, Opaque};
pub use open::{Refused, Request, open, open_with};
pub use opening::Opening;
pub use passed::Passed;
pub use roll::{Known, Roll, Wanted, fetch_roll};
pub use status::{Idle, State, Status};
pub(crate) use thread::give_way;
use turns::Turns;

/// What a session is told.
#[derive(Debug)]
pub(crate) enum Order {
    Resize {
        cols: u16,
        rows: u16,
    },
    Mark(Marker, Option<String>),
    /// The disk does not answer, and policy wants the end.
    Stuck(String),
    /// What was written is not safe: a flush failed, or the file was taken away.
    Unsafe(String),
    /// The disk answered again, after too long.
    Late(String),
    /// By somebody who watches.
    EndedBy(String),
    End,
}

/// What was recorded, for the sink, with its own output told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Output(Bytes),
    /// The standard error of a command whose streams are split.
    Stderr(Bytes),
}

impl Piece {
    fn bytes(&self) -> &Bytes {
        let (Piece::Output(bytes) | Piece::Stderr(bytes)) = self;
        bytes
    }

    fn record(&self, recorder: &mut Recorder) -> Result<(), crate::recording::Error> {
        match self {
            Piece::Output(bytes) => recorder.output(bytes),
            Piece::Stderr(bytes) => recorder.stderr(bytes),
        }
    }
}

/// Recorder and screen while the session lives, the screen alone afterwards.
pub(crate) enum Core {
    Recording(Box<Recorder>),
    Ended(Box<Screen>),
}

impl Core {
    fn screen_mut(&mut self) -> &mut Screen {
        match self {
            Core::Recording(recorder) => recorder.screen_mut(),
            Core::Ended(screen) => screen,
        }
    }

    /// Seals the recording and keeps its screen; `None` where that was done before.
    fn finish(&mut self, end: End) -> Option<Result<Sealed, Error>> {
        let blank = Core::Ended(Box::new(Screen::new(Size { cols: 1, rows: 1 }, 0)));
        match std::mem::replace(self, blank) {
            Core::Recording(recorder) => {
                let (sealed, screen) = recorder.finish(end);
                *self = Core::Ended(Box::new(screen));
                Some(sealed)
            }
            ended => {
                *self = ended;
                None
            }
        }
    }
}

/// The handle of a session; clones share it. The session ends when it is told to or the last handle goes.
#[derive(Clone)]
pub struct Live {
    pub id: Uuid,
    core: Arc<Turns<Core>>,
    orders: mpsc::UnboundedSender<Order>,
    keys: mpsc::UnboundedSender<Bytes>,
    /// Hears them first, where policy keeps what is typed.
    typist: Option<Typist>,
    status: watch::Receiver<Status>,
}

impl Live {
    /// Bytes for the remote, in order.
    pub fn input(&self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        if let Some(typist) = &self.typist {
            typist.typed(&bytes);
        }
        // A session that has ended takes no keys; its status says so.
        let _ = self.keys.send(bytes);
    }

    pub fn resize(&self, cols: u16, rows: u16) {
        let _ = self.orders.send(Order::Resize { cols, rows });
    }

    /// A moment to find again: goes into the recording and the audit log.
    pub fn mark(&self, marker: Marker, audited: Option<String>) {
        let _ = self.orders.send(Order::Mark(marker, audited));
    }

    pub fn end(&self) {
        let _ = self.orders.send(Order::End);
    }

    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// The file of its recording, and the microseconds since that began; `None` once the session is over.
    pub fn place(&self) -> Option<(PathBuf, u64)> {
        match &*self.core.lock() {
            Core::Recording(recorder) => Some((recorder.path().to_owned(), recorder.now_us())),
            Core::Ended(_) => None,
        }
    }

    /// Waits until the session is over and its recording is sealed.
    pub async fn ended(&self) -> Status {
        let mut status = self.status.clone();
        match status.wait_for(Status::has_ended).await {
            Ok(last) => last.clone(),
            Err(_) => self.status.borrow().clone(),
        }
    }

    /// The screen, unless it is busy for longer than that.
    pub fn with_screen_within<T>(&self, time: Duration, then: impl FnOnce(&mut Screen) -> T) -> Option<T> {
        self.core
            .lock_within(time)
            .map(|mut core| then(core.screen_mut()))
    }

    /// The screen, for as long as `then` takes: no await in there.
    pub fn with_screen<T>(&self, then: impl FnOnce(&mut Screen) -> T) -> T {
        then(self.core.lock().screen_mut())
    }
}

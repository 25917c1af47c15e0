//! One connection over a port session, as its local side holds it.
//!
//! The agent knows no half-close: `close`, or dropping the stream, ends both directions, so whoever waits for a reply
//! keeps it open.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::{Shared, spool::Spool};

/// The most that one `read` returns.
const READ: usize = 64 << 10;

/// How a stream ended, other than by this side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The remote closed it, after everything that was read.
    Remote,
    /// The agent could not connect to the port.
    Refused,
    /// Too much waited for the local reader, or the disk did not take it.
    Overrun(Arc<str>),
    /// The session is over.
    Lost(Arc<str>),
}

/// What waits for one reader, and whether more will come.
pub(super) struct Slot {
    inner: Mutex<Inner>,
    ready: Notify,
}

struct Inner {
    spool: Spool,
    untouched: bool,
    end: Option<End>,
}

impl Slot {
    pub(super) fn new(spill_dir: &Path) -> Self {
        Self {
            inner: Mutex::new(Inner {
                spool: Spool::new(spill_dir),
                untouched: true,
                end: None,
            }),
            ready: Notify::new(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A queue that cannot take more ends its own stream and no other.
    pub(super) fn push(&self, bytes: &[u8]) {
        let mut inner = self.inner();
        if inner.end.is_some() {
            return;
        }
        inner.untouched = false;
        if let Err(cause) = inner.spool.push(bytes) {
            let waiting = inner.spool.len() >> 10;
            let why = format!("{waiting} KiB waited for the local reader, and more cannot: {cause}");
            inner.end = Some(End::Overrun(why.into()));
        }
        drop(inner);
        self.ready.notify_one();
    }

    pub(super) fn end(&self, end: End) {
        self.inner().end.get_or_insert(end);
        self.ready.notify_one();
    }

    fn waiting(&self) -> u64 {
        self.inner().spool.len()
    }

    /// Nothing ever came.
    pub(super) fn is_untouched(&self) -> bool {
        self.inner().untouched
    }
}

/// What waits for the reader of a stream.
#[derive(Clone)]
pub struct Gauge(Arc<Slot>);

impl Gauge {
    /// Bytes that came and were not read.
    pub fn waiting(&self) -> u64 {
        self.0.waiting()
    }
}

pub struct Stream {
    id: u32,
    slot: Arc<Slot>,
    shared: Arc<Shared>,
    turn: Option<OwnedSemaphorePermit>,
    closed: bool,
}

impl Stream {
    pub(super) fn new(
        id: u32,
        slot: Arc<Slot>,
        shared: Arc<Shared>,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            id,
            slot,
            shared,
            turn,
            closed: false,
        }
    }

    /// Sends bytes to the remote, in order; waits while the session has no room. After the end they go nowhere.
    pub async fn write(&self, bytes: &[u8]) {
        self.shared.data(self.id, bytes).await;
    }

    /// The next bytes, or how the stream ended once all have been read.
    pub async fn read(&self) -> Result<Bytes, End> {
        loop {
            {
                let mut inner = self.slot.inner();
                match inner.spool.take(READ) {
                    Ok(Some(bytes)) => return Ok(bytes),
                    Ok(None) => {}
                    Err(cause) => {
                        let why = format!("what waited on the disk could not be read: {cause}");
                        inner.end = Some(End::Overrun(why.into()));
                    }
                }
                if let Some(end) = &inner.end {
                    return Err(end.clone());
                }
            }
            self.slot.ready.notified().await;
        }
    }

    /// Bytes that came and were not read.
    pub fn waiting(&self) -> u64 {
        self.slot.waiting()
    }

    /// For whoever watches while the stream is used.
    pub fn gauge(&self) -> Gauge {
        Gauge(self.slot.clone())
    }

    /// Ends both directions; again is nothing.
    pub fn close(&mut self) {
        if !std::mem::replace(&mut self.closed, true) {
            self.shared.close(self.id, self.turn.take());
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.close();
    }
}

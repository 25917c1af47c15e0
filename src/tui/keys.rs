//! Standard input as events, on a task of its own. Dropping it lets go of standard input, so that a child program
//! may have it.

use std::io;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

pub struct Keys {
    events: mpsc::UnboundedReceiver<io::Result<Event>>,
    reader: AbortHandle,
}

impl Keys {
    pub fn open() -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        // The stream keeps the first waker it is polled with: it must never be polled just to have a look.
        let reader = tokio::spawn(async move {
            let mut stream = EventStream::new();
            while let Some(event) = stream.next().await {
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        Self {
            events,
            reader: reader.abort_handle(),
        }
    }

    pub async fn next(&mut self) -> io::Result<Event> {
        self.events
            .recv()
            .await
            .unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))
    }

    /// What has arrived already.
    pub fn pending(&mut self) -> Option<io::Result<Event>> {
        self.events.try_recv().ok()
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

//! Standard input as events. Dropping it lets go of standard input, so that a child program may have it.
//!
//! The loop reads them itself: on a task of their own they would wait behind the tasks that a flood of output keeps busy.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;

pub struct Keys(EventStream);

impl Keys {
    pub fn open() -> Self {
        Self(EventStream::new())
    }

    pub async fn next(&mut self) -> io::Result<Event> {
        self.0
            .next()
            .await
            .unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))
    }

    /// What has arrived already. The stream keeps the waker it is polled with, so this asks with the caller's own.
    pub async fn pending(&mut self) -> Option<io::Result<Event>> {
        poll_fn(|context| match self.0.poll_next_unpin(context) {
            Poll::Ready(event) => Poll::Ready(event),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }
}

//! One WebSocket connection, driven so that writing never keeps it from reading.
//!
//! A turn writes what is queued as far as the socket takes it, then hands over everything that is readable.

use super::route::Route;
use crate::net::Stream as Connection;
use bytes::Bytes;
use futures_util::{Sink, Stream};
use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, error::ProtocolError},
};

/// Frames that may wait for a peer that does not read, before we stop reading it too.
pub const QUEUE: usize = 8192;
/// Frames handed over in one turn, so that acknowledgements and keystrokes leave in between.
const BATCH: usize = 64;

pub enum Heard {
    Frame(Bytes),
    /// Ping or pong.
    Beat,
}

pub struct Wire {
    socket: WebSocketStream<Connection>,
    queue: VecDeque<Message>,
    unflushed: bool,
    /// Why nothing can be written; what was received before may still be read.
    mute: Option<String>,
    gone: Option<String>,
}

impl Wire {
    pub fn new(socket: WebSocketStream<Connection>) -> Self {
        Self {
            socket,
            queue: VecDeque::new(),
            unflushed: false,
            mute: None,
            gone: None,
        }
    }

    /// By which way it goes; `None` where that cannot be told.
    pub fn route(&self) -> Option<Route> {
        self.socket.get_ref().peer().map(Route::to)
    }

    pub fn push(&mut self, frame: Bytes) {
        self.queue.push_back(Message::Binary(frame));
    }

    pub fn push_text(&mut self, text: String) {
        self.queue.push_back(Message::text(text));
    }

    pub fn ping(&mut self) {
        self.queue
            .push_back(Message::Ping(Bytes::from_static(b"keepalive")));
    }

    /// Whether so much waits for the socket that nothing should be read which needs an answer.
    pub fn is_full(&self) -> bool {
        self.queue.len() >= QUEUE
    }

    /// Writes, and waits until something was read into `heard`; an error is why the connection is gone. Loses nothing
    /// when it is dropped half-way. With `read` false it only writes, and returns with nothing once a queue that was full
    /// has room again: then it may be time to read.
    pub async fn turn(&mut self, read: bool, heard: &mut Vec<Heard>) -> Result<(), String> {
        poll_fn(|cx| self.poll_turn(cx, read, heard)).await
    }

    fn poll_turn(
        &mut self,
        cx: &mut Context<'_>,
        read: bool,
        heard: &mut Vec<Heard>,
    ) -> Poll<Result<(), String>> {
        let was_full = self.is_full();
        if self.mute.is_none()
            && let Err(error) = self.poll_write(cx)
        {
            self.mute = Some(describe(&error));
        }
        let mut dry = false;
        while read && self.gone.is_none() && heard.len() < BATCH {
            match Pin::new(&mut self.socket).poll_next(cx) {
                Poll::Pending => {
                    dry = true;
                    break;
                }
                Poll::Ready(Some(Ok(message))) => match message {
                    Message::Binary(bytes) => heard.push(Heard::Frame(bytes)),
                    Message::Text(text) => heard.push(Heard::Frame(text.into())),
                    Message::Ping(_) | Message::Pong(_) => heard.push(Heard::Beat),
                    Message::Close(frame) => {
                        self.gone = Some(frame.map_or_else(
                            || "closed without a reason".into(),
                            |frame| {
                                format!(
                                    "closed with {} {:?}",
                                    u16::from(frame.code),
                                    frame.reason.as_str()
                                )
                            },
                        ));
                    }
                    Message::Frame(_) => {}
                },
                Poll::Ready(Some(Err(error))) => self.gone = Some(describe(&error)),
                Poll::Ready(None) => self.gone = Some("the connection ended".into()),
            }
        }
        if !heard.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if was_full && !self.is_full() {
            return Poll::Ready(Ok(()));
        }
        match (&self.gone, &self.mute) {
            (Some(why), _) => Poll::Ready(Err(why.clone())),
            (None, Some(why)) if dry || !read => Poll::Ready(Err(why.clone())),
            _ => Poll::Pending,
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), tungstenite::Error> {
        let mut socket = Pin::new(&mut self.socket);
        while !self.queue.is_empty() {
            match socket.as_mut().poll_ready(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(ready) => ready?,
            }
            if let Some(message) = self.queue.pop_front() {
                self.unflushed = true;
                socket.as_mut().start_send(message)?;
            }
        }
        if self.unflushed
            && let Poll::Ready(flushed) = socket.poll_flush(cx)
        {
            flushed?;
            self.unflushed = false;
        }
        Ok(())
    }

    /// Says goodbye, if that is possible quickly.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_millis(300), async {
            let _ = poll_fn(|cx| {
                self.poll_write(cx).ok();
                Pin::new(&mut self.socket).poll_close(cx)
            })
            .await;
        })
        .await;
    }
}

/// The error in words that hold no URL.
pub fn describe(error: &tungstenite::Error) -> String {
    use tungstenite::Error::*;
    match error {
        Io(error) => error.to_string(),
        Tls(error) => format!("TLS failed: {error}"),
        Capacity(error) => format!("a frame is too large: {error}"),
        Protocol(ProtocolError::ResetWithoutClosingHandshake) => "the connection broke off".into(),
        Protocol(error) => format!("the WebSocket rules were broken: {error}"),
        Http(response) => format!("the relay answered HTTP {}", response.status().as_u16()),
        ConnectionClosed | AlreadyClosed => "the connection is closed".into(),
        Url(_) => "the stream URL is not usable".into(),
        Utf8(_) => "a text frame is not UTF-8".into(),
        _ => "the WebSocket failed".into(),
    }
}

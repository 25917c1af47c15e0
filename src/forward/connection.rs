//! One connection carried from a local socket to a stream and back, counted and hashed both ways.
//!
//! The agent knows no half-close, so when the local side has said its last word the stream stays open for the answer,
//! until the remote closes, nobody is left to hear it, or nothing has come for a while.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::sleep;

use super::peer::Peer;
use super::socket::Socket;
use super::status::Seen;
use crate::session::Passed;
use crate::ssm::port::{CHUNK, End, Gauge, Stream};

/// Silence of the remote, after the local side closed, that ends the wait for an answer.
pub const LINGER: Duration = Duration::from_secs(10);
/// The same where the agent carries one connection at a time and others may wait.
pub const SHORT_LINGER: Duration = Duration::from_secs(2);
/// What the local side still writes to a remote that closed is read and dropped for so long: closing over unread
/// bytes would take the remote's last ones with it.
const DRAIN: Duration = Duration::from_secs(2);

/// A connection while it lives, for whoever watches.
pub struct Link {
    pub peer: String,
    pub opened_at: Timestamp,
    pub sent: AtomicU64,
    pub received: AtomicU64,
    gauge: OnceLock<Gauge>,
}

impl Link {
    pub fn new(peer: String) -> Arc<Self> {
        Arc::new(Self {
            peer,
            opened_at: Timestamp::now(),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            gauge: OnceLock::new(),
        })
    }

    pub fn seen(&self) -> Seen {
        Seen {
            peer: self.peer.clone(),
            opened_at: self.opened_at,
            sent: self.sent.load(Relaxed),
            received: self.received.load(Relaxed),
            waiting: self.gauge.get().map_or(0, Gauge::waiting),
        }
    }
}

/// What went each way, and how it ended.
pub struct Carried {
    pub sent: (u64, [u8; 32]),
    pub received: (u64, [u8; 32]),
    pub end: Parting,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parting {
    RemoteClosed,
    LocalClosed,
    /// The local side closed, and no more came of the remote.
    Lingered,
    /// The local side closed, and its program is gone: no answer would be heard.
    Left,
    /// The local side broke off.
    LocalGone(String),
    /// Ended from here.
    Stopped,
    Stream(End),
}

impl Parting {
    /// Whether everything that was said has been heard.
    fn is_whole(&self) -> bool {
        matches!(
            self,
            Parting::RemoteClosed | Parting::LocalClosed | Parting::Lingered | Parting::Left
        )
    }

    pub fn words(&self) -> String {
        match self {
            Parting::RemoteClosed => "closed by the remote".into(),
            Parting::LocalClosed => "closed by both sides".into(),
            Parting::Lingered => "closed here; the remote sent no more".into(),
            Parting::Left => "closed here".into(),
            Parting::LocalGone(why) => format!("the local side is gone: {why}"),
            Parting::Stopped => "ended from here".into(),
            Parting::Stream(End::Refused) => "the instance could not connect to the port".into(),
            Parting::Stream(End::Overrun(why)) => why.to_string(),
            Parting::Stream(End::Lost(why)) => format!("the session is over: {why}"),
            Parting::Stream(End::Remote) => "closed by the remote".into(),
        }
    }
}

/// Until both sides are done, or `stop` says so.
pub async fn carry(
    mut socket: Socket,
    mut stream: Stream,
    link: &Link,
    linger: Duration,
    stop: watch::Receiver<bool>,
) -> Carried {
    socket.hurry();
    // Set once: the link is this connection's alone.
    let _ = link.gauge.set(stream.gauge());
    let peer = Peer::of(&socket);
    let carried = match &mut socket {
        Socket::Tcp(local) => {
            let (from, to) = local.split();
            pump(from, to, &stream, link, (&peer, linger), stop).await
        }
        Socket::Unix(local) => {
            let (from, to) = local.split();
            pump(from, to, &stream, link, (&peer, linger), stop).await
        }
    };
    stream.close();
    if !carried.end.is_whole() {
        socket.abort();
    }
    carried
}

/// Bytes one way, shown to whoever watches.
struct Flow<'l> {
    passed: Passed,
    shown: &'l AtomicU64,
}

impl<'l> Flow<'l> {
    fn new(shown: &'l AtomicU64) -> Self {
        Self {
            passed: Passed::default(),
            shown,
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.passed.add(bytes);
        self.shown.store(self.passed.bytes(), Relaxed);
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    stream: &Stream,
    link: &Link,
    (peer, linger): (&Peer, Duration),
    mut stop: watch::Receiver<bool>,
) -> Carried {
    let (mut sent, mut received) = (Flow::new(&link.sent), Flow::new(&link.received));
    let end = {
        let mut up = pin!(upwards(&mut from, stream, &mut sent));
        let mut down = pin!(downwards(&mut to, stream, &mut received));
        let mut left = pin!(peer.leaves());
        // Once the local side has closed: what had been received when it was last looked at.
        let mut closed_at: Option<u64> = None;
        loop {
            tokio::select! {
                gone = &mut up, if closed_at.is_none() => match gone {
                    None => closed_at = Some(link.received.load(Relaxed)),
                    Some(why) => break Parting::LocalGone(why),
                },
                end = &mut down => break match end {
                    Parting::RemoteClosed if closed_at.is_some() => Parting::LocalClosed,
                    end => end,
                },
                () = &mut left, if closed_at.is_some() => break Parting::Left,
                () = sleep(linger), if closed_at.is_some() => {
                    let received = Some(link.received.load(Relaxed));
                    if closed_at == received && stream.waiting() == 0 {
                        break Parting::Lingered;
                    }
                    closed_at = received;
                }
                _ = stop.wait_for(|stop| *stop) => break Parting::Stopped,
            }
        }
    };
    if end.is_whole() {
        // The peer may be gone; then there is nobody to tell.
        let _ = to.shutdown().await;
        if end == Parting::RemoteClosed {
            let mut rest = [0; 4096];
            let drain = async { while let Ok(1..) = from.read(&mut rest).await {} };
            tokio::select! {
                _ = tokio::time::timeout(DRAIN, drain) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }
    Carried {
        sent: sent.passed.sum(),
        received: received.passed.sum(),
        end,
    }
}

/// `None` when the local side has said everything; else why it cannot be read.
async fn upwards(
    from: &mut (impl AsyncRead + Unpin),
    stream: &Stream,
    flow: &mut Flow<'_>,
) -> Option<String> {
    let mut buffer = vec![0; CHUNK - crate::ssm::mux::HEADER];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) => return None,
            Ok(count) => {
                // Counted first: what is half-way when the stream ends was sent as far as anyone can know.
                flow.add(&buffer[..count]);
                stream.write(&buffer[..count]).await;
            }
            Err(cause) => return Some(cause.to_string()),
        }
    }
}

async fn downwards(to: &mut (impl AsyncWrite + Unpin), stream: &Stream, flow: &mut Flow<'_>) -> Parting {
    loop {
        let bytes = match stream.read().await {
            Ok(bytes) => bytes,
            Err(End::Remote) => return Parting::RemoteClosed,
            Err(end) => return Parting::Stream(end),
        };
        flow.add(&bytes);
        if let Err(cause) = to.write_all(&bytes).await {
            return Parting::LocalGone(cause.to_string());
        }
    }
}

//! One web socket of a session: opening, frames in and out, resends, pings, and the relay's own messages.
//!
//! Reading and writing go on side by side, so a peer that is slow to read is still heard. Any frame may arrive.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{interval_at, sleep, sleep_until, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message as Frame};

use super::relay;
use super::session::Session;
use super::weather::Weather;
use crate::ssm::frame::Message;

const OPENING: Duration = Duration::from_secs(15);
const RESEND_EVERY: Duration = Duration::from_millis(100);
const PING_EVERY: Duration = Duration::from_secs(54);
const PONG_WITHIN: Duration = Duration::from_secs(60);
const CLOSING: Duration = Duration::from_secs(1);
/// Acknowledgements that wait for a slow peer; then nothing more is read from it.
const ACKS: usize = 1_024;
const BATCH: usize = 64;
const CLOSED: &str = "----------ERROR-------\nThe session was closed by a fault that was asked for.";
const NEVER: Duration = Duration::from_secs(365 * 86_400);

type Sink<S> = SplitSink<WebSocketStream<S>, Frame>;

/// Limits for the web socket that is handed to `serve`: no peer has a reason to send more at once.
pub fn socket_config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(1 << 20))
        .max_frame_size(Some(1 << 20))
}

/// Speaks for the instance on one web socket until it closes, another takes over, or the session ends.
pub async fn serve<S>(socket: WebSocketStream<S>, session: Arc<Session>, shutdown: impl Future<Output = ()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (mut sink, mut source) = socket.split();
    let token = timeout(OPENING, read_token(&mut source)).await;
    if !matches!(token, Ok(Some(token)) if session.accepts(&token)) {
        close(
            &mut sink,
            &mut source,
            CloseCode::Policy,
            "the token is not valid",
        )
        .await;
        return;
    }
    let number = session.attach();
    let _attached = Attached {
        session: &session,
        number,
    };
    let mut links = session.links.subscribe();
    let faults = &session.options.faults;
    let replaced = async {
        // The sender lives in the session, so this ends only when a newer web socket attached.
        let _ = links.wait_for(|latest| *latest != number).await;
    };
    let outside = async {
        tokio::select! {
            () = replaced => (CloseCode::Normal, "replaced"),
            () = shutdown => (CloseCode::Away, "shutting down"),
        }
    };
    let mut outside = std::pin::pin!(outside);
    let (acks, acks_end) = mpsc::channel(ACKS);
    let reader = read(&mut source, &session, Weather::new(faults, 2 * number), acks);
    let mut writer = Writer {
        sink: &mut sink,
        session: &session,
        weather: Weather::new(faults, 2 * number + 1),
        sent: 0,
    };
    let parting = tokio::select! {
        (code, reason) = &mut outside => Parting::Close(code, reason),
        () = reader => Parting::Answer,
        written = writer.run(acks_end) => written.map_or(Parting::Vanish, |(code, reason)| Parting::Close(code, reason)),
        () = after(faults.stall_after) => {
            tokio::select! {
                _ = session.ended() => {}
                _ = &mut outside => {}
            }
            Parting::Vanish
        }
    };
    match parting {
        Parting::Close(code, reason) => close(&mut sink, &mut source, code, reason).await,
        // The peer may have gone without waiting for the answer to its close.
        Parting::Answer => drop(timeout(CLOSING, sink.close()).await),
        Parting::Vanish => {}
    }
}

/// How a web socket ends.
enum Parting {
    Close(CloseCode, &'static str),
    Answer,
    Vanish,
}

struct Attached<'a> {
    session: &'a Session,
    number: u64,
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        self.session.detach(self.number);
    }
}

async fn after(span: Option<Duration>) {
    match span {
        Some(span) => sleep(span).await,
        None => std::future::pending().await,
    }
}

/// The token in the first data frame; none if that frame is anything else.
async fn read_token<S>(source: &mut SplitStream<WebSocketStream<S>>) -> Option<String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match source.next().await?.ok()? {
            Frame::Text(text) => {
                let opening: serde_json::Value = serde_json::from_str(&text).ok()?;
                return opening.get("TokenValue")?.as_str().map(str::to_owned);
            }
            Frame::Ping(_) | Frame::Pong(_) => {}
            _ => return None,
        }
    }
}

/// Says why, then reads on for a moment: a socket closed over unread bytes would take our last words with it.
async fn close<S>(
    sink: &mut Sink<S>,
    source: &mut SplitStream<WebSocketStream<S>>,
    code: CloseCode,
    reason: &'static str,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    let goodbye = async {
        if sink.send(Frame::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = source.next().await {}
        }
    };
    // A peer that neither reads nor closes is left behind.
    let _ = timeout(CLOSING, goodbye).await;
}

async fn read<S>(
    source: &mut SplitStream<WebSocketStream<S>>,
    session: &Session,
    mut weather: Weather,
    acks: mpsc::Sender<Bytes>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut deadline = tokio::time::Instant::now() + PING_EVERY + PONG_WITHIN;
    loop {
        let late = weather.next_at().map_or(deadline, Into::into).min(deadline);
        let frame = match timeout_at(late, source.next()).await {
            Err(_) if late == deadline => return,
            Err(_) => None,
            Ok(Some(Ok(Frame::Binary(bytes)))) => Some(bytes),
            Ok(Some(Ok(Frame::Text(text)))) => Some(Bytes::from(text)),
            Ok(Some(Ok(Frame::Pong(_)))) => {
                deadline = tokio::time::Instant::now() + PONG_WITHIN;
                None
            }
            Ok(Some(Ok(Frame::Ping(_) | Frame::Frame(_)))) => None,
            Ok(Some(Ok(Frame::Close(_)) | Err(_)) | None) => return,
        };
        let now = Instant::now();
        let mut arrived = Vec::new();
        if let Some(frame) = frame {
            let copies = weather.pass(&frame, now);
            arrived.extend(std::iter::repeat_n(frame, copies));
        }
        arrived.extend(std::iter::from_fn(|| weather.take_due(now)));
        for frame in arrived {
            // Frames that are no message are ignored, as the agent does.
            let Ok(message) = Message::decode_as_agent(&frame) else {
                continue;
            };
            if let Some(ack) = session.receive(message)
                && acks.send(ack).await.is_err()
            {
                return;
            }
            session.deliver().await;
        }
    }
}

struct Writer<'a, S> {
    sink: &'a mut Sink<S>,
    session: &'a Session,
    weather: Weather,
    sent: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Writer<'_, S> {
    /// Ends with the close frame to send.
    async fn run(&mut self, mut acks: mpsc::Receiver<Bytes>) -> Result<(CloseCode, &'static str), Error> {
        let start = tokio::time::Instant::now();
        let faults = &self.session.options.faults;
        let bye_at = start + faults.bye_after.unwrap_or(NEVER);
        let mut close_at = start + faults.close_after.unwrap_or(NEVER);
        let mut pause_at = start + faults.pause_after.unwrap_or(NEVER);
        let mut paused = false;
        let mut resend = interval_at(start + RESEND_EVERY, RESEND_EVERY);
        let mut ping = interval_at(start + PING_EVERY, PING_EVERY);
        if !faults.no_publication {
            self.sink
                .send(Frame::binary(relay::start_publication(self.session)))
                .await?;
        }
        loop {
            if paused && !self.session.is_paused() {
                paused = false;
                self.sink
                    .send(Frame::binary(relay::start_publication(self.session)))
                    .await?;
            }
            self.write_all(&mut acks).await?;
            let late_at = self.weather.next_at().map_or(start + NEVER, Into::into);
            tokio::select! {
                Some(ack) = acks.recv() => self.put_ack(ack).await?,
                () = self.session.wake.notified() => {}
                () = sleep_until(late_at) => {}
                _ = resend.tick() => {
                    if let Some(message) = self.session.take_overdue() {
                        self.put_output(message).await?;
                    }
                }
                _ = ping.tick() => self.sink.send(Frame::Ping(Bytes::from_static(b"keepalive"))).await?,
                () = sleep_until(bye_at) => return Ok((CloseCode::Normal, "Bye")),
                () = sleep_until(close_at) => {
                    close_at = start + NEVER;
                    self.session.close(CLOSED);
                }
                () = sleep_until(pause_at) => {
                    pause_at = start + NEVER;
                    self.session.pause();
                    paused = true;
                    self.sink.send(Frame::binary(relay::pause_publication(self.session))).await?;
                }
                ending = self.session.ended() => return self.say_closed(&ending.text, acks).await,
            }
        }
    }

    async fn say_closed(
        &mut self,
        text: &str,
        mut acks: mpsc::Receiver<Bytes>,
    ) -> Result<(CloseCode, &'static str), Error> {
        self.write_all(&mut acks).await?;
        self.sink
            .send(Frame::binary(relay::channel_closed(self.session, text)))
            .await?;
        sleep(CLOSING).await;
        Ok((CloseCode::Normal, "session ended"))
    }

    /// Writes everything that waits, and gives the reader its turn now and then.
    async fn write_all(&mut self, acks: &mut mpsc::Receiver<Bytes>) -> Result<(), Error> {
        loop {
            while let Ok(ack) = acks.try_recv() {
                self.put_ack(ack).await?;
            }
            let mut count = 0;
            while count < BATCH
                && let Some(message) = self.session.take_unsent()
            {
                self.put_output(message).await?;
                count += 1;
            }
            while let Some(frame) = self.weather.take_due(Instant::now()) {
                self.sink.feed(Frame::Binary(frame)).await?;
            }
            self.sink.flush().await?;
            if count < BATCH {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }

    async fn put_output(&mut self, message: Bytes) -> Result<(), Error> {
        self.sent = self.sent.wrapping_add(1);
        let every = self.session.options.faults.wrong_digest;
        if every != 0 && self.sent.is_multiple_of(every) {
            return self.put(relay::with_wrong_digest(&message)).await;
        }
        self.put(message).await
    }

    async fn put_ack(&mut self, ack: Bytes) -> Result<(), Error> {
        let delay = self.session.options.faults.ack_delay;
        if delay.is_zero() {
            return self.put(ack).await;
        }
        self.weather.hold(ack, Instant::now() + delay);
        Ok(())
    }

    async fn put(&mut self, frame: Bytes) -> Result<(), Error> {
        for _ in 0..self.weather.pass(&frame, Instant::now()) {
            self.sink.feed(Frame::Binary(frame.clone())).await?;
        }
        Ok(())
    }
}

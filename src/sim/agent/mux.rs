//! The server of the multiplexer: one TCP connection for each stream that the client opens.
//!
//! As on the real agent there is no window for a stream: once 4 MiB wait unread the whole session stalls, and closing
//! either direction closes both. A broken frame kills the multiplexer and leaves the session up and mute.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, sleep};

use super::port::{CONNECT_FAILED, TERMINATE, dial};
use super::session::{Ending, Input, Session};
use super::shell::{CHUNK, PACE};
use super::smux::{Command, Decoder, Frame, LARGEST};
use crate::ssm::frame::Payload;

const BUDGET: usize = 4 << 20;
const STREAMS: usize = 1_024;
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEP_ALIVE_WITHIN: Duration = Duration::from_secs(30);

/// Data on its way to a connection, with its share of the budget.
type Chunk = (Vec<u8>, OwnedSemaphorePermit);

pub async fn run(
    session: &Arc<Session>,
    addresses: Vec<SocketAddr>,
    keep_alive: bool,
    input: mpsc::Receiver<Input>,
) -> Ending {
    let (out, frames) = mpsc::channel(4);
    let server = Server {
        session: Arc::clone(session),
        addresses: addresses.into(),
        out,
        budget: Arc::new(Semaphore::new(BUDGET)),
        streams: HashMap::new(),
        tasks: JoinSet::new(),
    };
    tokio::select! {
        () = send(session, frames) => {}
        () = server.listen(input, keep_alive) => {}
    }
    Ending::default()
}

/// All frames are one byte stream, cut into messages without regard to frame boundaries.
async fn send(session: &Session, mut frames: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = frames.recv().await {
        for chunk in bytes.chunks(CHUNK) {
            session.output(chunk).await;
            if session.options.pace {
                sleep(PACE).await;
            }
        }
    }
    // The server decides when the session ends.
    std::future::pending().await
}

struct Server {
    session: Arc<Session>,
    addresses: Arc<[SocketAddr]>,
    out: mpsc::Sender<Vec<u8>>,
    budget: Arc<Semaphore>,
    streams: HashMap<u32, mpsc::UnboundedSender<Chunk>>,
    tasks: JoinSet<u32>,
}

impl Server {
    /// Until the client terminates, or stays silent where it should keep alive.
    async fn listen(mut self, mut input: mpsc::Receiver<Input>, keep_alive: bool) {
        let mut decoder = Some(Decoder::default());
        let mut heard_at = Instant::now();
        let mut beat = interval_at(heard_at + KEEP_ALIVE_EVERY, KEEP_ALIVE_EVERY);
        loop {
            tokio::select! {
                next = input.recv() => match next {
                    Some(Input::Data(bytes)) => {
                        heard_at = Instant::now();
                        let Some(frames) = decoder.as_mut().map(|decoder| decoder.feed(&bytes)) else {
                            continue;
                        };
                        match frames {
                            Ok(frames) => for frame in frames {
                                self.take(frame).await;
                            },
                            Err(broken) => {
                                tracing::debug!(session = self.session.id, %broken, "multiplexer ends");
                                decoder = None;
                                self.streams.clear();
                                self.tasks.abort_all();
                            }
                        }
                    }
                    Some(Input::Flag(TERMINATE)) | None => return,
                    Some(_) => {}
                },
                Some(ended) = self.tasks.join_next() => {
                    if let Ok(id) = ended
                        && self.streams.get(&id).is_some_and(mpsc::UnboundedSender::is_closed)
                    {
                        self.streams.remove(&id);
                    }
                }
                _ = beat.tick(), if keep_alive => {
                    if heard_at.elapsed() > KEEP_ALIVE_WITHIN {
                        return;
                    }
                    self.put(Frame::keep_alive()).await;
                }
            }
        }
    }

    async fn take(&mut self, frame: Frame) {
        match frame.command {
            Command::Open if self.streams.contains_key(&frame.stream) => {}
            Command::Open if self.tasks.len() >= STREAMS => self.put(Frame::close(frame.stream)).await,
            Command::Open => {
                let (to_stream, chunks) = mpsc::unbounded_channel();
                self.streams.insert(frame.stream, to_stream);
                let (session, addresses, out) = (
                    Arc::clone(&self.session),
                    Arc::clone(&self.addresses),
                    self.out.clone(),
                );
                self.tasks.spawn(async move {
                    carry(&session, frame.stream, &addresses, chunks, &out).await;
                    // The session may be over: then nobody listens.
                    let _ = out.send(Frame::close(frame.stream).encode()).await;
                    frame.stream
                });
            }
            Command::Close => drop(self.streams.remove(&frame.stream)),
            Command::Data => {
                let Some(stream) = self
                    .streams
                    .get(&frame.stream)
                    .filter(|stream| !stream.is_closed())
                else {
                    return;
                };
                let size = frame.data.len() as u32;
                // A frame has at most 65,535 bytes, so its share always fits the budget.
                if let Ok(share) = Arc::clone(&self.budget).acquire_many_owned(size).await {
                    let _ = stream.send((frame.data, share));
                }
            }
            Command::KeepAlive => {}
        }
    }

    async fn put(&self, frame: Frame) {
        let _ = self.out.send(frame.encode()).await;
    }
}

async fn carry(
    session: &Session,
    stream: u32,
    addresses: &[SocketAddr],
    mut chunks: mpsc::UnboundedReceiver<Chunk>,
    out: &mpsc::Sender<Vec<u8>>,
) {
    let Ok(mut connection) = dial(addresses).await else {
        session.send(Payload::Flag, &CONNECT_FAILED.to_be_bytes()).await;
        return;
    };
    let (mut reader, mut writer) = connection.split();
    let up = async {
        while let Some((data, _share)) = chunks.recv().await {
            if writer.write_all(&data).await.is_err() {
                return;
            }
        }
    };
    let down = async {
        let mut read = vec![0; LARGEST];
        while let Ok(count @ 1..) = reader.read(&mut read).await {
            if out
                .send(Frame::data(stream, &read[..count]).encode())
                .await
                .is_err()
            {
                return;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

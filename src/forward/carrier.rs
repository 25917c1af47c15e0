//! One session of a tunnel: opened, listened to, its connections put on record, ended at AWS.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::connection::{Carried, LINGER, Link, SHORT_LINGER, carry};
use super::explain::{self, Cause};
use super::pace::Pace;
use super::request::Request;
use super::socket::Socket;
use super::status::State;
use crate::recording::{Error, Mode as Recorded};
use crate::session::{Connection, Kept, Opaque, kept_in_words};
use crate::ssm::port::{self, Mode, Port, Settings};
use crate::ssm::{Event, Options, Why};

/// How long an agent may take to say that it listens.
const HANDSHAKE: Duration = Duration::from_secs(20);
/// How long connections may deliver what had come before the session was lost.
const GRACE: Duration = Duration::from_secs(5);
/// How long their evidence may take after that: a session that cannot be recorded has a second in all.
const RECORDING: Duration = Duration::from_millis(400);

/// What a tunnel hears of its sessions.
pub enum News {
    /// The state of one has changed.
    Changed,
    /// One takes no more connections.
    Over { id: u64, cause: Cause },
    /// Something to tell the user.
    Notice(String),
}

pub struct Carrier {
    pub id: u64,
    pub port: Port,
    pub pace: Pace,
    opaque: Opaque,
    remote: String,
    mode: Recorded,
    streams: AtomicUsize,
    empty: watch::Sender<()>,
    stop: watch::Sender<bool>,
    /// Why the session is to end, and whether that is wanted.
    doom: watch::Sender<Option<(Cause, bool)>>,
    done: watch::Sender<bool>,
    news: mpsc::UnboundedSender<News>,
}

/// Opens a session and waits until its agent listens.
pub async fn open(
    id: u64,
    request: &Request,
    news: mpsc::UnboundedSender<News>,
) -> Result<Arc<Carrier>, Cause> {
    let opened = Opaque::open(request.session(), Options::port()).await;
    let (opaque, mut events) = opened.map_err(|refused| explain::refused(refused, request))?;
    let ready = timeout(HANDSHAKE, ready(&opaque, &mut events, request)).await;
    let mode = match ready.unwrap_or_else(|_| Err(explain::silent(request))) {
        Ok(mode) => mode,
        Err(cause) => {
            opaque.end(&cause.says, false).await;
            return Err(cause);
        }
    };
    let settings = Settings {
        mode,
        // The recording has made it.
        spill_dir: request.data_dir.clone(),
    };
    let carrier = Arc::new(Carrier {
        id,
        port: Port::new(opaque.channel().clone(), settings),
        pace: Pace::default(),
        opaque,
        remote: request.remote.to_string(),
        mode: request.mode,
        streams: AtomicUsize::new(0),
        empty: watch::Sender::new(()),
        stop: watch::Sender::new(false),
        doom: watch::Sender::new(None),
        done: watch::Sender::new(false),
        news,
    });
    tokio::spawn(attend(carrier.clone(), events, request.clone()));
    Ok(carrier)
}

async fn ready(
    opaque: &Opaque,
    events: &mut mpsc::Receiver<Event>,
    request: &Request,
) -> Result<Mode, Cause> {
    while let Some(event) = events.recv().await {
        opaque.hear(&event).await.map_err(explain::unrecorded)?;
        match event {
            Event::Ready {
                agent_version,
                session_type,
                ..
            } if session_type == "Port" => return Ok(Mode::of(agent_version.as_deref())),
            Event::Ready { .. } => return Err(explain::silent(request)),
            Event::Ended(end) => return Err(explain::ended(&end, request)),
            _ => {}
        }
    }
    Err(explain::silent(request))
}

/// Reads the channel until it ends or is to end. Nothing here waits for a local program.
async fn attend(carrier: Arc<Carrier>, mut events: mpsc::Receiver<Event>, request: Request) {
    let mut doom = carrier.doom.subscribe();
    let mut kept = Kept::of(carrier.opaque.status());
    let mut last = None;
    let (cause, well, grace) = loop {
        let event = tokio::select! {
            event = events.recv() => event,
            doom = doom.wait_for(Option::is_some) => match doom.ok().and_then(|doom| doom.clone()) {
                Some((cause, well)) => break (cause, well, Duration::ZERO),
                None => break (explain::silent(&request), false, GRACE),
            },
            Some(trouble) = kept.changed() => match (trouble, carrier.mode) {
                (Some(says), Recorded::Strict) => {
                    break (explain::unrecorded(&Error::Stuck { says }), false, Duration::ZERO);
                }
                (trouble, _) => {
                    carrier.say(News::Notice(kept_in_words(&trouble)));
                    continue;
                }
            },
        };
        let Some(event) = event else {
            break (explain::silent(&request), false, GRACE);
        };
        if let Err(error) = carrier.opaque.hear(&event).await
            && carrier.unrecorded(&error)
        {
            break (explain::unrecorded(&error), false, Duration::ZERO);
        }
        if let Event::Output(_) = event {
            carrier.pace.beat(last.replace(Instant::now()));
        }
        if let Err(port::End::Lost(why)) = carrier.port.hear(&event) {
            break (Cause::garbled(&why), false, GRACE);
        }
        match event {
            Event::State(_) => carrier.say(News::Changed),
            Event::Ended(end) => {
                let well = matches!(end.why, Why::Terminated | Why::RemoteClosed);
                break (explain::ended(&end, &request), well, GRACE);
            }
            _ => {}
        }
    };
    carrier.port.fail(&cause.says);
    let why = cause.says.clone();
    carrier.say(News::Over {
        id: carrier.id,
        cause,
    });
    carrier.finish(&why, well, grace).await;
    carrier.done.send_replace(true);
}

impl Carrier {
    pub fn session_id(&self) -> &str {
        &self.opaque.session_id
    }

    pub fn state(&self) -> Option<State> {
        State::of(&self.opaque.status().borrow().state)
    }

    pub fn streams(&self) -> usize {
        self.streams.load(Relaxed)
    }

    pub fn has_room(&self) -> bool {
        self.streams() < self.port.capacity()
    }

    /// AWS knows that it is over, and its recording is sealed.
    pub fn is_done(&self) -> bool {
        *self.done.borrow()
    }

    /// A connection is about to be carried here; `serve` gives the place back.
    pub fn reserve(&self) {
        self.streams.fetch_add(1, Relaxed);
    }

    /// Carries one connection to its end. Gives it back when the session was over before it began.
    pub async fn serve(&self, socket: Socket, link: &Link) -> Result<(), Socket> {
        let served = self.try_serve(socket, link).await;
        self.streams.fetch_sub(1, Relaxed);
        self.empty.send_replace(());
        served
    }

    async fn try_serve(&self, socket: Socket, link: &Link) -> Result<(), Socket> {
        let Ok(stream) = self.port.open().await else {
            return Err(socket);
        };
        if let Err(error) = self.opaque.begins(&link.peer, &self.remote).await
            && self.unrecorded(&error)
        {
            socket.abort();
            return Ok(());
        }
        let linger = if self.port.capacity() == 1 {
            SHORT_LINGER
        } else {
            LINGER
        };
        let carried = carry(socket, stream, link, linger, self.stop.subscribe()).await;
        self.put_on_record(link, &carried).await;
        if let Some(says) = explain::parting(&carried.end, &link.peer, &self.remote) {
            self.say(News::Notice(says));
        }
        Ok(())
    }

    async fn put_on_record(&self, link: &Link, carried: &Carried) {
        let connection = Connection {
            peer: link.peer.clone(),
            remote: self.remote.clone(),
            opened_at: link.opened_at,
            closed_at: Timestamp::now(),
            sent: carried.sent,
            received: carried.received,
            end: carried.end.words(),
        };
        if let Err(error) = self.opaque.connection(&connection).await {
            self.unrecorded(&error);
        }
    }

    /// Whether policy ends the session for it; then it is ended.
    fn unrecorded(&self, error: &crate::recording::Error) -> bool {
        let strict = self.mode == Recorded::Strict;
        let cause = explain::unrecorded(error);
        self.say(News::Notice(cause.says.clone()));
        if strict {
            self.doom.send_replace(Some((cause, false)));
        }
        strict
    }

    fn say(&self, news: News) {
        // A tunnel that has ended hears nothing any more.
        let _ = self.news.send(news);
    }

    /// Ends the session, its connections first; returns when AWS knows and the recording is sealed.
    pub async fn end(&self, why: &str) {
        let cause = Cause::ours(why);
        self.doom
            .send_if_modified(|doom| doom.replace((cause, true)).is_none());
        // The sender lives in `self`.
        let _ = self.done.subscribe().wait_for(|done| *done).await;
    }

    /// Ends the session: connections may deliver what has come for as long as `grace`, then their evidence is sealed.
    async fn finish(&self, why: &str, well: bool, grace: Duration) {
        self.port.fail(why);
        let mut empty = self.empty.subscribe();
        for wait in [grace, RECORDING] {
            let gone = async { while self.streams() > 0 && empty.changed().await.is_ok() {} };
            if timeout(wait, gone).await.is_ok() {
                break;
            }
            self.stop.send_replace(true);
        }
        self.opaque.end(why, well).await;
    }
}

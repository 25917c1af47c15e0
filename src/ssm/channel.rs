//! The handle of a channel: cheap to clone; when the last one is dropped the session is terminated.

use super::{
    actor::{Actor, Ends},
    event::{Event, State},
    frame::Payload,
    intake::{Intake, Piece},
    options::Options,
    payload::Flag,
    tally::{Counts, Idle, Tally},
    ticket::{Renewal, Ticket},
};
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot, watch};

/// Pieces of input that wait for the window.
const WAITING: usize = 64;

/// Why a channel did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the data channel of {session_id} did not open: {cause}")]
pub struct Error {
    pub session_id: String,
    pub cause: String,
    pub hint: String,
    /// Whether AWS was told that the session is over.
    pub terminated: bool,
}

/// The session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session is over")]
pub struct Closed;

#[derive(Debug)]
struct Handle {
    session_id: String,
    chunk: usize,
    input: mpsc::Sender<Piece>,
    size: watch::Sender<Option<(u16, u16)>>,
    state: watch::Receiver<State>,
    stop: watch::Sender<bool>,
    /// Once it is over: whether AWS was told.
    done: watch::Receiver<Option<bool>>,
    tally: Arc<Tally>,
}

#[derive(Debug, Clone)]
pub struct Channel(Arc<Handle>);

impl Channel {
    /// Connects. The events end (`None`) once the session is terminated: wait for that before leaving the runtime.
    /// Dropping the receiver terminates the session too, since nobody would record it.
    pub async fn open(
        ticket: Ticket,
        renewal: Arc<dyn Renewal>,
        options: Options,
    ) -> Result<(Channel, mpsc::Receiver<Event>), Error> {
        let (input, inputs) = mpsc::channel(WAITING);
        let (events, received) = mpsc::channel(options.events.max(1));
        let (size, sizes) = watch::channel(options.size);
        let (states, state) = watch::channel(State::Connecting);
        let (stop, stopped) = watch::channel(false);
        let (finished, done) = watch::channel(None);
        let (opened, opening) = oneshot::channel();
        let tally = Arc::new(Tally::default());
        let channel = Channel(Arc::new(Handle {
            session_id: ticket.session_id.clone(),
            chunk: options.largest_chunk.max(options.chunk).max(1),
            input,
            size,
            state,
            stop,
            done,
            tally: tally.clone(),
        }));
        let session_id = ticket.session_id.clone();
        let ends = Ends {
            intake: Intake::new(inputs),
            sizes,
            stop: stopped,
            events,
            states,
        };
        let actor = Actor::new(ticket, renewal, options, tally, ends);
        tokio::spawn(async move {
            let told = actor.run(opened).await;
            finished.send_replace(Some(told));
        });
        match opening.await {
            Ok(Ok(())) => Ok((channel, received)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error {
                session_id,
                cause: "it was stopped".into(),
                hint: String::new(),
                terminated: false,
            }),
        }
    }

    pub fn session_id(&self) -> &str {
        &self.0.session_id
    }

    /// Sends what the user typed, byte for byte; waits while the window is full or the agent does not listen yet.
    pub async fn input(&self, mut bytes: Bytes) -> Result<(), Closed> {
        while !bytes.is_empty() {
            let chunk = bytes.split_to(bytes.len().min(self.0.chunk));
            self.send(Payload::Output, chunk).await?;
        }
        Ok(())
    }

    /// Sends a flag of the port protocol.
    pub async fn flag(&self, flag: Flag) -> Result<(), Closed> {
        self.send(Payload::Flag, Bytes::copy_from_slice(&flag.encode()))
            .await
    }

    async fn send(&self, kind: Payload, bytes: Bytes) -> Result<(), Closed> {
        self.0.input.send((kind, bytes)).await.map_err(|_| Closed)
    }

    /// Tells the agent a new size, with others of the next moment made one.
    pub fn resize(&self, cols: u16, rows: u16) {
        self.0.size.send_replace(Some((cols, rows)));
    }

    /// Ends the session; true when AWS was told, false when it could not be.
    pub async fn terminate(&self) -> bool {
        self.0.stop.send_replace(true);
        let mut done = self.0.done.clone();
        done.wait_for(Option::is_some)
            .await
            .is_ok_and(|told| *told == Some(true))
    }

    pub fn state(&self) -> State {
        self.0.state.borrow().clone()
    }

    /// Follows the state.
    pub fn states(&self) -> watch::Receiver<State> {
        self.0.state.clone()
    }

    /// The smoothed time from sending to acknowledgement.
    pub fn round_trip(&self) -> Option<Duration> {
        self.0.tally.round_trip()
    }

    /// How long the session has been without data, as the service counts towards its idle limit.
    pub fn idle(&self) -> Idle {
        Idle::new(self.0.tally.clone())
    }

    pub fn counts(&self) -> Counts {
        self.0.tally.counts()
    }
}

//! What a channel tells its reader.

use super::payload::Flag;
use bytes::Bytes;
use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

/// One thing that happened, in order. The stream ends after `Ended`, once the session is terminated at AWS too.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    State(State),
    /// A connection opened, at the start and after each resume.
    Opened(Signing),
    /// The agent listens: input goes through from here on.
    Ready {
        /// Absent where the agent shook no hands, as plain shells do not.
        agent_version: Option<String>,
        session_type: String,
        /// Text of the service for the user, often empty.
        customer_message: String,
    },
    Output(Bytes),
    Stderr(Bytes),
    ExitCode(i32),
    Flag(Flag),
    /// The connection is back; `sequence` is the next message expected from the agent, so nothing is missing so far.
    Resumed {
        sequence: u64,
        away_for: Duration,
        attempts: u32,
    },
    /// Everything up to this message of the agent is in the events before; told now and then.
    Reached(u64),
    /// These messages of the agent never arrived, or not as they were sent; what follows came after them.
    Missing(Range<u64>),
    /// A frame that could not be understood was dropped; told for the first, second, fourth, eighth… of them.
    Malformed {
        count: u64,
        says: String,
    },
    Ended(End),
}

/// Why the first connection is not open yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tries {
    /// The attempt that is under way; the one before it failed.
    pub attempt: u32,
    pub because: Arc<str>,
}

/// Where the channel stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Until the agent is heard.
    Connecting,
    Connected,
    /// Connected, but the other side has not answered since then.
    Stalled {
        since: Instant,
    },
    Resuming {
        attempt: u32,
        because: Arc<str>,
    },
    Ended,
}

/// How a connection was authorised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    Signed,
    /// The stream URL brought its own signature.
    Presigned,
    /// No signature could be made; the text says why, empty when none was wanted.
    Unsigned(String),
    /// The relay answered 403 to the signed request and accepted one without a signature.
    UnsignedAfterRefusal,
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The other side closed it: the program ended, or someone terminated the session.
    RemoteClosed,
    /// The agent closed it with an error of its own: no shell could be started, say.
    Failed,
    /// Closed for idleness, or over by the time we wanted to resume it.
    TimedOut,
    /// We ended it.
    Terminated,
    /// It could not be resumed for as long as patience lasted.
    Lost,
    /// The agent asked for something that this client does not do, or the encryption failed.
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub why: Why,
    /// Words of the service or ours; may be empty.
    pub text: String,
}

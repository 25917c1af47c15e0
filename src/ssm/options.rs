//! The tunables of a channel, with the values that suit the real service.

use crate::net::Network;
use std::time::Duration;

/// How a channel behaves. Start from `Options::default()`.
#[derive(Debug, Clone)]
pub struct Options {
    /// How connections leave this machine.
    pub network: Network,
    /// Four numbers, above 1.2.339.0: agents choose their protocol by it.
    pub client_version: String,
    /// Columns and rows told to the agent as soon as it listens.
    pub size: Option<(u16, u16)>,
    /// Bytes of input in one message.
    pub chunk: usize,
    /// Events that the reader's channel holds.
    pub events: usize,
    /// Bytes of ordered output kept for a slow reader before the socket is left unread.
    pub backlog: usize,
    /// Messages that may arrive ahead of a missing one.
    pub ahead: u64,
    /// Unacknowledged messages at first and at most.
    pub window: (usize, usize),
    /// First resend while the agent is starting up, when it refuses a message or two.
    pub first_resend: Duration,
    pub ping_every: Duration,
    /// Silence after a ping that means a dead connection.
    pub pong_within: Duration,
    /// Age of unacknowledged input or of an unanswered ping that counts as a stall.
    pub stalled_after: Duration,
    /// How long changes of size are gathered.
    pub resize_after: Duration,
    /// Silence of a connected agent after which a shell without a prompt is assumed.
    pub assume_open_after: Duration,
    /// Time for one attempt to connect or to resume.
    pub dial_within: Duration,
    /// Time for the first connection, retries included.
    pub open_within: Duration,
    /// Delay between attempts: first and longest.
    pub retry: (Duration, Duration),
    /// A connection that lived this long starts a new count of attempts.
    pub settled_after: Duration,
    /// How long attempts to resume go on. Above the longest idle timeout that an account can set, 60 minutes.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            network: Network::default(),
            client_version: "1.2.700.0".into(),
            size: None,
            chunk: 1024,
            events: 1024,
            backlog: 8 << 20,
            ahead: 10_000,
            window: (64, 1024),
            first_resend: Duration::from_millis(30),
            ping_every: Duration::from_secs(25),
            pong_within: Duration::from_secs(10),
            stalled_after: Duration::from_secs(3),
            resize_after: Duration::from_millis(60),
            assume_open_after: Duration::from_secs(10),
            dial_within: Duration::from_secs(15),
            open_within: Duration::from_secs(30),
            retry: (Duration::from_millis(150), Duration::from_secs(5)),
            settled_after: Duration::from_secs(5),
            patience: Duration::from_secs(65 * 60),
        }
    }
}

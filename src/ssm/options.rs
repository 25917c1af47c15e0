//! The tunables of a channel, with the values that suit the real service.

use super::{event::Tries, window::Limits};
use crate::net::Network;
use std::time::Duration;
use tokio::sync::watch;

/// How a channel behaves. Start from `Options::default()`.
#[derive(Debug, Clone)]
pub struct Options {
    /// How connections leave this machine.
    pub network: Network,
    /// Four numbers, above 1.2.339.0: agents choose their protocol by it.
    pub client_version: String,
    /// Columns and rows told to the agent as soon as it listens.
    pub size: Option<(u16, u16)>,
    /// What the session was opened on, as StartSession was told: encryption is bound to it.
    pub target: String,
    /// Bytes of input in one message at first.
    pub chunk: usize,
    /// Bytes that a message may grow to. The service's own limit is not documented: what it refuses can never be sent
    /// again in smaller pieces, so this is the place for caution.
    pub largest_chunk: usize,
    /// Events that the reader's channel holds.
    pub events: usize,
    /// Bytes of ordered output kept for a slow reader before the socket is left unread.
    pub backlog: usize,
    /// Messages that may arrive ahead of a missing one. An agent repairs ten losses a second and goes on sending
    /// meanwhile: what is not kept until then comes again at that pace.
    pub ahead: u64,
    /// Unacknowledged messages at first and at most.
    pub window: (usize, usize),
    /// Unacknowledged bytes at most; above, input waits.
    pub in_flight: usize,
    /// First resend while the agent is starting up, when it refuses a message or two.
    pub first_resend: Duration,
    pub ping_every: Duration,
    /// Silence after a ping that means a dead connection.
    pub pong_within: Duration,
    /// Age of unacknowledged input or of an unanswered ping that counts as a stall.
    pub stalled_after: Duration,
    /// Silence after a ping that means a dead connection when there is a stall already.
    pub pong_stalled: Duration,
    /// How long changes of size are gathered.
    pub resize_after: Duration,
    /// Silence of a connected agent after which a shell without a prompt is assumed. None where agents always shake
    /// hands: what comes before the end of that is acknowledged and dropped.
    pub assume_open_after: Option<Duration>,
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
    /// How often the clock and the route are looked at, for a nap of the machine or a change of network.
    pub watch_every: Duration,
    /// Silence after a ping that means a dead connection when the machine has just woken or changed its network.
    pub pong_soon: Duration,
    /// Told of every failed attempt to open the first connection.
    pub tries: Option<watch::Sender<Option<Tries>>>,
}

impl Options {
    /// For ports: pieces grow to 32 KiB.
    pub fn port() -> Self {
        Self {
            chunk: 1536,
            largest_chunk: 32 << 10,
            // More is memory without speed: 380 MB/s of 2.9 ms a MB, measured, need half of it at a round trip of 5 ms.
            in_flight: 2 << 20,
            backlog: 2 << 20,
            assume_open_after: None,
            ..Self::default()
        }
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            messages: self.window,
            bytes: self.in_flight,
            chunk: (self.chunk, self.largest_chunk),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            network: Network::default(),
            client_version: "1.2.700.0".into(),
            size: None,
            target: String::new(),
            chunk: 1024,
            largest_chunk: 4096,
            events: 1024,
            backlog: 8 << 20,
            ahead: 100_000,
            window: (64, 1024),
            in_flight: 8 << 20,
            first_resend: Duration::from_millis(30),
            ping_every: Duration::from_secs(20),
            pong_within: Duration::from_secs(10),
            stalled_after: Duration::from_secs(3),
            pong_stalled: Duration::from_secs(3),
            resize_after: Duration::from_millis(60),
            assume_open_after: Some(Duration::from_secs(10)),
            dial_within: Duration::from_secs(15),
            open_within: Duration::from_secs(30),
            retry: (Duration::from_millis(150), Duration::from_secs(5)),
            settled_after: Duration::from_secs(2),
            patience: Duration::from_secs(65 * 60),
            watch_every: Duration::from_secs(2),
            pong_soon: Duration::from_secs(2),
            tries: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_silent_agent_a_port_assumes_nothing() {
        assert_eq!(Options::port().assume_open_after, None);
        assert!(Options::default().assume_open_after.is_some());
    }
}

//! How a tunnel stands: its state in words that are never wrong, its connections, and which side is the limit.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::session;

/// What a real agent sends at most: 1,024 bytes, then a millisecond of sleep.
const PACED: f64 = 1.1e6;
/// Bytes in a message, frames of the multiplexer left out, from which the agent had more to send than one message takes.
const FULL: f64 = 900.0;
/// The share of the time in which message follows message, where a pause after each is what holds them up.
const STEADY: f64 = 0.8;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Bound, without a session; the next connection opens one.
    #[default]
    Listening,
    Opening,
    Connected,
    /// A session has not answered since then.
    Stalled {
        since: Instant,
    },
    Resuming {
        attempt: u32,
        because: String,
    },
    /// A new session could not be opened, and connections wait for the next try.
    Retrying {
        attempt: u32,
        because: String,
    },
    Ended {
        why: String,
    },
}

impl State {
    /// One word, the same for every release.
    pub fn word(&self) -> &'static str {
        match self {
            State::Listening => "listening",
            State::Opening => "opening",
            State::Connected => "connected",
            State::Stalled { .. } => "stalled",
            State::Resuming { .. } => "resuming",
            State::Retrying { .. } => "retrying",
            State::Ended { .. } => "ended",
        }
    }

    /// The state of a session, if it is one that a tunnel shows.
    pub(super) fn of(state: &session::State) -> Option<Self> {
        Some(match state {
            session::State::Connecting => State::Opening,
            session::State::Connected => State::Connected,
            session::State::Stalled { since } => State::Stalled { since: *since },
            session::State::Resuming { attempt, because } => State::Resuming {
                attempt: *attempt,
                because: because.clone(),
            },
            session::State::Ended { .. } => return None,
        })
    }

    /// Of several sessions the one in the worst state speaks for the tunnel; one that is only being added does not.
    pub(super) fn weight(&self) -> u8 {
        match self {
            State::Resuming { .. } => 3,
            State::Stalled { .. } => 2,
            State::Connected => 1,
            _ => 0,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Stalled { since } => write!(f, "stalled for {} s", since.elapsed().as_secs()),
            State::Resuming { attempt, because } => write!(f, "resuming, try {attempt}: {because}"),
            State::Retrying { attempt, because } => write!(f, "retrying, try {attempt}: {because}"),
            State::Ended { why } => write!(f, "ended: {why}"),
            plain => f.write_str(plain.word()),
        }
    }
}

/// What changes seldom; followed by `Tunnel::status`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    pub state: State,
    /// Sessions open at AWS, by AWS's ids.
    pub sessions: Vec<String>,
    /// The last thing to tell the user, and how many there were.
    pub notice: Option<(u64, Arc<str>)>,
    /// Why the first session could not be opened: the hint, and whether AWS had been asked.
    pub refusal: Option<(String, bool)>,
}

impl Status {
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended { .. })
    }
}

/// A connection as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub peer: String,
    pub opened_at: Timestamp,
    /// Bytes towards the remote.
    pub sent: u64,
    pub received: u64,
    /// Bytes that came and were not read by the local program.
    pub waiting: u64,
}

/// What changes all the time, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub at: Instant,
    /// Those that are open, oldest first.
    pub connections: Vec<Seen>,
    /// Bytes of all connections there ever were.
    pub sent: u64,
    pub received: u64,
    /// Sessions that carry a connection.
    pub carrying: usize,
    /// What is sent waits for the agent's acknowledgements.
    pub congested: bool,
    /// Messages of the agents, and for how long one followed another.
    pub messages: u64,
    pub busy_for: Duration,
}

/// Which side decides how fast it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The local program takes what comes more slowly than it comes.
    LocalReader,
    /// The agent's own pause after each message.
    Pacing,
    /// The agent's acknowledgements.
    Window,
    /// Neither: the programs at the ends.
    Programs,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::LocalReader => "the local reader is the limit",
            Limit::Pacing => "the agent's pacing is the limit",
            Limit::Window => "the agent's acknowledgements are the limit",
            Limit::Programs => "the programs are the limit",
        })
    }
}

/// Bytes a second each way.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    pub up: f64,
    pub down: f64,
    /// The agent sent full messages without end, and no more than its pauses allow.
    pub is_paced: bool,
}

impl Snapshot {
    /// What went since an earlier one.
    pub fn rate(&self, earlier: &Snapshot) -> Rate {
        let seconds = self
            .at
            .saturating_duration_since(earlier.at)
            .max(Duration::from_millis(1))
            .as_secs_f64();
        let received = self.received.saturating_sub(earlier.received) as f64;
        let messages = self.messages.saturating_sub(earlier.messages) as f64;
        let busy_for = self.busy_for.saturating_sub(earlier.busy_for).as_secs_f64();
        let carrying = self.carrying.max(1) as f64;
        let is_full = messages > 0.0 && received / messages >= FULL;
        let is_steady = busy_for >= STEADY * seconds * carrying;
        Rate {
            up: self.sent.saturating_sub(earlier.sent) as f64 / seconds,
            down: received / seconds,
            is_paced: is_full && is_steady && received / seconds / carrying <= PACED,
        }
    }

    /// `None` where nothing goes.
    pub fn limit(&self, rate: Rate) -> Option<Limit> {
        if self.connections.iter().any(|connection| connection.waiting > 0) {
            return Some(Limit::LocalReader);
        }
        if rate.up + rate.down <= 0.0 {
            return None;
        }
        Some(if self.congested {
            Limit::Window
        } else if rate.is_paced {
            Limit::Pacing
        } else {
            Limit::Programs
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(received: u64, waiting: u64) -> Snapshot {
        Snapshot {
            at: Instant::now(),
            connections: vec![Seen {
                peer: "127.0.0.1:5".into(),
                opened_at: Timestamp::UNIX_EPOCH,
                sent: 0,
                received,
                waiting,
            }],
            sent: 0,
            received,
            carrying: 1,
            congested: false,
            messages: received.div_ceil(1016),
            busy_for: Duration::ZERO,
        }
    }

    #[test]
    fn a_session_that_is_added_does_not_make_an_open_tunnel_look_closed() {
        let worst = |states: [State; 2]| states.into_iter().max_by_key(State::weight);
        let since = Instant::now();
        assert_eq!(worst([State::Connected, State::Opening]), Some(State::Connected));
        assert_eq!(worst([State::Opening, State::Connected]), Some(State::Connected));
        assert_eq!(
            worst([State::Connected, State::Stalled { since }]),
            Some(State::Stalled { since })
        );
    }

    #[test]
    fn the_limit_is_where_the_bytes_wait() {
        let start = snapshot(0, 0);
        let mut later = snapshot(800_000, 0);
        later.at = start.at + Duration::from_secs(1);
        later.busy_for = Duration::from_millis(950);
        let rate = later.rate(&start);
        assert_eq!((rate.up, rate.down), (0.0, 800_000.0));
        assert_eq!(later.limit(rate), Some(Limit::Pacing));
        let mut slow = snapshot(250_000, 0);
        (slow.at, slow.busy_for) = (later.at, later.busy_for);
        assert_eq!(
            slow.limit(slow.rate(&start)),
            Some(Limit::Pacing),
            "of a busy machine"
        );
        slow.busy_for = Duration::from_millis(300);
        assert_eq!(slow.limit(slow.rate(&start)), Some(Limit::Programs), "bursts");
        (slow.busy_for, slow.messages) = (later.busy_for, 2_500);
        assert_eq!(
            slow.limit(slow.rate(&start)),
            Some(Limit::Programs),
            "small writes"
        );
        assert_eq!(snapshot(800_000, 1).limit(rate), Some(Limit::LocalReader));
        let fast = Rate {
            down: 9e6,
            ..Rate::default()
        };
        assert_eq!(later.limit(fast), Some(Limit::Programs));
        later.congested = true;
        assert_eq!(later.limit(fast), Some(Limit::Window));
        assert_eq!(start.limit(Rate::default()), None);
    }
}

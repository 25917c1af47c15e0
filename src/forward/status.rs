//! How a tunnel stands: its state in words that are never wrong, its connections, and which side is the limit.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::session;

/// What a real agent sends at most: 1,024 bytes, then a millisecond of sleep.
const PACED: std::ops::RangeInclusive<f64> = 500e3..=1.1e6;

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
}

impl Snapshot {
    /// What went since an earlier one.
    pub fn rate(&self, earlier: &Snapshot) -> Rate {
        let seconds = self
            .at
            .saturating_duration_since(earlier.at)
            .max(Duration::from_millis(1))
            .as_secs_f64();
        Rate {
            up: self.sent.saturating_sub(earlier.sent) as f64 / seconds,
            down: self.received.saturating_sub(earlier.received) as f64 / seconds,
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
        let each = rate.down / self.carrying.max(1) as f64;
        Some(if self.congested {
            Limit::Window
        } else if PACED.contains(&each) {
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
        let rate = later.rate(&start);
        assert_eq!(
            rate,
            Rate {
                up: 0.0,
                down: 800_000.0
            }
        );
        assert_eq!(later.limit(rate), Some(Limit::Pacing));
        assert_eq!(snapshot(800_000, 1).limit(rate), Some(Limit::LocalReader));
        let fast = Rate { up: 0.0, down: 9e6 };
        assert_eq!(later.limit(fast), Some(Limit::Programs));
        later.congested = true;
        assert_eq!(later.limit(fast), Some(Limit::Window));
        assert_eq!(start.limit(Rate::default()), None);
    }
}

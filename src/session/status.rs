//! How a session stands, in words that are never wrong.

use std::fmt;
use std::time::{Duration, Instant};

use crate::ssm::{self, Event};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    #[default]
    Connecting,
    Connected,
    /// Nothing was heard since then.
    Stalled {
        since: Instant,
    },
    Resuming {
        attempt: u32,
        because: String,
    },
    /// Over, and why.
    Ended {
        why: String,
    },
}

impl State {
    /// `None` for the end, which follows with its reason.
    fn of(state: &ssm::State) -> Option<Self> {
        Some(match state {
            ssm::State::Connecting => State::Connecting,
            ssm::State::Connected => State::Connected,
            ssm::State::Stalled { since } => State::Stalled { since: *since },
            ssm::State::Resuming { attempt, because } => State::Resuming {
                attempt: *attempt,
                because: because.to_string(),
            },
            ssm::State::Ended => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    pub state: State,
    /// AWS's id, once it is known.
    pub session_id: Option<String>,
    /// Why the recording stopped, on a target whose policy lets the session go on.
    pub recording_failed: Option<String>,
    /// Words of the service, or a warning about how the session came to be.
    pub notice: Option<String>,
    pub exit_code: Option<i32>,
    /// What the handshake told, where hands were shaken.
    pub agent_version: Option<String>,
    /// `Standard_Stream`, `InteractiveCommands`, `NonInteractiveCommands` or `Port`, once it is known.
    pub session_type: Option<String>,
    /// Messages of the agent never arrived, so the output has holes.
    pub incomplete: bool,
    /// Whether the end is what was wanted: the program ended or we ended it.
    pub ended_well: bool,
    pub round_trip: Option<Duration>,
    /// While it opens: the attempt that is under way, and why the one before it failed.
    pub tries: Option<(u32, String)>,
    /// Where the account's idle limit is known.
    pub idle: Option<Idle>,
}

/// The idle limit and how much of it is used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// After how long without data AWS ends the session.
    pub limit: Duration,
    pub since: ssm::Idle,
}

impl Status {
    /// Until AWS ends the session for want of data; `None` when the limit is not known or the session is over.
    pub fn idle_left(&self) -> Option<Duration> {
        let idle = self.idle.as_ref().filter(|_| !self.has_ended())?;
        Some(idle.limit.saturating_sub(idle.since.lasts()))
    }

    /// The same in words.
    pub fn idle_words(&self) -> Option<String> {
        let left = self.idle_left()?.as_secs();
        Some(match left {
            0 => "idle for as long as the account allows: AWS is about to end it".to_owned(),
            1..60 => format!("without data for long: AWS ends it in {left} s"),
            _ => format!("AWS ends it after {} min more without data", left / 60),
        })
    }

    /// Takes over what an event says of the session; false when that is nothing new.
    pub(super) fn hear(&mut self, event: &Event, round_trip: Option<Duration>) -> bool {
        match event {
            Event::State(state) => {
                self.tries = None;
                let Some(state) = State::of(state) else {
                    return false;
                };
                self.state = state;
                self.round_trip = round_trip;
            }
            Event::Ready {
                agent_version,
                session_type,
                customer_message,
            } => {
                self.agent_version.clone_from(agent_version);
                self.session_type = Some(session_type.clone()).filter(|said| !said.is_empty());
                if !customer_message.is_empty() {
                    self.notice = Some(customer_message.clone());
                }
            }
            Event::Missing(_) => self.incomplete = true,
            Event::ExitCode(code) => self.exit_code = Some(*code),
            Event::Opened(signing) => {
                tracing::info!(?signing, "data channel open");
                return false;
            }
            Event::Malformed { count, says } => {
                tracing::warn!(count, %says, "a frame was dropped");
                return false;
            }
            _ => return false,
        }
        true
    }

    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended { .. })
    }

    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Connecting => match &self.tries {
                Some((attempt, because)) => write!(f, "connecting, try {attempt}: {because}"),
                None => f.write_str("connecting"),
            },
            State::Connected => match self.round_trip {
                Some(time) if time >= Duration::from_millis(1) => {
                    write!(f, "connected, {} ms", time.as_millis())
                }
                _ => f.write_str("connected"),
            },
            State::Stalled { since } => write!(f, "stalled for {} s", since.elapsed().as_secs()),
            State::Resuming { attempt, because } => write!(f, "resuming, try {attempt}: {because}"),
            State::Ended { why } => write!(f, "ended: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_own_words_and_a_failed_try_says_why() {
        let say = |state| {
            let status = Status {
                state,
                ..Status::default()
            };
            status.to_string()
        };
        assert_eq!(say(State::Connecting), "connecting");
        let since = Instant::now() - Duration::from_secs(7);
        assert_eq!(say(State::Stalled { since }), "stalled for 7 s");
        let because = "closed with 1000 \"Bye\"".to_owned();
        assert_eq!(
            say(State::Resuming { attempt: 2, because }),
            "resuming, try 2: closed with 1000 \"Bye\""
        );
        let opening = Status {
            tries: Some((3, "the relay answered HTTP 503".into())),
            ..Status::default()
        };
        assert_eq!(
            opening.to_string(),
            "connecting, try 3: the relay answered HTTP 503"
        );
    }
}

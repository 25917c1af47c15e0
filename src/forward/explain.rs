//! Why a tunnel does not carry what it should: one sentence with the cause, one with the remedy.

use super::connection::Parting;
use super::request::Request;
use crate::session::Refused;
use crate::ssm::port::{End as Cut, REMOTE_HOST};
use crate::ssm::{End, Why};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    pub says: String,
    pub hint: String,
    /// AWS had been asked.
    pub connecting: bool,
    /// Trying again brings the same.
    pub is_final: bool,
}

impl Cause {
    fn new(says: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            hint: hint.into(),
            connecting: true,
            is_final: false,
        }
    }

    fn once_and_for_all(self) -> Self {
        Self {
            is_final: true,
            ..self
        }
    }

    pub(super) fn ours(why: &str) -> Self {
        Self::new(why, "")
    }

    pub(super) fn garbled(why: &str) -> Self {
        Self::new(
            why,
            "the next connection opens a new session; if it happens again, update the agent",
        )
    }
}

/// Before anything is opened.
pub fn too_old(version: &str, request: &Request) -> Cause {
    Cause {
        connecting: false,
        ..Cause::new(
            format!(
                "the agent {version} of {} is too old to reach other hosts than its own",
                request.machine()
            ),
            format!(
                "update it to {REMOTE_HOST} or newer (document AWS-UpdateSSMAgent), or forward to a port of the instance"
            ),
        )
        .once_and_for_all()
    }
}

pub fn refused(refused: Refused, request: &Request) -> Cause {
    let says = format!("no session on {}: {}", request.machine(), refused.says);
    Cause {
        connecting: refused.connecting,
        ..Cause::new(says, refused.hint)
    }
}

pub fn silent(request: &Request) -> Cause {
    Cause::new(
        format!("the agent of {} opened no port session", request.machine()),
        "see whether the instance is overloaded or its agent must be updated (document AWS-UpdateSSMAgent)",
    )
}

pub fn unrecorded(cause: impl std::borrow::Borrow<crate::recording::Error>) -> Cause {
    let cause = cause.borrow();
    Cause {
        connecting: false,
        ..Cause::new(
            format!("the session can no longer be recorded: {cause}"),
            cause.hint().unwrap_or_default(),
        )
    }
}

/// From the words of agent and service at the end of a session.
pub fn ended(end: &End, request: &Request) -> Cause {
    let text = end.text.trim();
    let host = request.remote.host.as_deref().unwrap_or("localhost");
    let (machine, port) = (request.machine(), request.remote.port);
    if text.contains("is forbidden") {
        return Cause::new(
            format!("{host} may not be reached through Session Manager: {text}"),
            "the agent refuses the addresses of metadata, time and DNS; forward to the service itself",
        )
        .once_and_for_all();
    }
    if text.contains("no such host") {
        return Cause::new(
            format!("{machine} cannot find the host {host}"),
            "names are looked up on the instance: check the spelling and its DNS",
        )
        .once_and_for_all();
    }
    if text.contains("Unable to connect to specified port") {
        return Cause::new(
            format!("{machine} could not connect to port {port} of {host}: {text}"),
            "see that the program there runs and listens on that port",
        );
    }
    match end.why {
        Why::TimedOut if text.is_empty() || text.contains("inactivity") => Cause::new(
            "AWS ended the session: nothing went through it for the idle timeout",
            "the next connection opens a new one",
        ),
        Why::Terminated => Cause::new("ended from here", ""),
        _ if text.is_empty() => Cause::new(
            "AWS or the agent ended the session",
            "the next connection opens a new one",
        ),
        _ => Cause::new(text, "the next connection opens a new session"),
    }
}

/// What a user must be told of a connection's end; nothing where it is as they know it.
pub fn parting(end: &Parting, peer: &str, remote: &str) -> Option<String> {
    match end {
        Parting::Stream(Cut::Refused) => Some(format!(
            "{peer} was not served: the instance could not connect to {remote}; see that the program there runs, \
             listens on that address, and is allowed by its security group"
        )),
        Parting::Stream(Cut::Overrun(_) | Cut::Lost(_)) => {
            Some(format!("{peer} was cut off: {}", end.words()))
        }
        _ => None,
    }
}

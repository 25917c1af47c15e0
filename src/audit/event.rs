//! An event as its cause describes it, and the line that the log makes of it: the flat envelope, in which
//! absent is null and never missing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Kind;

/// What happened. The log adds identity, time, sequence and chain.
#[derive(Clone, Debug)]
pub struct Event {
    pub kind: Kind,
    pub outcome: Outcome,
    /// The user's stated reason, or why it failed.
    pub reason: Option<String>,
    pub actor: Actor,
    pub target: Option<Target>,
    /// Our own session id, which is the recording's.
    pub sid: Option<Uuid>,
    pub ssm_session_id: Option<String>,
    pub ticket: Option<String>,
    pub rec: Option<Rec>,
    /// What belongs to this kind alone. Never secrets.
    pub body: Map<String, Value>,
}

impl Event {
    pub fn new(kind: Kind, actor: Actor) -> Event {
        Event {
            kind,
            outcome: Outcome::Success,
            reason: None,
            actor,
            target: None,
            sid: None,
            ssm_session_id: None,
            ticket: None,
            rec: None,
            body: Map::new(),
        }
    }

    pub fn failed(mut self, why: impl Into<String>) -> Event {
        self.outcome = Outcome::Failure;
        self.reason = Some(why.into());
        self
    }

    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Event {
        self.body.insert(key.to_string(), value.into());
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Success,
    Failure,
}

/// Who did it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The local user.
    pub user: Option<String>,
    pub arn: Option<String>,
    pub session_name: Option<String>,
    pub source_identity: Option<String>,
    pub mfa: Option<bool>,
    pub ip: Option<String>,
    pub device_id: Option<String>,
}

impl Actor {
    /// The user of this process, as the system knows it.
    pub fn local() -> Actor {
        let uid = nix::unistd::getuid();
        let user = nix::unistd::User::from_uid(uid)
            .ok()
            .flatten()
            .map(|user| user.name);
        Actor {
            user: user.or_else(|| Some(format!("uid {uid}"))),
            ..Actor::default()
        }
    }
}

/// On what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub account: Option<String>,
    pub region: Option<String>,
    pub id: Option<String>,
    pub name: Option<String>,
    pub tags: Map<String, Value>,
    pub platform: Option<String>,
}

/// The recording that an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rec {
    /// A local path or an `s3://` address.
    pub path: String,
    pub size: Option<u64>,
    pub sha256: Option<String>,
    pub checkpoint_offset: Option<u64>,
}

/// The program that wrote the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    pub version: String,
}

/// One line of the log, fields in the order in which they are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub v: u32,
    pub uid: String,
    /// RFC 3339 in UTC with nanoseconds.
    pub time: String,
    /// Monotonic clock, counted from boot where the system tells it, else from the start of the process.
    pub mono_ns: u64,
    /// Counts from 1 over all day files.
    pub seq: u64,
    /// The name of the kind; newer versions may write names that this one does not know.
    pub event: String,
    pub code: String,
    pub severity: String,
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub actor: Actor,
    pub target: Option<Target>,
    pub sid: Option<String>,
    pub ssm_session_id: Option<String>,
    pub ticket: Option<String>,
    pub tool: Tool,
    pub rec: Option<Rec>,
    /// SHA-256 of the line before this one without its line feed, in hexadecimal; zeros before the first.
    pub prev: String,
    pub body: Map<String, Value>,
}

impl Entry {
    /// Whether it failed. Of a step whose end nobody saw the log has no success, and it is no failure.
    pub fn has_failed(&self) -> bool {
        self.outcome == Outcome::Failure && !self.is_unseen()
    }

    fn is_unseen(&self) -> bool {
        self.body.get("ended").and_then(Value::as_str) == Some("unknown")
    }

    /// How it ended, in a word for people.
    pub fn ended(&self) -> &'static str {
        match self.outcome {
            Outcome::Success => "success",
            Outcome::Failure if self.is_unseen() => "unknown",
            Outcome::Failure => "failure",
        }
    }

    pub(super) fn new(event: Event, at: Timestamp, seq: u64, prev: String) -> Entry {
        let code = event.kind.code_for(event.outcome == Outcome::Failure);
        Entry {
            v: 1,
            uid: Uuid::now_v7().to_string(),
            time: format!("{at:.9}"),
            mono_ns: mono_ns(),
            seq,
            event: event.kind.name().to_string(),
            severity: super::kind::severity(&code).to_string(),
            code,
            outcome: event.outcome,
            reason: event.reason,
            actor: event.actor,
            target: event.target,
            sid: event.sid.map(|sid| sid.to_string()),
            ssm_session_id: event.ssm_session_id,
            ticket: event.ticket,
            tool: Tool {
                version: env!("CARGO_PKG_VERSION").to_string(),
            },
            rec: event.rec,
            prev,
            body: event.body,
        }
    }

    /// An event that is in no log, for showing what one looks like.
    pub fn sample(event: Event) -> Entry {
        Entry::new(event, Timestamp::now(), 0, String::new())
    }

    /// `None` when a hand has changed it to something that is no time.
    pub fn at(&self) -> Option<Timestamp> {
        self.time.parse().ok()
    }
}

fn mono_ns() -> u64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static BASE: LazyLock<(Instant, u64)> = LazyLock::new(|| {
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
        let seconds: f64 = uptime
            .split(' ')
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0.0);
        (Instant::now(), (seconds * 1e9) as u64)
    });
    let (started, base) = &*BASE;
    base + u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX - base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_saw_the_end_of_has_not_failed() {
        let event = || Event::new(Kind::RunbookStep, Actor::default());
        let told = |event| {
            let entry = Entry::sample(event);
            (entry.ended(), entry.has_failed())
        };
        assert_eq!(told(event()), ("success", false));
        assert_eq!(told(event().failed("exit 1")), ("failure", true));
        let unseen = event().with("ended", "unknown").failed("the connection was lost");
        assert_eq!(told(unseen), ("unknown", false));
    }
}

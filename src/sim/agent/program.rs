//! The life of a session's program: handshake, work, limits, and the drain before the channel closes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until, timeout};

use super::document::Work;
use super::encryption::Wanted;
use super::session::{Ending, Inbox, Session};
use super::{command, port, shell};
use crate::ssm::frame::Payload;

const DRAIN: Duration = Duration::from_secs(2);
const DRAIN_POLL: Duration = Duration::from_millis(10);
const IDLE: &str = "Your session timed out due to inactivity and has been terminated.";
const ENCRYPTED: &str = "This session is encrypted using AWS KMS.";
const TOO_LONG: &str = "Your session has been terminated because it reached its maximum duration.";

impl Ending {
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            failed: true,
        }
    }

    fn with_text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            failed: false,
        }
    }
}

/// Runs from the first web socket to the end of the session. Dropping the work kills its processes.
pub(super) async fn run(session: Arc<Session>, inbox: Inbox) {
    let ending = tokio::select! {
        ending = work(&session, inbox) => ending,
        ending = session.stopped() => ending,
        ending = limits(&session) => ending,
    };
    session.set_terminating();
    let until = Instant::now() + DRAIN;
    while !session.is_drained() && Instant::now() < until {
        sleep(DRAIN_POLL).await;
    }
    session.finish(ending);
}

async fn limits(session: &Session) -> Ending {
    let options = &session.options;
    let end_at = options.lasts_for.map(|lasts| Instant::now() + lasts);
    loop {
        let idle_at = session.idle_since() + options.idle_for();
        let next = end_at.map_or(idle_at, |end_at| end_at.min(idle_at));
        sleep_until(next.into()).await;
        let now = Instant::now();
        if end_at.is_some_and(|end_at| end_at <= now) {
            return Ending::with_text(TOO_LONG);
        }
        if session.idle_since() + options.idle_for() <= now {
            return Ending::with_text(IDLE);
        }
    }
}

async fn work(session: &Arc<Session>, inbox: Inbox) -> Ending {
    let Inbox { input, mut responses } = inbox;
    let asked = session.options.faults.handshake || session.options.faults.kms;
    let client_version = if matches!(session.work, Work::Port(_) | Work::Command(_)) || asked {
        match shake_hands(session, &mut responses).await {
            Ok(version) => version,
            Err(text) => return Ending::failed(text),
        }
    } else {
        session.set_ready();
        String::new()
    };
    // Later responses are noise, but the session must not mistake a closed queue for its own end.
    let _responses = responses;
    match &session.work {
        Work::Shell { profile } => shell::run(session, None, profile, input).await,
        Work::Interactive { command } => shell::run(session, Some(command), "", input).await,
        Work::Command(command) => command::run(session, command, input).await,
        Work::Port(port) => port::run(session, port, &client_version, input).await,
    }
}

/// The version that the client states.
async fn shake_hands(session: &Session, responses: &mut mpsc::Receiver<Vec<u8>>) -> Result<String, String> {
    let started_at = Instant::now();
    let version = session.agent_version();
    let encryption = Wanted::of(session, version);
    let mut actions = vec![json!({
        "ActionType": "SessionType",
        "ActionParameters": {
            "SessionType": session.work.session_type(),
            "Properties": session.work.properties(),
        },
    })];
    actions.extend(encryption.as_ref().map(Wanted::action));
    let request = json!({ "AgentVersion": version, "RequestedClientActions": actions });
    session
        .send(Payload::HandshakeRequest, request.to_string().as_bytes())
        .await;
    let wait = session.options.handshake_for;
    let response = match timeout(wait, responses.recv()).await {
        Ok(Some(response)) => response,
        _ => {
            return Err(format!(
                "Handshake timed out: no response in {} s",
                wait.as_secs()
            ));
        }
    };
    let response: Value =
        serde_json::from_slice(&response).map_err(|_| "the handshake response is not JSON".to_owned())?;
    for action in response["ProcessedClientActions"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let status = action["ActionStatus"].as_i64().unwrap_or_default();
        if status != 1 {
            let kind = action["ActionType"].as_str().unwrap_or_default();
            let error = action["Error"].as_str().unwrap_or_default();
            return Err(format!(
                "{kind} failed on client with status {status} error: {error}"
            ));
        }
    }
    if let Some(encryption) = &encryption {
        encryption.agree(session, &response, responses).await?;
    }
    session.set_ready();
    let complete = json!({
        "HandshakeTimeToComplete": started_at.elapsed().as_nanos() as u64,
        "CustomerMessage": if encryption.is_some() { ENCRYPTED } else { "" },
    });
    session
        .send(Payload::HandshakeComplete, complete.to_string().as_bytes())
        .await;
    Ok(response["ClientVersion"].as_str().unwrap_or_default().to_owned())
}

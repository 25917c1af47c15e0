//! What was not allowed is on record, as far as the log can be written: the refusal stands either way.

use std::path::Path;

use uuid::Uuid;

use super::{Actor, Event, Kind, Log, Target};

/// What was refused, as far as it is known.
#[derive(Debug, Default)]
pub struct Refusal<'a> {
    pub target: Option<Target>,
    /// The recording of the session.
    pub sid: Option<Uuid>,
    /// The document that was not started, or whose automation was not answered.
    pub document: Option<&'a str>,
    /// What it was to be, where that is no session: `command`, `runbook`.
    pub what: Option<&'a str>,
    pub says: &'a str,
}

/// Waits for the disk.
pub fn log_refusal(data_dir: &Path, refused: Refusal) {
    let mut event = Event {
        target: refused.target,
        sid: refused.sid,
        ..Event::new(Kind::SessionRejected, Actor::local()).failed(refused.says)
    };
    if let Some(document) = refused.document {
        event = event.with("document", document);
    }
    if let Some(what) = refused.what {
        event = event.with("what", what);
    }
    let written = Log::open(data_dir).and_then(|log| log.append(event));
    if let Err(cause) = written {
        tracing::warn!(%cause, "a refusal is not in the audit log");
    }
}

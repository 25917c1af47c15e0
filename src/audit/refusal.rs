//! What was not allowed is on record, as far as the log can be written: the refusal stands either way.

use std::path::Path;

use uuid::Uuid;

use super::{Actor, Event, Kind, Log, Target};

/// Waits for the disk.
pub fn log_refusal(data_dir: &Path, target: Option<Target>, sid: Option<Uuid>, says: &str) {
    let event = Event {
        target,
        sid,
        ..Event::new(Kind::SessionRejected, Actor::local()).failed(says)
    };
    let written = Log::open(data_dir).and_then(|log| log.append(event));
    if let Err(cause) = written {
        tracing::warn!(%cause, "a refusal is not in the audit log");
    }
}

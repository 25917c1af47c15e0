//! Whether a receiver wants an event. What is not known of a target counts as both production and not: too much is told
//! rather than too little.

use crate::audit::{Entry, Kind};
use crate::config::{Notify, Severity};

/// What a receiver hears of that names no events.
pub const USUAL: &[&str] = &[
    "session.start",
    "session.end",
    "session.join",
    "session.leave",
    "session.rejected",
    "session.recording.gap",
    "session.recording.failed",
    "session.recording.recovered",
    "session.recording.missing",
    "session.integrity.tamper",
    "session.integrity.recovered",
    "alert.match",
];

/// `production` is what is known of the event's target.
pub(super) fn wants(notify: &Notify, entry: &Entry, production: Option<bool>) -> bool {
    // What tells of telling would go round in circles.
    if entry.event == Kind::NotifySent.name() {
        return false;
    }
    let named = if notify.events.is_empty() {
        USUAL.contains(&entry.event.as_str())
    } else {
        notify.events.iter().any(|name| is_below(&entry.event, name))
    };
    let place = match (notify.production, production) {
        (Some(wanted), Some(known)) => wanted == known,
        _ => true,
    };
    named && place && severity(entry) >= notify.severity
}

fn is_below(event: &str, name: &str) -> bool {
    let rest = event.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn severity(entry: &Entry) -> Severity {
    match entry.severity.as_str() {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => Severity::Info,
    }
}

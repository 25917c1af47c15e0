//! An event as the Open Cybersecurity Schema Framework has it, version 1.8: class and activity by kind, our own fields
//! under `unmapped`. Outside facts: the class and activity numbers of schema.ocsf.io.

use serde_json::{Value, json};

use super::Row;
use crate::audit::Outcome;

const VERSION: &str = "1.8.0";
const API: u32 = 6003;
const DATASTORE: u32 = 6005;
const LIFECYCLE: u32 = 6002;
const EVENT_LOG: u32 = 1008;
const PROCESS: u32 = 1007;
const SCRIPT: u32 = 1009;
const FINDING: u32 = 2004;
const TUNNEL: u32 = 4014;
/// The activity that no number stands for.
const OTHER: u32 = 99;

/// Class and activity of an event.
fn class_of(event: &str) -> (u32, u32) {
    match event {
        "session.start" => (API, 1),
        "session.join" | "session.leave" => (API, 3),
        "session.end" | "session.terminate" => (API, 4),
        "session.command" => (PROCESS, 1),
        "session.recording.access" => (DATASTORE, 1),
        "session.upload" => (EVENT_LOG, 5),
        "session.recording.start" => (EVENT_LOG, 7),
        "session.recording.stop" => (EVENT_LOG, 8),
        "session.recording.exported" => (EVENT_LOG, 4),
        "session.recording.expired" => (EVENT_LOG, 2),
        "session.integrity.tamper" | "session.recording.missing" | "alert.match" => (FINDING, 1),
        "port" => (TUNNEL, 1),
        "runbook.start" | "runbook.step" | "runbook.end" => (SCRIPT, 1),
        "cost.query" => (API, 2),
        "key.rotate" => (LIFECYCLE, OTHER),
        _ if event.starts_with("session.recording.") || event.starts_with("session.integrity.") => {
            (EVENT_LOG, OTHER)
        }
        _ => (API, OTHER),
    }
}

/// The event in that schema.
pub fn project(row: &Row) -> Value {
    let entry = &row.entry;
    let (class, activity) = class_of(&entry.event);
    let (severity, status) = match (entry.severity.as_str(), entry.outcome) {
        ("error", _) => (4, outcome(entry.outcome)),
        ("warning", _) => (3, outcome(entry.outcome)),
        (_, result) => (1, outcome(result)),
    };
    let target = entry.target.as_ref();
    let field = |value: Option<&String>| value.cloned();
    json!({
        "class_uid": class,
        "category_uid": class / 1000,
        "activity_id": activity,
        "type_uid": class * 100 + activity,
        "time": row.at.as_millisecond(),
        "severity_id": severity,
        "status_id": status.0,
        "status": status.1,
        "message": entry.event,
        "metadata": {
            "version": VERSION,
            "uid": entry.uid,
            "sequence": entry.seq,
            "event_code": entry.code,
            "product": { "name": "Quarterdeck", "version": entry.tool.version },
        },
        "actor": {
            "user": { "name": entry.actor.user, "uid": entry.actor.arn },
            "session": { "uid": entry.ssm_session_id },
        },
        "cloud": {
            "provider": "AWS",
            "region": target.and_then(|target| field(target.region.as_ref())),
            "account": { "uid": target.and_then(|target| field(target.account.as_ref())) },
        },
        "resources": target.map(|target| vec![json!({ "uid": target.id, "name": target.name })]),
        "api": { "operation": entry.event },
        "unmapped": {
            "sid": entry.sid,
            "ticket": entry.ticket,
            "reason": entry.reason,
            "rec": entry.rec,
            "prev": entry.prev,
            "body": entry.body,
        },
    })
}

fn outcome(of: Outcome) -> (u32, &'static str) {
    match of {
        Outcome::Success => (1, "Success"),
        Outcome::Failure => (2, "Failure"),
    }
}

//! Notes: what a device says that others told it. Only one that gives everything needed to ask them again counts, and
//! it is told as what it is.

use super::{Level, Proof};
use crate::recording::remote::Part;
use serde_json::Value;

pub fn is_complete(proof: &Proof) -> bool {
    let detail = &proof.detail;
    let is_text = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    match proof.level {
        Level::Uploaded | Level::Locked => {
            let parts = detail.get("segments").cloned().unwrap_or_default();
            let parts: Vec<Part> = serde_json::from_value(parts).unwrap_or_default();
            let is_kept = |part: &Part| part.lock.is_some() && part.lock_until.is_some();
            is_text(detail.get("bucket"))
                && is_text(detail.get("manifest").and_then(|manifest| manifest.get("key")))
                && Part::size_of(&parts) == Some(proof.size)
                && (proof.level == Level::Uploaded || parts.iter().all(is_kept))
        }
        Level::Correlated => {
            let is_told = detail.get("describe_sessions") == Some(&Value::Bool(true))
                || is_text(detail.get("cloudtrail_event_id"));
            is_text(detail.get("session_id")) && is_text(detail.get("ended_at")) && is_told
        }
        Level::Local | Level::Witnessed => true,
    }
}

/// The sentence for it.
pub fn says(proof: &Proof) -> String {
    let what = match proof.level {
        Level::Uploaded => "uploaded: the store confirmed this very file",
        Level::Locked => "locked: the store confirmed this very file under Object Lock",
        Level::Correlated => "correlated: AWS's own history has this session",
        Level::Local | Level::Witnessed => "local: signed by its device",
    };
    let unseen = match proof.detail.get("versions").and_then(Value::as_str) {
        Some("none" | "unlisted") => "; whether it came first there could not be seen",
        _ => "",
    };
    format!(
        "{what}{unseen} (as a device noted on {}; nobody was asked again)",
        proof.at
    )
}

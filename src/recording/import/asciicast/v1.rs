//! asciicast 1: one JSON document, delays instead of times, output only.

use super::header::CastHeader;
use super::{Cast, event, micros};
use serde_json::Value;

pub(super) fn parse(whole: &Value) -> Result<Cast, String> {
    let header = CastHeader::parse(whole)?;
    let frames = whole["stdout"].as_array().ok_or("\"stdout\" must be a list")?;
    let mut at_us = 0u64;
    let mut events = Vec::with_capacity(frames.len());
    for (i, frame) in frames.iter().enumerate() {
        let bad = |why: String| format!("frame {}: {why}", i + 1);
        let [delay, data] = frame.as_array().map(Vec::as_slice).unwrap_or_default() else {
            return Err(bad("it must be a delay and a text".into()));
        };
        at_us = at_us.saturating_add(micros(delay).map_err(bad)?);
        events.extend(event("o", data).map_err(bad)?.map(|what| (at_us, what)));
    }
    Ok(Cast { header, events })
}

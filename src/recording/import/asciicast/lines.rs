//! asciicast 2 and 3: a header line, then one event a line. Version 2 counts from the start, version 3 from the
//! event before; version 3 allows comments. Both tolerate blank lines.

use super::header::CastHeader;
use super::{Bad, Cast, event, micros};
use crate::recording::What;
use crate::recording::import::MAX_US;
use serde_json::Value;

pub(super) fn parse(text: &str) -> Result<Cast, Bad> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line))
        .filter(|(_, l)| !l.trim().is_empty());
    let (at, head) = lines.next().ok_or_else(|| (1, "it is empty".to_string()))?;
    let head: Value = serde_json::from_str(head).map_err(|e| (at, format!("the header is broken: {e}")))?;
    let header = CastHeader::parse(&head).map_err(|why| (at, why))?;
    let relative = head["version"] == 3;
    let mut events = Vec::new();
    let mut clock_us = 0u64;
    for (at, line) in lines {
        if relative && line.starts_with('#') {
            continue;
        }
        let (time, what) = parse_event(line).map_err(|why| (at, why))?;
        clock_us = if relative {
            clock_us.saturating_add(time)
        } else {
            clock_us.max(time)
        };
        if clock_us > MAX_US {
            return Err((at, "the recording would last for more than a year".into()));
        }
        events.extend(what.map(|what| (clock_us, what)));
    }
    Ok(Cast { header, events })
}

fn parse_event(line: &str) -> Result<(u64, Option<What>), String> {
    let value: Value =
        serde_json::from_str(line).map_err(|e| format!("this is not an event (column {})", e.column()))?;
    let [time, code, data] = value.as_array().map(Vec::as_slice).unwrap_or_default() else {
        return Err("an event must be a list of time, code and data".into());
    };
    let code = code.as_str().ok_or("an event's code must be text")?;
    Ok((micros(time)?, event(code, data)?))
}

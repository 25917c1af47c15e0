//! asciicast 1, 2 and 3. What of the header is not understood is kept as it was, for a later export.

mod header;
mod lines;
mod v1;

use super::file::File;
use super::take::write;
use super::{MAX_SECONDS, Taken};
use crate::recording::{DeviceKey, End, Error, Marker, Sealed, What};
use header::CastHeader;
use serde_json::Value;
use std::path::Path;

/// A cast, read and checked.
struct Cast {
    header: CastHeader,
    /// Times since the start in microseconds.
    events: Vec<(u64, What)>,
}

/// What is wrong, and on which line (from 1).
type Bad = (usize, String);

/// Imports one cast as a sealed recording of this device.
pub fn asciicast(path: &Path, data_dir: &Path, device: &DeviceKey) -> Result<Sealed, Error> {
    write(load(&File::load(path)?)?, data_dir, device)
}

/// The same for bytes from elsewhere: `name` is for messages, `made_at` counts when the cast has no time of its own.
pub fn asciicast_bytes(
    bytes: &[u8],
    name: &Path,
    made_at: jiff::Timestamp,
    data_dir: &Path,
    device: &DeviceKey,
) -> Result<Sealed, Error> {
    write(load(&File::of(bytes.to_vec(), name, made_at))?, data_dir, device)
}

pub(super) fn load(file: &File) -> Result<Taken, Error> {
    let cast = parse(&file.bytes).map_err(|(line, why)| file.bad_line(line, why))?;
    Ok(Taken {
        header: cast.header.to_header(file.made_at),
        events: cast.events,
    })
}

fn parse(bytes: &[u8]) -> Result<Cast, Bad> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let line = bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        (line, "it is not UTF-8, which asciicast requires".to_string())
    })?;
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let version = |value: &Value| value.get("version").and_then(Value::as_u64);
    match serde_json::from_str::<Value>(first) {
        Ok(head) if matches!(version(&head), Some(2 | 3)) => lines::parse(text),
        Ok(head) if matches!(version(&head), Some(v) if v != 1) => Err((1, unknown(version(&head)))),
        _ => {
            let whole: Value = serde_json::from_str(text)
                .map_err(|e| (e.line(), format!("this is not an asciicast: {e}")))?;
            match version(&whole) {
                Some(1) => v1::parse(&whole).map_err(|why| (1, why)),
                other => Err((1, unknown(other))),
            }
        }
    }
}

fn unknown(version: Option<u64>) -> String {
    match version {
        Some(v) => format!("asciicast version {v} is not known"),
        None => "this is not an asciicast: it has no version".into(),
    }
}

/// An event of code `code`; `None` for codes that are not known, which the format asks to pass over.
fn event(code: &str, data: &Value) -> Result<Option<What>, String> {
    let text = data.as_str().ok_or("an event's data must be text")?;
    Ok(Some(match code {
        "o" => What::Output(text.as_bytes().to_vec()),
        "i" => What::Input(text.as_bytes().to_vec()),
        "r" => {
            let size = text.split_once('x').and_then(|(c, r)| Some((side(c)?, side(r)?)));
            let (cols, rows) = size.ok_or_else(|| format!("\"{text}\" is not a size like 80x24"))?;
            What::Resize { cols, rows }
        }
        "m" => What::Marker(Marker {
            kind: "marker".into(),
            label: text.into(),
            ..Marker::default()
        }),
        "x" => {
            let code = text
                .trim()
                .parse()
                .map_err(|_| format!("\"{text}\" is not an exit status"))?;
            What::End(End {
                exit_code: Some(code),
                ..End::default()
            })
        }
        _ => return Ok(None),
    }))
}

fn side(text: &str) -> Option<u16> {
    text.parse().ok().filter(|n| *n > 0)
}

/// Seconds, not negative and not absurd, as microseconds.
fn micros(seconds: &Value) -> Result<u64, String> {
    match seconds.as_f64() {
        Some(s) if (0.0..=MAX_SECONDS).contains(&s) => Ok((s * 1e6).round() as u64),
        Some(s) => Err(format!("{s} is no time since the start")),
        None => Err("an event's time must be a number".into()),
    }
}

#[cfg(test)]
mod tests;

//! asciicast 1, 2 and 3 into the container, bytes as they were. A file with one bad line is refused as a whole,
//! naming the line: half a recording taken for a whole one would be worse than none.

mod header;
mod lines;
mod v1;

use super::event::{End, Marker, What};
use super::{DeviceKey, Error, Header, Recorder, Sealed, Writer};
use crate::term::Size;
use header::CastHeader;
use serde_json::Value;
use std::path::Path;

/// Longer casts are refused rather than read into memory.
const MAX_BYTES: u64 = 2 << 30;
/// A day count no real cast reaches; beyond it a time is a mistake.
const MAX_SECONDS: f64 = 366.0 * 86_400.0;

/// A cast, read and checked.
pub(super) struct Cast {
    pub header: CastHeader,
    /// Times since the start in microseconds.
    pub events: Vec<(u64, What)>,
}

/// What is wrong, and on which line (from 1).
pub(super) type Bad = (usize, String);

/// Imports one cast as a sealed recording of this device.
pub fn asciicast(path: &Path, data_dir: &Path, device: &DeviceKey) -> Result<Sealed, Error> {
    let meta = std::fs::metadata(path).map_err(Error::io("open", path))?;
    let bad = |(line, why): Bad| Error::Import {
        path: path.into(),
        line,
        why,
    };
    if meta.len() > MAX_BYTES {
        return Err(bad((1, "it is larger than 2 GiB".into())));
    }
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    let modified = meta
        .modified()
        .ok()
        .and_then(|t| jiff::Timestamp::try_from(t).ok());
    asciicast_bytes(
        &bytes,
        path,
        modified.unwrap_or_else(jiff::Timestamp::now),
        data_dir,
        device,
    )
}

/// The same for bytes from elsewhere: `name` is for messages, `made_at` counts when the cast has no time of its own.
pub fn asciicast_bytes(
    bytes: &[u8],
    name: &Path,
    made_at: jiff::Timestamp,
    data_dir: &Path,
    device: &DeviceKey,
) -> Result<Sealed, Error> {
    let cast = parse(bytes).map_err(|(line, why)| Error::Import {
        path: name.into(),
        line,
        why,
    })?;
    let header = cast.header.to_header(made_at);
    write(cast, header, data_dir, device)
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

fn write(cast: Cast, header: Header, data_dir: &Path, device: &DeviceKey) -> Result<Sealed, Error> {
    let (cols, rows) = header.size;
    let writer = Writer::create(data_dir, header, device)?;
    let made = writer.path().to_path_buf();
    let mut recorder = Recorder::for_import(writer, Size { cols, rows });
    let mut end = End {
        why: "imported".into(),
        ..End::default()
    };
    let mut last_us = 0;
    let put = || {
        for (at_us, what) in cast.events {
            last_us = at_us;
            match what {
                What::Output(bytes) => recorder.output_at(at_us, &bytes)?,
                What::Resize { cols, rows } => recorder.resize_at(at_us, cols, rows)?,
                What::Input(bytes) => recorder.writer_mut().input(at_us, &bytes)?,
                What::Marker(marker) => recorder.writer_mut().marker(at_us, marker)?,
                What::End(said) => end.exit_code = said.exit_code,
                _ => {}
            }
        }
        Ok(())
    };
    let done = put().and_then(|()| recorder.into_writer().end(last_us, end));
    if done.is_err() {
        // Nothing was shown from it, and its source is still there.
        let _ = std::fs::remove_file(made);
    }
    done
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

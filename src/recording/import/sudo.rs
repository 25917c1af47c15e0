//! sudo's I/O logs: a directory with `log.json` or `log`, `timing` and one file a stream, each of which may be packed.
//! What was typed (`ttyin`, `stdin`) is passed over: it holds passwords.

use super::file::File;
use super::{MAX_SECONDS, MAX_US, Taken, USUAL};
use crate::recording::{Error, Header, Marker, What};
use serde_json::{Value, json};
use std::path::Path;

/// The files of the streams, by their number in `timing`.
const STREAMS: [(&str, bool); 5] = [
    ("stdin", false),
    ("stdout", true),
    ("stderr", true),
    ("ttyin", false),
    ("ttyout", true),
];

#[derive(Debug, PartialEq)]
enum Entry<'t> {
    Bytes { stream: usize, len: usize },
    Resize { cols: u16, rows: u16 },
    Signal(&'t str),
}

pub(super) fn load(dir: &Path) -> Result<Taken, Error> {
    let timing = File::load(&dir.join("timing"))?;
    let header = load_header(dir, timing.made_at)?;
    let mut streams = Vec::new();
    for (name, wanted) in STREAMS {
        let path = dir.join(name);
        let file = match wanted && path.exists() {
            true => File::load(&path)?,
            false => File::of(Vec::new(), &path, timing.made_at),
        };
        streams.push((file, 0));
    }
    combine(header, &timing, &mut streams)
}

/// `streams`: the files in the order of their numbers, and how much of each was taken.
fn combine(header: Header, timing: &File, streams: &mut [(File, usize)]) -> Result<Taken, Error> {
    let mut at_us = 0u64;
    let mut events = Vec::new();
    for (number, line) in timing.text()?.lines().enumerate() {
        let bad = |why: String| timing.bad_line(number + 1, why);
        if line.trim().is_empty() {
            continue;
        }
        let (after_us, entry) = parse(line).map_err(bad)?;
        at_us = at_us.saturating_add(after_us);
        if at_us > MAX_US {
            return Err(bad("the recording would last for more than a year".into()));
        }
        let what = match entry {
            Entry::Bytes { stream, len } => {
                let Some((_, true)) = STREAMS.get(stream) else {
                    continue;
                };
                let Some((file, taken)) = streams.get_mut(stream) else {
                    continue;
                };
                let bytes = file
                    .bytes
                    .get(*taken..)
                    .and_then(|rest| rest.get(..len))
                    .ok_or_else(|| {
                        let left = file.bytes.len() - *taken;
                        bad(format!(
                            "it wants {len} bytes of {}, which has {left} more",
                            STREAMS[stream].0
                        ))
                    })?;
                *taken += len;
                if STREAMS[stream].0 == "stderr" {
                    What::Stderr(bytes.to_vec())
                } else {
                    What::Output(bytes.to_vec())
                }
            }
            Entry::Resize { cols, rows } => What::Resize { cols, rows },
            Entry::Signal(name) => What::Marker(Marker {
                kind: "suspend".into(),
                label: format!("SIG{name}"),
                ..Marker::default()
            }),
        };
        events.push((at_us, what));
    }
    Ok(Taken { header, events })
}

/// `NUMBER DELAY LENGTH`, `5 DELAY ROWS COLS`, `7 DELAY SIGNAL`.
fn parse(line: &str) -> Result<(u64, Entry<'_>), String> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [kind, delay, rest @ ..] = &words[..] else {
        return Err("an entry has a kind, a delay and more".into());
    };
    let after = match delay.parse::<f64>() {
        Ok(seconds) if (0.0..=MAX_SECONDS).contains(&seconds) => (seconds * 1e6).round() as u64,
        _ => return Err(format!("{delay:?} is no delay in seconds")),
    };
    let number = |word: &str| {
        word.parse::<usize>()
            .map_err(|_| format!("{word:?} is no number"))
    };
    let side = |word: &str| {
        let side = word.parse::<u16>().ok().filter(|side| *side > 0);
        side.ok_or_else(|| format!("{word:?} is no number of rows or columns"))
    };
    let entry = match (number(kind)?, rest) {
        (stream @ 0..=4, [len]) => Entry::Bytes {
            stream,
            len: number(len)?,
        },
        // Written by sudo 1.8.7 alone, where it means the terminal's output.
        (6, [len]) => Entry::Bytes {
            stream: 4,
            len: number(len)?,
        },
        (5, [rows, cols]) => Entry::Resize {
            cols: side(cols)?,
            rows: side(rows)?,
        },
        (7, [signal]) => Entry::Signal(signal),
        (0..=7, _) => return Err("an entry with too few or too many fields".into()),
        (other, _) => return Err(format!("{other} is no kind of entry; allowed: 0 to 7")),
    };
    Ok((after, entry))
}

fn load_header(dir: &Path, otherwise: jiff::Timestamp) -> Result<Header, Error> {
    let json = dir.join("log.json");
    if json.exists() {
        let file = File::load(&json)?;
        let log: Value = serde_json::from_slice(&file.bytes)
            .map_err(|cause| file.bad_line(cause.line(), format!("it is no JSON: {cause}")))?;
        return Ok(of_json(&log, otherwise));
    }
    let file = File::load(&dir.join("log"))?;
    of_text(file.text()?, otherwise).map_err(|(line, why)| file.bad_line(line, why))
}

/// Only what is named here is taken: the log may hold the whole environment.
fn of_json(log: &Value, otherwise: jiff::Timestamp) -> Header {
    let text = |name: &str| log[name].as_str().map(str::to_owned);
    let side = |name: &str| {
        log[name]
            .as_u64()
            .and_then(|n| u16::try_from(n).ok())
            .filter(|n| *n > 0)
    };
    let seconds = log["timestamp"]["seconds"]
        .as_i64()
        .map(|s| s.saturating_mul(1_000_000));
    let words = log["runargv"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let command = words.collect::<Vec<_>>().join(" ");
    let command = Some(command).filter(|c| !c.is_empty()).or(text("command"));
    Header {
        started_at: seconds.unwrap_or_else(|| otherwise.as_microsecond()),
        local_user: text("submituser"),
        local_host: text("submithost"),
        // sudo records on the machine that it runs on.
        target_name: text("submithost"),
        source: Some(json!({ "format": "sudo", "command": command, "runuser": log["runuser"] })),
        ..Header::new("import", side("columns").zip(side("lines")).unwrap_or(USUAL))
    }
}

/// `time:user:runas user:runas group:tty:lines:columns`, then the directory, then the command.
fn of_text(text: &str, otherwise: jiff::Timestamp) -> Result<Header, (usize, String)> {
    let mut lines = text.lines();
    let fields: Vec<&str> = lines.next().unwrap_or_default().split(':').collect();
    let [time, user, as_user, _, _, size @ ..] = &fields[..] else {
        return Err((
            1,
            "it must have time, user, runas user, runas group and terminal, with colons between".into(),
        ));
    };
    let seconds: i64 = time
        .parse()
        .map_err(|_| (1, format!("{time:?} is no time in seconds")))?;
    let side = |at: usize| {
        size.get(at)
            .and_then(|text| text.parse::<u16>().ok())
            .filter(|n| *n > 0)
    };
    Ok(Header {
        started_at: seconds
            .checked_mul(1_000_000)
            .unwrap_or_else(|| otherwise.as_microsecond()),
        local_user: Some((*user).to_owned()),
        local_host: None,
        source: Some(json!({ "format": "sudo", "command": lines.nth(1), "runuser": as_user })),
        ..Header::new("import", side(1).zip(side(0)).unwrap_or(USUAL))
    })
}

#[cfg(test)]
#[path = "sudo_tests.rs"]
mod tests;

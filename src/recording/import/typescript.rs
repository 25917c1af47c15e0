//! util-linux `script`: a typescript and its timing file. The classic timing has a delay and a length a line; the
//! advanced one names the stream, signals and the header before them. What was typed is passed over: it holds what was
//! entered at prompts that do not echo.

use super::detect::TYPESCRIPT;
use super::file::File;
use super::{MAX_SECONDS, MAX_US, Source, Taken, USUAL};
use crate::recording::{End, Error, Header, What};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One line of a timing file.
#[derive(Debug, PartialEq)]
enum Entry<'t> {
    Output(usize),
    Input(usize),
    Resize { cols: u16, rows: u16 },
    About(&'t str, &'t str),
    Other,
}

pub(super) fn load(source: &Source, typescript: &File) -> Result<Taken, Error> {
    let Some(timing) = &source.timing else {
        return Err(typescript.bad_line(
            1,
            "a typescript has no times of its own: give its timing file with --timing FILE",
        ));
    };
    let timing = File::load(timing)?;
    combine(typescript, &timing, source.size)
}

fn combine(typescript: &File, timing: &File, size: Option<(u16, u16)>) -> Result<Taken, Error> {
    let (head, body) = split_head(&typescript.bytes);
    let mut about: BTreeMap<&str, String> = parse_head(head);
    let (mut at_us, mut taken) = (0u64, 0usize);
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
        match entry {
            Entry::Output(len) => {
                let bytes = body
                    .get(taken..)
                    .and_then(|rest| rest.get(..len))
                    .ok_or_else(|| {
                        let left = body.len() - taken;
                        bad(format!(
                            "it wants {len} bytes of the typescript, which has {left} more"
                        ))
                    })?;
                taken += len;
                events.push((at_us, What::Output(bytes.to_vec())));
            }
            // In one log with the output it takes its place there.
            Entry::Input(len)
                if about
                    .get("INPUT_LOG")
                    .is_some_and(|log| about.get("OUTPUT_LOG") == Some(log)) =>
            {
                taken = taken.saturating_add(len).min(body.len());
            }
            Entry::Resize { cols, rows } => events.push((at_us, What::Resize { cols, rows })),
            Entry::About(name, value) => {
                about.insert(name, value.to_owned());
            }
            Entry::Input(_) | Entry::Other => {}
        }
    }
    if let Some(exit_code) = about.get("EXIT_CODE").and_then(|code| code.parse().ok()) {
        let end = End {
            exit_code: Some(exit_code),
            ..End::default()
        };
        events.push((at_us, What::End(end)));
    }
    let header = header(&about, typescript.made_at, size);
    Ok(Taken { header, events })
}

/// The line that `script` begins with, which no timing counts; nothing when it was told not to write it.
fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    match end.filter(|_| bytes.starts_with(TYPESCRIPT)) {
        Some(end) => bytes.split_at(end + 1),
        None => bytes.split_at(0),
    }
}

/// What follows the command in that line.
const AFTER_COMMAND_ON_TERMINAL: &str = "\" TERM=\"";
const AFTER_COMMAND: &str = "\" <not executed";

/// `Script started on TIME [NAME="value" …]`.
fn parse_head(head: &[u8]) -> BTreeMap<&str, String> {
    let mut about = BTreeMap::new();
    let Ok(head) = std::str::from_utf8(head) else {
        return about;
    };
    let text = head.strip_prefix("Script started on ").unwrap_or(head);
    let (time, fields) = text.split_once(" [").unwrap_or((text, ""));
    about.insert("START_TIME", time.trim().to_owned());
    for name in ["TERM", "COLUMNS", "LINES", "COMMAND"] {
        let value = fields
            .split_once(&format!("{name}=\""))
            .and_then(|(_, rest)| match name {
                // It comes first, with its own quotes as they are.
                "COMMAND" => [AFTER_COMMAND_ON_TERMINAL, AFTER_COMMAND]
                    .iter()
                    .find_map(|after| rest.rsplit_once(after))
                    .or_else(|| rest.rsplit_once('"')),
                _ => rest.split_once('"'),
            });
        if let Some((value, _)) = value {
            about.insert(name, value.to_owned());
        }
    }
    about
}

/// A line's delay in microseconds, and what it says.
fn parse(line: &str) -> Result<(u64, Entry<'_>), String> {
    let mut words = line.splitn(3, ' ');
    let mut word = || words.next().unwrap_or_default();
    let first = word();
    if first.len() != 1 || first.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok((delay(first)?, Entry::Output(length(word())?)));
    }
    let (after, rest) = (delay(word())?, word());
    let entry = match first {
        "O" => Entry::Output(length(rest)?),
        "I" => Entry::Input(length(rest)?),
        "H" => rest
            .split_once(' ')
            .map_or(Entry::Other, |(name, value)| Entry::About(name, value)),
        "S" => resize(rest).unwrap_or(Entry::Other),
        _ => {
            return Err(format!(
                "{first:?} is no kind of entry; allowed: O, I, S, H, or a delay and a length"
            ));
        }
    };
    Ok((after, entry))
}

fn delay(word: &str) -> Result<u64, String> {
    match word.parse::<f64>() {
        Ok(seconds) if (0.0..=MAX_SECONDS).contains(&seconds) => Ok((seconds * 1e6).round() as u64),
        _ => Err(format!("{word:?} is no delay in seconds")),
    }
}

fn length(word: &str) -> Result<usize, String> {
    word.trim()
        .parse()
        .map_err(|_| format!("{word:?} is no number of bytes"))
}

/// `SIGWINCH ROWS=24 COLS=80`.
fn resize(text: &str) -> Option<Entry<'_>> {
    let side = |name: &str| {
        let word = text
            .split(' ')
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        word?.parse().ok().filter(|side: &u16| *side > 0)
    };
    Some(Entry::Resize {
        cols: side("COLS")?,
        rows: side("ROWS")?,
    })
}

fn header(about: &BTreeMap<&str, String>, otherwise: jiff::Timestamp, size: Option<(u16, u16)>) -> Header {
    let side = |name| {
        about
            .get(name)
            .and_then(|text| text.parse::<u16>().ok())
            .filter(|side| *side > 0)
    };
    let said = about
        .get("START_TIME")
        .and_then(|text| text.replacen(' ', "T", 1).parse::<jiff::Timestamp>().ok());
    let mut source = Map::from_iter([("format".to_owned(), Value::from("script"))]);
    source.extend(
        about
            .get("COMMAND")
            .map(|command| ("command".to_owned(), Value::from(command.as_str()))),
    );
    Header {
        started_at: said.unwrap_or(otherwise).as_microsecond(),
        term: about.get("TERM").cloned(),
        source: Some(Value::Object(source)),
        ..Header::new(
            "import",
            size.or(side("COLUMNS").zip(side("LINES"))).unwrap_or(USUAL),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    fn file(name: &str, bytes: &[u8]) -> File {
        File::of(bytes.to_vec(), Path::new(name), jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn advanced_timing_gives_times_sizes_and_the_exit_code() {
        let script = file(
            "t",
            b"Script started on 2026-11-21 11:18:18+00:00 [TERM=\"xterm\" TTY=\"x\" COLUMNS=\"90\" LINES=\"30\"]\nhi\xff\nkeyhoho\nScript done",
        );
        let timing = "H 0.0 INPUT_LOG t\nH 0.0 OUTPUT_LOG t\nO 0.5 4\nI 0.5 3\nS 0.25 SIGWINCH ROWS=40 COLS=100\nO 0.25 4\nH 0.0 EXIT_CODE 3\n";
        let taken = combine(&script, &file("timing", timing.as_bytes()), None).unwrap();
        assert_eq!(
            (taken.header.size, taken.header.started_at),
            ((90, 30), 1_795_259_898_000_000)
        );
        assert_eq!(taken.events[0], (500_000, What::Output(b"hi\xff\n".to_vec())));
        assert_eq!(taken.events[1], (1_250_000, What::Resize { cols: 100, rows: 40 }));
        assert_eq!(taken.events[2], (1_500_000, What::Output(b"hoho".to_vec())));
        assert!(matches!(&taken.events[3].1, What::End(end) if end.exit_code == Some(3)));
    }

    #[test]
    fn a_timing_that_does_not_fit_is_named_with_its_line() {
        for (timing, says) in [
            (
                "0.1 2\n0.1 9\n",
                "timing, line 2: it wants 9 bytes of the typescript, which has 1 more",
            ),
            ("0.1 2\nX 0.1 2\n", "timing, line 2: \"X\" is no kind of entry"),
            ("-1 2\n", "timing, line 1: \"-1\" is no delay"),
        ] {
            let refused = combine(&file("t", b"abc"), &file("timing", timing.as_bytes()), None)
                .err()
                .unwrap();
            assert!(refused.to_string().starts_with(says), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn hostile_timings_never_panic(bytes: Vec<u8>, lines in prop::collection::vec("[OISH0-9.]{1,3} [0-9.e-]{0,9} ?[A-Z0-9= ]{0,20}", 0..8)) {
            let script = file("t", &bytes);
            let _ = combine(&script, &file("timing", lines.join("\n").as_bytes()), None);
            let _ = combine(&script, &file("timing", &bytes), None);
        }
    }

    #[test]
    fn a_command_keeps_the_quotes_that_it_had() {
        let of = |line: &str| parse_head(line.as_bytes()).remove("COMMAND");
        let command = Some("printf \"a b\"; echo \"c\"".to_owned());
        let line = "Script started on 2026-11-22 [COMMAND=\"printf \"a b\"; echo \"c\"\"";
        assert_eq!(of(&format!("{line} <not executed on terminal>]")), command);
        assert_eq!(of(&format!("{line} TERM=\"xterm\" COLUMNS=\"80\"]")), command);
        assert_eq!(of(&format!("{line}]")), command);
    }
}

//! asciicast 2 and 3. Times keep their microseconds; version 2 has no exit event, so it goes without. What had no
//! terminal gets the carriage returns that one would have added.

use super::ansi::paint;
use super::film::PICTURE_US;
use super::utf8::Decoder;
use super::{Report, View, broken, covered, rows};
use crate::recording::player::show;
use crate::recording::{Error, Event, Header, What};
use crate::term::Screen;
use serde_json::{Map, Value, json};
use std::io::Write;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asciicast {
    V2,
    V3,
}

/// Of a later stretch it begins with the screen as it was then.
pub fn asciicast<'r>(
    view: impl Into<View<'r>>,
    version: Asciicast,
    out: &mut impl Write,
) -> Result<Report, Error> {
    let view = view.into();
    let broken = broken(view.reader);
    let (mut screen, mut events) = view.start()?;
    let mut veil = view.veil();
    // What the stream has in pieces would be whole on the screen of whoever plays it: then the screens are told, covered.
    let mut canvas = Canvas {
        is_used: is_put_together(&view)?,
        dirty_us: None,
    };
    let mut report = Report::default();
    let (mut shown, mut typed) = (Decoder::default(), Decoder::default());
    let mut about = view.reader.header().clone();
    about.started_at = view.started_at();
    if view.from_us > 0 {
        about.size = (screen.size().cols, screen.size().rows);
    }
    let head = header(&about, version).to_string();
    let number = if version == Asciicast::V2 { 2 } else { 3 };
    // The version first: readers look for it there.
    writeln!(out, "{{\"version\":{number},{}", &head[1..]).map_err(&broken)?;
    let mut last_us = 0;
    let mut line = |at_us: u64, code: &str, data: &str| {
        let time_us = match version {
            Asciicast::V2 => at_us,
            Asciicast::V3 => at_us - std::mem::replace(&mut last_us, at_us),
        };
        report.events += 1;
        writeln!(out, "[{}, \"{code}\", {}]", seconds(time_us), quoted(data)).map_err(&broken)
    };
    if view.from_us > 0 {
        line(0, "o", &paint(&rows(&screen, &mut veil), screen.cursor()))?;
    }
    let bare = !about.first_mode().is_empty();
    let mut after_return = false;
    let mut at_us = 0;
    for event in &mut events {
        let event = event?;
        if canvas.is_due(
            event.at_us,
            matches!(event.what, What::Resize { .. } | What::End(_)),
        ) {
            line(at_us, "o", &paint(&rows(&screen, &mut veil), screen.cursor()))?;
        }
        at_us = event.at_us;
        if canvas.takes(&mut screen, &event) {
            continue;
        }
        let (code, data) = match event.what {
            What::Output(bytes) | What::Stderr(bytes) if bare => {
                ("o", returned(&shown.push(&bytes), &mut after_return))
            }
            What::Output(bytes) | What::Stderr(bytes) => ("o", shown.push(&bytes)),
            What::Input(bytes) => ("i", typed.push(&bytes)),
            What::Resize { cols, rows } => ("r", format!("{cols}x{rows}")),
            What::Marker(marker) => ("m", marker.label),
            What::Gap(gap) => ("m", format!("gap: {}", gap.cause)),
            What::End(end) => {
                for (code, decoder) in [("o", &mut shown), ("i", &mut typed)] {
                    if let Some(data) = decoder.finish() {
                        line(at_us, code, data)?;
                    }
                }
                match end.exit_code.filter(|_| version == Asciicast::V3) {
                    Some(exit_code) => ("x", exit_code.to_string()),
                    None => continue,
                }
            }
            What::Join(_) | What::SessionId(_) => continue,
        };
        if !(data.is_empty() && matches!(code, "o" | "i")) {
            line(at_us, code, &data)?;
        }
    }
    if canvas.is_due(at_us, true) {
        line(at_us, "o", &paint(&rows(&screen, &mut veil), screen.cursor()))?;
    }
    for (code, decoder) in [("o", &mut shown), ("i", &mut typed)] {
        if let Some(data) = decoder.finish() {
            line(at_us, code, data)?;
        }
    }
    report.replaced = shown.replaced + typed.replaced;
    report.redacted = covered(events.redacted(), &veil);
    Ok(report)
}

/// A screen that is told instead of the bytes that made it.
struct Canvas {
    is_used: bool,
    /// Since when it was not told.
    dirty_us: Option<u64>,
}

impl Canvas {
    fn is_due(&mut self, at_us: u64, at_once: bool) -> bool {
        let is_due = |since: &mut u64| at_once || at_us.saturating_sub(*since) >= PICTURE_US;
        self.dirty_us.take_if(is_due).is_some()
    }

    /// True for output, which is then on the screen and nowhere else.
    fn takes(&mut self, screen: &mut Screen, event: &Event) -> bool {
        if !self.is_used {
            return false;
        }
        show(screen, &event.what);
        let is_output = matches!(event.what, What::Output(_) | What::Stderr(_));
        if is_output || matches!(event.what, What::Resize { .. }) {
            self.dirty_us.get_or_insert(event.at_us);
        }
        is_output
    }
}

/// Whether a secret is on a screen that no stretch of the stream has whole.
fn is_put_together(view: &View) -> Result<bool, Error> {
    let Some(mut veil) = view.veil() else {
        return Ok(false);
    };
    let (mut screen, events) = view.start()?;
    let mut canvas = Canvas {
        is_used: true,
        dirty_us: Some(0),
    };
    for event in events {
        let event = event?;
        if canvas.is_due(event.at_us, matches!(event.what, What::Resize { .. }))
            && !veil.spots(&screen).is_empty()
        {
            return Ok(true);
        }
        canvas.takes(&mut screen, &event);
    }
    Ok(!veil.spots(&screen).is_empty())
}

/// Where no terminal turned line feeds into new lines, a player would show stairs.
fn returned(data: &str, after_return: &mut bool) -> String {
    let mut text = String::with_capacity(data.len());
    for c in data.chars() {
        if c == '\n' && !*after_return {
            text.push('\r');
        }
        *after_return = c == '\r';
        text.push(c);
    }
    text
}

/// JSON text without a control character of either range, so that it does no harm on a terminal either.
fn quoted(data: &str) -> String {
    let mut text = String::with_capacity(data.len() + 2);
    for c in Value::from(data).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

/// Seconds with as many of six decimals as are needed.
fn seconds(us: u64) -> String {
    let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    let short = text.trim_end_matches('0');
    if short.ends_with('.') {
        format!("{short}0")
    } else {
        short.to_string()
    }
}

fn header(header: &Header, version: Asciicast) -> Value {
    let source = header.source.as_ref();
    let of = |name: &str| source.map(|s| s[name].clone()).filter(|v| !v.is_null());
    let (cols, rows) = header.size;
    let mut head = Map::new();
    // A theme that is not whole is as good as none: asciinema 3 refuses the cast for it.
    let theme = source
        .and_then(|s| {
            [&s["theme"], &s["term"]["theme"]]
                .into_iter()
                .find(|t| ["fg", "bg", "palette"].iter().all(|part| t[*part].is_string()))
        })
        .cloned();
    match version {
        Asciicast::V2 => {
            head.insert("width".into(), cols.into());
            head.insert("height".into(), rows.into());
            head.extend(theme.map(|theme| ("theme".into(), theme)));
        }
        Asciicast::V3 => {
            let mut term = Map::from_iter([("cols".into(), cols.into()), ("rows".into(), rows.into())]);
            term.extend(header.term.clone().map(|term| ("type".into(), term.into())));
            term.extend(theme.map(|theme| ("theme".into(), theme)));
            head.insert("term".into(), term.into());
        }
    }
    head.insert("timestamp".into(), header.started_at.div_euclid(1_000_000).into());
    let title = header
        .target_name
        .as_ref()
        .or(header.target.as_ref())
        .map(|t| Value::from(t.as_str()));
    head.extend(of("title").or(title).map(|title| ("title".into(), title)));
    head.extend(of("command").map(|command| ("command".into(), command)));
    head.extend(of("idle_time_limit").map(|limit| ("idle_time_limit".into(), limit)));
    let term = header.term.clone().map(|term| json!({ "TERM": term }));
    head.extend(
        of("env")
            .or(term.filter(|_| version == Asciicast::V2))
            .map(|env| ("env".into(), env)),
    );
    Value::Object(head)
}

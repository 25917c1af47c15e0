//! One page that plays a recording: no request leaves it, it works from a file. What a remote host sent is in it as
//! JSON alone, which the player puts on the page as text; the page's policy lets nothing else run.

use super::film::Film;
use super::{Report, View, broken};
use crate::recording::Error;
use crate::term::picture::{Fill, themes};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io::Write;

const PAGE: &str = include_str!("../../../assets/player/page.html");
const SCRIPT: &str = include_str!("../../../assets/player/player.js");
const STYLE: &str = include_str!("../../../assets/player/player.css");

pub fn html<'r>(view: impl Into<View<'r>>, out: &mut impl Write) -> Result<Report, Error> {
    let view = view.into();
    let broken = broken(view.reader);
    let film = Film::of(&view)?;
    let style = format!("{}{STYLE}{}", themes(true), film.styles.css(Fill::Html));
    let title = title(&view);
    let header = view.reader.header();
    let about = json!({
        "title": title,
        "recording": header.id.to_string(),
        "started_at": view.started_at() / 1000,
        "from_ms": view.from_us / 1000,
        "duration_ms": view.duration_us() / 1000,
        "redacted": film.redacted.values().sum::<u64>(),
        "covered": view.rules.is_some(),
        "marks": film.marks,
        "activity": film.activity,
    });
    let mut parts = PAGE.split("{{").flat_map(|part| part.split("}}"));
    out.write_all(parts.next().unwrap_or_default().as_bytes())
        .map_err(&broken)?;
    while let Some(name) = parts.next() {
        match name {
            "policy" => write!(
                out,
                "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
                digest(SCRIPT),
                digest(&style)
            ),
            "title" => out.write_all(escaped(&title).as_bytes()),
            "style" => out.write_all(style.as_bytes()),
            "script" => out.write_all(SCRIPT.as_bytes()),
            "about" => out.write_all(inert(&about.to_string()).as_bytes()),
            "lines" => list(out, &film.lines),
            "frames" => list(out, &film.frames),
            "keys" => list(out, &film.keys),
            _ => Ok(()),
        }
        .map_err(&broken)?;
        out.write_all(parts.next().unwrap_or_default().as_bytes())
            .map_err(&broken)?;
    }
    Ok(Report {
        events: film.events,
        replaced: 0,
        redacted: film.redacted,
    })
}

fn list(out: &mut impl Write, items: &[String]) -> std::io::Result<()> {
    out.write_all(b"[")?;
    for (at, item) in items.iter().enumerate() {
        out.write_all(if at > 0 { b",\n" } else { b"" })?;
        out.write_all(inert(item).as_bytes())?;
    }
    out.write_all(b"]")
}

/// JSON that no parser of markup takes for any: nothing in it opens or ends an element.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

pub(super) fn title(view: &View) -> String {
    let header = view.reader.header();
    let name = header.target_name.as_ref().or(header.target.as_ref());
    let said = header.source.as_ref().and_then(|source| source["title"].as_str());
    let name = said.or(name.map(String::as_str)).unwrap_or(&header.kind);
    let at = jiff::Timestamp::from_microsecond(view.started_at()).unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    format!("{name}, {}", at.strftime("%Y-%m-%d %H:%M:%S UTC"))
}

fn digest(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()))
}

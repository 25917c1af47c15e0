//! What of an OpsItem is ours to write. Its operational data holds what we last wrote, set in the same call; a field that
//! is another by now was changed by somebody else, and stays. Our text in the description stands between two marks.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::aws::opsitem::{LONGEST_DESCRIPTION, LONGEST_TITLE, cut};
use crate::aws::{OpsChange, OpsFound, OpsItem, OpsStatus};

/// The key of the operational data that holds what we last wrote.
const WROTE: &str = "quarterdeck/wrote";
const BEGIN: &str = "--- Quarterdeck, rewritten as the incident goes on ---";
const END: &str = "--- Quarterdeck: end ---";
/// Less room than this tells nothing.
const LEAST: usize = 80;

/// What we last wrote; `None` where that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Wrote {
    title: Option<String>,
    severity: Option<String>,
    status: Option<String>,
    /// SHA-256 of what stands between the marks.
    text: Option<String>,
}

/// What is to be written, and what is left because somebody else set it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    pub change: OpsChange,
    pub left: Vec<String>,
}

/// A new item, as it is to be created: open, our text between its marks. `wish` has the text alone.
pub fn fresh(wish: &OpsItem) -> OpsItem {
    let text = fitted(&wish.description, LONGEST_DESCRIPTION);
    let wrote = Wrote {
        title: Some(cut(&wish.title, LONGEST_TITLE)),
        severity: Some(wish.severity.clone()),
        status: Some(OpsStatus::Open.as_str().into()),
        text: Some(fingerprint(&text)),
    };
    let mut item = wish.clone();
    item.description = block(&text);
    item.facts.push(wrote.fact());
    item
}

/// How the item that is there comes to `wish` without anything lost that somebody else wrote.
pub fn merge(wish: &OpsItem, there: &OpsFound) -> Merged {
    let mut wrote = Wrote::of(there);
    let mut merged = Merged::default();
    let title = cut(&wish.title, LONGEST_TITLE);
    if is_ours(&title, &there.title, &mut wrote.title) {
        merged.change.title = Some(title).filter(|title| *title != there.title);
    } else {
        merged.left.push("title".into());
    }
    let severity = there.severity.as_deref().unwrap_or_default();
    if is_ours(&wish.severity, severity, &mut wrote.severity) {
        let changed = Some(wish.severity.clone()).filter(|wanted| wanted != severity);
        merged.change.severity = changed;
    } else {
        merged.left.push(format!("severity {severity}"));
    }
    if goes_on(wish.status, &there.status, wrote.status.as_deref()) {
        let wanted = wish.status.as_str();
        merged.change.status = Some(wish.status).filter(|_| wanted != there.status);
        wrote.status = Some(wanted.into());
    } else {
        merged.left.push(format!("status {}", there.status));
    }
    describe(wish, there, &mut wrote, &mut merged);
    merged.change.facts.clone_from(&wish.facts);
    merged.change.facts.push(wrote.fact());
    merged
}

impl Wrote {
    fn of(there: &OpsFound) -> Wrote {
        let kept = there.facts.get(WROTE);
        let read = kept.and_then(|text| serde_json::from_str(text).ok());
        read.unwrap_or_default()
    }

    fn fact(&self) -> (String, String) {
        let text = serde_json::json!({
            "title": self.title, "severity": self.severity, "status": self.status, "text": self.text,
        });
        (WROTE.to_owned(), text.to_string())
    }
}

/// Whether a field may be written: it is what we last wrote, or what is wished already. What is left stays unknown as ours.
fn is_ours(wanted: &str, there: &str, wrote: &mut Option<String>) -> bool {
    let ours = there == wanted || wrote.as_deref() == Some(there);
    if ours {
        *wrote = Some(wanted.to_owned());
    }
    ours
}

/// Whether the status may be written. One that somebody else set gives way only to a later one that was said here since:
/// nothing is opened again that they ended.
fn goes_on(wanted: OpsStatus, there: &str, wrote: Option<&str>) -> bool {
    let rank = |status: &str| match status {
        "Open" => 0,
        "InProgress" => 1,
        "Resolved" => 2,
        _ => 3,
    };
    let is_news = wrote != Some(wanted.as_str());
    let is_later = rank(wanted.as_str()) > rank(there);
    there == wanted.as_str() || wrote == Some(there) || is_news && is_later
}

/// Our text in the place that it has; else below what stands there.
fn describe(wish: &OpsItem, there: &OpsFound, wrote: &mut Wrote, merged: &mut Merged) {
    let (before, after) = match parted(&there.description) {
        Some((before, text, after)) if wrote.text.as_deref() == Some(&fingerprint(text)) => {
            (before.to_owned(), after.to_owned())
        }
        // Somebody wrote between the marks: that is theirs now.
        Some((before, text, after)) => {
            let theirs = [before, text, after].map(str::trim);
            let theirs: Vec<&str> = theirs.into_iter().filter(|part| !part.is_empty()).collect();
            (below(&theirs.join("\n")), String::new())
        }
        None => (below(there.description.trim_end()), String::new()),
    };
    let theirs = before.chars().count() + after.chars().count();
    let room = LONGEST_DESCRIPTION.saturating_sub(theirs);
    if room < block("").chars().count() + LEAST {
        return merged.left.push("description, which has no room for more".into());
    }
    if theirs > 0 {
        merged.left.push("what else stands in the description".into());
    }
    let text = fitted(&wish.description, room);
    wrote.text = Some(fingerprint(&text));
    let whole = format!("{before}{}{after}", block(&text));
    merged.change.description = Some(whole).filter(|whole| *whole != there.description);
}

fn below(theirs: &str) -> String {
    match theirs {
        "" => String::new(),
        theirs => format!("{theirs}\n\n"),
    }
}

/// What stands before our text, that text, and what stands behind it.
fn parted(description: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = description.split_once(BEGIN)?;
    let (text, after) = rest.split_once(END)?;
    Some((before, text, after))
}

fn block(text: &str) -> String {
    format!("{BEGIN}\n{text}\n{END}")
}

/// Our text so that it fits into `room` characters with its marks; a mark that somebody typed into a note is none.
fn fitted(text: &str, room: usize) -> String {
    let text = text.replace(BEGIN, "---").replace(END, "---");
    cut(text.trim(), room.saturating_sub(block("").chars().count()))
}

/// The same for all ends of lines: a form of the console may send others.
fn fingerprint(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    hex::encode(Sha256::digest(lines.join("\n")))
}

#[cfg(test)]
mod tests;

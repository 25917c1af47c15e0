//! An event in one line, for a chat. Text of a target is made harmless: control characters are quoted, and what a chat
//! would take for markup or a call to everybody is escaped.

use crate::audit::Entry;

/// No line is longer.
const MOST: usize = 600;

pub(super) fn line(entry: &Entry) -> String {
    let who = entry.actor.arn.as_deref().or(entry.actor.user.as_deref());
    let who = who.map(|who| who.rsplit('/').next().unwrap_or(who));
    let target = entry.target.as_ref();
    let place = target.map(|target| {
        let name = target.name.as_deref().filter(|name| !name.is_empty());
        let name = name.or(target.id.as_deref()).unwrap_or("?");
        match &target.region {
            Some(region) => format!("{name} ({region})"),
            None => name.to_owned(),
        }
    });
    let detail = ["rule", "command", "why", "says", "note"]
        .into_iter()
        .filter_map(|key| Some(format!("{key}: {}", entry.body.get(key)?.as_str()?)));
    let parts: Vec<String> = who
        .map(|who| format!("by {who}"))
        .into_iter()
        .chain(place.map(|place| format!("on {place}")))
        .chain(entry.reason.clone())
        .chain(detail)
        .chain(entry.sid.as_ref().map(|sid| format!("recording {sid}")))
        .collect();
    let mut line: String = parts
        .join(" · ")
        .chars()
        .map(|c| if c.is_control() { '␦' } else { c })
        .take(MOST)
        .collect();
    line = line
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let mark = match entry.severity.as_str() {
        "error" => ":red_circle: ",
        "warning" => ":warning: ",
        _ => "",
    };
    format!("{mark}*{}* {line}", entry.event)
}

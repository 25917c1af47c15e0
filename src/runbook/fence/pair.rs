//! Words of a fence one by one: `key=value` with blanks or commas between them, or a JSON object. A value without quotes ends
//! where the next word begins.

use std::collections::BTreeMap;

use super::{BadAttribute, KEYS, bad};

/// Keys and values of `{a=b c="d e" .style #id}` or of a JSON object.
pub(super) fn pairs(braced: &str) -> Result<BTreeMap<String, String>, BadAttribute> {
    let inner = braced
        .trim()
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner else {
        return Err(bad("{", braced, "expected {key=value …} or a JSON object"));
    };
    if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(braced.trim()) {
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Array(items) => items
                .into_iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(","),
            other => other.to_string(),
        };
        return Ok(object
            .into_iter()
            .map(|(key, value)| (key, text(value)))
            .collect());
    }
    if inner.trim_start().starts_with('"') {
        return Err(bad("{", braced, "it is no JSON object"));
    }
    let mut found = BTreeMap::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let word_end = rest.find([' ', '\t', '=', ',']).unwrap_or(rest.len());
        let key = &rest[..word_end];
        let after = &rest[word_end..];
        if let Some(value) = after.strip_prefix('=') {
            let is_bare = !value.starts_with(['"', '\'']);
            let (value, left) =
                value_of(key, value).ok_or_else(|| bad(key, value, "its quote never ends"))?;
            if KEYS.contains(&key) && !is_bare && !left.is_empty() && !left.starts_with([' ', '\t', ',']) {
                let allowed = "a blank has to stand behind its last quote; around what has \" in it go '…'";
                return Err(bad(key, &value, allowed));
            }
            if is_bare && swallows(key, &value) {
                let allowed = "a blank has to stand before the next word, or quotes around all of this one";
                return Err(bad(key, &value, allowed));
            }
            if found.insert(key.to_owned(), value.clone()).is_some() && KEYS.contains(&key) {
                return Err(bad(key, &value, "it is said twice"));
            }
            rest = left;
        } else {
            // A bare word such as `tty` is a yes; `.bash` and `#id` mean nothing here.
            if !key.is_empty() && !key.starts_with(['.', '#']) {
                found.insert(key.to_owned(), String::new());
            }
            rest = after;
        }
        rest = rest.trim_start_matches([' ', '\t', ',']);
    }
    Ok(found)
}

/// The value at the beginning of a text, and what comes after it.
fn value_of<'t>(key: &str, text: &'t str) -> Option<(String, &'t str)> {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = text.find([' ', '\t']).unwrap_or(text.len());
        let end = text[..end]
            .match_indices(',')
            .map(|(at, _)| at)
            .find(|at| is_word(&text[at + 1..end]) && !(is_pattern(key) && is_in_slashes(&text[..*at])))
            .unwrap_or(end);
        return Some((text[..end].trim_end_matches(',').to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            // Only the quote itself is escaped, so that patterns keep their backslashes.
            '\\' if text[at + 1..].starts_with(quote) => {
                chars.next();
                value.push(quote);
            }
            c if c == quote => return Some((value, &text[at + 1..])),
            c => value.push(c),
        }
    }
    None
}

/// Whether behind a comma the next word begins: `KEY=…`, or one that is a yes by itself.
fn is_word(text: &str) -> bool {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
    let (key, rest) = text.split_at(end.unwrap_or(text.len()));
    let is_said = rest.starts_with('=') && !rest.starts_with("==");
    let is_yes = matches!(key, "tty" | "background" | "excludeFromRunAll")
        && (rest.is_empty() || rest.starts_with(','));
    (is_said && key.starts_with(|c: char| c.is_ascii_alphabetic())) || is_yes
}

fn is_pattern(key: &str) -> bool {
    matches!(key, "expect" | "redact")
}

/// Whether a pattern has begun and not ended.
fn is_in_slashes(text: &str) -> bool {
    text.starts_with('/') && (text.len() == 1 || !text.ends_with('/')) && !text[1..].contains('/')
}

/// Whether a value that nothing quotes holds what was meant for words of their own.
fn swallows(key: &str, value: &str) -> bool {
    let holds = |known: &str| {
        let mut at = value.match_indices(known).map(|(at, _)| (at, at + known.len()));
        at.any(|(from, to)| value[..from].ends_with([';', ',', '&']) && value[to..].starts_with('='))
    };
    let is_name = matches!(key, "name" | "id") && value.contains([',', ';']);
    KEYS.contains(&key) && !is_pattern(key) && (is_name || KEYS.into_iter().any(holds))
}

//! Placeholders between angle brackets, told from redirections, comparisons, answers, markup and patterns.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Form, Placeholder, name, pattern};

static ANGLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r#"<((?:[\p{L}\d\[]|"[^"<>\n`|;]+" \p{L})(?:[^<>\n`|;]|\|[\p{L}\d])*|\.{3})>"#));
/// `<<NAME>>`, `< NAME >`, `&lt;name&gt;`.
static DOUBLED: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"<<([A-Za-z][\w -]*\w)>>"));
static SPACED: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"<[ \t]+([A-Za-z][\w -]*\w)[ \t]+>"));
static ESCAPED: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"&lt;([A-Za-z][\w .-]*)&gt;"));
/// What stands before a value that may be left out: the bracket, and the option that would go with it.
static LEAD: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\[(?:(?:-[A-Za-z]|--[A-Za-z][\w-]*)[ =]?)?$"));
/// No option has a longer name.
const LONGEST_OPTION: usize = 80;

/// Answers that programs print between angle brackets, and markup that has no end tag.
const LITERAL: &str =
    "none unknown nil null pending invalid unset undefined no_value html body br hr div span";

/// Those of a text, in no order.
pub(super) fn written(text: &str) -> Vec<Placeholder> {
    let (ends, lines) = (ends(text), last_lines(text));
    // And whether what it found in a place is meant.
    type Look<'a> = (
        &'a LazyLock<Option<Regex>>,
        &'a dyn Fn(Range<usize>, &str) -> bool,
    );
    let looks: [Look<'_>; 4] = [
        (&DOUBLED, &|at, _| is_doubled(text, at, &lines)),
        (&SPACED, &|at, _| is_spaced(text, at)),
        (&ESCAPED, &|_, _| true),
        (&ANGLE, &|at, inner| is_angle(text, at, inner, &ends)),
    ];
    let mut found = Vec::new();
    for (regex, is_meant) in looks {
        for captures in regex.iter().flat_map(|regex| regex.captures_iter(text)) {
            let Some(whole) = captures.get(0) else { continue };
            let inner = captures.get(1).map_or(whole.as_str(), |inner| inner.as_str());
            if is_meant(whole.range(), inner) {
                found.push(Placeholder::of(Form::Angle, whole, inner));
            }
        }
    }
    found
}

/// `[<pod> ...]` and `[-c <container>]` as one: the brackets would go to the program with what is filled in. A list's are its
/// own: `ip in [<ip>]`, `ips: [<ip>]`.
pub(super) fn optional(text: &str, at: Range<usize>) -> Range<usize> {
    let is_end = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let near = (at.start.saturating_sub(LONGEST_OPTION)..).find(|near| text.is_char_boundary(*near));
    let near = near.unwrap_or(at.start);
    let lead = LEAD.as_ref().and_then(|regex| regex.find(&text[near..at.start]));
    let before = lead.map(|lead| &text[..near + lead.start()]);
    let behind = text[at.end..]
        .trim_start_matches([' ', '.', '…'])
        .strip_prefix(']');
    match (before, behind) {
        (Some(before), Some(behind))
            if is_end(before.chars().next_back())
                && is_end(behind.chars().next())
                && !before.ends_with(" in ")
                && !before.trim_end_matches(' ').ends_with([':', '=', ',']) =>
        {
            before.len()..text.len() - behind.len()
        }
        _ => at,
    }
}

/// No tag has a longer name.
const LONGEST_TAG: usize = 100;

/// Names of end tags, and where the last of each is.
fn ends(text: &str) -> HashMap<&str, usize> {
    let starts = text.match_indices("</").map(|(at, _)| at);
    let named = starts.filter_map(|at| {
        let mut name = text[at + 2..].bytes().take(LONGEST_TAG);
        Some((&text[at + 2..at + 2 + name.position(|byte| byte == b'>')?], at))
    });
    named.collect()
}

/// Tells `<instance-id>` from redirections, comparisons, answers and markup.
fn is_angle(text: &str, at: Range<usize>, inner: &str, ends: &HashMap<&str, usize>) -> bool {
    let before = text[..at.start].chars().next_back();
    let first = inner.chars().next().unwrap_or(' ');
    if before == Some('<') || inner.ends_with(char::is_whitespace) || inner.contains("://") {
        return false;
    }
    if inner.contains("&&") || is_other(text, &at, inner) {
        return false;
    }
    // `sort <in 2>err`, `a <in &>out`: the `>` belongs to a file descriptor.
    let last = inner.rsplit(' ').next().unwrap_or("");
    if inner.contains(' ') && (last == "&" || last.bytes().all(|byte| byte.is_ascii_digit())) {
        return false;
    }
    if first.is_ascii_digit()
        && (before.is_some_and(char::is_alphanumeric) || !inner.contains(char::is_alphabetic))
    {
        return false;
    }
    // What is ended again is markup.
    let word = inner.split_whitespace().next().unwrap_or("");
    if ends.get(word).is_some_and(|end| *end >= at.end) {
        return false;
    }
    let name = name(inner);
    inner == "..." || (!name.is_empty() && !LITERAL.split_whitespace().any(|literal| literal == name))
}

/// The last line that is one word, of each such; only `<<NAME>>` asks for them.
fn last_lines(text: &str) -> HashMap<&str, usize> {
    let asked = if text.contains(">>") { text } else { "" };
    let lines = asked.lines();
    let place = |line: &'_ str| line.as_ptr() as usize - text.as_ptr() as usize;
    lines.map(|line| (line.trim(), place(line))).collect()
}

/// `a<b and c>d`, the name of a group in a pattern, and who has written: `Ops <ops@example.com>` between quotes.
fn is_other(text: &str, at: &Range<usize>, inner: &str) -> bool {
    let (before, behind) = (&text[..at.start], &text[at.end..]);
    let is_beside = before.ends_with(|c: char| c.is_alphanumeric() || c == ')')
        && behind.starts_with(char::is_alphanumeric);
    let mut words = inner.split(' ');
    let is_comparison = is_beside && words.any(|word| matches!(word, "and" | "or" | "AND" | "OR"));
    let is_group = ["(?", "(?P"].into_iter().any(|group| before.ends_with(group));
    let is_mail = inner.split_once('@').is_some_and(|(who, host)| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
        !who.is_empty() && host.contains('.') && inner.replacen('@', "", 1).chars().all(is_name)
    });
    is_comparison || is_group || (is_mail && is_quoted(before))
}

/// Whether a name stands before this place in the quotes that are open there.
fn is_quoted(before: &str) -> bool {
    let from = (before.len().saturating_sub(500)..).find(|from| before.is_char_boundary(*from));
    let line = before[from.unwrap_or(0)..].rsplit('\n').next().unwrap_or("");
    let name = line.rsplit(['"', '\'']).next().unwrap_or(line);
    let quotes = line.bytes().filter(|byte| matches!(byte, b'"' | b'\'')).count();
    quotes % 2 == 1 && name.ends_with(' ') && !name.trim().is_empty()
}

/// `<<NAME>>`, which a here-document would be where its end stood below.
fn is_doubled(text: &str, at: Range<usize>, lines: &HashMap<&str, usize>) -> bool {
    let word = text[at.clone()].trim_matches(['<', '>']);
    let is_free = !text[..at.start].ends_with('<') && !text[at.end..].starts_with('>');
    is_free && lines.get(word).is_none_or(|line| *line < at.end)
}

/// `< NAME >`, which two redirections would be where a file stood behind it.
fn is_spaced(text: &str, at: Range<usize>) -> bool {
    let inner = text[at.clone()].trim_matches(['<', '>', ' ', '\t']);
    let behind = text[at.end..].trim_start_matches([' ', '\t']);
    let has_file = !behind.is_empty() && !behind.starts_with(['-', '\n', '|', ';', '&', ')', '"', '\'']);
    // `A < B AND C > D`
    let is_comparison = has_file && inner.split(' ').any(|word| matches!(word, "AND" | "OR"));
    let is_name = inner.contains(['_', ' ']) && !inner.contains(char::is_lowercase) && !is_comparison;
    !text[..at.start].ends_with(['<', '>']) && (!has_file || is_name)
}

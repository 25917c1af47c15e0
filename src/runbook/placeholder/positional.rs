//! `$1`, `$@`, `$*` where the shell would expand them and nothing has set them: a step has no arguments. In a function they are
//! the function's own, and `set -- a b` sets them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::word::line;
use super::{Form, Placeholder, inner_sets, name, pattern, variable};
use crate::runbook::shell::{Context, Script};

static PARAMETER: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\$(?:([1-9@*])|\{[#!]?([1-9][0-9]*|[@*])([^}\n]*)\})"));
static FUNCTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?:\bfunction\s+[\w.:-]+\s*(?:\(\s*\))?|[\w.:-]+\s*\(\s*\))\s*([{(])"));

/// Those of a command that neither the page before, as `is_set` knows, nor itself has set.
pub(in crate::runbook) fn positional(
    text: &str,
    script: &Script,
    is_set: impl Fn(&str) -> bool,
) -> Vec<Placeholder> {
    let found = PARAMETER.iter().flat_map(|regex| regex.captures_iter(text));
    let open = found.filter_map(|found| {
        let (whole, rest) = (found.get(0)?, found.get(3).map_or("", |rest| rest.as_str()));
        let inner = found.get(1).or(found.get(2))?.as_str();
        // The page says what holds where it is not set.
        let is_told = rest
            .strip_prefix(':')
            .unwrap_or(rest)
            .starts_with(['-', '=', '+', '?']);
        let is_live =
            variable::is_live(text, script, whole.start()) && !is_quoted(text, script, whole.start());
        (is_live && !is_told && !whole.as_str().starts_with("${#")).then(|| Placeholder {
            form: Form::Positional,
            at: whole.range(),
            text: whole.as_str().to_owned(),
            name: match inner {
                "@" | "*" => "arguments".to_owned(),
                number => name(number),
            },
        })
    });
    let mut open: Vec<Placeholder> = open.collect();
    if open.is_empty() || is_set(variable::ARGUMENTS) {
        return Vec::new();
    }
    let mut own = functions(text, script);
    own.extend(inner_sets(text).remove(variable::ARGUMENTS).unwrap_or_default());
    open.retain(|found| !own.iter().any(|range| range.contains(&found.at.start)));
    open
}

/// Whether a place between back-ticks, or in quotes of its own there, is between single quotes.
fn is_quoted(text: &str, script: &Script, at: usize) -> bool {
    let line = line(text, &(at..at)).rsplit('`').next().unwrap_or("");
    script.context(at) == Context::Undecided && line.matches('\'').count() % 2 == 1
}

/// The bodies of functions, none inside another.
fn functions(text: &str, script: &Script) -> Vec<Range<usize>> {
    let heads = FUNCTION.iter().flat_map(|regex| regex.captures_iter(text));
    let mut bodies: Vec<Range<usize>> = Vec::new();
    for open in heads.filter_map(|found| found.get(1)) {
        let last = bodies.last().map_or(0, |body| body.end);
        if open.start() >= last && script.context(open.start()) == Context::Bare {
            bodies.push(open.start()..end(text, script, open.start()));
        }
    }
    bodies
}

/// Where the bracket that opens here is closed.
fn end(text: &str, script: &Script, from: usize) -> usize {
    let (open, close) = match text[from..].starts_with('{') {
        true => ('{', '}'),
        false => ('(', ')'),
    };
    let mut depth = 0;
    for (at, c) in text[from..].char_indices() {
        if script.context(from + at) == Context::Bare {
            depth += i32::from(c == open) - i32::from(c == close);
            if depth == 0 {
                return from + at;
            }
        }
    }
    text.len()
}

//! Checks told from changes by the verbs of the commands. What is not known to only look counts as a change, and so does
//! whatever the lexer cannot take apart: a wrong guess then asks once too often, never too seldom.

mod flag;
mod table;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::LazyLock;

use super::placeholder;
use super::shell::{Context, Script, bare_name, is_assignment, is_reserved};
use table::{ALWAYS, PASSED_OVER, SUBCOMMANDS, WRAPPERS, WRITES};

/// Whether every command of a text only looks.
pub fn only_reads(commands: &[String]) -> bool {
    !commands.is_empty() && commands.iter().all(|command| reads(command))
}

/// Whether one command, with everything in its pipes and substitutions, only looks.
pub fn reads(command: &str) -> bool {
    let opaque: Vec<_> = placeholder::written(command)
        .into_iter()
        .map(|found| found.at)
        .collect();
    let script = Script::parse(command, &opaque);
    // The patterns of a `case` end in a bracket that nothing opens.
    if command.split_whitespace().any(|word| word == "case") {
        return false;
    }
    let Some(segments) = segments(command, &script, &opaque) else {
        return false;
    };
    segments.iter().all(|words| segment_reads(words))
}

/// Whether a program looks, whatever its arguments.
pub(super) fn only_looks(program: &str) -> bool {
    static LOOKS: LazyLock<HashSet<&str>> = LazyLock::new(|| ALWAYS.split_whitespace().collect());
    LOOKS.contains(program)
}

/// A command's words without their quotes.
type Words = Vec<String>;

/// Simple commands, each as words; `None` where the text cannot be taken apart or writes to a file.
fn segments(text: &str, script: &Script, opaque: &[std::ops::Range<usize>]) -> Option<Vec<Words>> {
    let mut segments: Vec<Words> = vec![Vec::new()];
    let mut word = String::new();
    let mut began = false;
    // What `$(…)` and `(…)` interrupt goes on behind them.
    let mut outer: Vec<Words> = Vec::new();
    let mut chars = text.char_indices().peekable();
    fn flush(segments: &mut [Words], word: &mut String, began: &mut bool) {
        if std::mem::take(began)
            && let Some(last) = segments.last_mut()
        {
            last.push(std::mem::take(word));
        }
    }
    while let Some((at, c)) = chars.next() {
        let is_placeholder = opaque.iter().any(|range| range.contains(&at));
        match script.context(at) {
            _ if is_placeholder => {
                word.push('x');
                began = true;
            }
            // What a here-document expands runs as well.
            Context::Undecided | Context::Heredoc { quoted: false } if script.is_document(at) => {
                let begins = c == '$' && chars.peek().is_some_and(|(_, next)| *next == '(');
                if c == '`' || begins {
                    return None;
                }
            }
            Context::Undecided => {
                // `${…}` and arithmetic expand to text; what they hold of back-ticks and `$(…)` runs.
                if c == '`' || (c == '(' && word.ends_with('$')) {
                    return None;
                }
                word.push(c);
                began = true;
            }
            Context::Comment | Context::Heredoc { .. } => {}
            Context::Double
                if c == '(' && word.ends_with('$') && script.context(at + 1) != Context::Double =>
            {
                word.pop();
                began = true;
                flush(&mut segments, &mut word, &mut began);
                outer.push(segments.pop().unwrap_or_default());
                segments.push(Vec::new());
            }
            Context::Double if c == '\\' => {
                if let Some((_, escaped)) = chars.next_if(|(_, next)| "\"\\$`".contains(*next)) {
                    word.push(escaped);
                } else {
                    word.push(c);
                }
                began = true;
            }
            // The quotes at their ends are of them.
            Context::Single if c == '\'' => {}
            Context::Double if c == '"' => {}
            Context::Single | Context::Double => {
                word.push(c);
                began = true;
            }
            Context::Bare => match c {
                '\\' => {
                    if chars.peek().is_some_and(|(_, next)| *next == '\n') {
                        chars.next();
                    }
                }
                '\'' | '"' => began = true,
                // A function may take the name of anything that looks.
                '(' if chars.peek().is_some_and(|(_, next)| *next == ')') => return None,
                '(' if text[at..].starts_with("((") && script.context(at + 2) == Context::Undecided => {
                    chars.next();
                    word.push_str("((");
                    began = true;
                }
                '(' => {
                    if word.ends_with('$') || word.ends_with('<') {
                        word.pop();
                        began = true;
                    }
                    flush(&mut segments, &mut word, &mut began);
                    outer.push(segments.pop().unwrap_or_default());
                    segments.push(Vec::new());
                }
                ')' => {
                    flush(&mut segments, &mut word, &mut began);
                    // `a)` of a `case` has no opening one.
                    match outer.pop() {
                        Some(words) => segments.push(words),
                        None => segments.push(Vec::new()),
                    }
                }
                '>' => {
                    let rest = text[at + 1..].trim_start_matches(['>', '&', '|']).trim_start();
                    if word.chars().all(|c| c.is_ascii_digit()) {
                        word.clear();
                        began = false;
                    }
                    let target = rest.split_whitespace().next().unwrap_or("");
                    let to_nowhere = target.trim_end_matches([')', ';']) == "/dev/null";
                    let to_stream = text[at + 1..].starts_with("&1") || text[at + 1..].starts_with("&2");
                    if !to_nowhere && !to_stream {
                        return None;
                    }
                    flush(&mut segments, &mut word, &mut began);
                    let skipped =
                        text[at + 1..].len() - rest.len() + target.trim_end_matches([')', ';']).len();
                    let until = if to_stream { at + 3 } else { at + 1 + skipped };
                    while chars.peek().is_some_and(|(next, _)| *next < until) {
                        chars.next();
                    }
                }
                '|' | ';' | '&' | '\n' => {
                    flush(&mut segments, &mut word, &mut began);
                    segments.push(Vec::new());
                }
                c if c.is_whitespace() => flush(&mut segments, &mut word, &mut began),
                c => {
                    word.push(c);
                    began = true;
                }
            },
        }
    }
    flush(&mut segments, &mut word, &mut began);
    segments.extend(outer);
    Some(segments)
}

fn segment_reads(words: &[String]) -> bool {
    let mut words = words;
    while let Some(first) = words.first() {
        let is_passed = PASSED_OVER.contains(&first.as_str()) || is_reserved(first) || is_assignment(first);
        if !is_passed {
            break;
        }
        words = &words[1..];
    }
    let Some((program, rest)) = words.split_first() else {
        return true;
    };
    let program = bare_name(program);
    if matches!(program, "for" | "select") {
        return true;
    }
    if program.starts_with("((") {
        return true;
    }
    if let Some((_, valued)) = WRAPPERS.iter().find(|(name, _)| *name == program) {
        return wrapped(program, rest, valued);
    }
    let is_named = |names: &str| names.split(' ').any(|name| name == program);
    let writes = WRITES.iter().find(|(names, _)| is_named(names));
    let is_it = |word: &String, flag: &str| word == flag || word.starts_with(&format!("{flag}="));
    if writes.is_some_and(|(_, flags)| {
        let mut flags = flags.split_whitespace();
        flags.any(|flag| rest.iter().any(|word| is_it(word, flag)))
    }) {
        return false;
    }
    if only_looks(program) {
        return true;
    }
    if let Some((_, valued, verbs)) = SUBCOMMANDS.iter().find(|(names, ..)| is_named(names)) {
        return subcommand_reads(rest, valued, verbs);
    }
    flag::read(program, rest)
}

/// `timeout 5 CMD`, `xargs -n 1 CMD`, `env -u A B=1 CMD`: behind flags, their values, numbers and assignments.
fn wrapped(program: &str, rest: &[String], valued: &str) -> bool {
    let mut rest = rest;
    while let Some(first) = rest.first() {
        let is_text = first.starts_with("-S") || first.starts_with("--split-string");
        if program == "env" && is_text {
            return false;
        }
        let is_flag = first.starts_with('-') && first.len() > 1;
        let takes = valued.split_whitespace().any(|flag| flag == first);
        let is_value = match program {
            "env" => is_assignment(first),
            _ => first.starts_with(|c: char| c.is_ascii_digit()),
        };
        if !is_flag && !is_value {
            break;
        }
        rest = rest.get(1 + usize::from(takes)..).unwrap_or_default();
    }
    match (program, rest) {
        // By itself it prints the environment.
        ("env", []) => true,
        (_, []) => false,
        // It hands its words to a shell.
        ("watch", words)
            if words
                .iter()
                .any(|word| word.contains(|c| ";|&`$<>(\n".contains(c))) =>
        {
            false
        }
        (_, words) => segment_reads(words),
    }
}

/// The first words that are no flags against the verbs that look; a verb may be of two words.
fn subcommand_reads(rest: &[String], valued: &str, verbs: &str) -> bool {
    let mut plain: Vec<&str> = Vec::new();
    let mut skip = false;
    for word in rest {
        if std::mem::take(&mut skip) {
            continue;
        }
        if word.starts_with('-') {
            skip = !word.contains('=') && valued.split_whitespace().any(|flag| flag == word);
        } else {
            plain.push(word);
        }
    }
    let is = |verb: &str, word: &str| match verb.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => verb == word,
    };
    verbs
        .split(',')
        .map(str::trim)
        .any(|verb| match verb.split_once(' ') {
            None if verb.ends_with('.') => plain == [verb.trim_end_matches('.')],
            Some((first, second)) => {
                plain.first().is_some_and(|word| is(first, word))
                    && plain.get(1).is_some_and(|word| is(second, word))
            }
            None => plain.first().is_some_and(|word| is(verb, word)),
        })
}

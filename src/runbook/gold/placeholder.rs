//! What stands in angle brackets in the corpora's shell blocks: every hole keeps its block from running, nothing else does.

use regex::Regex;

use super::*;
use crate::runbook::placeholder::{Form, written};
use crate::runbook::shell::{Context, Script};
use crate::runbook::{Refused, Values, fill};

/// By hand, of the 315 spellings that there are: an answer that a program printed.
const LITERAL: [&str; 1] = ["<none>"];

#[test]
fn every_hole_of_the_corpora_keeps_its_block_from_running_and_nothing_else_does() {
    let Some(folder) = corpora() else { return };
    let angle = Regex::new("<[^<>\n]+>").unwrap();
    let (mut candidates, mut holes, mut refused, mut false_alarms) = (0, 0, 0, 0);
    for (path, gold) in gold(&folder) {
        let found = blocks(&std::fs::read_to_string(&path).unwrap());
        let at = |wanted: &Gold| {
            found
                .iter()
                .find(|block| block.start_line == wanted.start_line)
                .unwrap()
        };
        for block in gold.iter().filter(|wanted| wanted.kind == "shell").map(at) {
            candidates += usize::from(angle.is_match(&block.text));
            let mut is_open = false;
            for command in &block.commands {
                let seen = written(command);
                let opaque: Vec<_> = seen.iter().map(|found| found.at.clone()).collect();
                let script = Script::parse(command, &opaque);
                for found in angle.find_iter(command) {
                    let is_comment = script.context(found.start()) == Context::Comment;
                    let is_literal = LITERAL.contains(&found.as_str());
                    let is_seen = seen.iter().any(|one| {
                        one.form == Form::Angle && one.at.start <= found.start() && found.end() <= one.at.end
                    });
                    let place = || format!("{}:{} {}", path.display(), block.start_line, found.as_str());
                    if is_literal {
                        false_alarms += usize::from(is_seen);
                    } else if !is_comment {
                        (holes, is_open) = (holes + 1, true);
                        assert!(is_seen, "run as it stands: {}", place());
                    }
                }
            }
            if is_open {
                let none = fill(block, &Values::new());
                let is_refused = matches!(none, Err(Refused::Missing(_)));
                assert!(is_refused, "{}:{}: {none:?}", path.display(), block.start_line);
                refused += 1;
            }
        }
    }
    eprintln!("{candidates} blocks, {holes} holes in {refused} of them, {false_alarms} false alarms");
    assert!(candidates >= 461 && refused >= 440, "{candidates}, {refused}");
    assert!(false_alarms * 100 <= candidates * 2, "{false_alarms}");
}

#[test]
fn no_hostile_value_leaves_the_quotes_of_any_block_of_the_corpora() {
    let Some(folder) = corpora() else { return };
    let (mut filled, mut refused) = (0, 0);
    for path in gold(&folder).into_keys() {
        let text = std::fs::read_to_string(&path).unwrap();
        for block in blocks(&text).iter().filter(|block| !block.is_powershell()) {
            let Err(Refused::Missing(names)) = fill(block, &Values::new()) else {
                continue;
            };
            for value in ["a; touch X", "$(id)", "`id`", "x' \"y", "a\nid", "a && b"] {
                let values: Values = names
                    .iter()
                    .map(|name| (name.clone(), value.to_owned()))
                    .collect();
                let Ok(commands) = fill(block, &values) else {
                    refused += 1;
                    continue;
                };
                filled += 1;
                for command in &commands {
                    let script = Script::parse(command, &[]);
                    assert!(script.complete, "{}: {command}", path.display());
                    for (at, _) in command.match_indices(value) {
                        let inside = (at..at + value.len()).all(|at| match script.context(at) {
                            Context::Single | Context::Heredoc { quoted: true } | Context::Comment => true,
                            // Nothing there but these means anything, and these are escaped.
                            Context::Heredoc { quoted: false } => {
                                !matches!(command.as_bytes()[at], b'$' | b'`')
                                    || command[..at].ends_with('\\')
                            }
                            Context::Bare | Context::Double | Context::Undecided => false,
                        });
                        assert!(inside, "{}:{} {command}", path.display(), block.start_line);
                    }
                }
            }
        }
    }
    eprintln!("{filled} times filled in, {refused} times refused");
    assert!(filled > 1_000, "{filled}");
}

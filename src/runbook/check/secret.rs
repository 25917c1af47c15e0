//! Secrets in clear: a page is read by many and kept for ever. The finding tells what stands before one, never the secret.

use std::ops::Range;
use std::sync::Arc;

use super::super::block::{Block, Runnable};
use super::super::literal::{is_sample, literals};
use super::{Found, Rule, Severity};
use crate::recording::redaction::Rules;

/// The rule that goes by words around a secret, as `literals` does with more care for what a page teaches.
const BY_WORDS: &str = "password";
/// Characters of what stands before one that are shown.
const SHOWN: usize = 40;

/// What tells a secret by its own shape.
pub(super) struct Secrets(Option<Arc<Rules>>);

impl Default for Secrets {
    fn default() -> Secrets {
        Secrets(Rules::new(&[]).ok().map(Arc::new))
    }
}

pub(super) fn check(found: &mut Found<'_>, secrets: &Secrets) {
    let page = found.page;
    for block in page
        .blocks()
        .iter()
        .filter(|block| block.runnable != Runnable::No)
    {
        let lines = block.lines_of_commands();
        for (command, line) in block.commands.iter().zip(lines) {
            for (nth, before) in secrets.all(block, command) {
                found.add(
                    Rule::Secret,
                    Severity::Warning,
                    Some(block.line_on_page(line + nth)),
                    format!("what stands behind `{before}` looks like a secret in clear"),
                    "declare it under vars, as `token: {secret: ask}`, and write `\"$token\"`; change the secret: it was read",
                );
            }
        }
    }
}

impl Secrets {
    /// Of each secret of a command, on which of its lines from 0 it begins, and what stands before it.
    fn all(&self, block: &Block, command: &str) -> Vec<(usize, String)> {
        let shaped = self
            .0
            .as_ref()
            .map(|rules| rules.secrets(command))
            .unwrap_or_default();
        let shaped = shaped.into_iter().filter(|(rule, _)| rule != BY_WORDS);
        let all = literals(command).into_iter().map(|(_, at)| at);
        let mut all: Vec<Range<usize>> = all
            .chain(shaped.map(|(_, at)| at))
            .filter(|at| {
                let value = command.get(at.clone()).unwrap_or_default();
                let stands_for = |text: &String| value.contains(text.as_str()) || text.contains(value);
                !value.is_empty()
                    && !is_sample(value)
                    && !value.starts_with('$')
                    && !block.placeholders.iter().any(stands_for)
            })
            .collect();
        all.sort_by_key(|at| at.start);
        let mut end = 0;
        all.retain(|at| {
            let is_apart = at.start >= end;
            end = end.max(at.end);
            is_apart
        });
        // Nothing of a secret is shown before the next one.
        let ends = std::iter::once(0).chain(all.iter().map(|at| at.end));
        let told = ends.zip(&all).filter_map(|(from, at)| {
            let line = command.get(..at.start)?.matches('\n').count();
            Some((line, last_word(command.get(from..at.start)?)))
        });
        told.collect()
    }
}

fn last_word(before: &str) -> String {
    let words = before.rsplit(char::is_whitespace);
    let last = words
        .map(|word| word.trim_matches(['"', '\'']))
        .find(|word| !word.is_empty());
    last.unwrap_or(before).chars().take(SHOWN).collect()
}

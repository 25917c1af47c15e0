//! Secrets in clear: a page is read by many and kept for ever. The finding tells what stands before one, never the secret.

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
        let mut commands = block.commands.iter();
        if let Some(before) = commands.find_map(|command| secrets.first(block, command)) {
            found.add(
                Rule::Secret,
                Severity::Warning,
                Some(block.start_line),
                format!("what stands behind `{before}` looks like a secret in clear"),
                "declare it under vars, as `token: {secret: ask}`, and write `\"$token\"`; change the secret: it was read",
            );
        }
    }
}

impl Secrets {
    /// What stands before the first secret of a command.
    fn first(&self, block: &Block, command: &str) -> Option<String> {
        let shaped = self
            .0
            .as_ref()
            .map(|rules| rules.secrets(command))
            .unwrap_or_default();
        let shaped = shaped.into_iter().filter(|(rule, _)| rule != BY_WORDS);
        let all = literals(command).into_iter().map(|(_, at)| at);
        let all = all.chain(shaped.map(|(_, at)| at)).filter(|at| {
            let value = command.get(at.clone()).unwrap_or_default();
            let stands_for = |text: &String| value.contains(text.as_str()) || text.contains(value);
            !value.is_empty()
                && !is_sample(value)
                && !value.starts_with('$')
                && !block.placeholders.iter().any(stands_for)
        });
        let before = command.get(..all.map(|at| at.start).min()?)?;
        let words = before.rsplit(char::is_whitespace);
        let last = words
            .map(|word| word.trim_matches(['"', '\'']))
            .find(|word| !word.is_empty());
        Some(last.unwrap_or(before).chars().take(SHOWN).collect())
    }
}

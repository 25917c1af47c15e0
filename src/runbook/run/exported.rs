//! Variables that commands of a page hand to the programs behind them, as far as their text tells.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::runbook::placeholder::assigned;

/// `export` and its kin, and what they name.
static EXPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let named = r"(?mx)(?: ^ | [;&|({] | \b(?:then|do|else)\b ) \s*
        (?: export | (?:declare|typeset) \s+ -\w*x\w* ) \s+ ([^;&|\n]+)";
    Regex::new(named).ok()
});
/// What exports all that is set behind it.
static ALL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)(?:^|[;&|])\s*set\s+(?:-\w*a|-o\s+allexport)").ok());

/// Names that commands give a value to and export, in their order, each once.
pub(super) fn exported(commands: &[&String]) -> Vec<String> {
    let is_all = |command: &&String| ALL.as_ref().is_some_and(|all| all.is_match(command));
    let is_all = commands.iter().any(is_all);
    let found = commands
        .iter()
        .flat_map(|command| EXPORT.iter().flat_map(|export| export.captures_iter(command)));
    let words = found
        .filter_map(|found| found.get(1))
        .flat_map(|words| words.as_str().split_whitespace());
    let named: BTreeSet<&str> = words
        .map(|word| word.split(['=', '+']).next().unwrap_or(word))
        .collect();
    let mut exported: Vec<String> = Vec::new();
    for (name, _) in commands.iter().flat_map(|command| assigned(command)) {
        if (is_all || named.contains(name.as_str())) && !exported.contains(&name) {
            exported.push(name);
        }
    }
    exported
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(commands: &[&str]) -> Vec<String> {
        let commands: Vec<String> = commands.iter().map(|command| (*command).to_owned()).collect();
        exported(&commands.iter().collect::<Vec<_>>())
    }

    #[test]
    fn what_is_set_and_exported_is_told_from_what_is_only_set() {
        assert_eq!(
            of(&["A=1; export B=2", "C=3", "export C D", "declare -x E=5"]),
            ["B", "C", "E"]
        );
        assert_eq!(of(&["if true; then export F=1; fi", "echo export G=1"]), ["F"]);
        assert_eq!(of(&["set -a", "A=1", "B=2"]), ["A", "B"]);
        assert_eq!(of(&["A=1 cmd", "(export H=1)"]), Vec::<String>::new());
    }
}

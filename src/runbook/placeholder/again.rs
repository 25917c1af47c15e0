//! Variables whose values a page evaluates: in arithmetic, as names, in the text of another program. A variable that goes
//! into such a one is one itself.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use super::variable;
use crate::runbook::shell::{self, Script};

/// `A=text`, `for A in text`, `read A <<< text`.
static GIVEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x) (?:^|[\s;&|({"']) ([A-Za-z_]\w*) (?:\[[^\]]*\])? \+?= ("[^"]*"|'[^']*'|[^\s;&|]*)
        | \bfor\s+(\w+)\s+in\s+([^;\n]*) | \bread\s+(?:-\w+\s+)*(\w+)\s*<<<\s*([^;\n]*)"#,
    )
    .ok()
});
static RECEIVED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x) (?:^|[\s;&|({"']) ([A-Za-z_]\w*) (?:\[[^\]]*\])? \+?= (?:"[^"]*|'[^']*|[^\s"';&|]*) $
        | \bfor\s+(\w+)\s+in\s[^;\n]*$ | \bread\s+(?:-\w+\s+)*(\w+)\s*<<<[^;\n]*$"#,
    )
    .ok()
});

/// The variable into which goes what stands behind this text.
pub(in crate::runbook) fn receiver(before: &str) -> Option<&str> {
    let found = RECEIVED.as_ref()?.captures(before)?;
    found.iter().skip(1).flatten().next().map(|name| name.as_str())
}

/// Of longer commands every variable is taken for one that is evaluated: what is in them is not looked at.
const LONGEST: usize = 8 << 10;

/// Names whose values any of the commands evaluates.
pub(in crate::runbook) fn evaluated(commands: &[String]) -> HashSet<String> {
    let mut names: Vec<&str> = Vec::new();
    let mut given: HashMap<&str, Vec<&str>> = HashMap::new();
    let runs = shell::Runs::of(commands);
    for command in commands {
        let is_long = command.len() > LONGEST;
        let all = variable::expanded(command, &Script::parse(command, &[]));
        let is_whole = is_long || shell::is_evaluator(command) || runs.writes_script(command);
        let read = all
            .iter()
            .filter(|found| is_whole || shell::reader(&command[..found.at.start]).is_some());
        names.extend(read.map(|found| found.name));
        if is_long {
            continue;
        }
        names.extend(shell::counted(command));
        for found in GIVEN.iter().flat_map(|regex| regex.captures_iter(command)) {
            let mut parts = found.iter().skip(1).flatten();
            if let (Some(name), Some(text)) = (parts.next(), parts.next()) {
                let within = all.iter().filter(|one| text.range().contains(&one.at.start));
                let from = given.entry(name.as_str()).or_default();
                from.extend(within.map(|one| one.name));
            }
        }
    }
    let mut evaluated: HashSet<String> = HashSet::new();
    while let Some(name) = names.pop() {
        if evaluated.insert(name.to_owned()) {
            names.extend(given.get(name).into_iter().flatten());
        }
    }
    evaluated
}

//! What programs print and nobody types, where a block has no prompts and every line would be a command.

use std::sync::LazyLock;

use regex::Regex;

use super::shell;

/// Whatever its first word is: the heads and the borders of a table, the first lines of JSON, modes of a file, ids.
static PRINTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^\s*(?: [A-Z][A-Z0-9()/%_-]+ (?:(?:\ {2,}|\t+)[A-Z][A-Z0-9()/%_\ -]*)+ \s*$ | \+[-+=]{3,} | -{3,}(?:\s+-{3,})+\s*$
        | \|\s | \{\s*[\x22}] | [\x22][\w-]+[\x22]:\s
        | [-bcdlps](?:[r-][w-][xsStT-]){3}[.+@]?\s | total\ \d+\s*$
        | \w+=[\w.:-]+\(\w+\)(?:\s|$)
        | \[\s*\d+\.\d+\]\s | \[\d{4}-\d\d-\d\d )",
    )
    .ok()
});

/// What `kubectl` says of an object; a program that is told so is no object.
static OBJECT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^\s*[\w.-]+(?:/[\w.:-]+|\s+\x22[^\x22\n]+\x22)\s+(?:\w+\s+)?
          (?:created|deleted|configured|unchanged|patched|labeled|annotated|scaled|restarted|evicted|drained|(?:un)?cordoned|edited
          |exposed|approved|replaced)(?:\s|$)",
    )
    .ok()
});

/// How a printed line goes on, where nobody knows its first word for a command: several columns, a date.
static COLUMNS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^\s*\S.*?(?:\S {4,}[^\s#\\|&]|\S {2,}[^\s#\\|&].*?\S {2,}[^\s#\\|&])|^\s*\S*\d{4}-\d\d-\d\d\S*\s*$",
    )
    .ok()
});

static FUNCTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*(?:function\s+([\w.-]+)|([\w.-]+)\s*\(\))").ok());

/// Programs whose names begin as words of a sentence or as numbers do.
const ODD: &str = "
    7z 7za 7zr 2to3 R Rscript GET POST HEAD MAKEDEV NetworkManager ModemManager VBoxManage VBoxHeadless X Xorg Xvfb Xephyr
";

/// Whether a list without prompts holds commands and something that one of them has surely printed. A lone key and a
/// sentence may be a remark, and of nothing but such lines its label has to tell.
pub(in super::super) fn is_mixed(commands: &[String]) -> bool {
    let Some(line) = printed(commands).and_then(|printed| printed.lines().next()) else {
        return false;
    };
    let is_key = line.trim_end().ends_with(':') && !line.trim().contains(' ');
    let is_remark = is_key || line.trim_end().ends_with('.');
    let shows = |command: &String| finds(&PRINTED, command) || is_object(command);
    let is_command = |command: &String| shell::is_command(command) && !is_printed(command);
    commands.iter().any(is_command) && (!is_remark || commands.iter().any(shows))
}

/// Whether among commands without prompts stands something that one of them has printed, and which.
pub(in super::super) fn printed(commands: &[String]) -> Option<&str> {
    let functions: Vec<&str> = commands.iter().filter_map(|command| defined(command)).collect();
    let is_own =
        |command: &&str| defined(command).is_some() || functions.contains(&shell::first_word(command));
    let mut all = commands.iter().map(String::as_str);
    all.find(|command| !is_own(command) && is_printed(command))
}

/// The function that a command defines.
fn defined(command: &str) -> Option<&str> {
    let found = FUNCTION.as_ref()?.captures(command)?;
    Some(found.get(1).or_else(|| found.get(2))?.as_str())
}

fn finds(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    regex.as_ref().is_none_or(|regex| regex.is_match(text))
}

/// Of the names of objects `service` alone is a program's too, and none that is told such a thing.
fn is_object(line: &str) -> bool {
    let is_program = shell::is_command(line) && shell::first_word(line) != "service";
    finds(&OBJECT, line) && !is_program
}

fn is_printed(command: &str) -> bool {
    let line = command.lines().next().unwrap_or("");
    if finds(&PRINTED, line) || finds(&PRINTED, command) || is_object(line) || shell::is_logged(line) {
        return true;
    }
    let word = line.split_whitespace().next().unwrap_or("");
    let is_odd = || ODD.split_whitespace().any(|known| known == word);
    if shell::is_command(line) || shell::first_word(line) != word || is_odd() {
        return false;
    }
    let is_redirected = word.contains(['<', '>']);
    match word.chars().next() {
        // A path, an expansion, a quote, a test, a group: no word that is told by how it begins.
        None
        | Some(
            '.' | '/' | '~' | '$' | '"' | '\'' | '`' | '[' | '(' | '{' | '<' | '>' | '!' | ':' | '\\' | '&',
        ) => false,
        Some(first) if first.is_ascii_digit() => !is_redirected,
        Some(first) if first.is_uppercase() || !first.is_ascii() => true,
        Some(_) => word.ends_with(':') || finds(&COLUMNS, line),
    }
}

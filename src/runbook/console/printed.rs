//! What programs print and nobody types, where a block has no prompts and every line would be a command.

use std::sync::LazyLock;

use regex::Regex;

use super::super::promql;
use super::shell;

/// Whatever its first word is: the heads and the borders of a table, the first lines of JSON, modes of a file, ids.
static PRINTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^\s*(?: [A-Z][A-Z0-9()/%_-]+ (?:(?:\ {2,}|\t+)[A-Z][A-Z0-9()/%_\ -]*)+ \s*$ | \+[-+=]{3,} | -{3,}(?:\s+-{3,})+\s*$
        | \|\s | \{\s*[\x22}] | [\x22][\w-]+[\x22]:\s
        | [-bcdlps](?:[r-][w-][xsStT-]){3}[.+@]?\s | total\ \d+\s*$
        | \w+=[\w.:-]+\(\w+\)(?:\s|$)
        | \[\s*\d+\.\d+\]\s | \[\d{4}-\d\d-\d\d
        | [A-Z][a-z][a-z]\ {1,2}\d{1,2}\ \d\d:\d\d:\d\d\s | [IWEF]\d{4}\s+\d\d:\d\d:\d\d | top\s+-\s+\d\d:
        | HTTP/\d[\d.]*\s\d{3} | ;+\s | [-*]\s | \([\w.-]+\)\s+[\w\x22] | \w+=\S*\s+\d[\d:.]*(?:\s|$)
        | \[[A-Z][a-z][a-z]\ +[A-Z0-9] | (?:[\d*][\d*/,-]*\s+){4}\S )",
    )
    .ok()
});

/// The names of a table's columns.
static HEAD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*[A-Z][A-Z0-9()/%_-]+(?:(?: {2,}|\t+)[A-Z][A-Z0-9()/%_ -]*)+\s*$").ok());

/// A whole command as other languages have lines, and a shell none: a lone bracket, the head of a block, a section, a key
/// and its value, a text, a call, a statement of SQL.
static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?: [\[\](){}]+[,;]? | [^\n]*\s\{ | \[[A-Za-z][\w\ .:-]*\] | [$\w.-]+\s+=\s[^\n]*
        | \x22[^\x22$`/\n]*\x22[,;]? | [A-Za-z_][\w.]*\([^()\s][^\n]*
        | (?:SELECT|INSERT\s+INTO|DELETE\s+FROM|UPDATE\s+\S+\s+SET|(?:CREATE|ALTER|DROP|TRUNCATE)\s+[A-Z]+|GRANT|REVOKE)\s.* )$",
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

/// Answers of one word.
const ANSWERS: &str = "
    active inactive activating failed enabled disabled masked running stopped healthy unhealthy succeeded pending ready
";

/// How sure it is that a command was never one, but printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    No,
    /// It begins as sentences and numbers do, and as some programs are called.
    Perhaps,
    Yes,
}

/// Whether a list without prompts is nothing but what something has printed: no line of it may be a command, and of one at
/// least that is certain.
pub(in super::super) fn is_output(commands: &[String]) -> bool {
    let mut all = commands.iter().map(|command| sure(command));
    let most = all.clone().max();
    most == Some(Sure::Yes) && all.all(|one| one > Sure::No)
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

/// Whether a line is the head of a table, and what stands below it up to the next blank line are its rows.
pub(in super::super) fn is_head(line: &str) -> bool {
    finds(&HEAD, line)
}

/// Whether nobody would type it.
pub(in super::super) fn is_printed(command: &str) -> bool {
    sure(command) > Sure::No
}

fn sure(command: &str) -> Sure {
    let line = command.lines().next().unwrap_or("");
    // Said in words of its own.
    if promql::is_query(command) {
        return Sure::No;
    }
    // `if(test x); then` is a compound, however it is written.
    let head = line.trim_start().split('(').next().unwrap_or("");
    let is_answer = ANSWERS.split_whitespace().any(|answer| answer == line.trim());
    if is_answer || is_address(line) {
        return Sure::Yes;
    }
    let is_other = || finds(&PRINTED, command) || finds(&OTHER, command.trim()) && !shell::is_reserved(head);
    if finds(&PRINTED, line) || is_other() || is_object(line) || shell::is_logged(line) {
        return Sure::Yes;
    }
    let word = line.split_whitespace().next().unwrap_or("");
    if shell::is_command(line) || shell::first_word(line) != word || is_odd(line) {
        return Sure::No;
    }
    let is_redirected = word.contains(['<', '>']);
    let is_laid_out = finds(&COLUMNS, line);
    // Words of dots and slashes are folders; three dots end a sentence.
    let last = line.split_whitespace().next_back().unwrap_or("");
    let has_slash = last.contains('/') && last.chars().all(|c| "./".contains(c));
    let is_folder = matches!(last, "." | "..") || has_slash;
    let is_sentence = last.ends_with([':', '.', '!']) && !is_folder;
    let is_odd_word = |first: char| first.is_ascii_digit() || first.is_uppercase() || !first.is_ascii();
    match word.chars().next() {
        Some('/') if shell::is_device(word) => Sure::Yes,
        // A path, an expansion, a quote, a test, a group: no word that is told by how it begins.
        None
        | Some(
            '.' | '/' | '~' | '$' | '"' | '\'' | '`' | '[' | '(' | '{' | '<' | '>' | '!' | ':' | '\\' | '&',
        ) => Sure::No,
        Some('-' | '+' | '@' | '=' | ',') => Sure::Yes,
        Some(first) if first.is_ascii_digit() && is_redirected => Sure::No,
        Some(_) if word.ends_with(':') => Sure::Yes,
        Some(first) if is_odd_word(first) && is_laid_out => Sure::Yes,
        Some(first) if first.is_uppercase() && is_sentence => Sure::Yes,
        Some(first) if is_odd_word(first) || is_laid_out || is_hash(word) => Sure::Perhaps,
        Some(_) => Sure::No,
    }
}

/// Whether a line begins with an address: no program is called so.
fn is_address(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or("");
    let is_scheme = |scheme: &str| {
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+.-".contains(c);
        scheme.starts_with(|c: char| c.is_ascii_lowercase()) && scheme.chars().all(is_part)
    };
    word.split_once("://")
        .is_some_and(|(scheme, _)| is_scheme(scheme))
}

/// `abc1234`, as git writes it.
fn is_hash(word: &str) -> bool {
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    (7..=40).contains(&word.len()) && has_digit && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a line begins with the name of a program that looks like none: one that is known, one of Windows, or small and
/// large letters in one word before an option.
fn is_odd(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let word = words.next().unwrap_or("");
    let is_camel = word.chars().all(char::is_alphanumeric)
        && word.contains(|c: char| c.is_ascii_lowercase())
        && word.chars().skip(1).any(|c| c.is_ascii_uppercase());
    let has_option = words
        .next()
        .is_some_and(|next| next.starts_with('-') && next.len() > 1);
    ODD.split_whitespace().any(|known| known == word) || word.ends_with(".exe") || (is_camel && has_option)
}

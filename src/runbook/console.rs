//! Tells commands from sample output in a block that shows a terminal: the lines after a prompt and their
//! continuations are commands, the rest is what they printed.

pub(super) mod powershell;
mod printed;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::opener;
use super::placeholder;
use super::shell::{self, Script};

pub(super) use printed::{is_head, is_output, is_printed, printed};

/// `$ `, `[user@host dir (branch)]$ `, `user@host:~/a dir (branch)# `, `user@host ~ % `, `user@host ~> `, `sh-5.1# `, `bash$ `,
/// `~/dir (branch) $ `, `host:dir user$ `, `user:~/dir $ `, `(⎈|cluster:namespace)$ `, `$> `; any of them may stand behind a time or `(venv) `.
static PROMPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^\s* (?:\[?\d{1,2}:\d{2}(?::\d{2})?\]?\s+)? (?:\([\w./-]+\)\s*)? (?:
          \$>?
        | \[[\w.@~/:+,\ -]+(?:\([^()\n]*\))?\][$\#]
        | [\w.-]+@[\w.-]+ (?: :?\s?[~/][^\n|;&<>'\x22`$\#%]*? | :[\w.-]*\s? | \s? ) (?:\s*\([^()\n]*\))? \s?[$\#%]
        | [\w.-]+@[\w.-]+ (?: :\s? | \s ) [~/][^\n|;&<>'\x22`$\#%]*? >
        | [\w.-]+@[\w.-]+\ [\w.-]+\ %
        | -?(?:sh|bash|ash|zsh)-?\d[\d.]*[$\#]
        | -?(?:sh|bash|ash|zsh|ksh)[$\#]
        | ~[\w./-]*\s?\([\w./-]+\)\s?[$\#%]
        | [A-Za-z][\w.-]*:[~/][^\s|;&<>'\x22`$\#%]*\ [\w.-]+[$\#%]
        | [A-Za-z][\w.-]*:(?:[\w.-]+\ [\w.-]+|~[\w./-]*\ )\$
        | \(⎈[^()\n]*\)\s?[$\#%]
        ) (?:[\ \t]+|$)",
    )
    .ok()
});

/// `% `, `❯ `, `➜ `, `➜  dir `, `/ # `: prompts, where the block begins with one. Further down they may be text.
static FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\([\w./-]+\)\s*)?(?:%|[❯›»λ]|➜(?:\s+[\w~/.-]+\s+git:\([^()\n]*\)(?:\s+✗)?|\s{2,}[\w~/.-]+|\s[~/][\w/.-]*)?|[~/][\w/.-]*\s[$#%❯])[ \t]+")
        .ok()
});

/// `> ` or `>`, where the block begins with one and with a command behind it.
static GREATER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s*>(?:[ \t]+|\b)").ok());

/// `host1% `, the same.
static PERCENT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s*[A-Za-z][\w.-]*%[ \t]+").ok());

/// `user $ `, where the block begins with one and nobody knows the word for a command.
static USER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s*[A-Za-z_][\w-]*\s\$[ \t]+").ok());

/// The prompt of something that is no shell: a database, an interpreter, a switch.
static FOREIGN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:(?:mysql|mariadb|sqlite|mongo|mongosh|redis|cqlsh|sftp|ftp|hive|scala|sql|psql|irb|ghci|lftp|ncat|telnet|nslookup|virsh|rabbitmq|influx|beeline|presto|trino|spark-sql|jshell|node|php|lua|r\d*)(?:[ (\[:@](?:[^\s<>\x22'-][^\s<>\x22']*)?(?: \[[^\]]*\])?)?(?:>|\#)|\w+[=\-'(][*!]?[>\#]|>>>|\(gdb\)|\d+\.\d+\.\d+\.\d+(?::\d+)?>|\w[\w.-]*(?:\([\w./-]+\))?\#)(?:\s+\S|\s*$)|^\s*[a-z]:\\[^>|\n]*>|^\s*>\s+(?:[\w.]+\(|[a-z]+\s+[^\s|;&<>])").ok()
});

/// A first word that ends as prompts do, or who is where and something that does.
static STRANGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:[^\s'|;&<()=]*|[(\[]?[\w.-]+@[\w.-]+\b[^|;&'\x22\n]*?)[>\#%$❯➜»›λ][ \t]+\S").ok()
});

/// A line among printed ones that perhaps begins with a prompt: who is where, or a host.
static LIKE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\S+\s+){0,2}[(\[]?[\w.-]+@[\w.-]+\b[^|;&'\x22\n]*?[>\#%$❯➜][ \t]+\w").ok()
});
static HOST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s*[A-Za-z][\w.-]*[$\#%>][ \t]+").ok());

/// A command behind which root's prompts are to be expected.
static BECOMES_ROOT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[;&|]\s*)(?:sudo\s+(?:-\w+\s+)*(?:-i|-s|su|bash|sh)\b|su\b)").ok());

/// Who is where, or which shell, in a prompt.
static PLACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\w.-]+@[\w.-]+|\b(?:sh|bash|ash|zsh)-?\d[\d.]*").ok());

/// What kind of prompt a command begins with that is taken for part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prompt {
    None,
    /// Of no shell at all.
    Foreign,
    /// Perhaps it is one.
    Strange,
}

/// Whether commands, taken as they stand, begin with something that looks like a prompt.
pub(super) fn unknown(commands: &[String]) -> Prompt {
    let any = |regex: &LazyLock<Option<Regex>>| {
        let regex = regex.as_ref();
        let begins = |command: &String| {
            command
                .lines()
                .next()
                .is_some_and(|line| regex.is_some_and(|regex| regex.is_match(line)))
        };
        commands.iter().any(begins)
    };
    match () {
        () if any(&FOREIGN) => Prompt::Foreign,
        () if any(&STRANGE) || any(&FIRST) => Prompt::Strange,
        () => Prompt::None,
    }
}

/// A command of more lines or bytes is none: something was opened that nothing closes, and each line is looked at again
/// with all before it.
const LONGEST: (usize, usize) = (500, 64 << 10);

/// A root prompt looks like a comment, so it counts only where a command follows it.
fn root_prompt(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("# ")?;
    shell::is_command(rest).then_some(rest)
}

/// The same of a program that nobody knows, in a block of which root's prompts are known. A remark in plain words is none.
fn strange_root_prompt(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("# ")?.trim();
    (!is_prose(rest)).then_some(rest)
}

/// Whether a text without a label begins with root's prompt, and not with a remark on the commands or the settings below it.
pub(super) fn is_roots(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    let first = lines.peek().and_then(|line| root_prompt(line));
    // No sentence pipes, and none puts in what another command prints.
    let is_said = |first: &str| is_prose(first) && !first.contains("$(") && !first.contains(" | ");
    let Some(first) = first.filter(|first| !is_said(first)) else {
        return false;
    };
    let is_remark = |line: &str| line.trim_start().starts_with('#');
    let mut others = lines.filter(|line| !is_remark(line)).peekable();
    // Beside what it printed, it has to look like one: remarks begin with names of programs as well.
    let signs = [" -", "|", "$(", " /"];
    let is_command = others.peek().is_none() || signs.iter().any(|sign| first.contains(sign));
    let mut in_table = false;
    is_command
        && others.all(|line| {
            in_table |= printed::is_head(line);
            in_table || !shell::is_command(line) || is_printed(line)
        })
}

/// Words that remarks are made of, and that no command consists of.
const PROSE: &str = "
    a an the to of and or if for with this that these those your you from in on it is are be all now then when will
    should not no as at by into after before again
";
/// Words that remarks begin with.
const ADVICE: &str = "
    list check show get verify delete remove create start stop restart run see note output example first second next
    apply ensure log login connect copy look print display repeat use using optional expected result step
";

fn is_prose(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or("");
    let is_program = first.starts_with(|c: char| c.is_ascii_lowercase() || c == '/' || c == '.')
        && first
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.+/-".contains(c));
    let mut words = text.split_whitespace();
    let knows = |list: &str, word: &str| list.split_whitespace().any(|known| known == word);
    !is_program
        || knows(ADVICE, first)
        || text.ends_with(['.', ':', '!', '?', ','])
        || words.any(|word| knows(PROSE, word))
}

/// Which prompts count besides those that nothing else looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Also {
    Nothing,
    First,
    User,
    Greater,
    Percent,
}

impl Also {
    /// By the first line of a block.
    fn of(line: &str) -> Also {
        let begins = |also| prompted(line, Also::Nothing).is_none() && prompted(line, also).is_some();
        match () {
            () if begins(Also::First) => Also::First,
            () if begins(Also::User) => Also::User,
            () if begins(Also::Greater) && is_typed(line, '>') => Also::Greater,
            () if begins(Also::Percent) && is_typed(line, '%') => Also::Percent,
            () => Also::Nothing,
        }
    }
}

/// Whether a known command stands behind such a sign: what stands there otherwise is for a database or an interpreter.
fn is_typed(line: &str, sign: char) -> bool {
    let behind = line.split_once(sign).map_or("", |(_, behind)| behind);
    shell::is_command(behind)
}

/// `➜ app ls`, where the folder stands behind one blank and nothing says that it is none of the command.
fn behind_folder(line: &str, end: usize) -> usize {
    let rest = &line[end..];
    let folder = rest.split_whitespace().next().unwrap_or("");
    let command = rest[folder.len()..].trim_start();
    let is_folder = line[..end].trim_end().ends_with('➜') && !shell::is_known(folder);
    match is_folder && shell::is_command(command) {
        true => line.len() - command.len(),
        false => end,
    }
}

/// What follows the prompt of a line.
fn prompted(line: &str, also: Also) -> Option<&str> {
    let found = |regex: &LazyLock<Option<Regex>>| regex.as_ref()?.find(line).map(|found| found.end());
    let is_known = || shell::is_known(shell::first_word(line));
    let other = || match also {
        Also::Nothing => None,
        Also::First => found(&FIRST).map(|end| behind_folder(line, end)),
        Also::Greater => found(&GREATER),
        Also::Percent => found(&PERCENT),
        Also::User => found(&USER).filter(|_| !is_known()),
    };
    Some(&line[found(&PROMPT).or_else(other)?..])
}

/// What a block says that may show a terminal.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The commands behind its prompts; `None` where it has none.
    pub commands: Option<Vec<String>>,
    /// Whether nothing in it may be read otherwise.
    pub is_sure: bool,
    /// Two of its prompts that are of different users, machines or shells, as far as they say so.
    pub moved: Option<(String, String)>,
    /// The lines, from 0, on which the commands begin.
    pub lines: Vec<usize>,
}

/// What a prompt says of where it is: nothing, if it is a plain one.
fn place(prompt: &str) -> &str {
    let found = PLACE.as_ref().and_then(|regex| regex.find(prompt));
    found.map_or("", |found| found.as_str())
}

/// Takes prompts for what they are. Whether a bare `# ` may be one is the caller's knowledge: only blocks labelled as
/// terminals show root's.
pub(super) fn read(text: &str, may_be_root: bool) -> Told {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().find(|line| !line.trim().is_empty());
    let lead = lead(text, &lines);
    let also = match (lead, first) {
        (Some(_), _) => Also::First,
        (None, first) => first.map_or(Also::Nothing, |line| Also::of(line)),
    };
    let (first, is_told) = first_prompt(text, &lines, &|line| prompted(line, also).is_some());
    let lead = lead.filter(|_| first.is_some());
    let is_told = is_told || lead.is_some();
    let has_prompt = first.is_some();
    let has_root_prompt = may_be_root && lines.iter().any(|line| root_prompt(line).is_some());
    let begins_as_root = lines.iter().find(|line| !line.trim().is_empty());
    let begins_as_root = begins_as_root.is_some_and(|line| line.trim_start().starts_with("# "));
    let strip = |line: &'_ str| -> Option<String> {
        let strange = || strange_root_prompt(line).filter(|_| begins_as_root);
        match has_prompt {
            true => prompted(line, also).map(str::to_string),
            false => root_prompt(line).or_else(strange).map(str::to_string),
        }
    };
    if !has_prompt && !has_root_prompt {
        return Told {
            commands: None,
            is_sure: is_told,
            ..Told::default()
        };
    }
    let mut prompts: Vec<&str> = lead.iter().map(|_| "").collect();
    let mut commands: Vec<String> = lead.into_iter().map(str::to_owned).collect();
    let offset = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let mut begun: Vec<usize> = lead
        .iter()
        .map(|lead| text[..offset(lead)].matches('\n').count())
        .collect();
    let mut is_sure = is_told;
    // What stands before the first prompt is no command.
    let mut at = first.unwrap_or(0);
    while at < lines.len() {
        let Some(first) = strip(lines[at]) else {
            let after = commands.last().map_or("", String::as_str);
            is_sure &= !is_like_prompt(lines[at], may_be_root, after);
            at += 1;
            continue;
        };
        // Of a program that is not known nothing tells a command from a remark.
        is_sure &= has_prompt || root_prompt(lines[at]).is_some();
        // Root's says nothing.
        let before = lines[at].len() - first.len();
        let prompt = lines[at].get(..before).filter(|_| has_prompt).unwrap_or("");
        let line = at;
        at += 1;
        let (command, taken) = continued(first, &lines[at..], &|line| strip(line).is_some());
        at += taken;
        let command = command.trim();
        if !command.is_empty() && !command.starts_with('#') {
            prompts.push(prompt.trim());
            begun.push(line);
            commands.push(command.to_string());
        }
    }
    // What was opened is left again, so that the first prompt comes back from there.
    let is_back = lines.iter().copied().any(says_left) || commands.iter().any(|command| says_left(command));
    Told {
        moved: apart(&prompts, &commands, is_back),
        commands: Some(commands),
        is_sure,
        lines: begun,
    }
}

/// Whether a line is what a shell is left with, or what tells that it was.
fn says_left(line: &str) -> bool {
    let line = line.trim();
    matches!(line, "exit" | "logout" | "^D") || line.starts_with("Connection to ")
}

/// The first two prompts that are not of the same place. A plain one behind one that says its place is short for it, if
/// both end in the same sign and nothing between them may have opened another shell: the commands are known not to, or the
/// whole prompt stands further down once more, where nobody `is_back`.
fn apart(prompts: &[&str], commands: &[String], is_back: bool) -> Option<(String, String)> {
    let places: Vec<&str> = prompts.iter().map(|prompt| place(prompt)).collect();
    let last: HashMap<&str, usize> = places
        .iter()
        .enumerate()
        .map(|(nth, place)| (*place, nth))
        .collect();
    let mut known = 0;
    for nth in 1..prompts.len() {
        let sign = |nth: usize| prompts[nth].chars().next_back();
        let is_plain = places[nth].is_empty() && sign(known) == sign(nth);
        let comes_again = || !is_back && last.get(places[known]).is_some_and(|last| *last >= nth);
        let is_short = || places[known].is_empty() || opener::stays(&commands[nth - 1]) || comes_again();
        if is_plain && is_short() {
            continue;
        }
        if places[known] != places[nth] {
            return Some((prompts[known].to_owned(), prompts[nth].to_owned()));
        }
        known = nth;
    }
    None
}

/// A command without a prompt that opens a shell, above the prompts of that shell and what they print.
fn lead<'a>(text: &'a str, lines: &[&str]) -> Option<&'a str> {
    let is_prompt = |line: &&str| prompted(line, Also::First).is_some();
    lines.iter().position(is_prompt).filter(|at| *at > 0)?;
    let script = Script::parse(text, &opaque(text));
    let mut commands = script.commands.iter().map(|range| &text[range.clone()]);
    let first = commands
        .next()
        .filter(|first| prompted(first, Also::First).is_none())?;
    let is_lead = opener::opened(&[first.to_owned()], &BTreeSet::new()).is_some_and(|turn| !turn.is_followed);
    // What else stands before the prompts is printed, or it is a script.
    let mut between = commands.take_while(|command| prompted(command, Also::First).is_none());
    (is_lead && !between.any(shell::is_command)).then_some(first)
}

/// Whether a line that was taken for a printed one is perhaps a command behind a prompt that is not known.
fn is_like_prompt(line: &str, may_be_root: bool, after: &str) -> bool {
    let finds =
        |regex: &LazyLock<Option<Regex>>, text: &str| regex.as_ref().is_none_or(|regex| regex.is_match(text));
    let host = HOST.as_ref().and_then(|regex| regex.find(line));
    let is_host = host.is_some_and(|host| shell::is_command(&line[host.end()..]));
    let is_root = may_be_root && root_prompt(line).is_some() && finds(&BECOMES_ROOT, after);
    is_host || is_root || powershell::is_prompt(line) || finds(&LIKE, line)
}

/// The first line with a prompt that stands where a command may begin, and whether the others leave no doubt: in a
/// here-document and between quotes a prompt is text of the script. Prose opens no quote, but its apostrophes seem to.
fn first_prompt(text: &str, lines: &[&str], is_prompt: &dyn Fn(&str) -> bool) -> (Option<usize>, bool) {
    let Some(first) = lines.iter().position(|line| is_prompt(line)) else {
        return (None, true);
    };
    let is_said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    if !lines[..first].iter().any(is_said) {
        return (Some(first), true);
    }
    let script = Script::parse(text, &opaque(text));
    let is_command = |range: &Range<usize>| shell::is_command(&text[range.clone()]);
    let mut is_told = true;
    for (nth, line) in lines
        .iter()
        .enumerate()
        .skip(first)
        .filter(|(_, line)| is_prompt(line))
    {
        let begin = line.trim_start().as_ptr() as usize - text.as_ptr() as usize;
        let next = script.commands.partition_point(|range| range.end <= begin);
        let within = script.commands.get(next).filter(|range| range.contains(&begin));
        match within.filter(|range| range.start < begin) {
            // A command that was read as one before all this leaves the reader to say which of both is meant.
            None => {
                let mut before = script.commands.iter().filter(|range| range.end <= begin);
                return (Some(nth), is_told && !before.any(is_command));
            }
            Some(range) if is_command(range) || script.is_document(begin) => {}
            Some(range) if range.end == text.trim_end().len() && !script.complete => {
                return (Some(nth), is_told);
            }
            Some(_) => is_told = false,
        }
    }
    (None, is_told)
}

/// The placeholders of a text, which are parts of words whatever they hold.
pub(super) fn opaque(text: &str) -> Vec<Range<usize>> {
    let found = placeholder::written(text).into_iter();
    found.map(|found| found.at).collect()
}

/// Joins the lines that belong to a command, and says how many they are. Where a quote stays open to the next prompt, it
/// was no opening: only lines that say themselves that they continue are joined. A here-document goes on to its end.
fn continued(first: String, rest: &[&str], is_prompt: &dyn Fn(&str) -> bool) -> (String, usize) {
    let mut whole = first.clone();
    let mut taken = 0;
    let mut sure = (whole.clone(), 0);
    while !is_complete(&whole) {
        let is_endless = taken >= LONGEST.0 || whole.len() > LONGEST.1;
        let is_free = |line: &&&str| !is_prompt(line) || is_document(&whole, &rest[taken..]);
        let Some(line) = rest.get(taken).filter(|_| !is_endless).filter(is_free) else {
            return sure;
        };
        let said_so = says_so(&whole);
        let secondary = line.strip_prefix("> ");
        whole.push('\n');
        whole.push_str(secondary.unwrap_or(line));
        taken += 1;
        if (said_so || secondary.is_some()) && sure.1 + 1 == taken {
            sure = (whole.clone(), taken);
        }
    }
    (whole, taken)
}

/// Whether a command waits for the end of a here-document, and one of the lines behind it is that.
fn is_document(command: &str, rest: &[&str]) -> bool {
    let script = Script::parse(command, &opaque(command));
    let Some(end) = script.awaits else { return false };
    let mut rest = rest.iter().take(LONGEST.0);
    rest.any(|line| {
        line.strip_prefix("> ")
            .unwrap_or(line)
            .trim_start_matches('\t')
            .trim_end()
            == end
    })
}

pub(super) fn is_complete(command: &str) -> bool {
    !says_so(command) && Script::parse(command, &opaque(command)).complete
}

fn says_so(command: &str) -> bool {
    let command = command.trim_end_matches([' ', '\t']);
    command.ends_with('\\') || command.ends_with('|') || command.ends_with("&&")
}

#[cfg(test)]
mod tests;

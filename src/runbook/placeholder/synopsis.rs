//! What a manual's line puts in brackets of its own: `[--now]`, `[-f|--follow]`, `[--tail N]`, `[options]`, `[file...]`, and
//! `[...]` for all that was left out. Tests, patterns, lists and indexes are passed over.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::word::{Look, is_of, line, look, program, speaks};
use super::{Form, pattern};

static OPTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r#"\[(?:--?[A-Za-z][^\[\]\n<>{}`$"'\\]*|--\s+[A-Za-z][\w .…-]*)\](?:\.{3}|…)?"#)
});
static REST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?x)\[(?: (?i:options?|opts|flags?|args?|arguments?|parameters?)\s?(?:\.{3}|…)?\](?:\.{3}|…)?
        | [A-Za-z]{3,}[\w-]*(?: \s?(?:\.{3}|…)\] | \](?:\.{3}|…) ) | (?:\.{3}|…)\] | \w[\w-]*(?:\|\w[\w-]*)+\] )
        | \{\w[\w-]*(?:\|\w[\w-]*)+\}",
    )
});
/// `FILE...`, and what was cut short: `i-...`, `AKIA...`.
static REPEATED: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\b[A-Za-z][\w:-]*(?:\.{3}|…)"));
/// An option with one value behind it.
static VALUED: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^(--?[A-Za-z][\w-]*[ =]|--\s+)([A-Za-z]\w*)(?:\s?(?:\.{3}|…))?$"));

/// `start|stop`, which a shell would take for a pipe.
static EITHER: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\b[a-z][a-z-]*(?: ?\| ?[a-z][a-z-]*)+\b"));
/// What a manual lets its reader choose from.
const CHOICES: &str = "
    start stop restart reload status enable disable enabled disabled on off yes no true false up down add remove delete
    create get set show list install uninstall open close lock unlock attach detach pause resume suspend allow deny
    present absent low medium high debug info warn warning error json yaml table text tcp udp primary secondary master
    replica blue green left right in out public private internal external dev test stage staging prod production
    apply plan destroy always never force-reload try-restart condrestart graceful
";

/// Those that no program is called by: `x start|stop web` pipes into none of them.
const VERBS: &str = "
    start stop restart reload status enable disable enabled disabled on off up down open close lock unlock attach detach
    pause resume suspend allow deny present absent force-reload try-restart condrestart graceful
";
/// `(start|stop)`, of which a shell knows nothing behind a program.
static ROUND: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\((?:[A-Za-z][\w-]*)(?: ?\| ?[A-Za-z][\w-]*)+\)"));

pub(super) static LOOKS: [Look; 5] = [
    look(Form::Loose, &EITHER, is_either),
    look(Form::Loose, &ROUND, is_round),
    look(Form::Loose, &OPTION, is_free),
    look(Form::Loose, &REST, is_free),
    look(Form::Loose, &REPEATED, is_free),
];

/// A word of its own, and no command.
fn is_free(text: &str, at: Range<usize>) -> bool {
    let (before, behind) = (&text[..at.start], &text[at.end..]);
    let ends = |c: char| c.is_whitespace() || ";|&".contains(c);
    let is_word =
        before.chars().next_back().is_none_or(char::is_whitespace) && behind.chars().next().is_none_or(ends);
    let goes_on = before.trim_end_matches([' ', '\t']).ends_with("\\\n");
    let line = line(text, &at);
    let simple = line.rsplit([';', '|', '&', '(']).next().unwrap_or(line);
    let is_left_out = text[at.clone()].trim_matches(['[', ']', '.', '…']).is_empty();
    let is_argument = is_left_out || goes_on || !program(simple).is_empty();
    is_word && is_argument && !is_range(simple, &text[at.clone()]) && !speaks(text, &at)
}

/// What git is told in capitals that is no word of a manual.
const HEADS: &str = "HEAD FETCH_HEAD ORIG_HEAD MERGE_HEAD CHERRY_PICK_HEAD";

/// `git diff main...` is a range of commits, and `go test all...` one of packages; `git add FILE...` is neither.
fn is_range(simple: &str, own: &str) -> bool {
    let word = own.trim_end_matches(['.', '…']);
    match program(simple) {
        _ if !own.starts_with(char::is_alphabetic) => false,
        "git" => {
            let is_told = word.contains(char::is_lowercase) || is_of(HEADS, word);
            is_told && is_of("diff log rev-list show cherry range-diff", verb(simple))
        }
        "go" => is_of("all std cmd", word),
        _ => false,
    }
}

/// What git is told to do: its first word behind the options of its own.
fn verb(simple: &str) -> &str {
    let mut words = simple
        .split_whitespace()
        .skip_while(|word| *word != "git")
        .skip(1);
    while let Some(word) = words.next() {
        match word {
            "-C" | "-c" => {
                words.next();
            }
            option if option.starts_with('-') => {}
            verb => return verb,
        }
    }
    ""
}

/// Every one of them is such a word, and no command goes on behind the last: `x list|sort` pipes, and `x start|stop web` does
/// not.
fn is_either(text: &str, at: Range<usize>) -> bool {
    let own = &text[at.clone()];
    let behind = text[at.end..].trim_start_matches([' ', '\t']);
    let is_last = behind.is_empty() || behind.starts_with(['\n', ';', '#', ')', '&']);
    let list = if is_last { CHOICES } else { VERBS };
    let is_tight = is_last || !own.contains(' ');
    own.split('|').all(|word| is_of(list, word.trim())) && is_tight && is_free(text, at)
}

/// Behind a program; a pattern of `case` stands behind `in`, and what `time` measures may be in brackets.
fn is_round(text: &str, at: Range<usize>) -> bool {
    let line = line(text, &at);
    let last = line.split_whitespace().next_back().unwrap_or("");
    let is_pattern = matches!(last, "in" | "time" | "coproc" | "exec") || line.ends_with(";;");
    !is_pattern && is_free(text, at)
}

fn inside(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?.trim_end_matches(['.', '…']);
    Some(inner.strip_suffix(']')?.trim())
}

/// Of one that may be left out, the option that its value stands behind: nothing, where it has none.
pub(super) fn option(text: &str) -> Option<&str> {
    let inner = inside(text)?;
    if !inner.starts_with('-') {
        let word = inner.trim_end_matches(['.', '…', ' ']).to_lowercase();
        let word = word.trim_end_matches('s');
        let is_optional = matches!(word, "option" | "opt" | "flag" | "arg" | "argument" | "parameter");
        return is_optional.then_some("");
    }
    let valued = VALUED.as_ref().and_then(|regex| regex.captures(inner));
    let option = valued.and_then(|found| found.get(1));
    Some(option.map_or("", |option| option.as_str()))
}

/// What it is called: its value, or its last option by the longer name.
pub(super) fn called(text: &str) -> Option<&str> {
    let inner = inside(text).filter(|inner| inner.starts_with('-'))?;
    let Some(found) = VALUED.as_ref().and_then(|regex| regex.captures(inner)) else {
        return inner.rsplit('|').next();
    };
    let value = found.get(2).filter(|value| value.len() > 1);
    Some(value.or(found.get(1))?.as_str())
}

/// Whether it is an option without a value: it stands in the command as the page writes it, or not at all.
pub(super) fn is_choice(text: &str) -> bool {
    text.starts_with("[-") && option(text) == Some("")
}

/// The one of its options that a value means, with or without its dashes.
pub(super) fn chosen<'t>(text: &'t str, value: &str) -> Option<&'t str> {
    let is_word = |word: &&str| {
        word.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_=.,:/".contains(c))
    };
    let bare = |word: &str| word.trim_start_matches('-').to_owned();
    let mut all = inside(text)?.split('|').map(str::trim).filter(is_word);
    all.find(|option| option.starts_with('-') && bare(option) == bare(value))
}

#[cfg(test)]
mod tests {
    use crate::runbook::blocks;

    fn open(text: &str) -> Vec<(String, String)> {
        let block = blocks(&format!("```sh\n{text}\n```\n")).remove(0);
        block.placeholders.into_iter().zip(block.keys).collect()
    }

    #[test]
    fn what_a_manual_writes_in_brackets_is_asked_for() {
        for (text, placeholder, key) in [
            ("systemctl enable [--now] nginx", "[--now]", "now"),
            ("mkdir [-p] /srv/data", "[-p]", "p"),
            ("docker logs [-f|--follow] web", "[-f|--follow]", "follow"),
            ("docker logs [--tail N] web", "[--tail N]", "tail"),
            ("kubectl get pods [-n NAMESPACE]", "[-n NAMESPACE]", "namespace"),
            ("kubectl get pods \\\n  [--watch]", "[--watch]", "watch"),
            ("sudo tar [options] x", "[options]", "options"),
            ("tar x [file...]", "[file...]", "file"),
            ("cp [OPTION]... a b", "[OPTION]...", "option"),
            ("cp FROM... b", "FROM...", "from"),
            ("x [-- COMMAND...]", "[-- COMMAND...]", "command"),
            ("aws x --ids i-... --y", "i-...", "i"),
            ("x --level {low|high} y", "{low|high}", "low_high"),
            ("service nginx [start|stop]", "[start|stop]", "start_stop"),
            (
                "service nginx start|stop|restart",
                "start|stop|restart",
                "start_stop_restart",
            ),
            ("service nginx start | stop", "start | stop", "start_stop"),
            ("systemctl start|stop nginx", "start|stop", "start_stop"),
            (
                "sudo systemctl enable|disable --now nginx",
                "enable|disable",
                "enable_disable",
            ),
            ("systemctl (start|stop) nginx", "(start|stop)", "start_stop"),
            (
                "pg_ctlcluster 15 main (start | stop)",
                "(start | stop)",
                "start_stop",
            ),
            (
                "systemctl nginx enable|disable; ls",
                "enable|disable",
                "enable_disable",
            ),
            ("kubectl get pods\n[...]", "[...]", "value"),
            ("ls; if x [--all]; then y; fi", "[--all]", "all"),
            ("git diff [file...]", "[file...]", "file"),
            ("git add FILE...", "FILE...", "file"),
            ("git -C /srv add file...", "file...", "file"),
            ("git reset --hard COMMIT...", "COMMIT...", "commit"),
            ("git push origin BRANCH...", "BRANCH...", "branch"),
            ("git diff COMMIT...", "COMMIT...", "commit"),
            ("go install PACKAGE...", "PACKAGE...", "package"),
        ] {
            assert_eq!(open(text), [(placeholder.to_owned(), key.to_owned())], "{text}");
        }
    }

    #[test]
    fn tests_patterns_lists_and_indexes_are_none() {
        for text in [
            "[ -f x ] && ls; if [ -n \"$HOME\" ]; then ls; fi; while [ -e x ]; do ls; done",
            "[[ -f x && a == [-b]* ]] && ls; test -f x",
            "ls [0-9]* [a-z].log x[-a] [-_]*; rm [!a]* [^b]* [-a]*",
            "a=(x y); echo ${a[0]} ${a[@]} ${a[-1]}",
            "jq .items[] x; jq [.items] x; jq '[-x]' y; sed s/[-a]/x/ y; grep [-p] x; tr [-a] x <y",
            "python3 -c 'print([1, 2][-1], [x for x in y])'; curl -d '{\"a\": [-1]}' x",
            "aws x --query R[].I[].[Id] --parameters commands=[\"-x\"]; curl http://[::1]/",
            "echo \"usage: x [-p] [file...]\"; git commit -m \"add [--force]\"; go test ./...",
            "git --no-pager -C log diff a...b main...; git log HEAD...; git diff origin/main...; go test all...; read -p \"Go on? [y|N] \" ans; ls x|sort|uniq; mv {a,b} ${HOME%|*}; echo wait...; cat **/x",
            "case $HOME in [-a]) ls ;; esac; find . -name [-a]*",
            "frob list|sort; frob show|get x; case $HOME in start|stop) ls ;; esac; [ x ]|true; frob status | sort",
            "grep -E 'start|stop' x; echo \"on|off\"; start|stop",
            "case $HOME in (start|stop) ls ;; esac; time (ls|sort); (ls|sort) && ls; x=$(ls|sort); journalctl -g 'a (start|stop) b'",
            "diff <(ls|sort) x; for i in a; do (ls|sort); done; ls || (id|sort)",
        ] {
            assert_eq!(open(text), [], "{text}");
        }
    }
}

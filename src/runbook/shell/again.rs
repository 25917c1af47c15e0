//! Where what a shell has expanded is read once more: by a program that runs its text, in arithmetic, as a name, in a file
//! that is run later. Quotes protect a value from this shell only, so nothing but plain values may stand there.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{bare_name, first_word};

/// Programs that take text and run it, or run it elsewhere: quoting for this shell does not protect the next. A version
/// behind the name changes nothing.
const EVALUATORS: &str = "
    ansible ash at awk bash batch bun busybox clush compgen complete coproc cqlsh crontab csh dash deno ed elixir emacs
    env erl eval ex exec expect fish flock gawk gdb gnuplot groovy guile irb jq jshell julia ksh let lua m4 make mariadb
    mawk mongo mongosh mysql nawk node nodejs nu nvim octave osascript parallel pdsh perl php powershell psql pwsh pypy
    python python2 python3 racket rbash redis-cli rscript rsh ruby runuser salt scala screen script sed send-command sftp
    sh source sqlite sqlite3 sqlplus ssh start-session su tclsh tcsh toybox trap tmux vi vim watch xargs xonsh yash yq zsh
    find
";

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// Where the shell itself takes a word for arithmetic, which runs what stands in the index of an array; a name that holds
/// the program; a file that is read as a script.
static SHELL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r#"(?xsm) \[\[ .* \s-(?:eq|ne|lt|le|gt|ge|v|R)\s
        | \b(?:declare|typeset|local|export|readonly|integer)\b [^;&|\n]* \s[-+]\w*[inaA]
        | \b(?:declare|typeset|local|alias|enable|mapfile|readarray)\s
        | (?:^|[;&|(`]|(?:^|[\s;&|(`])(?:sudo|exec|env|time|nohup|nice|command|then|do|else)\s) \s* (?:\w+=\S*\s+)* "?\$\{?\w
        | (?:^|[;&|(]) \s* \.\s+\S"#,
    )
});
/// The index of an array, up to the place in question.
static SUBSCRIPT: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\b[A-Za-z_]\w*\[[^\]\n]*$"));
/// Commands that take names, of which an index may be part.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r#"(?x) (?:^|[\s;&|(]) (?: export | readonly | unset | read | getopts | printf\s+-v | wait\s+(?:-\w+\s+)*-p
        | (?:test|\[)\s(?:[^;&|\n]*\s)?-[vR] ) (?:\s[^;&|\n]*)? [\s"'][^\s=;&|]*$"#,
    )
});
/// Variables that a shell, or a program, takes for commands.
static SPECIAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r#"(?x) (?:^|[\s;&|("']) (?: PS[0-4] | PROMPT_COMMAND | BASH_ENV | ENV | SHELLOPTS | BASHOPTS | LD_\w+ | DYLD_\w+
        | \w*PAGER | \w*EDITOR | VISUAL | BROWSER | LESSOPEN | LESSCLOSE | GIT_SSH(?:_COMMAND)? | GIT_EXTERNAL_DIFF
        | \w+_ASKPASS | \w+_RSH | TAR_OPTIONS | PYTHONSTARTUP | PERL5(?:OPT|DB) | RUBYOPT | NODE_OPTIONS
        | JAVA_TOOL_OPTIONS | MAKEFLAGS ) \+?= (?:"[^"]*|'[^']*|[^\s"']*)$"#,
    )
});
/// Options whose value is a command.
static OPTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r#"(?x) (?: \s--(?: checkpoint-action | to-command | use-compress-program | rsh-command | info-script
        | new-volume-script | rmt-command | rsh | rsync-path | upload-pack | receive-pack | compress-program | pager
        | exec | init-file | rcfile | command | [\w-]*hook ) | \b(?: ProxyCommand | LocalCommand
        | KnownHostsCommand | core\.\w+ ) ) [=\s][^\n;&|]*$"#,
    )
});
/// What PowerShell hands to an interpreter, its own among them.
static POWERSHELL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:^|[^\w-])(?:iex|invoke-expression|invoke-command|cmd|wsl|invoke-sqlcmd|sqlcmd)\b|scriptblock\]|expandstring|\s-encodedcommand",
    )
});
/// Files that a command writes; a placeholder is none.
static WRITTEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r#"<[\p{L}\d](?:[^<>\n]*[^\s<>])?>|(?:>\|?|\btee\s+(?:-\w+\s+)*|\bof=)\s*["']?([^\s"'<>;&|]+)"#)
});
/// Files that are run by what they are called.
static SCRIPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\.(?:sh|bash|zsh|ksh|py|pl|rb|js|ps1|service|timer)$|profile|bashrc|cron|sudoers|init\.d/|rc\.local",
    )
});
/// Text in which a bare word is the name of a variable, whose value is evaluated.
static COUNTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?xs) \(\((.*?)\)\) | \$\[([^\]]*)\] | \[\[(.*?\s-(?:eq|ne|lt|le|gt|ge|v)\s.*?)\]\] | \blet\s+([^;&|\n]*)
        | [A-Za-z_]\w*\[([^\]\n]+)\] | \$\{\#?\w+:([^}\n]*)\}
        | \b(?:declare|typeset|local|export|readonly|integer)\s+[-+]\w*[in]\w*\s+([^;&|\n]*)",
    )
});

fn finds(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    regex.as_ref().is_none_or(|regex| regex.is_match(text))
}

/// What reads a place once more, by the text before it.
pub fn reader(before: &str) -> Option<&'static str> {
    match () {
        () if finds(&SUBSCRIPT, before) => Some("in the index of an array"),
        () if finds(&NAME, before) => Some("where a shell takes the name of a variable"),
        () if finds(&SPECIAL, before) => Some("in a variable that is taken for a command"),
        () if finds(&OPTION, before) => Some("in an option that is taken for a command"),
        () => None,
    }
}

/// Whether any word of a command names a program that evaluates its arguments, or the shell itself does.
pub fn is_evaluator(command: &str) -> bool {
    finds(&SHELL, command) || names_evaluator(command)
}

/// The same of PowerShell.
pub fn is_powershell_evaluator(command: &str) -> bool {
    finds(&POWERSHELL, command) || names_evaluator(command)
}

fn names_evaluator(command: &str) -> bool {
    let names = |word: &str| EVALUATORS.split_whitespace().any(|known| known == word);
    command
        .split(|c: char| c.is_whitespace() || "|&;()`\"'".contains(c))
        .map(bare_name)
        .map(str::to_lowercase)
        .any(|word| names(&word) || names(word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')))
}

/// Files by the names under which commands run them, each with the first command that does and another.
#[derive(Default)]
pub struct Runs<'c>(HashMap<&'c str, (&'c str, bool)>);

impl<'c> Runs<'c> {
    pub fn of(commands: &'c [String]) -> Runs<'c> {
        let mut runs = Runs::default();
        for command in commands {
            let first = first_word(command);
            if is_evaluator(command) || first.contains('/') || command.contains("chmod") {
                let words = command.split(|c: char| c.is_whitespace() || "\"';&|()<>=`".contains(c));
                for name in words.map(bare_name) {
                    let told = runs.0.entry(name).or_insert((command, false));
                    told.1 |= !std::ptr::eq(told.0, command.as_str());
                }
            }
        }
        runs
    }

    /// Whether a command writes a file that is run: by what it is called, by its first line, by another command, or by
    /// itself further on.
    pub fn writes_script(&self, command: &str) -> bool {
        let written = WRITTEN.iter().flat_map(|regex| regex.captures_iter(command));
        let mut files = written.filter_map(|found| found.get(1));
        files.any(|file| {
            let name = bare_name(file.as_str());
            let is_device = file.as_str().starts_with("/dev/") || file.as_str().starts_with('&');
            let is_run = || match self.0.get(name) {
                Some((first, others)) => {
                    *others || *first != command || is_run_in(&command[file.end()..], name)
                }
                None => false,
            };
            !is_device
                && !name.is_empty()
                && (finds(&SCRIPT, file.as_str()) || command.contains("#!") || is_run())
        })
    }
}

fn is_run_in(rest: &str, name: &str) -> bool {
    rest.contains(name) && is_evaluator(rest)
}

/// Words that may be variables whose values are evaluated, wherever `$` is not needed for it.
pub fn counted(command: &str) -> Vec<&str> {
    let found = COUNTED.iter().flat_map(|regex| regex.captures_iter(command));
    let texts = found.flat_map(|found| {
        found
            .iter()
            .skip(1)
            .flatten()
            .map(|text| text.as_str())
            .collect::<Vec<_>>()
    });
    // `${A:-x}` and its like are no cut.
    let texts = texts.filter(|text| !text.starts_with(['-', '=', '+', '?']));
    texts
        .flat_map(|text| text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
        .collect()
}

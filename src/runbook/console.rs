//! Tells commands from sample output in a block that shows a terminal: the lines after a prompt and their
//! continuations are commands, the rest is what they printed.

use std::sync::LazyLock;

use regex::Regex;

use super::placeholder;
use super::shell::{self, Script};

/// `$ `, `[user@host dir (branch)]$ `, `user@host:~# `, `user@host ~ % `, `sh-5.1# `, `PS C:\> `; any of them may stand
/// behind `(venv) `.
static PROMPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\([\w./-]+\)\s*)?(?:\$|\[[\w.@~/ -]+(?:\([^()\n]*\))?\][$#]|[\w.-]+@[\w.-]+(?::[\w~/.-]*\s?|\s?[~/][\w~/.-]*\s?|\s?)[$#%]|[\w.-]+@[\w.-]+ [\w.-]+ %|(?:sh|bash|ash|zsh)-?\d[\d.]*[$#]|PS [A-Z]:[^>\n]*>)(?:[ \t]+|$)").ok()
});

/// `% `, `❯ `, `➜ dir `, `/ # `: prompts, where the block begins with one. Further down they may be text.
static FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\([\w./-]+\)\s*)?(?:%|[❯›»λ]|➜\s+[\w~/.-]+(?:\s+git:\([^()\n]*\)(?:\s+✗)?)?|[~/][\w/.-]*\s[$#%❯])[ \t]+")
        .ok()
});

/// The prompt of something that is no shell: a database, an interpreter, a switch.
static FOREIGN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:(?:mysql|mariadb|sqlite|mongo|mongosh|redis|cqlsh|sftp|ftp|hive|scala|sql|psql|irb|ghci|lftp|ncat|telnet|nslookup|virsh|rabbitmq|influx|beeline|presto|trino|spark-sql|jshell|node|php|lua|r\d*)(?:[ (\[:@][^\s>]*(?: \[[^\]]*\])?)?(?:>|\#)|\w+[=\-'(][>\#]|>>>|\(gdb\)|\d+\.\d+\.\d+\.\d+(?::\d+)?>|\w[\w.-]*(?:\([\w./-]+\))?\#)(?:\s+\S|\s*$)").ok()
});

/// A first word that ends as prompts do.
static STRANGE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*[^\s'|;&<()=]*[>\#%$❯➜»›λ][ \t]+\S").ok());

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

/// What follows the prompt of a line.
fn prompted(line: &str, is_plain: bool) -> Option<&str> {
    let found = |regex: &LazyLock<Option<Regex>>| regex.as_ref()?.find(line).map(|found| found.end());
    let end = found(&PROMPT).or_else(|| found(&FIRST).filter(|_| is_plain))?;
    Some(&line[end..])
}

/// The commands of a block that has prompts, or `None` if it has none. Whether a bare `# ` may be a prompt is the
/// caller's knowledge: only blocks labelled as terminals show root's.
pub(super) fn commands(text: &str, may_be_root: bool) -> Option<Vec<String>> {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().find(|line| !line.trim().is_empty());
    let is_plain = first.is_some_and(|line| FIRST.as_ref().is_some_and(|regex| regex.is_match(line)));
    let has_prompt = lines.iter().any(|line| prompted(line, is_plain).is_some());
    let strip = |line: &'_ str| -> Option<String> {
        match has_prompt {
            true => prompted(line, is_plain).map(str::to_string),
            false => root_prompt(line).map(str::to_string),
        }
    };
    let has_root_prompt = may_be_root && lines.iter().any(|line| root_prompt(line).is_some());
    if !has_prompt && !has_root_prompt {
        return None;
    }
    let mut commands = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some(first) = strip(lines[at]) else {
            at += 1;
            continue;
        };
        at += 1;
        let (command, taken) = continued(first, &lines[at..], &|line| strip(line).is_some());
        at += taken;
        let command = command.trim();
        if !command.is_empty() && !command.starts_with('#') {
            commands.push(command.to_string());
        }
    }
    Some(commands)
}

/// Joins the lines that belong to a command, and says how many they are. Where a quote or a here-document stays
/// open to the next prompt, it was no opening: only lines that say themselves that they continue are joined.
fn continued(first: String, rest: &[&str], is_prompt: &dyn Fn(&str) -> bool) -> (String, usize) {
    let mut whole = first.clone();
    let mut taken = 0;
    let mut sure = (whole.clone(), 0);
    while !is_complete(&whole) {
        let is_endless = taken >= LONGEST.0 || whole.len() > LONGEST.1;
        let Some(line) = rest.get(taken).filter(|line| !is_endless && !is_prompt(line)) else {
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

fn is_complete(command: &str) -> bool {
    let opaque: Vec<_> = placeholder::written(command)
        .into_iter()
        .map(|found| found.at)
        .collect();
    !says_so(command) && Script::parse(command, &opaque).complete
}

fn says_so(command: &str) -> bool {
    let command = command.trim_end_matches([' ', '\t']);
    command.ends_with('\\') || command.ends_with('|') || command.ends_with("&&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        commands(text, true).unwrap_or_default()
    }

    #[test]
    fn only_lines_after_a_prompt_are_commands() {
        assert_eq!(
            of("$ oc get pods\nNAME  READY\nfoo   1/1\n$ oc logs foo\n"),
            ["oc get pods", "oc logs foo"]
        );
    }

    #[test]
    fn a_variable_at_the_start_of_a_line_is_no_prompt() {
        assert_eq!(commands("$VAR x\n$(date)\n", true), None);
    }

    #[test]
    fn prompts_with_user_host_or_shell_are_known() {
        let text =
            "[root@web-1 ~]# id\nuid=0\nuser@host:~$ date\nsh-5.1# ls\nubuntu@ip-10-0-0-1:/var/log$ tail x\n";
        assert_eq!(of(text), ["id", "date", "ls", "tail x"]);
    }

    #[test]
    fn prompts_of_other_shells_and_themes_are_known() {
        for prompt in [
            "% ",
            "user@mac ~ % ",
            "user@mac src % ",
            "❯ ",
            "➜  ~ ",
            "➜  app git:(main) ✗ ",
            "(venv) u@h:~$ ",
            "(venv) $ ",
            "[root@h dir (branch)]# ",
            "/ # ",
            "~/src $ ",
        ] {
            let text = format!("{prompt}id\nuid=0\n{prompt}echo a\na\n");
            assert_eq!(
                commands(&text, false).unwrap_or_default(),
                ["id", "echo a"],
                "{prompt}"
            );
        }
        // A script that prints some.
        assert_eq!(commands("cat <<E\n% a\n/ # b\nE\n", false), None);
    }

    #[test]
    fn a_prompt_of_something_else_is_no_command() {
        for line in [
            "mysql> DROP TABLE x;",
            "MariaDB [(none)]> DROP TABLE x;",
            "postgres=# DROP TABLE x;",
            "db=> select 1;",
            ">>> import os",
            "127.0.0.1:6379> FLUSHALL",
            "redis 127.0.0.1:6379> FLUSHALL",
            "sqlite> .tables",
            "cqlsh:ks> drop table x;",
            "(gdb) quit",
            "switch# reload",
            "router(config)# no ip",
            "irb(main):001:0> exit",
        ] {
            assert_eq!(unknown(&[line.to_string()]), Prompt::Foreign, "{line}");
        }
        for line in ["host> reboot", "dev% ls", "a$ b"] {
            assert_eq!(unknown(&[line.to_string()]), Prompt::Strange, "{line}");
        }
        for line in [
            "echo a > b",
            "mysql -e 'x'",
            "kubectl get pods",
            "cat <<E\nmysql> x\nE",
            "A=1 b",
            "$X y",
            "a >b c",
            "printf '%s' x",
            "\"$A\" b",
            "node x.js",
            "2>&1 a",
            "echo 50% x",
        ] {
            assert_eq!(unknown(&[line.to_string()]), Prompt::None, "{line}");
        }
    }

    #[test]
    fn continuations_belong_to_their_command() {
        assert_eq!(of("$ a \\\n  --b\nout\n"), ["a \\\n  --b"]);
        assert_eq!(
            of("$ for i in 1 2; do\n> echo $i\n> done\n1\n2\n"),
            ["for i in 1 2; do\necho $i\ndone"]
        );
        assert_eq!(
            of("$ cat <<EOF | oc apply -f -\nkind: Pod\nEOF\npod created\n"),
            ["cat <<EOF | oc apply -f -\nkind: Pod\nEOF"]
        );
    }

    #[test]
    fn a_quote_that_never_ends_swallows_no_output() {
        assert_eq!(
            of("$ echo it's\nit's\nmore it\n$ date\n"),
            ["echo it's\nit's", "date"]
        );
        assert_eq!(of("$ echo don't\nout\n$ date\n"), ["echo don't", "date"]);
    }

    #[test]
    fn what_never_ends_is_given_up_and_what_comes_behind_it_is_found() {
        let text = format!("$ echo 'x\n{}$ date\n", "out out\n".repeat(20_000));
        assert_eq!(of(&text), ["echo 'x", "date"]);
        let whole = format!("cat <<E\n{}E", "a: 1\n".repeat(400));
        assert_eq!(of(&format!("$ {whole}\n$ date\n")), [whole.as_str(), "date"]);
    }

    #[test]
    fn root_prompts_count_where_a_command_follows() {
        assert_eq!(
            of("# systemctl status x\nactive\n# a remark about it\n"),
            ["systemctl status x"]
        );
        assert_eq!(commands("# systemctl status x\n", false), None);
        assert_eq!(of("# comment ls\n$ ls\n"), ["ls"]);
    }
}

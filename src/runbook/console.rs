//! Tells commands from sample output in a block that shows a terminal: the lines after a prompt and their
//! continuations are commands, the rest is what they printed.

use std::sync::LazyLock;

use regex::Regex;

use super::placeholder;
use super::shell::{self, Script};

/// `$ `, `[user@host dir]$ `, `user@host:~# `, `sh-5.1# `, `PS C:\> `.
static PROMPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\$|(?:\([^()\s]*\)\s?)?\[[\w.@~/ -]+\][$#]|[\w.-]+@[\w.-]+:?[\w~/.-]*\s?[$#]|(?:sh|bash|ash|zsh)-?\d[\d.]*[$#]|PS [A-Z]:[^>\n]*>)(?:[ \t]+|$)").ok()
});

/// A root prompt looks like a comment, so it counts only where a command follows it.
fn root_prompt(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("# ")?;
    shell::is_command(rest).then_some(rest)
}

/// What follows the prompt of a line.
fn prompted(line: &str) -> Option<&str> {
    let found = PROMPT.as_ref()?.find(line)?;
    Some(&line[found.end()..])
}

/// The commands of a block that has prompts, or `None` if it has none. Whether a bare `# ` may be a prompt is the
/// caller's knowledge: only blocks labelled as terminals show root's.
pub(super) fn commands(text: &str, may_be_root: bool) -> Option<Vec<String>> {
    let lines: Vec<&str> = text.lines().collect();
    let has_prompt = lines.iter().any(|line| prompted(line).is_some());
    let strip = |line: &'_ str| -> Option<String> {
        match has_prompt {
            true => prompted(line).map(str::to_string),
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
        let Some(line) = rest.get(taken).filter(|line| !is_prompt(line)) else {
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
    fn root_prompts_count_where_a_command_follows() {
        assert_eq!(
            of("# systemctl status x\nactive\n# a remark about it\n"),
            ["systemctl status x"]
        );
        assert_eq!(commands("# systemctl status x\n", false), None);
        assert_eq!(of("# comment ls\n$ ls\n"), ["ls"]);
    }
}

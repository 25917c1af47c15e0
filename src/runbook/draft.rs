//! A draft of a runbook from commands that were run: what only looks becomes a check, what changes something a step of
//! its own. What was typed as a secret must be a variable before it comes here.

mod secret;
mod whole;

use super::verb;

pub use secret::Secrets;
pub use whole::whole;

/// A command as it was run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    pub command: String,
    pub exit_code: Option<i32>,
    /// Seconds; `None` where its end is not known.
    pub seconds: Option<u64>,
}

/// What belongs to the shell and not to the work.
const PASSED_OVER: &str = "exit logout clear history reset bash sh zsh fg bg jobs pwd";

const SHELLS: &str = "ash bash dash fish ksh mksh sh zsh";

/// Markdown with the steps in their order: neighbours of one kind share a block, a command that failed says so, one that
/// was merely repeated is left out. The `secrets` are the names of those that the commands want: a run asks for each.
pub fn draft(title: &str, facts: &[(&str, &str)], steps: &[Step], secrets: &[&str]) -> String {
    let mut text = format!(
        "---\ntitle: {}\nowner: \ntags: []\nalarms: []\n{}---\n\n# {title}\n\n",
        quoted(title),
        declared(secrets)
    );
    for (what, value) in facts {
        text.push_str(&format!("- {what}: {}\n", escaped(value)));
    }
    text.push_str("\n## Meaning\n\nWhat has happened when this runbook is needed?\n");
    text.push_str("\n## Impact\n\nWho notices, and what?\n");
    let steps = kept(steps);
    let first_change = steps.iter().position(|step| !verb::reads(&step.command));
    let (before, from) = steps.split_at(first_change.unwrap_or(steps.len()));
    section(&mut text, "Diagnosis", before);
    section(&mut text, "Mitigation", from);
    text.push_str("\n## Rollback\n\nHow is each change above taken back?\n");
    text
}

fn declared(secrets: &[&str]) -> String {
    let line = |name: &&str| format!("  {name}: {{secret: ask}}\n");
    match secrets {
        [] => String::new(),
        names => format!("vars:\n{}", names.iter().map(line).collect::<String>()),
    }
}

/// Without what belongs to the shell alone, and without a command that only repeats the one before.
fn kept(steps: &[Step]) -> Vec<Step> {
    let mut kept: Vec<Step> = Vec::new();
    for step in steps {
        let command = step.command.trim();
        let is_shell = PASSED_OVER.split_whitespace().any(|known| known == command);
        if command.is_empty() || is_shell || begins_shell(command) {
            continue;
        }
        let again = kept.last().is_some_and(|last| last.command == command);
        if again && verb::reads(command) {
            kept.pop();
        }
        kept.push(Step {
            command: command.to_string(),
            ..step.clone()
        });
    }
    kept
}

/// Whether a command is only a shell to type into, such as the one that `qd rec` began with: `/bin/bash --norc -i`.
fn begins_shell(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let program = words.next().and_then(|program| program.rsplit('/').next());
    let is_shell = program.is_some_and(|program| SHELLS.split_whitespace().any(|shell| shell == program));
    // A command, or a file of commands, is work.
    let is_flag = |word: &str| word.starts_with("--") || (word.starts_with('-') && !word.contains('c'));
    is_shell && words.all(is_flag)
}

fn section(text: &mut String, title: &str, steps: &[Step]) {
    text.push_str(&format!("\n## {title}\n"));
    if steps.is_empty() {
        text.push_str("\nNothing of this kind was run.\n");
    }
    let mut nth = 0;
    let mut rest = steps;
    while let Some(first) = rest.first() {
        let checks = verb::reads(&first.command);
        // Changes stand alone: each wants its own confirmation.
        let count = match checks && first.exit_code.unwrap_or(0) == 0 {
            true => rest
                .iter()
                .take_while(|step| verb::reads(&step.command) && step.exit_code.unwrap_or(0) == 0)
                .count(),
            false => 1,
        };
        let (block, after) = rest.split_at(count);
        rest = after;
        nth += 1;
        let what = if checks { "Look" } else { "Change" };
        text.push_str(&format!("\n{nth}. {what}:{}\n\n", remark(block)));
        let commands: Vec<&str> = block.iter().map(|step| step.command.as_str()).collect();
        let kind = if checks { "check" } else { "do" };
        text.push_str(&fenced(&commands.join("\n"), kind));
    }
}

fn remark(block: &[Step]) -> String {
    let mut says = String::new();
    if let Some(code) = block
        .iter()
        .find_map(|step| step.exit_code.filter(|code| *code != 0))
    {
        says.push_str(&format!(" it ended with exit code {code} when it was run."));
    }
    let seconds: u64 = block.iter().filter_map(|step| step.seconds).sum();
    if seconds >= 5 {
        says.push_str(&format!(" It took {seconds} s."));
    }
    says
}

/// A block inside a list item, its fence longer than any in the commands.
fn fenced(commands: &str, kind: &str) -> String {
    let longest = commands.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let mut text = format!("   {fence}sh {{kind={kind}}}\n");
    for line in commands.lines() {
        text.push_str(&format!("   {line}\n"));
    }
    text.push_str(&format!("   {fence}\n"));
    text
}

/// A scalar of YAML whatever is in it; escapes only where both quotes occur.
pub fn quoted(text: &str) -> String {
    match text.contains(['"', '\\']) && !text.contains('\'') {
        true => format!("'{text}'"),
        false => serde_json::Value::from(text).to_string(),
    }
}

/// Text that Markdown takes as it stands.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if "\\`*_[]<>#|".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::{Runnable, blocks};
    use proptest::prelude::*;

    fn step(command: &str, exit_code: i32) -> Step {
        Step {
            command: command.into(),
            exit_code: Some(exit_code),
            seconds: None,
        }
    }

    #[test]
    fn checks_and_changes_are_told_apart_and_the_shell_is_left_out() {
        let text = draft(
            "Free a disk",
            &[("recorded on", "web-1 `x`")],
            &[
                step("clear", 0),
                step("df -h", 0),
                step("df -h", 0),
                step("du -sh /var/log", 0),
                step("systemctl restart app", 1),
                step("df -h", 0),
                step("exit", 0),
            ],
            &[],
        );
        let found = blocks(&text);
        let commands: Vec<Vec<String>> = found.iter().map(|block| block.commands.clone()).collect();
        assert_eq!(
            commands,
            [
                vec!["df -h".to_string(), "du -sh /var/log".to_string()],
                vec!["systemctl restart app".to_string()],
                vec!["df -h".to_string()]
            ]
        );
        assert!(found.iter().all(|block| block.runnable == Runnable::Yes));
        assert!(text.contains("exit code 1"));
        assert!(text.contains("{kind=do}") && text.contains("{kind=check}"));
        assert!(text.contains("web-1 \\`x\\`"));
        assert!(text.find("## Mitigation") < text.find("systemctl"));
    }

    #[test]
    fn the_shell_that_a_recording_began_with_is_no_step() {
        let typed = [
            "/usr/bin/bash --norc -i",
            "zsh -l",
            "bash -c 'df -h'",
            "sh fix.sh",
            "bash --rcfile x",
            "df -h",
        ];
        let steps: Vec<Step> = typed.iter().map(|command| step(command, 0)).collect();
        let kept: Vec<String> = kept(&steps).into_iter().map(|step| step.command).collect();
        assert_eq!(kept, typed[2..]);
    }

    proptest! {
        #[test]
        fn no_command_breaks_out_of_its_fence(commands in prop::collection::vec("[a-z`~#$ \n\\-]{1,30}", 1..6)) {
            let steps: Vec<Step> = commands.iter().map(|command| step(command, 0)).collect();
            let text = draft("T", &[], &steps, &[]);
            let shown: String = blocks(&text).iter().map(|block| block.text.clone()).collect();
            for step in kept(&steps) {
                for line in step.command.lines().filter(|line| !line.trim().is_empty()) {
                    prop_assert!(shown.contains(line.trim()), "{line:?} in {text}");
                }
            }
        }
    }
}

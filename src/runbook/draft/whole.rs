//! Commands that were typed over several lines: each line was seen behind a prompt of its own, and none of them may be
//! taken for a command. A `rm` inside a here-document is text.

use super::super::console;
use super::Step;

/// No command has more lines: a quote was left open, or never was one.
const LONGEST: usize = 200;

/// The steps with what follows an open quote, an open here-document or a last `\` joined to it. What nothing completes
/// stays as it was seen.
pub fn whole(steps: Vec<Step>) -> Vec<Step> {
    let mut made: Vec<Step> = Vec::new();
    let mut rest = &steps[..];
    while let [first, after @ ..] = rest {
        let (step, taken) = joined(first, after).unwrap_or_else(|| (first.clone(), 0));
        made.push(step);
        rest = &after[taken..];
    }
    made
}

/// A step with those that complete it, and how many they are.
fn joined(first: &Step, rest: &[Step]) -> Option<(Step, usize)> {
    let mut whole = Step {
        command: without_prompts(&first.command),
        ..first.clone()
    };
    if console::is_complete(&whole.command) {
        return Some((whole, 0));
    }
    for (nth, next) in rest.iter().take(LONGEST).enumerate() {
        // A shell that tells exit codes has told a whole command.
        if whole.exit_code.is_some() {
            return None;
        }
        whole.command = format!("{}\n{}", whole.command, next.command);
        whole.exit_code = next.exit_code;
        whole.seconds = match (whole.seconds, next.seconds) {
            (None, None) => None,
            (before, after) => Some(before.unwrap_or(0) + after.unwrap_or(0)),
        };
        if console::is_complete(&whole.command) {
            return Some((whole, nth + 1));
        }
    }
    None
}

/// A command read off the screen has the shell's `> ` before each further line.
fn without_prompts(command: &str) -> String {
    if !command.contains('\n') || console::is_complete(command) {
        return command.to_owned();
    }
    let bare = |line| str::strip_prefix(line, "> ").unwrap_or(line);
    let bare: Vec<&str> = command.lines().map(bare).collect();
    let bare = bare.join("\n");
    match console::is_complete(&bare) {
        true => bare,
        false => command.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::draft;
    use super::*;
    use crate::runbook::blocks;

    fn seen(commands: &[&str]) -> Vec<Step> {
        let step = |command: &&str| Step {
            command: (*command).into(),
            ..Step::default()
        };
        commands.iter().map(step).collect()
    }

    fn commands(steps: Vec<Step>) -> Vec<String> {
        steps.into_iter().map(|step| step.command).collect()
    }

    #[test]
    fn what_was_typed_over_several_lines_is_one_command() {
        let steps = whole(seen(&[
            "uptime",
            "cat <<E > /tmp/x",
            "rm -rf /data",
            "E",
            "echo a \\",
            "b",
            "echo 'multi",
            "line'",
            "for i in 1 2; do",
            "echo $i",
            "done",
            "df -h",
        ]));
        let text = draft("T", &[], &steps, &[]);
        let wanted = [
            "uptime",
            "cat <<E > /tmp/x\nrm -rf /data\nE",
            "echo a \\\nb",
            "echo 'multi\nline'",
            "for i in 1 2; do\necho $i\ndone",
            "df -h",
        ];
        assert_eq!(commands(steps), wanted);
        let found: Vec<String> = blocks(&text)
            .into_iter()
            .flat_map(|block| block.commands)
            .collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_here_document_keeps_its_indentation_into_the_draft() {
        let steps = whole(seen(&["cat <<E >x.yaml", "a:", "\n  - b", "\t- c", "E"]));
        let wanted = "cat <<E >x.yaml\na:\n\n  - b\n\t- c\nE";
        assert_eq!(commands(steps.clone()), [wanted]);
        let text = draft("T", &[], &steps, &[]);
        assert_eq!(blocks(&text)[0].commands, [wanted], "{text}");
    }

    #[test]
    fn the_shells_own_prompts_for_more_lines_are_no_part_of_a_command() {
        let steps = whole(seen(&["cat <<E > /tmp/x\n> hello\n> E", "df -h"]));
        assert_eq!(commands(steps), ["cat <<E > /tmp/x\nhello\nE", "df -h"]);
    }

    #[test]
    fn what_nothing_completes_stays_as_it_was_seen() {
        let lines = ["echo don't", "df -h", "uptime"];
        assert_eq!(commands(whole(seen(&lines))), lines);
        let mut steps = seen(&["echo 'a", "echo b'"]);
        steps[0].exit_code = Some(2);
        assert_eq!(commands(whole(steps)), ["echo 'a", "echo b'"]);
    }
}

//! A command that is nothing but a placeholder: it stands for a command that somebody was to write, and a value, which is one
//! word to a shell, is none.

use crate::runbook::block::Block;
use crate::runbook::placeholder::Form;

/// The first of a block.
pub(super) fn of(block: &Block) -> Option<&str> {
    let commands = block.commands.iter().map(|command| command.trim());
    commands.into_iter().find(|command| {
        let written = block.placeholders_of(command);
        let mut written = written
            .iter()
            .filter(|found| matches!(found.form, Form::Angle | Form::Brace));
        written.any(|found| found.text == *command)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::blocks;

    #[test]
    fn a_placeholder_is_no_command_and_may_be_a_word_of_one() {
        for (text, wanted) in [
            ("<command-here>", Some("<command-here>")),
            ("date\n  {{command}}", Some("{{command}}")),
            ("kubectl exec web -- <command-here>", None),
            ("<path/to/tool> --version", None),
            ("date", None),
        ] {
            let block = blocks(&format!("```sh\n{text}\n```\n")).remove(0);
            assert_eq!(of(&block), wanted, "{text}");
        }
    }
}

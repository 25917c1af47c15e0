//! Whole commands that stand in the text of a list item, as `kubectl get pods` does. They are no steps and never run by
//! themselves: a reader puts one to the prompt, filled in and shown like any block, and presses enter there.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::block::{Block, LineStarts, blocks, masked, options, unix};
use super::console;
use super::shell;

/// Whether the code of a span is a command: it begins like one and says more than the name of a program.
pub fn is_command(code: &str) -> bool {
    let is_whole = code.split_whitespace().nth(1).is_some() && !code.chars().any(char::is_control);
    is_whole && shell::is_command(code) && !console::is_printed(code)
}

/// Those of a page, in its order, each as a block of its one line. What the page's blocks before it set is known to it.
pub fn spans(text: &str) -> Vec<Block> {
    let known = blocks(text);
    let text = unix(text);
    let text: &str = &masked(&text);
    let lines = LineStarts::of(text);
    let (mut items, mut links) = (0_usize, 0_usize);
    let mut found = Vec::new();
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Item) => items += 1,
            Event::End(TagEnd::Item) => items = items.saturating_sub(1),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => links += 1,
            Event::End(TagEnd::Link | TagEnd::Image) => links = links.saturating_sub(1),
            Event::Code(code) if items > 0 && links == 0 && is_command(&code) => {
                let line = lines.line(range.start);
                let before = known.iter().rev().find(|block| block.end_line < line);
                found.push(Block::of_span(code.into_string(), line, before));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::Runnable;

    #[test]
    fn whole_commands_in_list_items_are_found_and_names_of_programs_are_not() {
        let page = "---\nx: 1\n---\nRun `kubectl get nodes` in passing.\n\n```sh\nPOD=a\n```\n\n1. Look: `kubectl get pods -n <namespace>`, then `kubectl`\n   - and `oc logs $POD $NODE`\n2. see [`aws s3 ls`](x.md), `some words`, `kind: Pod`\n\n   ```sh\n   df -h\n   ```\n";
        let told: Vec<(usize, String, Vec<String>)> = spans(page)
            .into_iter()
            .map(|span| (span.start_line, span.commands.join("|"), span.placeholders))
            .collect();
        let wanted = [
            (10, "kubectl get pods -n <namespace>", "<namespace>"),
            (11, "oc logs $POD $NODE", "$NODE"),
        ];
        assert_eq!(
            told,
            wanted.map(|(line, command, open)| (line, command.into(), vec![open.into()]))
        );
        // A fence inside of an item is a block like any other.
        let block = &blocks(page)[1];
        assert_eq!((block.start_line, block.runnable), (14, Runnable::Yes));
        assert_eq!(block.commands, ["df -h"]);
    }
}

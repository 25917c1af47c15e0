//! Notes as MkDocs writes them: `!!! warning "Title"`, or `???` for one that is folded, and tabs, `=== "Title"`; below it
//! whatever belongs to it, indented by four. Markdown takes that for code; here it is made an item of a list before it is
//! parsed, with every byte in its place.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// What belongs to a note is indented by so much.
const INSIDE: usize = 4;
const MARKS: [&str; 3] = ["!!!", "???", TAB];
/// Of one tab of several.
pub const TAB: &str = "===";

static HEAD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^(?:(?:!!!|\?\?\?\+?) ?[\w-]+(?: +[\w-]+)*(?: +"[^\n]*")?|===[!+]{0,2} +"[^\n]+") *$"#).ok()
});

/// The text with the heads of notes as items. Nothing is changed where code stands between fences.
pub(super) fn opened(text: Cow<'_, str>) -> Cow<'_, str> {
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return text;
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut made = String::with_capacity(text.len());
    // How far what belongs to the notes around a line is indented.
    let mut notes: Vec<usize> = Vec::new();
    let mut fence: Option<(&str, usize)> = None;
    for (nth, line) in lines.iter().enumerate() {
        let indent = indent_of(line);
        let bare = line.trim();
        if !bare.is_empty() {
            fence = fence.filter(|(_, depth)| indent >= *depth);
            if fence.is_none() {
                notes.retain(|depth| indent >= *depth);
            }
        }
        let depth = notes.last().copied().unwrap_or(0);
        match fence {
            Some((mark, _)) if is_end(bare, mark) => fence = None,
            None if indent < depth + INSIDE && is_head(bare) && has_body(&lines[nth + 1..], indent) => {
                notes.push(indent + INSIDE);
                let (before, rest) = line.split_at(line.len() - line.trim_start().len());
                made.push_str(before);
                made.push_str(&item(rest));
                continue;
            }
            None => fence = mark_of(bare).map(|mark| (mark, depth)),
            Some(_) => {}
        }
        made.push_str(line);
    }
    Cow::Owned(made)
}

/// The marks of a note at the beginning of its item.
pub fn mark(item: &str) -> Option<&'static str> {
    MARKS.into_iter().find(|mark| item.starts_with(mark))
}

fn is_head(line: &str) -> bool {
    HEAD.as_ref().is_some_and(|head| head.is_match(line))
}

/// Whether the next line that says something belongs to a note that stands so far in.
fn has_body(rest: &[&str], indent: usize) -> bool {
    let mut rest = rest.iter().filter(|line| !line.trim().is_empty());
    rest.next().is_some_and(|line| indent_of(line) >= indent + INSIDE)
}

/// A bullet in place of the marks. What follows it stands no further in than the body does.
fn item(head: &str) -> String {
    if let Some(rest) = head.strip_prefix("???+") {
        return format!("+ \\+{rest}");
    }
    match &head[3..] {
        rest if head.starts_with(TAB) && !rest.starts_with(' ') => format!("+ \\{rest}"),
        rest => format!("+  {rest}"),
    }
}

/// Columns before the text.
fn indent_of(line: &str) -> usize {
    let blanks = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
    blanks.fold(0, |at, c| if c == '\t' { at / 4 * 4 + 4 } else { at + 1 })
}

/// The mark of a fence that a line begins, behind the marks of quotes and items.
fn mark_of(line: &str) -> Option<&str> {
    let bare = line.trim_start_matches(|c: char| c.is_ascii_digit() || " \t>-*+.)".contains(c));
    let letter = bare.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let mark = &bare[..bare.len() - bare.trim_start_matches(letter).len()];
    // Code in a line of text has its end in the same line.
    let is_span = letter == '`' && bare[mark.len()..].contains('`');
    (mark.len() >= 3 && !is_span).then_some(mark)
}

fn is_end(line: &str, mark: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t', '>']);
    line.strip_prefix(mark)
        .is_some_and(|rest| rest.chars().all(|c| mark.starts_with(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::{Runnable, blocks};
    use proptest::prelude::*;

    const PAGE: &str = "# P\n\n!!! warning \"Look **first**\"\n    Text of it.\n\n    ```bash\n    df -h\n\n    uptime\n    ```\n\n\
        ??? note\n\n    ```sh\n    ls\n    ```\n???+ tip inline\n    !!! danger\n        ```sh\n        id\n        ```\nAfter.\n";

    #[test]
    fn a_fence_inside_a_note_is_a_block_on_its_lines() {
        let found: Vec<_> = blocks(PAGE)
            .into_iter()
            .map(|block| {
                (
                    block.start_line,
                    block.end_line,
                    block.runnable,
                    block.commands.join(";"),
                )
            })
            .collect();
        let yes = |from, to, commands: &str| (from, to, Runnable::Yes, commands.to_owned());
        assert_eq!(
            found,
            [yes(6, 10, "df -h;uptime"), yes(14, 16, "ls"), yes(19, 21, "id")]
        );
        assert_eq!(blocks(PAGE)[0].text, "df -h\n\nuptime\n");
    }

    #[test]
    fn a_fence_inside_a_tab_is_a_block_on_its_lines_and_no_code_is_made_of_its_text() {
        let page = "=== \"Linux\"\n\n    Run *this*:\n\n    ```sh\n    df -h\n    ```\n\n=== \"Other\"\n    Look.\n\n        id\n";
        let found: Vec<(usize, usize, String)> = blocks(page)
            .into_iter()
            .map(|block| (block.start_line, block.end_line, block.text))
            .collect();
        assert_eq!(found, [(5, 7, "df -h\n".to_owned()), (12, 12, "id\n".to_owned())]);
    }

    #[test]
    fn what_is_shown_as_code_and_what_has_no_body_stays() {
        for page in [
            "```text\n!!! note\n    x\n```\n",
            "- a\n\n  ~~~\n  !!! note\n      x\n  ~~~\n",
            "!!! note\nnothing below\n",
            "what???\n    x\n",
            "??? Why is that so, and what now?\n    x\n",
            "    !!! note\n        x\n",
            "=== not a tab\n    x\n",
            "=== \"Nothing below\"\ntext\n",
            "Title\n===\n\n    x\n",
            "```text\n=== \"T\"\n    x\n```\n",
        ] {
            assert_eq!(opened(page.into()), page);
        }
    }

    #[test]
    fn fences_that_end_in_their_note_hide_no_note_behind_it() {
        let page = "!!! note\n    ```sh\n    ls\n\n!!! note\n    ```sh\n    id\n    ```\n";
        assert_eq!(blocks(page).len(), 2);
    }

    proptest! {
        #[test]
        fn every_byte_stays_in_its_place(page in "(( {0,8}|\t|> )(!!! note|=== \"a\"|===\\+! \"b\"|\\?\\?\\?\\+ a|```|x|- 가)?\n){0,12}") {
            let opened = opened(page.as_str().into());
            prop_assert_eq!(opened.len(), page.len());
            let ends = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
            prop_assert_eq!(ends(&opened), ends(&page));
        }
    }
}

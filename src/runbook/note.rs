//! Notes as MkDocs writes them: `!!! warning "Title"`, or `???` for one that is folded, and tabs, `=== "Title"`; below it
//! whatever belongs to it, indented by four. Markdown takes that for code; here it is made an item of a list before it is
//! parsed, with every byte in its place.

mod marked;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use regex::Regex;

/// What belongs to a note is indented by so much.
const INSIDE: usize = 4;
const MARKS: [&str; 3] = ["!!!", "???", TAB];
/// Of one tab of several.
pub const TAB: &str = "===";

static HEAD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^(?:(?:!!!|\?\?\?\+?) ?[\w-]+(?: +[\w-]+)*(?: +"[^\n]*")?|===[!+]{0,2} +"[^\n]+") *$"#).ok()
});

/// One of several tabs that stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// The line of the first of them.
    pub set: usize,
    pub title: String,
    /// The titles of those that a run chooses from.
    pub among: Arc<[String]>,
    /// From its head to its end.
    pub lines: (usize, usize),
}

/// The tabs of a page in their order, an outer one before those in it, whichever tool it is written for.
pub fn tabs(text: &str) -> Vec<Tab> {
    let mut tabs = noted(text);
    tabs.extend(marked::tabs(text));
    tabs.sort_by_key(|tab| (tab.lines.0, std::cmp::Reverse(tab.lines.1)));
    tabs
}

/// Those of MkDocs.
fn noted(text: &str) -> Vec<Tab> {
    if !text.contains(TAB) {
        return Vec::new();
    }
    let (_, heads) = walked(text);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut tabs: Vec<(Tab, &Head)> = Vec::new();
    for head in heads.iter().filter(|head| head.text.starts_with(TAB)) {
        let (marks, title) = head.text.split_once('"').unwrap_or((head.text, ""));
        let body = body(&lines[head.nth + 1..], head.level, head.indent);
        let is_beside = |(tab, before): &&(Tab, &Head)| {
            tab.lines.1 == head.nth && (before.level, before.indent) == (head.level, head.indent)
        };
        let before = tabs.iter().rev().find(is_beside).filter(|_| !marks.contains('!'));
        let tab = Tab {
            set: before.map_or(head.nth + 1, |(tab, _)| tab.set),
            title: title.trim_end().trim_end_matches('"').to_owned(),
            among: Arc::default(),
            lines: (head.nth + 1, head.nth + 1 + body),
        };
        tabs.push((tab, head));
    }
    tabs.into_iter().map(|(tab, _)| tab).collect()
}

/// How many lines belong to a note that stands so far in, in so many quotes.
fn body(rest: &[&str], level: usize, indent: usize) -> usize {
    let is_in = |line: &&&str| {
        let inner = (0..level).try_fold(**line, |line, _| quoted(line));
        inner.is_some_and(|line| line.trim().is_empty() || indent_of(line) >= indent + INSIDE)
    };
    rest.iter().take_while(is_in).count()
}

/// Where a note begins.
struct Head<'a> {
    /// Its line, from 0.
    nth: usize,
    /// The quotes that it stands in.
    level: usize,
    indent: usize,
    text: &'a str,
}

/// The text with the heads of notes as items. Nothing is changed where code stands between fences.
pub(super) fn opened(text: Cow<'_, str>) -> Cow<'_, str> {
    match MARKS.iter().any(|mark| text.contains(mark)) {
        true => Cow::Owned(walked(&text).0),
        false => text,
    }
}

fn walked(text: &str) -> (String, Vec<Head<'_>>) {
    let mut heads = Vec::new();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut made = String::with_capacity(text.len());
    let mut quotes: Vec<Around> = Vec::new();
    for (nth, line) in lines.iter().enumerate() {
        // Without the marks of the quotes that it stands in.
        let (mut rest, mut level) = (*line, 0);
        loop {
            if quotes.len() == level {
                quotes.push(Around::default());
            }
            quotes[level].come_to(rest);
            let Some(inner) = quotes[level].quoted(rest) else {
                break;
            };
            (rest, level) = (inner, level + 1);
        }
        quotes.truncate(level + 1);
        let around = &mut quotes[level];
        let (indent, bare) = (indent_of(rest), rest.trim());
        match around.fence {
            Some((mark, _)) if is_end(bare, mark) => around.fence = None,
            None if around.holds(rest) && is_head(bare) && has_body(&lines[nth + 1..], level, indent) => {
                around.columns.push(indent + INSIDE);
                let text = bare;
                heads.push(Head {
                    nth,
                    level,
                    indent,
                    text,
                });
                let (before, head) = line.split_at(line.len() - rest.trim_start().len());
                made.push_str(before);
                made.push_str(&item(head));
                continue;
            }
            None => {
                around.begin_items(rest);
                around.fence = mark_of(bare).map(|mark| (mark, around.depth()));
            }
            Some(_) => {}
        }
        made.push_str(line);
    }
    (made, heads)
}

/// What is open around a line, on the page itself or in a quote.
#[derive(Default)]
struct Around<'a> {
    /// How far what belongs to each note and each item is indented.
    columns: Vec<usize>,
    fence: Option<(&'a str, usize)>,
}

impl<'a> Around<'a> {
    fn depth(&self) -> usize {
        self.columns.last().copied().unwrap_or(0)
    }

    /// Whether a line that is further in would be code.
    fn holds(&self, line: &str) -> bool {
        indent_of(line) < self.depth() + INSIDE
    }

    /// Closes what a line does not belong to.
    fn come_to(&mut self, line: &str) {
        let indent = indent_of(line);
        if line.trim().is_empty() {
            return;
        }
        self.fence = self.fence.filter(|(_, depth)| indent >= *depth);
        if self.fence.is_none() {
            self.columns.retain(|column| indent >= *column);
        }
    }

    /// What follows the mark of a quote.
    fn quoted(&self, line: &'a str) -> Option<&'a str> {
        let is_open = self.fence.is_none() && self.holds(line);
        quoted(line).filter(|_| is_open)
    }

    /// The items that a line begins, one inside of the other.
    fn begin_items(&mut self, line: &str) {
        let (mut at, mut text) = (indent_of(line), line.trim());
        while at < self.depth() + INSIDE {
            let Some(width) = marker(text) else { return };
            let (behind, blanks) = (&text[width..], indent_of(&text[width..]));
            // More of them are of the code that the item begins with.
            at += width + if (1..=INSIDE).contains(&blanks) { blanks } else { 1 };
            self.columns.push(at);
            text = behind.trim_start();
        }
    }
}

/// The line behind the mark of a quote.
fn quoted(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches([' ', '\t']).strip_prefix('>')?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

/// The width of a bullet or a number that begins an item.
fn marker(text: &str) -> Option<usize> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let is_bullet = digits == 0 && text.starts_with(['-', '*', '+']);
    let is_number = (1..=9).contains(&digits) && text[digits..].starts_with(['.', ')']);
    let is_apart = text
        .get(digits + 1..)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    ((is_bullet || is_number) && is_apart).then_some(digits + 1)
}

/// The marks of a note at the beginning of its item.
pub fn mark(item: &str) -> Option<&'static str> {
    MARKS.into_iter().find(|mark| item.starts_with(mark))
}

fn is_head(line: &str) -> bool {
    HEAD.as_ref().is_some_and(|head| head.is_match(line))
}

/// Whether the next line that says something belongs to a note that stands so far in, in so many quotes.
fn has_body<'a>(rest: &[&'a str], level: usize, indent: usize) -> bool {
    let inner = |line: &&'a str| (0..level).try_fold(*line, |line, _| quoted(line));
    let mut rest = rest.iter().map(inner);
    let next = rest.find(|line| line.is_none_or(|line| !line.trim().is_empty()));
    next.flatten()
        .is_some_and(|line| indent_of(line) >= indent + INSIDE)
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
            "1. a\n\n        !!! note\n            x\n",
            "- a\n\nb\n\n    !!! note\n        x\n",
            "> !!! note\n    x\n",
            "```text\n> !!! note\n>     x\n```\n",
        ] {
            assert_eq!(opened(page.into()), page);
        }
    }

    #[test]
    fn a_note_inside_of_an_item_or_of_a_quote_keeps_its_block() {
        for (page, wanted) in [
            (
                "1. One\n\n    ```sh\n    ls\n    ```\n\n2. Two\n\n    !!! warning\n        Careful\n\n        ```sh\n        id\n        ```\n",
                ["ls", "id"],
            ),
            (
                "10. - a\n\n        !!! note\n            ```sh\n            ls\n            ```\n\n!!! note\n    ```sh\n    id\n    ```\n",
                ["ls", "id"],
            ),
            (
                "> !!! note\n>\n>     ```sh\n>     ls\n>     ```\n> > ??? tip\n> >     ```sh\n> >     id\n> >     ```\n",
                ["ls", "id"],
            ),
            (
                "!!! note\n    > said\n\n    !!! tip\n        ```sh\n        ls\n        ```\n\n- x\n  > !!! note\n  >     ```sh\n  >     id\n  >     ```\n",
                ["ls", "id"],
            ),
        ] {
            let commands: Vec<String> = blocks(page)
                .into_iter()
                .flat_map(|block| block.commands)
                .collect();
            assert_eq!(commands, wanted, "{page}");
        }
    }

    #[test]
    fn fences_that_end_in_their_note_hide_no_note_behind_it() {
        let page = "!!! note\n    ```sh\n    ls\n\n!!! note\n    ```sh\n    id\n    ```\n";
        assert_eq!(blocks(page).len(), 2);
    }

    proptest! {
        #[test]
        fn every_byte_stays_in_its_place(
            page in "(( {0,8}|\t|> |>>|1. )(!!! note|=== \"a\"|===\\+! \"b\"|\\?\\?\\?\\+ a|```|x|- 가)?\n){0,12}"
        ) {
            let opened = opened(page.as_str().into());
            prop_assert_eq!(opened.len(), page.len());
            let ends = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
            prop_assert_eq!(ends(&opened), ends(&page));
        }
    }
}

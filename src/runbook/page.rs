//! One runbook: what it is called, which alarms it answers, its headings and its blocks.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::block::{Block, blocks};
use super::front;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    pub level: u8,
    pub text: String,
    /// From 1.
    pub line: usize,
}

/// A page as it is listed and searched; its blocks are parsed when it is opened.
#[derive(Clone, Debug)]
pub struct Page {
    pub path: PathBuf,
    /// Path below the folder that was scanned.
    pub name: String,
    /// Front matter, else the first heading, else the file's stem.
    pub title: String,
    /// What an alarm may be called for this page to answer it: front matter `alarms`, title, file stem.
    pub keys: Vec<String>,
    pub tags: Vec<String>,
    pub owner: Option<String>,
    pub reviewed_on: Option<Date>,
    pub headings: Vec<Heading>,
    /// With LF line ends.
    pub text: String,
}

impl Page {
    /// Reads what a page says of itself, without a full parse: a library has to be listed at once.
    pub fn parse(path: &Path, name: &str, text: &str) -> Page {
        let text = text.replace("\r\n", "\n");
        let (matter, body) = front::split(&text);
        let mut matter = front::matter(matter);
        let mut take = |key: &str| matter.remove(key).unwrap_or_default();
        let first_line = text.len() - body.len();
        let skipped = text[..first_line].matches('\n').count();
        let headings = headings(body, skipped);
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let title = take("title").into_iter().next().filter(|title| !title.is_empty());
        let first = headings
            .iter()
            .find(|heading| heading.level == 1)
            .or(headings.first());
        let title = title
            .or_else(|| first.map(|heading| heading.text.clone()))
            .unwrap_or_else(|| stem.clone());
        let mut keys = take("alarms");
        keys.extend(take("alerts"));
        for key in [&title, &stem] {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        let reviewed = take("last_reviewed").first().and_then(|date| date.parse().ok());
        Page {
            path: path.to_path_buf(),
            name: name.to_string(),
            keys,
            tags: take("tags"),
            owner: take("owner").into_iter().next(),
            reviewed_on: reviewed.or_else(|| body.lines().find_map(front::reviewed_on)),
            title,
            headings,
            text,
        }
    }

    pub fn blocks(&self) -> Vec<Block> {
        blocks(&self.text)
    }
}

/// Headings written with `#` or underlined, those inside code fences left out.
fn headings(body: &str, skipped: usize) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    let mut fence: Option<&str> = None;
    let mut previous = "";
    for (nth, line) in body.lines().enumerate() {
        let trimmed = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        if fence.is_none() && line.len() - trimmed.len() < 4 {
            let level = trimmed.bytes().take_while(|byte| *byte == b'#').count();
            let rest = &trimmed[level..];
            let line_number = skipped + nth + 1;
            let mut push = |level: usize, text: &str, line: usize| {
                headings.push(Heading {
                    level: level as u8,
                    text: plain(text),
                    line,
                });
            };
            if (1..=6).contains(&level) && rest.starts_with([' ', '\t']) {
                push(level, rest.trim().trim_end_matches('#').trim_end(), line_number);
            } else if trimmed.len() >= 3
                && !previous.trim().is_empty()
                && !previous.starts_with([' ', '#', '-', '>', '|'])
            {
                let underlined = |c| trimmed.trim_end().chars().all(|other| other == c);
                if underlined('=') || underlined('-') {
                    push(
                        if underlined('=') { 1 } else { 2 },
                        previous.trim(),
                        line_number - 1,
                    );
                }
            }
        }
        previous = line;
    }
    headings
}

/// A heading without its marks of emphasis, code and links.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[', '\\']) {
        plain.push_str(&rest[..at]);
        let mark = &rest[at..];
        if let Some((label, after)) = mark.strip_prefix('[').and_then(|inner| inner.split_once("](")) {
            plain.push_str(label);
            rest = after.split_once(')').map_or("", |(_, after)| after);
        } else if let Some(after) = mark.strip_prefix('[') {
            plain.push('[');
            rest = after;
        } else if let Some(escaped) = mark.strip_prefix('\\') {
            let length = escaped.chars().next().map_or(0, char::len_utf8);
            plain.push_str(&escaped[..length]);
            rest = &escaped[length..];
        } else {
            rest = &mark[1..];
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(text: &str) -> Page {
        Page::parse(Path::new("/r/KubeNodeNotReady.md"), "KubeNodeNotReady.md", text)
    }

    #[test]
    fn front_matter_goes_before_the_heading_and_the_heading_before_the_stem() {
        assert_eq!(
            page("---\ntitle: Drain\nalarms: [a-*]\n---\n# Other\n").title,
            "Drain"
        );
        assert_eq!(
            page("text\n# `Node` is *not* [ready](x)\n").title,
            "Node is not ready"
        );
        assert_eq!(page("text\n").title, "KubeNodeNotReady");
        assert_eq!(
            page("---\nalarms: [a-*]\n---\n# T\n").keys,
            ["a-*", "T", "KubeNodeNotReady"]
        );
    }

    #[test]
    fn headings_know_their_lines_and_leave_code_out() {
        let page = page("---\nowner: x\n---\n# One\n```sh\n# no heading\n```\nTwo\n---\n### Three ###\n");
        let found: Vec<(u8, &str, usize)> = page
            .headings
            .iter()
            .map(|h| (h.level, h.text.as_str(), h.line))
            .collect();
        assert_eq!(found, [(1, "One", 4), (2, "Two", 8), (3, "Three", 10)]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_page(text in "[-#`=\\[\\]()*~\\\\\n a결:]{0,80}") {
            let page = page(&text);
            page.blocks();
        }
    }
}

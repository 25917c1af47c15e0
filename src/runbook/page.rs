//! One runbook: what it is called, which alarms it answers, its headings and its blocks.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use memchr::memmem;

use super::block::{Block, blocks, unix};
use super::front;
use super::library::Failure;
use super::navi;
use super::source::{Kind, Source};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    pub level: u8,
    pub text: String,
    /// From 1.
    pub line: usize,
}

/// Size and time of a page's file: while they stay, so does the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub changed_at: SystemTime,
    pub bytes: u64,
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
    /// Days after which the next review is due; `review_in` of the front matter.
    pub review_in_days: Option<i64>,
    pub headings: Vec<Heading>,
    /// With LF line ends.
    pub text: Arc<str>,
    pub source: Arc<Source>,
    /// When it was fetched, where it is no file of this machine.
    pub fetched_at: Option<Timestamp>,
    pub(super) stamp: Option<Stamp>,
    pub(super) folded: Folded,
    body: OnceLock<Body>,
}

/// What is made of the text is the same where that is.
impl PartialEq for Page {
    fn eq(&self, other: &Page) -> bool {
        self.path == other.path
            && self.name == other.name
            && self.text == other.text
            && self.source == other.source
            && self.stamp == other.stamp
    }
}

/// What the names of Markdown end in.
const ENDINGS: [&str; 3] = ["md", "markdown", "mdx"];

/// Where nothing is said, a review holds for a year.
const REVIEW_IN_DAYS: i64 = 365;

impl Page {
    /// Reads what a page says of itself, without a full parse: a library has to be listed at once.
    pub fn parse(path: &Path, name: &str, text: &str) -> Page {
        let text = unix(text);
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
        let tags = take("tags");
        let folded = Folded::of(&title, name, &keys, &tags, &headings);
        let says_review =
            ["review", "Review", "REVIEW", "검토"].map(|word| memmem::find(text.as_bytes(), word.as_bytes()));
        let says_review = says_review.iter().any(Option::is_some);
        let reviewed = take("last_reviewed").first().and_then(|date| date.parse().ok());
        let said = || {
            says_review
                .then(|| body.lines().find_map(front::reviewed_on))
                .flatten()
        };
        Page {
            path: path.to_path_buf(),
            name: name.to_string(),
            keys,
            tags,
            owner: take("owner").into_iter().next(),
            reviewed_on: reviewed.or_else(said),
            review_in_days: take("review_in").first().and_then(|text| parse_days(text)),
            title,
            headings,
            text: text.as_ref().into(),
            source: Arc::default(),
            fetched_at: None,
            stamp: None,
            folded,
            body: OnceLock::new(),
        }
    }

    /// The whole text for searching, made when it is asked for first: titles are listed before.
    pub(super) fn body(&self) -> &Body {
        self.body.get_or_init(|| Body {
            text: fold(&self.text),
            code: code(&self.text),
        })
    }

    pub fn is_built_in(&self) -> bool {
        self.source.kind == Kind::BuiltIn
    }

    /// Whether a file is a page, by its name: Markdown, or a cheat sheet of navi.
    pub fn is_one(path: &Path) -> bool {
        let is_markdown = |end: &std::ffi::OsStr| ENDINGS.iter().any(|known| end.eq_ignore_ascii_case(known));
        navi::is_sheet(path) || path.extension().is_some_and(is_markdown)
    }

    /// The name of a page's file without what says that it is Markdown.
    pub(super) fn bare(name: &str) -> &str {
        let bare = |end: &&str| name.strip_suffix(*end)?.strip_suffix('.');
        ENDINGS.iter().find_map(bare).unwrap_or(name)
    }

    /// Whether its text is that of its file, and not made from it.
    pub fn is_as_written(&self) -> bool {
        !navi::is_sheet(&self.path)
    }

    /// A page from the bytes of a file; what is no text is said.
    pub fn read(path: &Path, name: &str, bytes: Vec<u8>) -> Result<Page, Failure> {
        let failed = |cause: String, hint: &str| Failure {
            path: path.to_path_buf(),
            cause,
            hint: hint.into(),
        };
        if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes[..] {
            return Err(failed("it is UTF-16 text".into(), "save it as UTF-8"));
        }
        if bytes.contains(&0) {
            return Err(failed(
                "it is no text: it holds zero bytes".into(),
                "only Markdown is named .md here, and only a cheat sheet .cheat",
            ));
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.trim_start_matches('\u{feff}');
                Ok(match navi::is_sheet(path) {
                    true => Page::parse(path, name, &navi::page(path, &unix(text))),
                    false => Page::parse(path, name, text),
                })
            }
            Err(cause) => {
                let at = cause.utf8_error().valid_up_to();
                Err(failed(
                    format!("it is not UTF-8 text from byte {at} on"),
                    "save it as UTF-8",
                ))
            }
        }
    }

    pub fn blocks(&self) -> Vec<Block> {
        blocks(&self.text)
    }

    /// The day until which its last review holds.
    pub fn due_on(&self) -> Option<Date> {
        let days = self.review_in_days.unwrap_or(REVIEW_IN_DAYS);
        self.reviewed_on?.checked_add(days.days()).ok()
    }
}

/// `90d`, `12w`, `3 months`, `1 year`: days, a month counted as 30 and a year as 365.
pub(super) fn parse_days(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let count: i64 = text[..end]
        .parse()
        .ok()
        .filter(|count| (1..=10_000).contains(count))?;
    let unit = text[end..].trim().to_ascii_lowercase();
    let days = match unit.trim_end_matches('s') {
        "" | "d" | "day" => 1,
        "w" | "week" => 7,
        "m" | "month" => 30,
        "y" | "year" => 365,
        _ => return None,
    };
    Some(count * days)
}

/// What is searched, in small letters. Every offset is that of the page itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Folded {
    pub title: String,
    pub name: String,
    pub keys: String,
    pub tags: String,
    pub headings: String,
}

/// The text in small letters.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub text: String,
    /// Where the code between fences lies.
    pub code: Vec<Range<usize>>,
}

impl Folded {
    fn of(title: &str, name: &str, keys: &[String], tags: &[String], headings: &[Heading]) -> Folded {
        let headings: Vec<&str> = headings.iter().map(|heading| heading.text.as_str()).collect();
        Folded {
            title: fold(title),
            name: fold(name),
            keys: fold(&keys.join("\n")),
            tags: fold(&tags.join("\n")),
            headings: fold(&headings.join("\n")),
        }
    }
}

/// Small letters, each as long as the one it stands for; the few that would not be stay as they are.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let small = |c: char| {
        let mut small = c.to_lowercase();
        match (small.next(), small.next()) {
            (Some(only), None) if only.len_utf8() == c.len_utf8() => only,
            _ => c,
        }
    };
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (plain, other) = rest.split_at(at);
        let end = other
            .bytes()
            .position(|byte| byte.is_ascii())
            .unwrap_or(other.len());
        let from = folded.len();
        folded.push_str(plain);
        folded[from..].make_ascii_lowercase();
        folded.extend(other[..end].chars().map(small));
        rest = &other[end..];
    }
    let from = folded.len();
    folded.push_str(rest);
    folded[from..].make_ascii_lowercase();
    folded
}

/// What lies between fences; good enough for searching, where a full parse of every page would be too slow.
fn code(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let trimmed = line.trim_start_matches([' ', '\t', '>']);
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (open, mark) {
            (None, Some(mark)) => open = Some((mark, end)),
            (Some((begun, from)), Some(mark)) if begun == mark => {
                found.push(from..at);
                open = None;
            }
            _ => {}
        }
        at = end;
    }
    found.extend(open.map(|(_, from)| from..text.len()));
    found
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

    #[test]
    fn spans_of_review_are_read_in_their_usual_forms() {
        let read = ["90d", "12w", "3 months", "1 year", "30"].map(parse_days);
        assert_eq!(read, [Some(90), Some(84), Some(90), Some(365), Some(30)]);
        assert_eq!(["", "soon", "-1d", "9 fortnights"].map(parse_days), [None; 4]);
    }

    #[test]
    fn code_is_known_for_searching() {
        let text = "a\n```sh\nls\n```\nb\n~~~\nopen\n";
        let found: Vec<&str> = code(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["ls\n", "open\n"]);
    }

    proptest! {
        #[test]
        fn folding_keeps_every_offset(text in "\\PC{0,40}") {
            let folded = fold(&text);
            let ends = |text: &str| text.char_indices().map(|(at, _)| at).collect::<Vec<_>>();
            prop_assert_eq!(ends(&folded), ends(&text));
        }

        #[test]
        fn any_text_is_a_page(text in "[-#`=\\[\\]()*~\\\\\n a결:]{0,80}") {
            let page = page(&text);
            page.blocks();
        }
    }
}

//! The report as Markdown that reads well as plain text. Foreign text is escaped, so that no note, name or output becomes
//! markup of its own, and what pages such as GitHub's make a link, a mention or mathematics of stands as code.

use super::Report;
use super::part::{Line, Part, Piece, parts};
use super::text::{self, Zone, line};

/// The whole document.
pub fn markdown(report: &Report, zone: &Zone) -> String {
    let mut out = format!("# {}\n", plain(&report.title));
    for part in parts(report, zone) {
        out.push('\n');
        paint(&part, &mut out);
    }
    out
}

fn paint(part: &Part, out: &mut String) {
    let mut say = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    match part {
        Part::Section(title) => say(&format!("## {title}")),
        Part::Heading(pieces) => say(&format!("### {}", words(pieces))),
        Part::Paragraph(pieces) => say(&words(pieces)),
        Part::Quote(text) => say(&format!("> {}", plain(text))),
        Part::Table { heads, rows } => {
            say(&format!("| {} |", heads.join(" | ")));
            say(&format!("|{}", " --- |".repeat(heads.len())));
            for row in rows {
                // Within a table alone a bar is escaped in code too, and the table takes that away again.
                let cells: Vec<String> = row.iter().map(|cell| pieces(cell, &barred)).collect();
                say(&format!("| {} |", cells.join(" | ")));
            }
        }
        Part::List(items) => items.iter().for_each(|item| say(&format!("- {}", words(item)))),
        Part::Task(pieces) => say(&format!("- [ ] {}", words(pieces))),
        Part::Output(text) => {
            let text = text::lines(text);
            let fence = "`".repeat(longest_run(&text).max(2) + 1);
            say(&format!("{fence}text\n{}\n{fence}", text.trim_end_matches('\n')));
        }
    }
}

fn words(line: &Line) -> String {
    pieces(line, &code)
}

fn pieces(line: &Line, code: &dyn Fn(&str) -> String) -> String {
    let plain = |text: &str| plain_with(text, code);
    let word = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Own(text) => plain(text),
        Piece::Code(text) => code(text),
        Piece::Strong(text) => format!("**{}**", plain(text)),
        Piece::Bad(text) => format!("**{text}**"),
        Piece::Aside(text) => format!("_{}_", plain(text)),
        Piece::Break => "<br>".to_owned(),
    };
    line.iter().map(word).collect()
}

fn plain(text: &str) -> String {
    plain_with(text, &code)
}

/// Text in a paragraph or a cell.
fn plain_with(text: &str, code: &dyn Fn(&str) -> String) -> String {
    let text = line(text);
    let words = whole_words(&text).into_iter().map(|word| {
        // What only follows it is none of it: copied, it would be.
        let bare = word.trim_end().trim_end_matches([',', ';']);
        match acts(bare) {
            true => code(bare) + &word[bare.len()..],
            false => escaped(word),
        }
    });
    words.collect()
}

/// What begins a word that stands for a secret, and the most bytes that one has.
const COVERS: [&str; 2] = ["[redacted", "[secret "];
const LONGEST_COVER: usize = 80;

/// The words of a text with the blanks behind them. What stands for a secret has a blank in it and parts no word: half an
/// address would be a link of its own.
fn whole_words(text: &str) -> Vec<&str> {
    let (mut words, mut from, mut at) = (Vec::new(), 0, 0);
    for word in text.split_inclusive(char::is_whitespace) {
        at += word.len();
        let so_far = &text[from..at];
        let begun = COVERS.iter().filter_map(|cover| so_far.rfind(cover)).max();
        let is_inside = begun.is_some_and(|begun| {
            let end = text[from + begun..].find(']');
            end.is_some_and(|end| end <= LONGEST_COVER && from + begun + end >= at)
        });
        if !is_inside {
            words.push(so_far);
            from = at;
        }
    }
    words.extend(Some(&text[from..]).filter(|rest| !rest.is_empty()));
    words
}

/// Whether a page would make more of a word than it is: an escape does not keep it from that.
fn acts(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let is_number = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let refers = |mark: &str| {
        word.match_indices(mark)
            .any(|(at, _)| is_number(&word[at + mark.len()..]))
    };
    let hash = word.trim_matches(|c: char| c.is_ascii_punctuation());
    let is_hash = (7..=40).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let opens = ["://", "www.", "mailto:", "xmpp:"];
    word.contains(['@', '$'])
        || opens.iter().any(|mark| word.contains(mark))
        || refers("#")
        || refers("gh-")
        || is_hash
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        match c {
            // Between letters it marks nothing, and a name stays as one copies it.
            '_' if before.is_alphanumeric() && after.is_alphanumeric() => escaped.push(c),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
        before = c;
    }
    escaped
}

/// Code within a line: between more backticks than it has itself.
fn code(text: &str) -> String {
    let text = line(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The same in a cell of a table.
fn barred(text: &str) -> String {
    code(text).replace('|', "\\|")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

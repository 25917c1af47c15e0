//! The parser's events gathered into a tree of blocks, their text already styled.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};

use super::{Ink, Link, Piece};
use super::{html, tab};
use crate::runbook::{Rows, TAB, front_matter, is_command_span, masked, note_mark, options};
use crate::ui::look::{Look, Role};
use crate::ui::text;

/// Styled text; `"\n"` is a break.
pub(super) type Inline = Vec<Piece>;

#[derive(Debug)]
pub(super) enum Kind {
    Heading(u8, Inline),
    Paragraph(Inline),
    Code {
        lang: String,
        text: String,
    },
    List {
        start: Option<u64>,
        items: Vec<Item>,
    },
    Quote {
        title: Option<String>,
        nodes: Vec<Node>,
    },
    Table {
        align: Vec<Alignment>,
        head: Vec<Inline>,
        rows: Vec<Vec<Inline>>,
    },
    Footnote {
        label: String,
        nodes: Vec<Node>,
    },
    Rule,
}

/// A block and the source line on which it begins.
#[derive(Debug)]
pub(super) struct Node {
    pub line: usize,
    pub kind: Kind,
}

#[derive(Debug, Default)]
pub(super) struct Item {
    pub task: Option<bool>,
    /// Set apart from its neighbours by blank lines.
    pub loose: bool,
    /// No item to its author, but a note as MkDocs writes them.
    pub note: bool,
    /// Nor that, but one tab of several.
    pub tab: bool,
    pub nodes: Vec<Node>,
}

pub(super) struct Page {
    pub nodes: Vec<Node>,
    /// Without their places.
    pub links: Vec<Link>,
}

enum Open {
    List(Option<u64>, Vec<Item>),
    Item(Item),
    Quote(Option<String>),
    Footnote(String),
}

struct Builder<'a> {
    look: &'a Look<'a>,
    /// Containers that are open, each with its first line and the nodes it holds.
    open: Vec<(usize, Open, Vec<Node>)>,
    done: Vec<Node>,
    inline: Inline,
    inline_line: usize,
    styles: Vec<Style>,
    link: Option<usize>,
    link_text: String,
    links: Vec<Link>,
    numbered: usize,
    table: Option<(Vec<Alignment>, Vec<Vec<Inline>>)>,
    code: Option<(String, String)>,
    html: Option<String>,
    /// The line of a note's head, and its marks while nothing is behind them.
    head: Option<usize>,
    marks: Option<String>,
    /// Containers inside the deepest one that is drawn: their text belongs to it.
    too_deep: usize,
}

/// Containers inside each other beyond this are drawn as one: nobody nests so far on purpose, and each takes a call
/// inside a call to lay out.
const DEEPEST: usize = 48;

pub(super) fn parse(source: &str, look: &Look<'_>) -> Page {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(source.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let mut builder = Builder {
        look,
        open: Vec::new(),
        done: Vec::new(),
        inline: Vec::new(),
        inline_line: 1,
        styles: vec![look.of(Role::Text)],
        link: None,
        link_text: String::new(),
        links: Vec::new(),
        numbered: 0,
        table: None,
        code: None,
        html: None,
        head: None,
        marks: None,
        too_deep: 0,
    };
    let end = front_matter(source);
    if end > 0 {
        builder.matter(&source[..end]);
    }
    let masked = masked(source);
    let mut rows = Rows::default();
    for (event, range) in Parser::new_ext(&masked, options()).into_offset_iter() {
        let line = starts.partition_point(|&start| start <= range.start);
        if let Some(surplus) = rows.surplus(&masked, &event, &range) {
            builder.surplus(surplus);
        }
        builder.event(event, line, &source[range]);
    }
    builder.end_paragraph();
    Page {
        nodes: builder.done,
        links: builder.links,
    }
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, line: usize, source: &str) {
        match event {
            Event::Start(tag) => self.start(tag, line, source),
            Event::End(tag) => self.end(tag),
            Event::Text(piece) => match (&mut self.code, &mut self.html) {
                (Some((_, code)), _) => code.push_str(&piece),
                (None, Some(html)) => html.push_str(&piece),
                (None, None) => self.push(&piece, Style::new(), line),
            },
            Event::Code(code) => self.code_span(&code, line),
            Event::InlineMath(math) | Event::DisplayMath(math) => {
                self.push(&math, self.look.of(Role::Code), line)
            }
            Event::Html(piece) => match &mut self.html {
                Some(html) => html.push_str(&piece),
                None => self.html = Some(piece.to_string()),
            },
            Event::InlineHtml(tag) => match html::inline(&tag) {
                html::Shown::Break => self.inline.push(("\n".into(), Ink::default())),
                html::Shown::Nothing | html::Shown::Cell => {}
                html::Shown::Literally => self.push(&tag, self.look.of(Role::Dim), line),
            },
            Event::FootnoteReference(label) => {
                self.push(&format!("[^{label}]"), self.look.of(Role::Link), line)
            }
            Event::SoftBreak if self.head == Some(line) => self.inline.push(("\n".into(), Ink::default())),
            Event::SoftBreak => self.push(" ", Style::new(), line),
            Event::HardBreak => self.inline.push(("\n".into(), Ink::default())),
            Event::Rule => self.add(line, Kind::Rule),
            Event::TaskListMarker(done) => {
                if let Some((_, Open::Item(item), _)) = self.open.last_mut() {
                    item.task = Some(done);
                }
            }
        }
    }

    /// A whole command in a list item can be selected like a link.
    fn code_span(&mut self, code: &str, line: usize) {
        let style = self.look.of(Role::Code);
        let is_item = self.open.iter().any(|(_, open, _)| matches!(open, Open::Item(_)));
        if !is_item || self.link.is_some() || !is_command_span(code) {
            return self.push(code, style, line);
        }
        self.links.push(Link {
            number: 0,
            target: code.to_owned(),
            is_command: true,
            at: Vec::new(),
        });
        self.link = Some(self.links.len() - 1);
        self.push(code, style, line);
        self.link = None;
    }

    fn push(&mut self, piece: &str, style: Style, line: usize) {
        if self.inline.is_empty() {
            self.inline_line = line;
        }
        if self.link.is_some() {
            self.link_text.push_str(piece);
        }
        let below = self.styles.last().copied().unwrap_or_default();
        if let Some(marks) = self.marks.take() {
            let style = below.patch(self.look.of(Role::Warn));
            self.inline.push((marks, Ink { style, link: None }));
        }
        let ink = Ink {
            style: below.patch(style),
            link: self.link,
        };
        self.inline.push((text::quote(piece).into_owned(), ink));
    }

    fn start(&mut self, tag: Tag<'_>, line: usize, source: &str) {
        match tag {
            Tag::Heading { .. } => {
                self.end_paragraph();
                self.styles.push(self.look.of(Role::Heading));
            }
            Tag::Paragraph => {
                self.end_paragraph();
                if let Some((_, Open::Item(item), _)) = self.open.last_mut() {
                    item.loose = true;
                }
            }
            Tag::CodeBlock(kind) => {
                self.end_paragraph();
                self.inline_line = line;
                let lang = match &kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((lang, String::new()));
            }
            Tag::HtmlBlock => {
                self.end_paragraph();
                self.inline_line = line;
                self.html = Some(String::new());
            }
            Tag::List(start) => self.begin(line, Open::List(start, Vec::new())),
            Tag::Item => {
                // One inside another begins with what it is indented by.
                let source = source.trim_start();
                let marks = note_mark(source);
                let (note, tab) = (marks.is_some(), marks == Some(TAB));
                self.begin(
                    line,
                    Open::Item(Item {
                        note,
                        tab,
                        ..Item::default()
                    }),
                );
                if tab {
                    self.head = Some(line);
                } else if let Some(marks) = marks {
                    let blank = if source[marks.len()..].starts_with(' ') {
                        " "
                    } else {
                        ""
                    };
                    self.marks = Some(format!("{marks}{blank}"));
                    self.head = Some(line);
                }
            }
            Tag::BlockQuote(kind) => {
                let title = kind.and_then(|_| alert(source));
                self.begin(line, Open::Quote(title));
                // Pushed even where it is too deep: its end takes it away again.
                let below = self.styles.last().copied().unwrap_or_default();
                self.styles.push(below.patch(self.look.of(Role::Quote)));
            }
            Tag::FootnoteDefinition(label) => self.begin(line, Open::Footnote(label.to_string())),
            Tag::Table(align) => {
                self.end_paragraph();
                self.inline_line = line;
                self.table = Some((align, Vec::new()));
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some((_, rows)) = &mut self.table {
                    rows.push(Vec::new());
                }
            }
            Tag::Emphasis => self.emphasize(Modifier::ITALIC),
            Tag::Strong => self.emphasize(Modifier::BOLD),
            Tag::Strikethrough => self.emphasize(Modifier::CROSSED_OUT),
            Tag::Link { dest_url, .. } => self.begin_link(&dest_url),
            Tag::Image { dest_url, .. } => {
                self.push("[image: ", self.look.of(Role::Dim), line);
                self.begin_link(&dest_url);
            }
            _ => {}
        }
    }

    fn begin(&mut self, line: usize, open: Open) {
        self.end_paragraph();
        // The items of a list that is drawn are drawn.
        let is_full = self.open.len() >= DEEPEST && !matches!(open, Open::Item(_));
        if self.too_deep > 0 || is_full {
            self.too_deep += 1;
        } else {
            self.open.push((line, open, Vec::new()));
        }
    }

    fn emphasize(&mut self, modifier: Modifier) {
        let below = self.styles.last().copied().unwrap_or_default();
        self.styles.push(below.add_modifier(modifier));
    }

    fn begin_link(&mut self, target: &str) {
        self.links.push(Link {
            number: 0,
            target: text::quote(target).into_owned(),
            is_command: false,
            at: Vec::new(),
        });
        self.link = Some(self.links.len() - 1);
        self.link_text.clear();
        let below = self.styles.last().copied().unwrap_or_default();
        self.styles.push(below.patch(self.look.of(Role::Link)));
    }

    /// A link whose text is not its target gets a number, and the target is listed under it.
    fn end_link(&mut self, closing: &str) {
        self.styles.pop();
        let Some(link) = self.link.take() else { return };
        let line = self.inline_line;
        let target = &self.links[link].target;
        if !target.is_empty() && *target != self.link_text && *target != format!("mailto:{}", self.link_text)
        {
            self.numbered += 1;
            self.links[link].number = self.numbered;
            self.push(&format!("[{}]", self.numbered), self.look.of(Role::Dim), line);
        }
        if !closing.is_empty() {
            self.push(closing, self.look.of(Role::Dim), line);
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                self.styles.pop();
                let inline = std::mem::take(&mut self.inline);
                self.add(self.inline_line, Kind::Heading(level as u8, inline));
            }
            TagEnd::Paragraph => self.end_paragraph(),
            TagEnd::CodeBlock => {
                if let Some((lang, text)) = self.code.take() {
                    self.add(self.inline_line, Kind::Code { lang, text });
                }
            }
            TagEnd::HtmlBlock => self.end_html(),
            TagEnd::List(_) | TagEnd::Item | TagEnd::FootnoteDefinition => self.close(),
            TagEnd::BlockQuote(_) => {
                self.close();
                self.styles.pop();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                if let Some(row) = self.table.as_mut().and_then(|(_, rows)| rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                if let Some((align, mut rows)) = self.table.take() {
                    let head = if rows.is_empty() {
                        Vec::new()
                    } else {
                        rows.remove(0)
                    };
                    let line = self.inline_line;
                    self.add(line, Kind::Table { align, head, rows });
                }
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Link => self.end_link(""),
            TagEnd::Image => self.end_link("]"),
            _ => {}
        }
    }

    fn close(&mut self) {
        self.end_paragraph();
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some((line, open, nodes)) = self.open.pop() else {
            return;
        };
        match open {
            Open::Item(mut item) => {
                item.nodes = match (item.tab, item.note) {
                    (true, _) => tab::section(line, nodes, self.look),
                    (_, true) => {
                        let kind = Kind::Quote { title: None, nodes };
                        vec![Node { line, kind }]
                    }
                    _ => nodes,
                };
                if let Some((_, Open::List(_, items), _)) = self.open.last_mut() {
                    items.push(item);
                }
            }
            Open::List(_, items) if items.iter().all(|item| item.note) => {
                let nodes = items.into_iter().flat_map(|item| item.nodes);
                nodes.for_each(|node| self.add(node.line, node.kind));
            }
            Open::List(start, items) => self.add(line, Kind::List { start, items }),
            Open::Quote(title) => self.add(line, Kind::Quote { title, nodes }),
            Open::Footnote(label) => self.add(line, Kind::Footnote { label, nodes }),
        }
    }

    fn end_paragraph(&mut self) {
        if self.inline.is_empty() || self.table.is_some() {
            return;
        }
        let inline = std::mem::take(&mut self.inline);
        self.add(self.inline_line, Kind::Paragraph(inline));
    }

    /// Cells beyond the head's belong to the last one.
    fn surplus(&mut self, text: &str) {
        let ink = Ink {
            style: self.look.of(Role::Text),
            link: None,
        };
        let cell = self
            .table
            .as_mut()
            .and_then(|(_, rows)| rows.last_mut()?.last_mut());
        if let Some(cell) = cell {
            cell.push((format!(" | {}", text::quote(text)), ink));
        }
    }

    fn end_html(&mut self) {
        let Some(html) = self.html.take() else { return };
        for line in html::lines(&html) {
            self.push(&line, Style::new(), self.inline_line);
            self.inline.push(("\n".into(), Ink::default()));
        }
        self.end_paragraph();
    }

    /// Front matter as it stands: who owns a page and when it was reviewed matters to its reader.
    fn matter(&mut self, text: &str) {
        for piece in text.lines().filter(|line| line.trim_end() != "---") {
            self.push(piece, self.look.of(Role::Dim), 2);
            self.inline.push(("\n".into(), Ink::default()));
        }
        self.end_paragraph();
    }

    fn add(&mut self, line: usize, kind: Kind) {
        let node = Node { line, kind };
        match self.open.last_mut() {
            Some((_, _, nodes)) => nodes.push(node),
            None => self.done.push(node),
        }
    }
}

/// The label of an alert as the page writes it: `WARNING` of `[!WARNING]`.
fn alert(quote: &str) -> Option<String> {
    let (_, behind) = quote.split_once("[!")?;
    Some(behind.split_once(']')?.0.to_owned())
}

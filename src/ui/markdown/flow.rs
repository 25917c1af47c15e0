//! Lays the tree out from top to bottom. What stands before every line (list indents, quote bars) is a stack;
//! where it would leave no room for text, its outer part gives way.

use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::tree::{Inline, Item, Kind, Node};
use super::{Document, Ink, Layout, Link, Piece, table};
use crate::ui::look::Role;
use crate::ui::text;
use crate::ui::wrap::{Blanks, wrap_pieces};

/// Below this many cells text is no longer worth reading, so indents give way.
const LEAST_ROOM: usize = 12;

/// What stands before the first line of a container, and before the others.
struct Indent {
    first: Option<Piece>,
    rest: Piece,
}

pub(super) struct Flow<'a> {
    pub how: &'a Layout<'a>,
    pub document: Document,
    indents: Vec<Indent>,
    /// Source line of what is being laid out.
    source: usize,
    depth: usize,
}

impl<'a> Flow<'a> {
    pub fn new(how: &'a Layout<'a>, links: Vec<Link>) -> Flow<'a> {
        let document = Document {
            links,
            ..Document::default()
        };
        Flow {
            how,
            document,
            indents: Vec::new(),
            source: 1,
            depth: 0,
        }
    }

    pub fn page(mut self, nodes: &[Node]) -> Document {
        self.nodes(nodes, true);
        self.targets();
        self.document
    }

    pub fn ink(&self, role: Role) -> Ink {
        Ink {
            style: self.how.look.of(role),
            link: None,
        }
    }

    /// Cells left for text.
    pub fn room(&self) -> usize {
        let indent: usize = self
            .indents
            .iter()
            .map(|indent| text::width(&indent.rest.0))
            .sum();
        self.how
            .width
            .saturating_sub(indent)
            .max(LEAST_ROOM.min(self.how.width))
            .max(1)
    }

    fn nodes(&mut self, nodes: &[Node], apart: bool) {
        for (nth, node) in nodes.iter().enumerate() {
            if nth > 0 && apart {
                self.blank();
            }
            self.node(node);
        }
    }

    fn node(&mut self, node: &Node) {
        self.source = node.line;
        match &node.kind {
            Kind::Heading(level, inline) => self.heading(*level, inline),
            Kind::Paragraph(inline) => self.paragraph(inline),
            Kind::Code { lang, text } => self.code(lang, text, node.line),
            Kind::List { start, items } => self.list(*start, items),
            Kind::Quote { title, nodes } => {
                let bar = ("▎ ".to_string(), self.ink(Role::Quote));
                self.indents.push(Indent {
                    first: None,
                    rest: bar,
                });
                if let Some(title) = title {
                    let style = self.how.look.of(Role::Warn).add_modifier(Modifier::BOLD);
                    self.paragraph(&vec![(
                        text::quote(title).into_owned(),
                        Ink { style, link: None },
                    )]);
                }
                self.nodes(nodes, true);
                self.indents.pop();
            }
            Kind::Table { align, head, rows } => table::lay(self, align, head, rows),
            Kind::Footnote { label, nodes } => {
                self.indents.push(Indent {
                    first: None,
                    rest: ("  ".into(), Ink::default()),
                });
                self.footnote(label, nodes);
                self.indents.pop();
            }
            Kind::Rule => self.line(vec![("─".repeat(self.room()), self.ink(Role::Faint))]),
        }
    }

    /// The label begins the first paragraph, so that it wraps with it.
    fn footnote(&mut self, label: &str, nodes: &[Node]) {
        let mark = (format!("[^{}]", text::quote(label)), self.ink(Role::Link));
        let (marked, rest) = match nodes.split_first() {
            Some((
                Node {
                    kind: Kind::Paragraph(inline),
                    ..
                },
                rest,
            )) => {
                let blank = (" ".to_string(), Ink::default());
                (
                    [mark, blank].into_iter().chain(inline.iter().cloned()).collect(),
                    rest,
                )
            }
            _ => (vec![mark], nodes),
        };
        self.paragraph(&marked);
        if !rest.is_empty() {
            self.blank();
        }
        self.nodes(rest, true);
    }

    fn heading(&mut self, level: u8, inline: &Inline) {
        let plain: String = inline.iter().map(|(text, _)| text.as_str()).collect();
        self.document
            .headings
            .push((level, plain.replace('\n', " "), self.document.lines.len()));
        let marked = match level {
            1 | 2 => inline.clone(),
            _ => {
                let mark = if level == 3 { "▸ " } else { "▹ " };
                std::iter::once((mark.to_string(), self.ink(Role::Heading)))
                    .chain(inline.iter().cloned())
                    .collect()
            }
        };
        self.paragraph(&marked);
        match level {
            1 => self.line(vec![("━".repeat(self.room()), self.ink(Role::Heading))]),
            2 => {
                let wide = text::width(&plain).min(self.room());
                self.line(vec![("─".repeat(wide), self.ink(Role::Heading))]);
            }
            _ => {}
        }
    }

    fn paragraph(&mut self, inline: &Inline) {
        for line in broken(inline, self.room()) {
            self.line(line);
        }
    }

    fn list(&mut self, start: Option<u64>, items: &[Item]) {
        let widest = start.map_or(0, |start| (start + items.len() as u64).to_string().len());
        let bullet = ["• ", "◦ ", "▪ "][self.depth % 3];
        let loose = items.iter().any(|item| item.loose);
        for (nth, item) in items.iter().enumerate() {
            if nth > 0 && loose {
                self.blank();
            }
            let mut mark = match start {
                Some(start) => format!("{:>widest$}. ", start + nth as u64),
                None => bullet.to_string(),
            };
            if let Some(done) = item.task {
                self.document.tasks.push((done, self.document.lines.len()));
                let number = start.map_or("", |_| mark.as_str());
                mark = format!("{number}{} ", if done { "☑" } else { "☐" });
            }
            let rest = " ".repeat(text::width(&mark));
            let role = if item.task == Some(true) {
                Role::Good
            } else {
                Role::Accent
            };
            self.indents.push(Indent {
                first: Some((mark, self.ink(role))),
                rest: (rest, Ink::default()),
            });
            self.depth += 1;
            let lines = self.document.lines.len();
            self.nodes(&item.nodes, item.loose);
            if self.document.lines.len() == lines {
                self.line(Vec::new());
            }
            self.depth -= 1;
            self.indents.pop();
        }
    }

    fn blank(&mut self) {
        // Marks of a first line are kept for the text.
        let kept: Vec<Option<Piece>> = self
            .indents
            .iter_mut()
            .map(|indent| indent.first.take())
            .collect();
        self.line(Vec::new());
        for (indent, first) in self.indents.iter_mut().zip(kept) {
            indent.first = first;
        }
    }

    /// Puts one line, not wider than the room, behind the indents.
    pub fn line(&mut self, pieces: Vec<Piece>) {
        let mut before: Vec<(String, Ink)> = self
            .indents
            .iter_mut()
            .map(|indent| indent.first.take().unwrap_or_else(|| indent.rest.clone()))
            .collect();
        let content: usize = pieces.iter().map(|(text, _)| text::width(text)).sum();
        let mut surplus = (before.iter().map(|(text, _)| text::width(text)).sum::<usize>() + content)
            .saturating_sub(self.how.width);
        for (indent, _) in before.iter_mut() {
            if surplus == 0 {
                break;
            }
            let wide = text::width(indent);
            let kept = text::tail(indent, wide.saturating_sub(surplus)).to_string();
            surplus = surplus.saturating_sub(wide);
            *indent = kept;
        }
        let at = self.document.lines.len();
        let mut column = 0;
        let mut spans = Vec::new();
        for (piece, ink) in before.into_iter().chain(pieces) {
            let wide = text::width(&piece);
            if let Some(link) = ink.link {
                self.document.links[link].at.push((at, column..column + wide));
            }
            column += wide;
            spans.push(Span::styled(piece, ink.style));
        }
        self.document.lines.push(Line::from(spans));
        self.document.sources.push(self.source);
    }

    /// The numbered targets of the page's links.
    fn targets(&mut self) {
        let numbered: Vec<(usize, String, usize)> = self
            .document
            .links
            .iter()
            .enumerate()
            .filter(|(_, link)| link.number > 0)
            .map(|(at, link)| (link.number, link.target.clone(), at))
            .collect();
        if numbered.is_empty() {
            return;
        }
        self.blank();
        let widest = numbered.len().to_string().len();
        for (number, target, link) in numbered {
            let mark = format!("[{number}]{} ", " ".repeat(widest - number.to_string().len()));
            let rest = " ".repeat(mark.len());
            self.indents.push(Indent {
                first: Some((mark, self.ink(Role::Dim))),
                rest: (rest, Ink::default()),
            });
            let ink = Ink {
                style: self.how.look.of(Role::Link),
                link: Some(link),
            };
            self.paragraph(&vec![(target, ink)]);
            self.indents.pop();
        }
    }
}

/// Text wrapped at its breaks and at the room.
pub(super) fn broken(inline: &Inline, room: usize) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    let mut parts = inline.split(|(text, _)| text == "\n").peekable();
    while let Some(part) = parts.next() {
        // A break at the very end breaks nothing.
        if part.is_empty() && parts.peek().is_none() && !lines.is_empty() {
            break;
        }
        lines.extend(wrap_pieces(part, room, Blanks::Fold));
    }
    lines
}

//! Painting the runbooks: the list at the left, the page at the right, or one of them where there is no room.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::panel::boxed;
use crate::panel::carry::Carry;
use crate::runbook::Query;
use crate::ui::list::{Lines, List};
use crate::ui::markdown::find;
use crate::ui::scrollbar::Scrollbar;
use crate::ui::{Ids, Look, Role, text};

use super::{Runbooks, Stop, about};

const LIST: u16 = 42;
const LEAST: u16 = 100;

/// The list and the page; one of them without width.
fn parts(books: &Runbooks, area: Rect) -> (Rect, Rect) {
    let none = Rect { width: 0, ..area };
    if area.width >= LEAST && !(books.wide && books.reading) {
        let [list, page] = Layout::horizontal([Constraint::Length(LIST), Constraint::Fill(1)]).areas(area);
        return (list, page);
    }
    if books.reading { (none, area) } else { (area, none) }
}

/// Where the page's lines are.
pub(super) fn inside(model: &Model, body: Rect) -> Rect {
    below(model, parts(&model.runbooks, body).1)
}

/// The lines' place inside the page's frame, below what is told about it.
fn below(model: &Model, frame: Rect) -> Rect {
    let inner = frame.inner(Margin::new(2, 1));
    let laid = model.runbooks.laid(inner.width, None);
    let taken = laid.map_or(0, |laid| about::height(model, &laid, inner.width));
    let taken = taken.min(inner.height / 2);
    Rect {
        y: inner.y + taken,
        height: inner.height - taken,
        ..inner
    }
}

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let books = &model.runbooks;
    let (list, page) = parts(books, area);
    if list.width > 0 {
        paint_list(model, list, buf, look);
    }
    if page.width > 0 {
        paint_page(model, page, buf, look);
    }
}

fn paint_list(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let books = &model.runbooks;
    let total = books.library.pages.len();
    let count = match books.len() == total {
        true => format!("  {total}"),
        false => format!("  {} of {total}", books.len()),
    };
    let mut title = vec![
        Span::styled("Runbooks", look.of(Role::Title)),
        Span::styled(count, look.of(Role::Dim)),
    ];
    if !books.query.is_empty() {
        let query = format!("  /{}", text::quote(&books.query));
        title.push(Span::styled(query, look.of(Role::Accent)));
    }
    let inner = boxed(area, buf, look, Line::from(title), !books.reading);
    let refused = Query::parse(&books.query).refused();
    let empty = match (total, &refused) {
        (0, _) => "no runbook: name folders under [runbooks] paths",
        (_, Some(why)) => why,
        _ => "no runbook has these words",
    };
    List {
        rows: &Listed {
            books,
            carry: &model.carry,
        },
        focused: !books.reading,
        empty,
    }
    .paint(inner, buf, look, &books.cursor);
}

fn paint_page(model: &Model, frame: Rect, buf: &mut Buffer, look: &Look) {
    let books = &model.runbooks;
    let title = books.page().map(|page| text::quote(&page.name).into_owned());
    let mut title = vec![Span::styled(title.unwrap_or_default(), look.of(Role::Dim))];
    let inner = frame.inner(Margin::new(2, 1));
    let laid = books.laid(inner.width, Some(look));
    let document = laid.as_ref().map(|laid| &laid.document);
    let places = match (document, books.sought.text.is_empty()) {
        (Some(document), false) => find(document, &books.sought.text),
        _ => Vec::new(),
    };
    if !books.sought.text.is_empty() {
        let at = books.sought.at.map_or(0, |at| at + 1).min(places.len());
        let says = format!("  /{}  {at} of {}", text::quote(&books.sought.text), places.len());
        title.push(Span::styled(says, look.of(Role::Accent)));
    }
    boxed(frame, buf, look, Line::from(title), books.reading);
    let Some(laid) = &laid else { return };
    let area = below(model, frame);
    let head = Rect {
        height: area.y - inner.y,
        ..inner
    };
    about::paint(model, laid, head, buf, look);
    let document = &laid.document;
    for (y, line) in (area.top()..area.bottom()).zip(document.lines.iter().skip(books.offset)) {
        buf.set_line(area.x, y, line, area.width);
    }
    let mut mark = |line: usize, columns: std::ops::Range<usize>, role: Role| {
        let rows = books.offset..books.offset + usize::from(area.height);
        if rows.contains(&line) {
            let cells = Rect {
                x: area.x + columns.start as u16,
                y: area.y + (line - books.offset) as u16,
                width: (columns.end - columns.start) as u16,
                height: 1,
            };
            // What lies below has colours of its own, which might hide the letters.
            let style = look.of(Role::Background).patch(look.of(role));
            buf.set_style(cells.intersection(area), style);
        }
    };
    for (nth, place) in places.iter().enumerate() {
        let role = match books.sought.at == Some(nth) {
            true => Role::Selected,
            false => Role::Match,
        };
        for (line, columns) in place {
            mark(*line, columns.clone(), role);
        }
    }
    if let Some(Stop::Link(link)) = books.selected
        && let Some(link) = document.links.get(link)
    {
        for (line, columns) in &link.at {
            mark(*line, columns.clone(), Role::Selected);
        }
    }
    let bar = Rect {
        x: frame.right().saturating_sub(1),
        width: 1,
        ..area
    };
    Scrollbar {
        total: document.lines.len(),
        first: books.offset,
        shown: usize::from(area.height),
    }
    .paint(bar, buf, look);
}

/// The pages, and which of them a run goes on of.
struct Listed<'a> {
    books: &'a Runbooks,
    carry: &'a Carry,
}

impl Ids for Listed<'_> {
    type Id = PathBuf;

    fn len(&self) -> usize {
        self.books.len()
    }

    fn id_at(&self, index: usize) -> Option<PathBuf> {
        self.books.id_at(index)
    }

    fn index_of(&self, id: &PathBuf) -> Option<usize> {
        self.books.index_of(id)
    }
}

impl Lines for Listed<'_> {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        self.books.line(index, look)
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let page = self.books.page_at(index)?;
        match &self.carry.question {
            _ if !self.carry.is_of(&page.path) => self.books.note(index, look),
            Some(_) => Some(Line::styled("waits for you", look.of(Role::Warn))),
            None => Some(Line::styled("running", look.of(Role::Accent))),
        }
    }
}

impl Lines for Runbooks {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let Some(page) = self.page_at(index) else {
            return Line::default();
        };
        let title = text::quote(&page.title).into_owned();
        let role = match self.library.is_overdue(page) {
            true => Role::Warn,
            false => Role::Text,
        };
        let words: Vec<String> = self.query.split_whitespace().map(str::to_lowercase).collect();
        let mut line = Vec::new();
        let mut from = 0;
        for found in crate::runbook::find(&title, &words) {
            line.push(Span::styled(title[from..found.start].to_string(), look.of(role)));
            line.push(Span::styled(
                title[found.clone()].to_string(),
                look.of(Role::Match),
            ));
            from = found.end;
        }
        line.push(Span::styled(title[from..].to_string(), look.of(role)));
        // Only the rows in view ask, and only namesakes answer.
        let mut known = self.apart.borrow_mut();
        let apart = known.entry(page.path.clone());
        if let Some(apart) = apart.or_insert_with(|| self.library.apart(page)) {
            let apart = format!("  {}", text::quote(apart));
            line.push(Span::styled(apart, look.of(Role::Faint)));
        }
        Line::from(line)
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let page = self.page_at(index)?;
        if self.library.is_overdue(page) {
            return Some(Line::styled("overdue", look.of(Role::Warn)));
        }
        let tag = page.tags.first()?;
        Some(Line::styled(text::quote(tag).into_owned(), look.of(Role::Dim)))
    }
}

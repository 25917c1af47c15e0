//! Painting the runbooks: the list at the left, the page at the right, or one of them where there is no room.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::panel::boxed;
use crate::ui::list::{Lines, List};
use crate::ui::scrollbar::Scrollbar;
use crate::ui::{Ids, Look, Role, text};

use super::Runbooks;

fn parts(area: Rect, reading: bool) -> (Rect, Rect) {
    if area.width >= 96 {
        let [list, page] = Layout::horizontal([Constraint::Length(38), Constraint::Fill(1)]).areas(area);
        return (list, page);
    }
    let none = Rect { width: 0, ..area };
    if reading { (none, area) } else { (area, none) }
}

/// Where the page's lines are.
pub(super) fn inside(area: Rect, reading: bool) -> Rect {
    parts(area, reading).1.inner(Margin::new(2, 1))
}

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let books = &model.runbooks;
    let (list, page) = parts(area, books.reading);
    if list.width > 0 {
        let mut title = vec![
            Span::styled("Runbooks", look.of(Role::Title)),
            Span::styled(format!("  {}", books.len()), look.of(Role::Dim)),
        ];
        if !books.query.is_empty() {
            title.push(Span::styled(format!("  /{}", books.query), look.of(Role::Accent)));
        }
        let inner = boxed(list, buf, look, Line::from(title), !books.reading);
        let empty = "no runbook: name folders under [runbooks] paths";
        List {
            rows: books,
            focused: !books.reading,
            empty,
        }
        .paint(inner, buf, look, &books.cursor);
    }
    if page.width > 0 {
        paint_page(books, page, area, buf, look);
    }
}

fn paint_page(books: &Runbooks, frame: Rect, area: Rect, buf: &mut Buffer, look: &Look) {
    let title = books
        .page()
        .map(|page| text::quote(&page.name).into_owned())
        .unwrap_or_default();
    boxed(
        frame,
        buf,
        look,
        Line::styled(title, look.of(Role::Dim)),
        books.reading,
    );
    let inner = inside(area, books.reading);
    let Some(document) = books.document(inner.width, *look) else {
        return;
    };
    for (y, line) in (inner.top()..inner.bottom()).zip(document.lines.iter().skip(books.offset)) {
        buf.set_line(inner.x, y, line, inner.width);
    }
    let bar = Rect {
        x: frame.right().saturating_sub(1),
        y: inner.y,
        width: 1,
        height: inner.height,
    };
    let shown = usize::from(inner.height);
    Scrollbar {
        total: document.lines.len(),
        first: books.offset,
        shown,
    }
    .paint(bar, buf, look);
}

impl Lines for Runbooks {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let title = self
            .page_at(index)
            .map(|page| text::quote(&page.title).into_owned())
            .unwrap_or_default();
        Line::styled(title, look.of(Role::Text))
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let page = self.page_at(index)?;
        let tag = page.tags.first()?;
        Some(Line::styled(text::quote(tag).into_owned(), look.of(Role::Dim)))
    }
}

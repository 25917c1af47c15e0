//! A list of one-line rows over borrowed data; only the visible ones are made.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::canvas::Canvas;
use super::cursor::{Cursor, Ids};
use super::look::{Look, Role};
use super::scrollbar::Scrollbar;

/// What a list shows.
pub trait Lines: Ids {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_>;

    /// Shown at the right edge: a key, a count, an age.
    fn note(&self, _index: usize, _look: &Look<'_>) -> Option<Line<'_>> {
        None
    }
}

pub struct List<'a, L: Lines + ?Sized> {
    pub rows: &'a L,
    pub focused: bool,
    /// Said when there are no rows.
    pub empty: &'a str,
}

impl<L: Lines + ?Sized> List<'_, L> {
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>, cursor: &Cursor<L::Id>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() {
            return;
        }
        let room = canvas.width().saturating_sub(2);
        if self.rows.is_empty() {
            canvas.text(1, 0, room, self.empty, look.of(Role::Dim));
            return;
        }
        let window = cursor.window(self.rows, canvas.height());
        let selected = cursor.index(self.rows);
        for (y, index) in (0u16..).zip(window.clone()) {
            let note = self.rows.note(index, look);
            let taken = note.as_ref().map_or(0, |note| note.width() as u16 + 1).min(room);
            let line = self.rows.line(index, look);
            let style = look.of(Role::Text).patch(line.style);
            canvas.line(1, y, room - taken, &line.style(style));
            if let Some(note) = note {
                canvas.line(1 + room - taken + 1, y, taken.saturating_sub(1), &note);
            }
            if selected == Some(index) {
                canvas.tint_row(y, look.selected(self.focused));
                canvas.text(
                    0,
                    y,
                    1,
                    if self.focused { "▌" } else { "▏" },
                    look.of(Role::Accent),
                );
            }
        }
        let area = canvas.area;
        let bar = Rect::new(area.right() - 1, area.y, 1, area.height);
        Scrollbar {
            total: self.rows.len(),
            first: window.start,
            shown: window.len(),
        }
        .paint(bar, buf, look);
    }

    /// The index of the row under the mouse, good for this frame only.
    pub fn hit(&self, area: Rect, cursor: &Cursor<L::Id>, x: u16, y: u16) -> Option<usize> {
        if !area.contains((x, y).into()) {
            return None;
        }
        let window = cursor.window(self.rows, area.height);
        let index = window.start + usize::from(y - area.y);
        window.contains(&index).then_some(index)
    }
}

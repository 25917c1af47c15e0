//! A table over borrowed rows: only the visible ones are asked for, so that 20,000 cost what 40 do.
//! Its state knows rows by id; columns give way by importance when the window is narrow.

mod column;
mod paint;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::hash::Hash;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

pub use column::{Align, Column, Sort, Width};

use super::cursor::{Cursor, Ids};
use super::look::Look;

/// One row, made when it is about to be painted.
pub enum Row<'a> {
    /// One cell for each column, in the order of the columns, dropped ones included.
    Cells(Vec<Line<'a>>),
    /// A line over the whole width that begins a group.
    Group(Line<'a>),
    /// A line over the whole width that says what failed.
    Failed(Line<'a>),
}

/// What a table shows. Rows without an id are headings and cannot be selected.
pub trait Rows: Ids {
    fn row(&self, index: usize) -> Row<'_>;
}

/// Selection and marks, both by id.
#[derive(Clone, Debug)]
pub struct State<Id> {
    pub cursor: Cursor<Id>,
    pub marked: HashSet<Id>,
}

impl<Id> Default for State<Id> {
    fn default() -> State<Id> {
        State {
            cursor: Cursor::default(),
            marked: HashSet::new(),
        }
    }
}

impl<Id: Clone + Eq + Hash> State<Id> {
    /// Marks the current row, or takes the mark away, and goes on to the next.
    pub fn toggle_mark<R: Ids<Id = Id> + ?Sized>(&mut self, rows: &R) {
        if let Some(id) = self.cursor.current(rows) {
            if !self.marked.remove(&id) {
                self.marked.insert(id);
            }
            self.cursor.step(rows, 1);
        }
    }
}

/// What lies under a position of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// The title of this column.
    Title(usize),
    /// The row at this index, good for this frame only.
    Row(usize),
}

pub struct Table<'a, R: Rows + ?Sized> {
    pub columns: &'a [Column<'a>],
    pub rows: &'a R,
    pub focused: bool,
    /// Said in the middle when there are no rows.
    pub empty: &'a str,
}

impl<R> Table<'_, R>
where
    R: Rows + ?Sized,
    R::Id: Eq + Hash,
{
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>, state: &State<R::Id>) {
        paint::paint(self, area, buf, look, state);
    }

    /// What the mouse points at; the area is the one that was painted.
    pub fn hit(&self, area: Rect, state: &State<R::Id>, x: u16, y: u16) -> Option<Hit> {
        if !area.contains((x, y).into()) {
            return None;
        }
        if y == area.y {
            let column = x.checked_sub(area.x + paint::MARGIN)?;
            return column::places(self.columns, area.width.saturating_sub(2 * paint::MARGIN))
                .iter()
                .find(|place| (place.x..place.x + place.width).contains(&column))
                .map(|place| Hit::Title(place.column));
        }
        let window = state.cursor.window(self.rows, area.height - 1);
        let index = window.start + usize::from(y - area.y - 1);
        window.contains(&index).then_some(Hit::Row(index))
    }
}

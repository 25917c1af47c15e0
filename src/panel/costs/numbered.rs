//! Rows that are known by their place alone, and a table of them above what is said of the one under the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use crate::ui::table::{Row, Rows, State, Table};
use crate::ui::{Cursor, Ids, Look};

use super::view::put_all;

pub struct Numbered<F> {
    pub len: usize,
    /// The cells of the row at a place.
    pub cells: F,
}

/// So many rows, whatever stands in them.
pub fn rows(len: usize) -> Numbered<()> {
    Numbered { len, cells: () }
}

impl<F> Ids for Numbered<F> {
    type Id = usize;

    fn len(&self) -> usize {
        self.len
    }

    fn id_at(&self, index: usize) -> Option<usize> {
        (index < self.len).then_some(index)
    }
}

impl<F: Fn(usize) -> Option<Vec<Line<'static>>>> Rows for Numbered<F> {
    fn row(&self, index: usize) -> Row<'_> {
        Row::Cells((self.cells)(index).unwrap_or_default())
    }
}

/// The table, and below it what is said, in a third of the area or in all that the rows leave; what has no room even there
/// ends in a mark.
pub fn view<F: Fn(usize) -> Option<Vec<Line<'static>>>>(
    table: &Table<'_, Numbered<F>>,
    cursor: &Cursor<usize>,
    mut says: Vec<Line<'_>>,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) {
    let height = usize::from(area.height);
    // The heading and the rows, or the words in place of them.
    let rows = table.rows.len() + 1 + usize::from(table.rows.is_empty());
    let room = height.saturating_sub(rows).max(height / 3).max(1);
    if says.len() > room {
        says.truncate(room);
        if let Some(last) = says.last_mut() {
            last.push_span("…");
        }
    }
    let [list, below] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(says.len() as u16)]).areas(area);
    let state = State {
        cursor: cursor.clone(),
        ..State::default()
    };
    table.paint(list, buf, look, &state);
    put_all(says, below, buf);
}

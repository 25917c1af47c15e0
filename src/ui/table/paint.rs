//! Painting a table: titles, the visible rows, the scrollbar.

use std::hash::Hash;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::column::{Align, Place, Sort, places};
use super::{Row, Rows, State, Table};
use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};
use crate::ui::scrollbar::Scrollbar;
use crate::ui::text;

/// A column at each side: the mark on the left, the scrollbar on the right.
pub(super) const MARGIN: u16 = 1;

pub(super) fn paint<R>(
    table: &Table<'_, R>,
    area: Rect,
    buf: &mut Buffer,
    look: &Look<'_>,
    state: &State<R::Id>,
) where
    R: Rows + ?Sized,
    R::Id: Eq + Hash,
{
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let mut canvas = Canvas::new(area, buf, look);
    let columns = places(table.columns, area.width.saturating_sub(2 * MARGIN));
    for place in &columns {
        title(&mut canvas, table, place);
    }
    let height = area.height - 1;
    if table.rows.is_empty() {
        let room = area.width.saturating_sub(2 * MARGIN);
        let blank = usize::from(room).saturating_sub(text::width(table.empty)) / 2;
        let x = MARGIN + blank as u16;
        canvas.text(x, 1 + height / 2, room, table.empty, look.of(Role::Dim));
        return;
    }
    let window = state.cursor.window(table.rows, height);
    let selected = state.cursor.index(table.rows);
    for (y, index) in (1u16..).zip(window.clone()) {
        let id = table.rows.id_at(index);
        let marked = id.is_some_and(|id| state.marked.contains(&id));
        if marked {
            canvas.text(0, y, 1, "●", look.of(Role::Accent));
        }
        match table.rows.row(index) {
            Row::Cells(cells) => {
                for (place, cell) in columns
                    .iter()
                    .filter_map(|place| Some((place, cells.get(place.column)?)))
                {
                    paint_cell(&mut canvas, table, place, y, cell);
                }
            }
            Row::Group(line) => {
                let line = line.patch_style(look.of(Role::Heading));
                let end = canvas.line(MARGIN, y, area.width, &line);
                let rest = area.width.saturating_sub(end + 1 + MARGIN);
                canvas.repeat(end + 1, y, rest, "─", look.of(Role::Border));
            }
            Row::Failed(line) => {
                canvas.text(0, y, 1, "✗", look.of(Role::Bad));
                canvas.line(
                    MARGIN,
                    y,
                    area.width.saturating_sub(MARGIN),
                    &line.style(look.of(Role::Bad)),
                );
            }
        }
        if selected == Some(index) {
            canvas.tint_row(y, look.selected(table.focused));
            if !marked {
                canvas.text(
                    0,
                    y,
                    1,
                    if table.focused { "▌" } else { "▏" },
                    look.of(Role::Accent),
                );
            }
        }
    }
    let bar = Rect::new(area.right() - 1, area.y + 1, 1, height);
    Scrollbar {
        total: table.rows.len(),
        first: window.start,
        shown: window.len(),
    }
    .paint(bar, buf, look);
}

fn title<R: Rows + ?Sized>(canvas: &mut Canvas<'_, '_>, table: &Table<'_, R>, place: &Place) {
    let column = &table.columns[place.column];
    let header = canvas.look.of(Role::Header);
    let style = match column.sort {
        Some(_) => header.patch(canvas.look.of(Role::Accent)),
        None => header,
    };
    let mark = match column.sort {
        Some(Sort::Up) => " ↑",
        Some(Sort::Down) => " ↓",
        None => "",
    };
    let room = usize::from(place.width).saturating_sub(text::width(mark));
    let shown = format!("{}{mark}", text::truncate(column.title, room));
    let x = MARGIN + place.x + indent(column.align, place.width, text::width(&shown));
    canvas.text(x, 0, place.width, &shown, style);
}

fn paint_cell<R: Rows + ?Sized>(
    canvas: &mut Canvas<'_, '_>,
    table: &Table<'_, R>,
    place: &Place,
    y: u16,
    cell: &Line<'_>,
) {
    let base = canvas.look.of(Role::Text);
    let wide = cell.spans.iter().map(|span| text::width(&span.content)).sum();
    let x = indent(table.columns[place.column].align, place.width, wide);
    let mut cell = cell.clone();
    cell.style = base.patch(cell.style);
    canvas.line(MARGIN + place.x + x, y, place.width - x, &cell);
}

/// Blanks before content of this width.
fn indent(align: Align, room: u16, wide: usize) -> u16 {
    match align {
        Align::Left => 0,
        Align::Right => room.saturating_sub(u16::try_from(wide).unwrap_or(u16::MAX)),
    }
}

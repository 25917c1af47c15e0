//! Selection in the pane and the text it copies: wide characters whole, wrapped lines joined.

use alacritty_terminal::grid::{Dimensions, Grid};
use alacritty_terminal::index::{Column, Line, Point, Side};
use alacritty_terminal::selection::{Selection, SelectionType};
use alacritty_terminal::term::cell::{Cell, Flags};

use std::ops::RangeInclusive;

use super::Screen;
use super::view::{last_column, line_in_view, push_cells, wraps};

/// Cells a word may span when it is looked for; a screen full of one character is not one word.
const WORD_REACH: usize = 4_096;

impl Screen {
    /// Begin a selection at a cell of the view. Nothing is selected until `select_to`.
    pub fn select_start(&mut self, col: u16, row: u16) {
        let point = self.point_in_view(col, row);
        self.engine.term.selection = Some(Selection::new(SelectionType::Simple, point, Side::Left));
    }

    /// Extend the selection to a cell of the view, in either direction, that cell included.
    pub fn select_to(&mut self, col: u16, row: u16) {
        let point = self.point_in_view(col, row);
        if let Some(selection) = &mut self.engine.term.selection {
            selection.update(point, Side::Right);
            selection.include_all();
        }
    }

    /// Select the word under a cell: up to blanks, quotes and brackets, so that a path, an address or an ARN is
    /// one word.
    pub fn select_word(&mut self, col: u16, row: u16) {
        let point = self.point_in_view(col, row);
        let grid = self.engine.term.grid();
        let (mut start, mut end) = (point, point);
        if in_word(&grid[point]) {
            for _ in 0..WORD_REACH {
                match before(grid, start) {
                    Some(next) if in_word(&grid[next]) => start = next,
                    _ => break,
                }
            }
            for _ in 0..WORD_REACH {
                match after(grid, end) {
                    Some(next) if in_word(&grid[next]) => end = next,
                    _ => break,
                }
            }
        }
        self.select_between(start, end);
    }

    /// Select the line at a row of the view, with the rows it wraps over.
    pub fn select_line(&mut self, row: u16) {
        let mut start = self.point_in_view(0, row);
        let grid = self.engine.term.grid();
        let mut end = Point::new(start.line, last_column(grid));
        while start.line > grid.topmost_line() && wraps(&grid[start.line - 1i32]) {
            start.line -= 1;
        }
        while end.line < grid.bottommost_line() && wraps(&grid[end.line]) {
            end.line += 1;
        }
        self.select_between(start, end);
    }

    pub fn clear_selection(&mut self) {
        self.engine.term.selection = None;
    }

    /// Text of the selection; none while nothing is selected.
    pub fn selected_text(&self) -> Option<String> {
        self.selected_text_under(|_, _| None)
    }

    /// The lines that the selection is in, as `lines_in_view` counts them.
    pub fn selected_lines(&self) -> Option<RangeInclusive<i32>> {
        let (start, end) = self.selected_range()?;
        Some(start.line.0..=end.line.0)
    }

    /// Text of the selection, with what `cover` has for a line and a column in place of what is there.
    pub fn selected_text_under(&self, cover: impl Fn(i32, u16) -> Option<char>) -> Option<String> {
        let (start, end) = self.selected_range()?;
        let grid = self.engine.term.grid();
        let mut text = String::new();
        for line in start.line.0..=end.line.0 {
            let row = &grid[Line(line)];
            let mut from = if line == start.line.0 {
                start.column
            } else {
                Column(0)
            };
            let to = if line == end.line.0 {
                end.column
            } else {
                last_column(grid)
            };
            if from.0 > 0 && row[from].flags.contains(Flags::WIDE_CHAR_SPACER) {
                from -= 1;
            }
            for col in from.0..=to.0 {
                match cover(line, col as u16) {
                    Some(sign) => text.push(sign),
                    None => push_cells(&mut text, &row[Column(col)..Column(col + 1)]),
                }
            }
            let joined = wraps(row) && to == last_column(grid);
            if !joined {
                text.truncate(text.trim_end_matches(' ').len());
                if line < end.line.0 {
                    text.push('\n');
                }
            }
        }
        Some(text)
    }

    /// First and last selected cell, within the grid.
    pub(super) fn selected_range(&self) -> Option<(Point, Point)> {
        let term = &self.engine.term;
        let range = term.selection.as_ref()?.to_range(term)?;
        let (top, bottom) = (term.topmost_line(), term.bottommost_line());
        let fits = |point: Point| point.line >= top && point.line <= bottom;
        (range.start <= range.end && fits(range.start) && fits(range.end)).then_some((range.start, range.end))
    }

    fn select_between(&mut self, start: Point, end: Point) {
        let mut selection = Selection::new(SelectionType::Simple, start, Side::Left);
        selection.update(end, Side::Right);
        self.engine.term.selection = Some(selection);
    }

    pub(super) fn point_in_view(&self, col: u16, row: u16) -> Point {
        let grid = self.engine.term.grid();
        let row = usize::from(row).min(grid.screen_lines() - 1);
        Point::new(
            line_in_view(grid, row),
            Column(usize::from(col)).min(last_column(grid)),
        )
    }
}

fn in_word(cell: &Cell) -> bool {
    let spacer = cell
        .flags
        .intersects(Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER);
    spacer || !(cell.c.is_whitespace() || cell.c.is_control() || "\"'`,;|()[]{}<>│".contains(cell.c))
}

fn before(grid: &Grid<Cell>, point: Point) -> Option<Point> {
    if point.column.0 > 0 {
        return Some(Point::new(point.line, point.column - 1));
    }
    let above = point.line - 1i32;
    (above >= grid.topmost_line() && wraps(&grid[above])).then(|| Point::new(above, last_column(grid)))
}

fn after(grid: &Grid<Cell>, point: Point) -> Option<Point> {
    if point.column < last_column(grid) {
        return Some(Point::new(point.line, point.column + 1));
    }
    let goes_on = point.line < grid.bottommost_line() && wraps(&grid[point.line]);
    goes_on.then(|| Point::new(point.line + 1i32, Column(0)))
}

#[cfg(test)]
mod tests {
    use crate::term::{Screen, Size};

    fn screen(cols: u16, rows: u16, bytes: &str) -> Screen {
        let mut screen = Screen::new(Size { cols, rows }, 100);
        screen.feed(bytes.as_bytes());
        screen
    }

    #[test]
    fn copied_text_joins_wrapped_lines_and_keeps_wide_characters_whole() {
        let mut screen = screen(10, 4, "abcdefghijKLM   \r\n日本語\r\nend");
        screen.select_start(0, 0);
        assert_eq!(screen.selected_text(), None);
        screen.select_to(9, 3);
        assert_eq!(
            screen.selected_text().as_deref(),
            Some("abcdefghijKLM\n日本語\nend")
        );
        screen.select_start(3, 2);
        screen.select_to(1, 2);
        assert_eq!(screen.selected_text().as_deref(), Some("日本"));
        screen.clear_selection();
        assert_eq!(screen.selected_text(), None);
    }

    #[test]
    fn a_word_is_a_path_even_across_a_wrap() {
        let mut screen = screen(12, 3, "see (/var/log/messages) now");
        screen.select_word(7, 0);
        assert_eq!(screen.selected_text().as_deref(), Some("/var/log/messages"));
        screen.select_line(1);
        assert_eq!(
            screen.selected_text().as_deref(),
            Some("see (/var/log/messages) now")
        );
    }

    #[test]
    fn a_selection_moves_with_the_text_under_it() {
        let mut screen = screen(10, 3, "one\r\ntwo\r\nthree");
        screen.select_word(0, 0);
        screen.feed(b"\r\nfour\r\nfive");
        assert_eq!(screen.selected_text().as_deref(), Some("one"));
        screen.resize(Size { cols: 8, rows: 3 });
        assert_eq!(screen.selected_text(), None);
    }
}

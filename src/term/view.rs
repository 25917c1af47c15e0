//! What of the screen and its scrollback is in view, as text.

use alacritty_terminal::grid::{Dimensions, Grid, Row, Scroll};
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};

use std::ops::RangeInclusive;

use super::Screen;

impl Screen {
    /// Visible row, trailing blanks trimmed. Rows beyond the screen are empty.
    pub fn row_text(&self, row: usize) -> String {
        let grid = self.engine.term.grid();
        if row >= grid.screen_lines() {
            return String::new();
        }
        let mut text = String::new();
        push_cells(&mut text, &grid[line_in_view(grid, row)][..]);
        text.truncate(text.trim_end_matches(' ').len());
        text
    }

    /// The lines in view. The first that has not scrolled away is 0, those that have come before it.
    pub fn lines_in_view(&self) -> RangeInclusive<i32> {
        let grid = self.engine.term.grid();
        line_in_view(grid, 0).0..=line_in_view(grid, grid.screen_lines() - 1).0
    }

    /// What is in the columns of a line, without marks on top: column, columns taken, character. None beyond the first and the
    /// last line there is.
    pub fn line_cells(&self, line: i32) -> Vec<(u16, u16, char)> {
        let grid = self.engine.term.grid();
        if !is_line(grid, line) {
            return Vec::new();
        }
        let cells = (0u16..).zip(&grid[Line(line)][..]);
        let cells = cells.filter(|(_, cell)| !cell.flags.contains(Flags::WIDE_CHAR_SPACER));
        cells
            .map(|(col, cell)| {
                let width = 1 + u16::from(cell.flags.contains(Flags::WIDE_CHAR));
                let is_text = !cell.c.is_control() && !cell.flags.contains(Flags::LEADING_WIDE_CHAR_SPACER);
                (col, width, if is_text { cell.c } else { ' ' })
            })
            .collect()
    }

    /// Whether a line goes on in the next one.
    pub fn line_goes_on(&self, line: i32) -> bool {
        let grid = self.engine.term.grid();
        is_line(grid, line) && wraps(&grid[Line(line)])
    }

    /// A visible row for joining: with its trailing blanks where it goes on in the next row, and whether it does.
    pub fn row_part(&self, row: usize) -> (String, bool) {
        let grid = self.engine.term.grid();
        if row >= grid.screen_lines() {
            return (String::new(), false);
        }
        let cells = &grid[line_in_view(grid, row)];
        let mut text = String::new();
        push_cells(&mut text, &cells[..]);
        let goes_on = wraps(cells);
        if !goes_on {
            text.truncate(text.trim_end_matches(' ').len());
        }
        (text, goes_on)
    }

    /// Column and row where the next character goes, whether the cursor is shown or not; for an unscrolled view.
    pub fn position(&self) -> (u16, u16) {
        let point = self.engine.term.grid().cursor.point;
        let row = u16::try_from(point.line.0).unwrap_or(0);
        (u16::try_from(point.column.0).unwrap_or(u16::MAX), row)
    }

    /// Visible rows joined by line feeds, trailing blank rows trimmed.
    pub fn text(&self) -> String {
        let rows = self.engine.term.screen_lines();
        let mut text = (0..rows)
            .map(|row| self.row_text(row))
            .collect::<Vec<_>>()
            .join("\n");
        text.truncate(text.trim_end_matches('\n').len());
        text
    }

    /// Column and row in the view; none while hidden or scrolled away.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        let grid = self.engine.term.grid();
        let mut point = grid.cursor.point;
        if !self.engine.term.mode().contains(TermMode::SHOW_CURSOR) {
            return None;
        }
        if point.column.0 > 0 && grid[point].flags.contains(Flags::WIDE_CHAR_SPACER) {
            point.column -= 1;
        }
        let row = usize::try_from(point.line.0).ok()? + grid.display_offset();
        let shown = row < grid.screen_lines();
        shown.then_some((u16::try_from(point.column.0).ok()?, u16::try_from(row).ok()?))
    }

    /// Whether the cursor stands behind something on its line, so that what comes next would stand there too. Programs that
    /// take the whole screen give back another one.
    pub fn is_in_line(&self) -> bool {
        let term = &self.engine.term;
        !term.mode().contains(TermMode::ALT_SCREEN) && term.grid().cursor.point.column.0 > 0
    }

    /// Move the view by lines, up into scrollback when positive.
    pub fn scroll(&mut self, lines: i32) {
        self.engine
            .term
            .scroll_display(Scroll::Delta(lines.clamp(-1_000_000, 1_000_000)));
    }

    pub fn scroll_to_end(&mut self) {
        self.engine.term.scroll_display(Scroll::Bottom);
    }

    /// Lines the view is above the end.
    pub fn scrolled(&self) -> usize {
        self.engine.term.grid().display_offset()
    }

    /// Lines of scrollback there are.
    pub fn history(&self) -> usize {
        self.engine.term.grid().history_size()
    }
}

/// The line that a row of the view shows.
pub(super) fn line_in_view(grid: &Grid<Cell>, row: usize) -> Line {
    Line(row as i32 - grid.display_offset() as i32)
}

fn is_line(grid: &Grid<Cell>, line: i32) -> bool {
    (grid.topmost_line().0..=grid.bottommost_line().0).contains(&line)
}

/// Text of cells; a wide character counts once, a tab leaves its blanks.
pub(super) fn push_cells(text: &mut String, cells: &[Cell]) {
    for cell in cells {
        if cell
            .flags
            .intersects(Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER)
        {
            continue;
        }
        text.push(if cell.c.is_control() { ' ' } else { cell.c });
        text.extend(cell.zerowidth().into_iter().flatten().filter(|c| !c.is_control()));
    }
}

/// Whether a line goes on in the next one.
pub(super) fn wraps(row: &Row<Cell>) -> bool {
    row.last()
        .is_some_and(|cell| cell.flags.contains(Flags::WRAPLINE))
}

/// Characters fit to show: no controls, nothing that turns the writing direction.
pub(super) fn printable(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| {
        !c.is_control()
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// The last column of a grid.
pub(super) fn last_column(grid: &Grid<Cell>) -> Column {
    Column(grid.columns() - 1)
}

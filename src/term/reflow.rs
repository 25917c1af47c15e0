//! Resizing. Lines never come back out of scrollback: what is on screen after a resize follows from what was
//! on screen before, so a keyframe needs no scrollback to continue exactly.

use std::mem;

use alacritty_terminal::grid::{Dimensions, Grid, Row, Scroll};
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::{Cell, Flags};

/// The alternate screen is cut or padded; its program redraws it.
pub(super) fn resize_alt(grid: &mut Grid<Cell>, rows: usize, cols: usize) {
    grid.resize(false, rows, cols);
    settle(grid);
}

/// The main screen and its scrollback are rewrapped, each for itself.
pub(super) fn resize_main(grid: &mut Grid<Cell>, rows: usize, cols: usize, scrollback: usize) {
    let offset = grid.display_offset();
    let mut past = mem::replace(grid, Grid::new(grid.screen_lines(), grid.columns(), scrollback));
    grid.cursor = past.cursor.clone();
    grid.saved_cursor = past.saved_cursor.clone();
    for line in visible(&past) {
        mem::swap(&mut grid[line], &mut past[line]);
    }
    if past.history_size() > 0 {
        let (above, last) = (Line(-1), past.last_column());
        past[above][last].flags.remove(Flags::WRAPLINE);
    }
    past.cursor = Default::default();
    past.saved_cursor = Default::default();
    past.resize(true, past.screen_lines(), cols);
    grid.resize(true, rows, cols);

    let mut older = take_history(&mut past);
    older.extend(take_history(grid));
    grid.clear_history();
    prepend(grid, older);
    settle(grid);
    grid.scroll_display(Scroll::Delta(i32::try_from(offset).unwrap_or(0)));
}

fn visible(grid: &Grid<Cell>) -> impl Iterator<Item = Line> + use<> {
    (0..grid.screen_lines() as i32).map(Line)
}

fn take_history(grid: &mut Grid<Cell>) -> Vec<Row<Cell>> {
    let cols = grid.columns();
    (grid.topmost_line().0..0)
        .map(|line| mem::replace(&mut grid[Line(line)], Row::new(cols)))
        .collect()
}

/// Put rows above the screen of a grid that has no scrollback. The only way in is to scroll them there.
fn prepend(grid: &mut Grid<Cell>, older: Vec<Row<Cell>>) {
    if older.is_empty() {
        return;
    }
    let cols = grid.columns();
    let screen = visible(grid).collect::<Vec<_>>();
    let kept: Vec<_> = screen
        .iter()
        .map(|line| mem::replace(&mut grid[*line], Row::new(cols)))
        .collect();
    let mut older = older.into_iter().peekable();
    while older.peek().is_some() {
        let mut filled = 0;
        for (line, row) in screen.iter().zip(older.by_ref()) {
            grid[*line] = row;
            filled += 1;
        }
        grid.scroll_up(&(Line(0)..Line(screen.len() as i32)), filled);
    }
    for (line, row) in screen.into_iter().zip(kept) {
        grid[line] = row;
    }
}

/// The emulator remembers how far each row was written and clears no further. Resizing makes that mark
/// wrong, so that stale cells could survive a clear; touching the last cell of each row sets it right.
fn settle(grid: &mut Grid<Cell>) {
    let last = Column(grid.columns() - 1);
    for line in grid.topmost_line().0..grid.screen_lines() as i32 {
        let _ = &mut grid[Line(line)][last];
    }
}

//! The emulator with all of its state in reach.
//!
//! `Term` hides its second screen, tab stops, margins, titles and keyboard modes. `Engine` keeps the second
//! screen's grid outside of `Term` and mirrors or owns the rest, so that a dump can hold everything and a
//! resize does not depend on scrollback.

use std::mem;
use std::ops::Range;

use alacritty_terminal::grid::{Dimensions, Grid, Row};
use alacritty_terminal::index::Column;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::term::{Config, Osc52, Term, TermMode};
use alacritty_terminal::vte::ansi::{CharsetIndex, Handler, KeyboardModes, KeyboardModesApplyBehavior};
use unicode_width::UnicodeWidthChar;

use super::Size;
use super::reflow;
use super::reply::Replies;
use super::tabs::Tabs;

/// Zero-width characters a cell takes; the rest of a longer pile is dropped.
pub(super) const MARKS_A_CELL: usize = 8;

/// Keyboard modes of one screen (kitty keyboard protocol): the flags in force and those pushed before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keyboard {
    pub flags: KeyboardModes,
    pub pushed: Vec<KeyboardModes>,
}

pub(super) struct Engine {
    pub term: Term<Replies>,
    pub replies: Replies,
    /// The screen that is not shown. Inside `Term` an empty stand-in takes its place.
    pub other: Grid<Cell>,
    /// Rows between the margins.
    pub margins: Range<usize>,
    pub scrollback: usize,
    pub charset: CharsetIndex,
    pub tabs: Tabs,
    pub title: String,
    pub titles: Vec<String>,
    /// Of the shown screen, then of the other.
    pub keyboards: [Keyboard; 2],
    /// The character that REP repeats.
    pub preceding: Option<char>,
    /// Links without an id of their own so far.
    pub links: u64,
    pub bell: bool,
    pub clipboard: Option<String>,
}

/// `Term` wants to know extents through this trait.
struct Extent(Size);

impl Dimensions for Extent {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }
    fn screen_lines(&self) -> usize {
        usize::from(self.0.rows)
    }
    fn columns(&self) -> usize {
        usize::from(self.0.cols)
    }
}

impl Engine {
    pub fn new(size: Size, scrollback: usize) -> Engine {
        let (rows, cols) = (usize::from(size.rows), usize::from(size.cols));
        let config = Config {
            scrolling_history: scrollback,
            kitty_keyboard: true,
            osc52: Osc52::Disabled,
            ..Config::default()
        };
        let replies = Replies::default();
        Engine {
            term: Term::new(config, &Extent(size), replies.clone()),
            replies,
            other: Grid::new(rows, cols, 0),
            margins: 0..rows,
            scrollback,
            charset: CharsetIndex::default(),
            tabs: Tabs::new(cols),
            title: String::new(),
            titles: Vec::new(),
            keyboards: Default::default(),
            preceding: None,
            links: 0,
            bell: false,
            clipboard: None,
        }
    }

    pub fn size(&self) -> Size {
        let (rows, cols) = (self.term.screen_lines(), self.term.columns());
        Size {
            cols: u16::try_from(cols).unwrap_or(u16::MAX),
            rows: u16::try_from(rows).unwrap_or(u16::MAX),
        }
    }

    pub fn on_alt(&self) -> bool {
        self.term.mode().contains(TermMode::ALT_SCREEN)
    }

    pub fn main(&self) -> &Grid<Cell> {
        if self.on_alt() {
            &self.other
        } else {
            self.term.grid()
        }
    }

    pub fn alt(&self) -> &Grid<Cell> {
        if self.on_alt() {
            self.term.grid()
        } else {
            &self.other
        }
    }

    /// Show the alternate screen, cleared in the current background, its cursor where the main one is.
    pub fn enter_alt(&mut self) {
        if self.on_alt() {
            return;
        }
        let cursor = self.term.grid().cursor.clone();
        self.term.grid_mut().saved_cursor = cursor.clone();
        self.other.cursor = cursor;
        self.other.reset_region(..);
        self.swap();
    }

    pub fn leave_alt(&mut self) {
        if self.on_alt() {
            self.swap();
        }
    }

    fn swap(&mut self) {
        let stand_in = self.blank();
        let shown = mem::replace(self.term.grid_mut(), stand_in);
        self.term.swap_alt();
        *self.term.grid_mut() = mem::replace(&mut self.other, shown);
        self.keyboards.swap(0, 1);
        self.apply_keyboard();
    }

    fn blank(&self) -> Grid<Cell> {
        Grid::new(self.term.screen_lines(), self.term.columns(), 0)
    }

    pub fn apply_keyboard(&mut self) {
        let flags = self.keyboards[0].flags;
        Handler::set_keyboard_mode(&mut self.term, flags, KeyboardModesApplyBehavior::Replace);
    }

    pub fn resize(&mut self, size: Size) {
        if size == self.size() {
            return;
        }
        let (rows, cols) = (usize::from(size.rows), usize::from(size.cols));
        let on_alt = self.on_alt();
        let stand_in = self.blank();
        let mut shown = mem::replace(self.term.grid_mut(), stand_in);
        self.term.resize(Extent(size));
        let (main, alt) = if on_alt {
            (&mut self.other, &mut shown)
        } else {
            (&mut shown, &mut self.other)
        };
        reflow::resize_main(main, rows, cols, self.scrollback);
        reflow::resize_alt(alt, rows, cols);
        *self.term.grid_mut() = shown;
        self.margins = 0..rows;
        self.tabs.resize(cols);
        self.term.selection = None;
    }

    /// Move to an absolute row, whatever the origin mode says.
    pub fn place(&mut self, row: i32, col: usize) {
        let top = if self.term.mode().contains(TermMode::ORIGIN) {
            self.margins.start as i32
        } else {
            0
        };
        self.term.goto(row - top, col);
    }

    /// Move up or down, stopping at the margin that lies ahead.
    pub fn move_rows(&mut self, by: i32, col: usize) {
        let row = self.term.grid().cursor.point.line.0;
        let (top, bottom) = (self.margins.start as i32, self.margins.end as i32 - 1);
        let last = self.term.screen_lines() as i32 - 1;
        let target = if by < 0 {
            (row + by).max(if row >= top { top } else { 0 })
        } else {
            (row + by).min(if row <= bottom { bottom } else { last })
        };
        self.place(target, col);
    }

    pub fn column(&self) -> usize {
        self.term.grid().cursor.point.column.0
    }

    /// Whether a character may enter the grid. Bidirectional controls would reorder what the user's terminal
    /// shows around the pane; marks without end would fill memory.
    pub fn admits(&self, c: char) -> bool {
        if matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}') {
            return false;
        }
        if c.width() != Some(0) {
            return true;
        }
        let grid = self.term.grid();
        let line = grid.cursor.point.line;
        let mut col = self.column();
        if !grid.cursor.input_needs_wrap {
            col = col.saturating_sub(1);
        }
        if grid[line][Column(col)].flags.contains(Flags::WIDE_CHAR_SPACER) {
            col = col.saturating_sub(1);
        }
        grid[line][Column(col)]
            .zerowidth()
            .is_none_or(|marks| marks.len() < MARKS_A_CELL)
    }

    /// Text that scrolls within margins moves the view further than there is scrollback.
    pub fn settle_view(&mut self) {
        let grid = self.term.grid_mut();
        if grid.display_offset() > grid.history_size() {
            grid.scroll_display(alacritty_terminal::grid::Scroll::Delta(0));
        }
    }

    /// What is left of a wide character of which one half went becomes blank. `seam` is the column at whose
    /// left edge cells of the cursor's row were changed.
    pub fn mend(&mut self, seam: usize) {
        let line = self.term.grid().cursor.point.line;
        mend(&mut self.term.grid_mut()[line], seam);
    }

    /// The same where cells moved along the row.
    pub fn mend_row(&mut self) {
        let cols = self.term.columns();
        let line = self.term.grid().cursor.point.line;
        let row = &mut self.term.grid_mut()[line];
        (0..=cols).for_each(|seam| mend(row, seam));
        for cell in &mut row[..Column(cols - 1)] {
            cell.flags.remove(Flags::LEADING_WIDE_CHAR_SPACER);
        }
    }
}

fn mend(row: &mut Row<Cell>, seam: usize) {
    let cols = row.len();
    let is = |col: usize, flag| col < cols && row[Column(col)].flags.contains(flag);
    let first = seam > 0 && is(seam - 1, Flags::WIDE_CHAR);
    let second = is(seam, Flags::WIDE_CHAR_SPACER);
    if first && !second {
        row[Column(seam - 1)].clear_wide();
    } else if second && !first {
        row[Column(seam)].flags.remove(Flags::WIDE_CHAR_SPACER);
    }
}

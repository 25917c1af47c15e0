//! The rows of a screen as runs of equal look, for whoever shows them elsewhere than in a terminal. No character in
//! them controls anything, and addresses of links stay here.

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::Column;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::term::color::Colors;
use alacritty_terminal::vte::ansi;

use super::Screen;
use super::view::{line_in_view, printable};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Colour {
    #[default]
    Default,
    /// One of the 16 that a viewer's theme decides about.
    Named(u8),
    Rgb(u8, u8, u8),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Underline {
    #[default]
    None,
    Single,
    Double,
    Curl,
    Dotted,
    Dashed,
}

/// How a cell looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Look {
    pub fg: Colour,
    pub bg: Colour,
    pub bold: bool,
    pub faint: bool,
    pub italic: bool,
    pub reversed: bool,
    pub struck: bool,
    pub underline: Underline,
    pub underline_colour: Colour,
}

/// Neighbouring cells of one look and one width.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    pub look: Look,
    pub col: u16,
    /// Each character takes two columns.
    pub wide: bool,
    /// The text is one cell: a character with marks on it.
    pub joined: bool,
    pub text: String,
}

impl Screen {
    /// The runs of a row in view, without blanks of no look at its end; none beyond the screen.
    pub fn row_runs(&self, row: usize) -> Vec<Run> {
        let grid = self.engine.term.grid();
        let mut runs: Vec<Run> = Vec::new();
        if row >= grid.screen_lines() {
            return runs;
        }
        let colors = self.engine.term.colors();
        let line = &grid[line_in_view(grid, row)];
        let used = (0..grid.columns())
            .rev()
            .find(|col| !is_blank(&line[Column(*col)]));
        let mut last = None;
        for col in 0..used.map_or(0, |last| last + 1) {
            let cell = &line[Column(col)];
            if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
                continue;
            }
            let wide = cell.flags.contains(Flags::WIDE_CHAR) && col + 1 < grid.columns();
            let joined = cell.zerowidth().is_some_and(|marks| !marks.is_empty());
            // Neighbours mostly look alike: a look is made once for all of them.
            let raw = (
                cell.fg,
                cell.bg,
                cell.flags - Flags::WRAPLINE,
                cell.underline_color(),
                joined,
            );
            match runs.last_mut() {
                Some(run) if last == Some(raw) && !joined => push(&mut run.text, cell),
                _ => {
                    let mut run = Run {
                        look: look(cell, colors),
                        col: col as u16,
                        wide,
                        joined,
                        text: String::new(),
                    };
                    push(&mut run.text, cell);
                    runs.push(run);
                }
            }
            last = Some(raw);
        }
        trim(&mut runs);
        runs
    }
}

fn trim(runs: &mut Vec<Run>) {
    while let Some(last) = runs.last_mut() {
        if last.look != Look::default() {
            return;
        }
        last.text.truncate(last.text.trim_end_matches(' ').len());
        if !last.text.is_empty() {
            return;
        }
        runs.pop();
    }
}

/// Nothing to see, and nothing that a look could be taken from.
fn is_blank(cell: &Cell) -> bool {
    let default = Cell::default();
    let plain = cell.flags - Flags::WRAPLINE == default.flags && cell.zerowidth().is_none();
    plain && cell.c == ' ' && cell.fg == default.fg && cell.bg == default.bg
}

fn push(text: &mut String, cell: &Cell) {
    if cell
        .flags
        .intersects(Flags::HIDDEN | Flags::LEADING_WIDE_CHAR_SPACER)
    {
        text.push(' ');
        return;
    }
    let shown = printable(cell.c.encode_utf8(&mut [0; 4])).next();
    text.push(shown.unwrap_or(' '));
    // More marks on one character than any script has are an attack on whoever draws them.
    for mark in cell.zerowidth().into_iter().flatten().take(8) {
        text.extend(printable(mark.encode_utf8(&mut [0; 4])));
    }
}

fn look(cell: &Cell, colors: &Colors) -> Look {
    let has = |flag| cell.flags.contains(flag);
    let underline = match () {
        () if has(Flags::UNDERCURL) => Underline::Curl,
        () if has(Flags::DOUBLE_UNDERLINE) => Underline::Double,
        () if has(Flags::DOTTED_UNDERLINE) => Underline::Dotted,
        () if has(Flags::DASHED_UNDERLINE) => Underline::Dashed,
        () if has(Flags::UNDERLINE) => Underline::Single,
        () => Underline::None,
    };
    Look {
        fg: colour(cell.fg, colors),
        bg: colour(cell.bg, colors),
        bold: has(Flags::BOLD),
        faint: has(Flags::DIM),
        italic: has(Flags::ITALIC),
        reversed: has(Flags::INVERSE),
        struck: has(Flags::STRIKEOUT),
        underline,
        underline_colour: cell
            .underline_color()
            .map_or(Colour::Default, |it| colour(it, colors)),
    }
}

fn colour(colour: ansi::Color, colors: &Colors) -> Colour {
    let index = match colour {
        ansi::Color::Spec(rgb) => return Colour::Rgb(rgb.r, rgb.g, rgb.b),
        ansi::Color::Indexed(index) => usize::from(index),
        ansi::Color::Named(named) => named as usize,
    };
    match (colors[index], index) {
        (Some(rgb), _) => Colour::Rgb(rgb.r, rgb.g, rgb.b),
        (None, 0..16) => Colour::Named(index as u8),
        (None, 16..232) => {
            let side = |n: usize| if n == 0 { 0 } else { 55 + 40 * n as u8 };
            let n = index - 16;
            Colour::Rgb(side(n / 36), side(n / 6 % 6), side(n % 6))
        }
        (None, 232..256) => {
            let grey = 8 + 10 * (index - 232) as u8;
            Colour::Rgb(grey, grey, grey)
        }
        (None, _) => Colour::Default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::Size;

    #[test]
    fn runs_keep_looks_widths_and_marks_apart() {
        let mut screen = Screen::new(Size { cols: 30, rows: 2 }, 0);
        screen.feed(
            "ab\x1b[1;31mcd\x1b[0m日本e\u{301}f\x1b[38;5;196;4:3mx\x1b[48;2;1;2;3m \x1b[0m  ".as_bytes(),
        );
        let runs = screen.row_runs(0);
        let texts: Vec<&str> = runs.iter().map(|run| run.text.as_str()).collect();
        assert_eq!(texts, ["ab", "cd", "日本", "e\u{301}", "f", "x", " "]);
        assert!(runs[1].look.bold && runs[1].look.fg == Colour::Named(1));
        assert!(runs[2].wide && runs[2].col == 4 && runs[3].joined && runs[3].col == 8);
        assert_eq!(
            (runs[5].look.fg, runs[5].look.underline),
            (Colour::Rgb(255, 0, 0), Underline::Curl)
        );
        assert_eq!(runs[6].look.bg, Colour::Rgb(1, 2, 3));
        assert_eq!((screen.row_runs(1), screen.row_runs(9)), (vec![], vec![]));
    }
}

//! The screen as cells of a ratatui buffer.
//!
//! Every cell carries its width by force: where the emulator and ratatui disagree about a character, a
//! computed width would shift the rest of the row.

use std::num::NonZeroU16;

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::term::color::Colors;
use alacritty_terminal::vte::ansi::{self, NamedColor};
use ratatui::buffer::{Buffer, Cell as Painted, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::Screen;
use super::view::line_in_view;

const ONE: NonZeroU16 = NonZeroU16::MIN;
const TWO: NonZeroU16 = ONE.saturating_add(1);

/// How a pane looks where the remote program does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaneLook {
    /// Default foreground and background.
    pub text: Style,
    pub selection: Style,
    /// Matches of the search, and the one it stands on.
    pub found: Style,
    pub found_here: Style,
    /// Without colours (NO_COLOR) attributes such as bold and reverse stay.
    pub colors: bool,
}

impl Default for PaneLook {
    fn default() -> PaneLook {
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        PaneLook {
            text: Style::new(),
            selection: reversed,
            found: Style::new().add_modifier(Modifier::UNDERLINED),
            found_here: reversed,
            colors: true,
        }
    }
}

impl Screen {
    /// Paint the view into `area`, top left aligned. Cells beyond the screen get the default look.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &PaneLook) {
        let area = area.intersection(buf.area);
        let grid = self.engine.term.grid();
        let colors = self.engine.term.colors();
        let selection = self.selected_range();
        let found = self.found_in_view();
        for y in 0..area.height {
            let row = usize::from(y);
            for x in 0..area.width {
                let Some(target) = buf.cell_mut((area.x + x, area.y + y)) else {
                    continue;
                };
                target.reset();
                target.set_style(base(look, colors));
                target.set_diff_option(CellDiffOption::ForcedWidth(ONE));
                let col = usize::from(x);
                if row >= grid.screen_lines() || col >= grid.columns() {
                    continue;
                }
                let line = line_in_view(grid, row);
                let cell = &grid[line][Column(col)];
                paint_cell(target, cell, colors, look);
                if cell.flags.contains(Flags::WIDE_CHAR) && x + 1 == area.width {
                    target
                        .set_symbol(" ")
                        .set_diff_option(CellDiffOption::ForcedWidth(ONE));
                }
                let point = Point::new(line, Column(col));
                for (start, end, here) in &found {
                    if *start <= point && point <= *end {
                        target.set_style(if *here { look.found_here } else { look.found });
                    }
                }
                if selection.is_some_and(|(start, end)| covers(start, end, point, cell)) {
                    target.set_style(look.selection);
                }
            }
        }
    }
}

/// Puts `sign` over a cell of a screen that was painted into `area`.
pub fn cover(area: Rect, buf: &mut Buffer, row: usize, col: u16, sign: char) {
    let row = u16::try_from(row).unwrap_or(u16::MAX);
    let place = (area.x.saturating_add(col), area.y.saturating_add(row));
    if let Some(cell) = buf.cell_mut(place).filter(|_| area.contains(place.into())) {
        cell.set_char(sign)
            .set_diff_option(CellDiffOption::ForcedWidth(ONE))
            .modifier
            .remove(Modifier::HIDDEN);
    }
}

/// The second half of a wide character is selected with the first.
fn covers(start: Point<Line>, end: Point<Line>, point: Point<Line>, cell: &Cell) -> bool {
    let spacer = cell.flags.contains(Flags::WIDE_CHAR_SPACER) && point.column.0 > 0;
    (start <= point && point <= end)
        || (spacer && end.line == point.line && end.column.0 + 1 == point.column.0)
}

fn base(look: &PaneLook, colors: &Colors) -> Style {
    let mut style = look.text;
    if look.colors {
        if let Some(rgb) = colors[NamedColor::Foreground] {
            style.fg = Some(Color::Rgb(rgb.r, rgb.g, rgb.b));
        }
        if let Some(rgb) = colors[NamedColor::Background] {
            style.bg = Some(Color::Rgb(rgb.r, rgb.g, rgb.b));
        }
    }
    style
}

fn paint_cell(target: &mut Painted, cell: &Cell, colors: &Colors, look: &PaneLook) {
    let wide = cell.flags.contains(Flags::WIDE_CHAR);
    let width = if wide { TWO } else { ONE };
    let hidden = cell
        .flags
        .intersects(Flags::HIDDEN | Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER)
        || cell.c.is_control();
    if !hidden {
        set_symbol(target, cell, width.get());
        target.set_diff_option(CellDiffOption::ForcedWidth(width));
    }
    if look.colors {
        if let Some(fg) = color(cell.fg, colors) {
            target.fg = fg;
        }
        if let Some(bg) = color(cell.bg, colors) {
            target.bg = bg;
        }
    }
    target.modifier.insert(modifiers(cell.flags));
    if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
        // Never written itself, but no blank either: the frame that puts a narrow cell here must write it.
        target.modifier.insert(Modifier::HIDDEN);
    }
}

/// A pile of marks that the outer terminal would draw wider than the cell is reduced to its base.
fn set_symbol(target: &mut Painted, cell: &Cell, width: u16) {
    match cell.zerowidth() {
        None | Some([]) => {
            target.set_char(cell.c);
        }
        Some(marks) => {
            let mut symbol = String::from(cell.c);
            symbol.extend(marks.iter().filter(|c| !c.is_control()));
            if symbol.width() == usize::from(width) && !symbol.ends_with('\u{200d}') {
                target.set_symbol(&symbol);
            } else {
                target.set_char(cell.c);
            }
        }
    }
}

fn modifiers(flags: Flags) -> Modifier {
    let mut modifiers = Modifier::empty();
    modifiers.set(Modifier::BOLD, flags.contains(Flags::BOLD));
    modifiers.set(Modifier::DIM, flags.contains(Flags::DIM));
    modifiers.set(Modifier::ITALIC, flags.contains(Flags::ITALIC));
    modifiers.set(Modifier::UNDERLINED, flags.intersects(Flags::ALL_UNDERLINES));
    modifiers.set(Modifier::REVERSED, flags.contains(Flags::INVERSE));
    modifiers.set(Modifier::CROSSED_OUT, flags.contains(Flags::STRIKEOUT));
    modifiers
}

/// None for the default colour. The 16 ANSI colours stay the user's own unless the remote redefined them.
fn color(color: ansi::Color, colors: &Colors) -> Option<Color> {
    let rgb = |rgb: ansi::Rgb| Color::Rgb(rgb.r, rgb.g, rgb.b);
    match color {
        ansi::Color::Spec(spec) => Some(rgb(spec)),
        ansi::Color::Indexed(index) => Some(colors[usize::from(index)].map_or_else(|| indexed(index), rgb)),
        ansi::Color::Named(named) => {
            let index = u8::try_from(named as usize).ok()?;
            Some(colors[usize::from(index)].map_or_else(|| indexed(index), rgb))
        }
    }
}

fn indexed(index: u8) -> Color {
    const ANSI: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    ANSI.get(usize::from(index))
        .copied()
        .unwrap_or(Color::Indexed(index))
}

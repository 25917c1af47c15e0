//! Cells as runs. A run has one style and is either one glyph repeated or a row of glyphs; a style is written
//! out where it first occurs and is a number afterwards.

use std::collections::HashMap;

use alacritty_terminal::term::cell::{Cell, Flags, Hyperlink};
use alacritty_terminal::vte::ansi::{Color, NamedColor, Rgb};

use super::BadDump;
use super::wire::{In, Out};
use crate::term::delegate::{LINK_BYTES, LINK_ID_BYTES};
use crate::term::engine::MARKS_A_CELL;

/// Everything of a cell but its characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Style {
    fg: u32,
    bg: u32,
    flags: u16,
    underline: u32,
    link: Option<Hyperlink>,
}

/// Writes cells, remembering the styles that came before.
#[derive(Default)]
pub(super) struct Pen(HashMap<Style, usize>);

impl Pen {
    pub fn write<'a>(&mut self, out: &mut Out, cells: impl Iterator<Item = &'a Cell>) {
        let cells: Vec<&Cell> = cells.collect();
        let mut rest = cells.as_slice();
        while let [first, ..] = rest {
            let repeats = 1 + rest[1..].iter().take_while(|next| same(first, next)).count();
            let run = if repeats > 1 { repeats } else { varied(rest) };
            out.count(run << 1 | usize::from(repeats > 1));
            self.style(out, first);
            let glyphs = if repeats > 1 { 1 } else { run };
            rest[..glyphs].iter().for_each(|cell| glyph(out, cell));
            rest = &rest[run..];
        }
    }

    fn style(&mut self, out: &mut Out, cell: &Cell) {
        let style = Style {
            fg: color_code(cell.fg),
            bg: color_code(cell.bg),
            flags: cell.flags.bits(),
            underline: cell.underline_color().map_or(0, |color| color_code(color) + 1),
            link: cell.hyperlink(),
        };
        let next = self.0.len();
        if let Some(known) = self.0.get(&style) {
            out.count(*known);
            return;
        }
        out.count(next);
        for code in [style.fg, style.bg, u32::from(style.flags), style.underline] {
            out.number(u64::from(code));
        }
        match &style.link {
            None => out.byte(0),
            Some(link) => {
                out.byte(1);
                out.text(link.id());
                out.text(link.uri());
            }
        }
        self.0.insert(style, next);
    }
}

/// Cells of one style up to where one begins to repeat. The first does not.
fn varied(cells: &[&Cell]) -> usize {
    let stop = cells
        .windows(2)
        .position(|pair| !same_style(pair[0], pair[1]) || same(pair[0], pair[1]));
    match stop {
        Some(at) if same(cells[at], cells[at + 1]) => at,
        Some(at) => at + 1,
        None => cells.len(),
    }
}

fn same_style(a: &Cell, b: &Cell) -> bool {
    let extra = |cell: &Cell| (cell.underline_color(), cell.hyperlink());
    let plain = a.extra.is_none() && b.extra.is_none();
    a.flags == b.flags && a.fg == b.fg && a.bg == b.bg && (plain || extra(a) == extra(b))
}

fn same(a: &Cell, b: &Cell) -> bool {
    let plain = a.extra.is_none() && b.extra.is_none();
    a.c == b.c && same_style(a, b) && (plain || marks(a) == marks(b))
}

fn marks(cell: &Cell) -> &[char] {
    cell.zerowidth().unwrap_or_default()
}

fn glyph(out: &mut Out, cell: &Cell) {
    let marks = marks(cell);
    out.number(u64::from(u32::from(cell.c)) << 1 | u64::from(!marks.is_empty()));
    if !marks.is_empty() {
        out.count(marks.len());
        marks
            .iter()
            .for_each(|mark| out.number(u64::from(u32::from(*mark))));
    }
}

/// Reads cells that `Pen` wrote.
#[derive(Default)]
pub(super) struct Reader(Vec<Cell>);

impl Reader {
    /// Fill `cells`, all of them.
    pub fn read<'a>(
        &mut self,
        input: &mut In<'_>,
        cells: impl ExactSizeIterator<Item = &'a mut Cell>,
    ) -> Result<(), BadDump> {
        let mut cells = cells;
        while cells.len() > 0 {
            let head = input.count((cells.len() << 1) | 1, "run is longer than the screen")?;
            let (count, repeat) = (head >> 1, head & 1 == 1);
            if count == 0 {
                return Err(input.bad("empty run"));
            }
            let style = self.style(input)?;
            let mut glyph = None;
            for cell in cells.by_ref().take(count) {
                if glyph.is_none() || !repeat {
                    glyph = Some(read_glyph(input, style.clone())?);
                }
                if let Some(glyph) = &glyph {
                    cell.clone_from(glyph);
                }
            }
        }
        Ok(())
    }

    fn style(&mut self, input: &mut In<'_>) -> Result<Cell, BadDump> {
        let index = input.count(self.0.len(), "unknown style")?;
        if let Some(known) = self.0.get(index) {
            return Ok(known.clone());
        }
        let mut cell = Cell {
            fg: read_color(input)?,
            bg: read_color(input)?,
            ..Cell::default()
        };
        let flags = input.count(usize::from(u16::MAX), "unknown attribute")?;
        cell.flags = u16::try_from(flags)
            .ok()
            .and_then(Flags::from_bits)
            .ok_or(input.bad("unknown attribute"))?;
        if let Some(code) = input.number()?.checked_sub(1) {
            cell.set_underline_color(Some(color_of(code).ok_or(input.bad("unknown colour"))?));
        }
        if input.byte()? == 1 {
            let (id, uri) = (input.text(LINK_ID_BYTES)?, input.text(LINK_BYTES)?);
            cell.set_hyperlink(Some(Hyperlink::new(Some(id), uri.to_owned())));
        }
        self.0.push(cell.clone());
        Ok(cell)
    }
}

fn read_glyph(input: &mut In<'_>, mut cell: Cell) -> Result<Cell, BadDump> {
    let code = input.number()?;
    cell.c = u32::try_from(code >> 1)
        .ok()
        .and_then(char::from_u32)
        .ok_or(input.bad("not a character"))?;
    if code & 1 == 1 {
        for _ in 0..input.count(MARKS_A_CELL, "too many marks")? {
            cell.push_zerowidth(input.char()?);
        }
    }
    Ok(cell)
}

/// 0 to 255 for the palette, the named colours from 256, red, green and blue from 1 << 24. The first sixteen
/// named colours are apart from the palette's: bold may brighten them.
fn color_code(color: Color) -> u32 {
    match color {
        Color::Indexed(index) => u32::from(index),
        Color::Named(named) => 256 + named as u32,
        Color::Spec(Rgb { r, g, b }) => u32::from_be_bytes([1, r, g, b]),
    }
}

fn read_color(input: &mut In<'_>) -> Result<Color, BadDump> {
    let code = input.number()?;
    color_of(code).ok_or(input.bad("unknown colour"))
}

fn color_of(code: u64) -> Option<Color> {
    const NAMED: [NamedColor; 18] = [
        NamedColor::Black,
        NamedColor::Red,
        NamedColor::Green,
        NamedColor::Yellow,
        NamedColor::Blue,
        NamedColor::Magenta,
        NamedColor::Cyan,
        NamedColor::White,
        NamedColor::BrightBlack,
        NamedColor::BrightRed,
        NamedColor::BrightGreen,
        NamedColor::BrightYellow,
        NamedColor::BrightBlue,
        NamedColor::BrightMagenta,
        NamedColor::BrightCyan,
        NamedColor::BrightWhite,
        NamedColor::Foreground,
        NamedColor::Background,
    ];
    let code = u32::try_from(code).ok()?;
    match (code.to_be_bytes(), u8::try_from(code)) {
        (_, Ok(index)) => Some(Color::Indexed(index)),
        ([1, r, g, b], _) => Some(Color::Spec(Rgb { r, g, b })),
        _ => NAMED
            .into_iter()
            .find(|named| 256 + *named as u32 == code)
            .map(Color::Named),
    }
}

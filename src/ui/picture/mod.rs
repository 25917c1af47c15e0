//! What is on the screen as a picture: the cells that the terminal draws are the cells of the picture, as SVG or, drawn
//! from that, as PNG.

mod colour;
mod png;

use std::path::Path;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr;

use super::look::{Look, Role};
use crate::term;
use crate::term::picture::{Ground, Picture};
use crate::term::{Colour, Run, Underline};

pub use png::{BadPicture, Png, png};

/// What a picture is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Svg,
    Png,
}

impl Format {
    /// By the ending of a file's name.
    pub fn of(path: &Path) -> Option<Format> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "svg" => Some(Format::Svg),
            "png" => Some(Format::Png),
            _ => None,
        }
    }
}

/// The cells as SVG, in the theme's own colours.
pub fn svg(buf: &Buffer, title: &str, look: &Look<'_>) -> String {
    let ground = look.of(Role::Background).patch(look.of(Role::Text));
    let page = look.of(Role::Background).bg.and_then(colour::of);
    let (text, page) = (
        ground.fg.and_then(colour::of).unwrap_or(colour::TEXT),
        page.unwrap_or(colour::PAGE),
    );
    let inks = Inks { text, page };
    let rows = (buf.area.top()..buf.area.bottom()).map(|y| inks.runs(buf, y));
    Picture {
        title,
        size: term::Size {
            cols: buf.area.width,
            rows: buf.area.height,
        },
        rows: rows.collect(),
        cursor: None,
        ground: Ground::Fixed { text, page },
    }
    .svg()
}

/// What cells that name no colour have.
struct Inks {
    text: Colour,
    page: Colour,
}

impl Inks {
    /// Neighbours of one look and one width together.
    fn runs(&self, buf: &Buffer, y: u16) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let (mut x, mut next) = (buf.area.left(), 0);
        while x < buf.area.right() {
            let Some(cell) = buf.cell((x, y)) else { break };
            let symbol = cell.symbol();
            let wide = symbol.width() > 1;
            let joined = symbol.chars().count() > 1;
            let (look, col) = (self.look(cell), x - buf.area.left());
            match runs.last_mut() {
                Some(last)
                    if next == col
                        && (last.look, last.wide, last.joined, joined) == (look, wide, false, false) =>
                {
                    last.text.push_str(symbol);
                }
                _ => runs.push(Run {
                    look,
                    col,
                    wide,
                    joined,
                    text: symbol.to_owned(),
                }),
            }
            x += if wide { 2 } else { 1 };
            next = x - buf.area.left();
        }
        runs
    }

    fn look(&self, cell: &Cell) -> term::Look {
        let mut fg = colour::of(cell.fg).unwrap_or(self.text);
        let mut bg = colour::of(cell.bg).unwrap_or(self.page);
        if cell.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut fg, &mut bg);
        }
        let has = |modifier| cell.modifier.contains(modifier);
        let unless = |colour, same| if colour == same { Colour::Default } else { colour };
        term::Look {
            fg: unless(fg, self.text),
            bg: unless(bg, self.page),
            bold: has(Modifier::BOLD),
            faint: has(Modifier::DIM),
            italic: has(Modifier::ITALIC),
            reversed: false,
            struck: has(Modifier::CROSSED_OUT),
            underline: if has(Modifier::UNDERLINED) {
                Underline::Single
            } else {
                Underline::None
            },
            underline_colour: Colour::Default,
        }
    }
}

#[cfg(test)]
mod tests;

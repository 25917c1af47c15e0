//! The two sides of zero, and what of a bar is in each cell of one.

use ratatui::style::{Modifier, Style};

use crate::ui::chart::UP;
use crate::ui::look::Look;

/// A part of a bar: which series, from which eighth of a cell up to which, counted from zero.
type Piece = (usize, usize, usize);

/// To which side of zero.
#[derive(Clone, Copy)]
pub enum Way {
    Up,
    Down,
}

impl Way {
    /// What of a value is on this side.
    pub fn amount(self, value: f64) -> f64 {
        match self {
            Way::Up => value.max(0.0),
            Way::Down => (-value).max(0.0),
        }
    }

    /// The row so many rows from zero, where so many are above it.
    pub fn row(self, from_zero: u16, above: u16) -> u16 {
        match self {
            Way::Up => above.saturating_sub(1 + from_zero),
            Way::Down => above + from_zero,
        }
    }

    /// A cell of the two pieces that it has room for, the nearer to zero first.
    pub fn cell(
        self,
        pieces: &[(usize, usize)],
        hatched: bool,
        look: &Look<'_>,
    ) -> Option<(&'static str, Style)> {
        let style = |nth: &usize| look.series(*nth);
        match pieces {
            [(nth, 8)] if hatched => Some(("▒", style(nth))),
            [(near, of_near), (far, of_far), ..] => {
                let eighths = (8 * of_near + (of_near + of_far) / 2) / (of_near + of_far);
                let eighths = eighths.clamp(1, 7);
                Some(match (style(near).fg, style(far).fg, self) {
                    (_, Some(far), Way::Up) => (UP[eighths], style(near).bg(far)),
                    (Some(near), _, Way::Down) => (UP[8 - eighths], style(far).bg(near)),
                    _ => self.part((of_near + of_far).min(8), style(near)),
                })
            }
            [(nth, eighths)] => Some(self.part(*eighths, style(nth))),
            [] => None,
        }
    }

    /// So many eighths of a cell from the side where zero is. There are blocks that stand and none that hang: those are what
    /// a standing one leaves free.
    fn part(self, eighths: usize, style: Style) -> (&'static str, Style) {
        match self {
            Way::Down if eighths < 8 => (UP[8 - eighths], style.add_modifier(Modifier::REVERSED)),
            _ => (UP[eighths.min(8)], style),
        }
    }
}

/// What of one side of a bar has at least an eighth of a cell, from zero on.
pub fn pieces(parts: &[f64], most: f64, height: u16) -> Vec<Piece> {
    let (mut below, mut filled) = (0.0, 0);
    let mut pieces = Vec::new();
    for (nth, value) in parts.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        below += value;
        let top = crate::ui::chart::eighths(below, most, height);
        if top > filled {
            pieces.push((nth, filled, top));
            filled = top;
        }
    }
    pieces
}

/// The two pieces that a cell has room for, from zero on, with their eighths of it: first what is in no other cell, then the
/// larger.
pub fn shown(pieces: &[Piece], row: usize) -> Vec<(usize, usize)> {
    let (from, to) = (row * 8, row * 8 + 8);
    let mut inside: Vec<&Piece> = pieces
        .iter()
        .filter(|piece| piece.1 < to && piece.2 > from)
        .collect();
    let eighths = |piece: &Piece| piece.2.min(to) - piece.1.max(from);
    inside.sort_by_key(|piece| {
        let is_elsewhere = piece.1 < from || piece.2 > to;
        (is_elsewhere, std::cmp::Reverse(eighths(piece)))
    });
    inside.truncate(2);
    inside.sort_by_key(|piece| piece.1);
    inside.iter().map(|piece| (piece.0, eighths(piece))).collect()
}

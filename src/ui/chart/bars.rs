//! Stacked bars over days: each bar is made of series from below, an unfinished day is hatched, a day without
//! an answer shows `?`, so that nobody takes it for a day without cost. Few days that tower above all others are cut, and
//! marked: they would leave no room for the parts of the rest.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::UP;
use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};
use crate::ui::text;

/// One day.
#[derive(Clone, Debug, Default)]
pub struct Bar<'a> {
    /// Below the bar, where there is room.
    pub label: &'a str,
    /// One value a series, from below; `None`: not known. Negative values (credits) do not shrink the bar.
    pub parts: Option<&'a [f64]>,
    /// The day is not over.
    pub unfinished: bool,
    /// Saturday or Sunday: what is above the bar is dotted.
    pub weekend: bool,
}

pub struct Bars<'a> {
    pub bars: &'a [Bar<'a>],
    /// Which bar the cursor stands on; the last bars are shown where not all fit.
    pub selected: Option<usize>,
    /// How a value reads on the scale at the left.
    pub scale: &'a dyn Fn(f64) -> String,
}

/// Where a bar is cut.
const BREAK: &str = "≈";
/// So many of a hundred bars may be cut, if one of them is more than twice as high as the rest, and there are enough to tell.
const CUT: usize = 10;
const TOWERS: f64 = 2.0;
const ENOUGH: usize = 10;
/// Room above the highest that is not cut.
const ABOVE: f64 = 1.25;

/// A part of a bar: which series, from which eighth of a cell up to which.
type Piece = (usize, usize, usize);

impl Bars<'_> {
    /// Up to which value the bars are drawn.
    fn top(&self) -> f64 {
        let mut totals: Vec<f64> = self.bars.iter().filter_map(total).collect();
        totals.sort_by(f64::total_cmp);
        let most = totals.last().copied().unwrap_or(0.0);
        let rest = totals.len().saturating_sub(1 + totals.len() * CUT / 100);
        match totals.get(rest) {
            Some(high) if totals.len() >= ENOUGH && *high > 0.0 && most > high * TOWERS => high * ABOVE,
            _ => most,
        }
    }

    /// Whether some are higher than is drawn.
    pub fn is_cut(&self) -> bool {
        let top = self.top();
        self.bars.iter().filter_map(total).any(|total| total > top)
    }

    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() || self.bars.is_empty() {
            return;
        }
        let most = self.top();
        let label = (self.scale)(most);
        let gutter = match text::width(&label) as u16 + 1 {
            wide if wide + 4 <= canvas.width() && canvas.height() >= 3 => wide,
            _ => 0,
        };
        let axis = u16::from(canvas.height() >= 3);
        let height = canvas.height() - axis;
        if gutter > 0 {
            let dim = look.of(Role::Dim);
            canvas.text(0, 0, gutter - 1, &label, dim);
            let zero = (self.scale)(0.0);
            canvas.text(
                gutter - 1 - (text::width(&zero) as u16).min(gutter - 1),
                height - 1,
                gutter,
                &zero,
                dim,
            );
        }
        let room = canvas.width() - gutter;
        let (first, count, wide, gap) = self.layout(room);
        let mut plot = canvas.part(gutter, 0, room, height + axis);
        let place = |nth: usize| (nth - first) as u16 * (wide + gap);
        // The label under the cursor comes first: others make room for it.
        let kept = self.selected.filter(|at| (first..first + count).contains(at));
        let kept = kept.and_then(|at| {
            let long = text::width(self.bars.get(at)?.label) as u16;
            Some((at, place(at).min(room.saturating_sub(long)), long))
        });
        let mut label_end = 0;
        for (nth, bar) in self.bars.iter().enumerate().skip(first).take(count) {
            let x = place(nth);
            let selected = self.selected == Some(nth);
            self.bar(&mut plot, bar, x, wide, height, most);
            let label_wide = text::width(bar.label) as u16;
            let from = match kept {
                Some((at, from, _)) if at == nth => from,
                _ => x,
            };
            let is_near = |(at, from, long): (usize, u16, u16)| {
                at != nth && x < from + long + 1 && from < x + label_wide + 1
            };
            let fits = (selected || x >= label_end) && from + label_wide <= room;
            if axis == 1 && fits && !kept.is_some_and(is_near) {
                let style = look.of(if selected { Role::Accent } else { Role::Dim });
                label_end = plot.text(from, height, label_wide, bar.label, style) + 1;
            }
        }
    }

    /// First bar shown, how many, cells of each, cells between them.
    fn layout(&self, room: u16) -> (usize, usize, u16, u16) {
        let bars = self.bars.len();
        let each = room / u16::try_from(bars).unwrap_or(u16::MAX).max(1);
        let (wide, gap) = match each {
            0 | 1 => (1, 0),
            2 => (1, 1),
            each => ((each - 1).min(8), 1),
        };
        let count = usize::from((room + gap) / (wide + gap)).min(bars);
        let first = match self.selected {
            Some(at) if at < bars - count => at,
            _ => bars - count,
        };
        (first, count, wide, gap)
    }

    fn bar(&self, plot: &mut Canvas<'_, '_>, bar: &Bar<'_>, x: u16, wide: u16, height: u16, most: f64) {
        let Some(parts) = bar.parts else {
            plot.repeat(x, height - 1, wide, "?", plot.look.of(Role::Warn));
            return;
        };
        if bar.weekend {
            for y in 0..height {
                plot.repeat(x, y, wide, "·", plot.look.of(Role::Faint));
            }
        }
        let pieces = pieces(parts, most, height);
        let filled = pieces.last().map_or(0, |(.., to)| *to);
        for row in 0..filled.div_ceil(8) {
            let y = height - 1 - row as u16;
            let style = |nth: &usize| plot.look.series(*nth);
            let (symbol, style) = match shown(&pieces, row)[..] {
                [(nth, 8)] if bar.unfinished => ("▒", style(&nth)),
                [(low, of_low), (high, of_high), ..] => {
                    let eighths = (8 * of_low + (of_low + of_high) / 2) / (of_low + of_high);
                    match style(&high).fg {
                        Some(colour) => (UP[eighths.clamp(1, 7)], style(&low).bg(colour)),
                        None => (UP[(of_low + of_high).min(8)], style(&low)),
                    }
                }
                [(nth, eighths)] => (UP[eighths], style(&nth)),
                [] => continue,
            };
            plot.repeat(x, y, wide, symbol, style);
        }
        if total(bar).is_some_and(|total| total > most) {
            let last = pieces.last().map_or(0, |(nth, ..)| *nth);
            plot.repeat(x, 0, wide, BREAK, plot.look.series(last));
        }
    }
}

/// What of a bar has at least an eighth of a cell, from below.
fn pieces(parts: &[f64], most: f64, height: u16) -> Vec<Piece> {
    let (mut below, mut filled) = (0.0, 0);
    let mut pieces = Vec::new();
    for (nth, value) in parts.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        below += value;
        let top = super::eighths(below, most, height);
        if top > filled {
            pieces.push((nth, filled, top));
            filled = top;
        }
    }
    pieces
}

/// The two pieces that a cell has room for, from below, with their eighths of it: first what is in no other cell, then the
/// larger.
fn shown(pieces: &[Piece], row: usize) -> Vec<(usize, usize)> {
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

fn total(bar: &Bar<'_>) -> Option<f64> {
    Some(bar.parts?.iter().filter(|value| **value > 0.0).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::role_style;
    use ratatui::style::Color;

    fn painted(all: &[&[f64]], height: u16) -> Buffer {
        let bars: Vec<Bar> = all
            .iter()
            .map(|parts| Bar {
                parts: Some(parts),
                ..Bar::default()
            })
            .collect();
        let area = Rect::new(0, 0, all.len() as u16, height);
        let mut buf = Buffer::empty(area);
        Bars {
            bars: &bars,
            selected: None,
            scale: &|value| format!("{value:.0}"),
        }
        .paint(area, &mut buf, &Look::new(&role_style));
        buf
    }

    fn colours(buf: &Buffer) -> Vec<usize> {
        let all: Vec<Color> = buf.content.iter().flat_map(|cell| [cell.fg, cell.bg]).collect();
        let look = Look::new(&role_style);
        let is_there = |nth: &usize| look.series(*nth).fg.is_some_and(|colour| all.contains(&colour));
        (0..6).filter(is_there).collect()
    }

    #[test]
    fn what_has_no_other_cell_is_not_hidden_by_its_neighbours() {
        // In two rows, of which the lower is the first part's: an eighth is a sixteenth of the whole.
        assert_eq!(colours(&painted(&[&[70.0, 12.0, 18.0]], 2)), [0, 1, 2]);
        assert_eq!(colours(&painted(&[&[70.0, 12.0, 1.0, 17.0]], 2)), [0, 1, 3]);
        assert_eq!(colours(&painted(&[&[50.0, 0.0, 50.0]], 1)), [0, 2]);
    }

    #[test]
    fn a_day_that_towers_above_all_others_is_cut_and_they_keep_their_height() {
        let day: &[f64] = &[60.0, 40.0];
        let mut days = vec![day; 20];
        days[7] = &[60.0, 1_940.0];
        let buf = painted(&days, 11);
        let column = |x: u16| (0..10).map(|y| buf[(x, y)].symbol()).collect::<String>();
        let tops: Vec<String> = (0..20).map(column).collect();
        assert_eq!(
            tops.iter().filter(|of| of.starts_with('≈')).count(),
            1,
            "{tops:?}"
        );
        assert!(
            tops.iter().any(|of| of.starts_with("  █")),
            "eight of ten rows: {tops:?}"
        );
        let even = vec![day; 20];
        assert!(!painted(&even, 11).content.iter().any(|cell| cell.symbol() == "≈"));
    }
}

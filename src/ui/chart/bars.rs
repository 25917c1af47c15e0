//! Stacked bars over days: each bar is made of series from below, an unfinished day is hatched, a day without
//! an answer shows `?`, so that nobody takes it for a day without cost.

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

impl Bars<'_> {
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() || self.bars.is_empty() {
            return;
        }
        let most = self.bars.iter().filter_map(total).fold(0.0, f64::max);
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
        let mut below = 0.0;
        let mut filled = 0;
        for (nth, value) in parts.iter().enumerate().filter(|(_, value)| **value > 0.0) {
            let style = plot.look.series(nth);
            below += value;
            let top = super::eighths(below, most, height);
            for row in filled / 8..top.div_ceil(8) {
                let y = height - 1 - row as u16;
                let eighth = (top - row * 8).min(8);
                // A cell shared by two series belongs to the lower one's foreground; the upper covers the rest.
                let symbol = if bar.unfinished && eighth == 8 {
                    "▒"
                } else {
                    UP[eighth]
                };
                if row * 8 >= filled {
                    plot.repeat(x, y, wide, symbol, style);
                } else if let Some(colour) = style.fg {
                    plot.repeat(
                        x,
                        y,
                        wide,
                        UP[filled - row * 8],
                        plot.look.series(nth.saturating_sub(1)).bg(colour),
                    );
                }
            }
            filled = top.max(filled);
        }
    }
}

fn total(bar: &Bar<'_>) -> Option<f64> {
    Some(bar.parts?.iter().filter(|value| **value > 0.0).sum())
}

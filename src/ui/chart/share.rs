//! Horizontal bars that compare shares: name, bar, value, one row each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::ACROSS;
use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};
use crate::ui::text;

/// One row.
#[derive(Clone, Debug)]
pub struct Share<'a> {
    pub name: &'a str,
    pub value: f64,
    /// The value as it is read.
    pub says: &'a str,
}

pub struct Shares<'a> {
    /// Largest first by custom; the colours follow the order.
    pub shares: &'a [Share<'a>],
    pub selected: Option<usize>,
}

impl Shares<'_> {
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() {
            return;
        }
        let widest = |of: &dyn Fn(&Share<'_>) -> usize| self.shares.iter().map(of).max().unwrap_or(0) as u16;
        let width = canvas.width();
        let says = widest(&|share| text::width(share.says)).min(width);
        let names = widest(&|share| text::width(share.name)).min(width.saturating_sub(says + 2) / 2 + 1);
        let bars = width.saturating_sub(names + says + 2);
        let most = self.shares.iter().map(|share| share.value).fold(0.0, f64::max);
        let shown = usize::from(canvas.height());
        let first = self.selected.map_or(0, |at| (at + 1).saturating_sub(shown));
        for (y, (nth, share)) in (0u16..canvas.height()).zip(self.shares.iter().enumerate().skip(first)) {
            canvas.text(0, y, names, share.name, look.of(Role::Text));
            let filled = super::eighths(share.value, most, bars);
            let style = look.series(nth);
            canvas.repeat(names + 1, y, (filled / 8) as u16, "█", style);
            if !filled.is_multiple_of(8) {
                canvas.text(names + 1 + (filled / 8) as u16, y, 1, ACROSS[filled % 8], style);
            }
            let blank = says.saturating_sub(text::width(share.says) as u16);
            canvas.text(width - says + blank, y, says, share.says, look.of(Role::Text));
            if self.selected == Some(nth) {
                canvas.tint_row(y, look.of(Role::Selected));
            }
        }
    }
}

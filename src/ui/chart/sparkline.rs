//! A line of history one row high. A missing value is a gap.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::UP;
use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};

pub struct Sparkline<'a> {
    /// Oldest first; the newest are shown where not all fit.
    pub values: &'a [Option<f64>],
    pub role: Role,
}

impl Sparkline<'_> {
    /// Paints into the last row of the area.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() {
            return;
        }
        let most = self.values.iter().flatten().copied().fold(0.0, f64::max);
        let skipped = self.values.len().saturating_sub(usize::from(canvas.width()));
        let y = canvas.height() - 1;
        for (x, value) in (0u16..).zip(&self.values[skipped..]) {
            let symbol = match value {
                Some(value) => UP[super::eighths(*value, most, 1).max(1)],
                None => continue,
            };
            canvas.text(x, y, 1, symbol, look.of(self.role));
        }
    }
}

//! A scrollbar: how much of the whole is shown, and where. Absent when everything is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::look::{Look, Role};

/// Counts of rows or lines.
pub struct Scrollbar {
    pub total: usize,
    pub first: usize,
    pub shown: usize,
}

impl Scrollbar {
    /// Paints into the first column of the area.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        let height = usize::from(canvas.height());
        if canvas.is_empty() || self.shown >= self.total {
            return;
        }
        let thumb = (height * self.shown / self.total).clamp(1, height);
        let hidden = self.total - self.shown;
        let top = (height - thumb) * self.first.min(hidden) / hidden;
        for y in 0..canvas.height() {
            let on = (top..top + thumb).contains(&usize::from(y));
            let (symbol, role) = if on {
                ("┃", Role::Scrollbar)
            } else {
                ("│", Role::Border)
            };
            canvas.text(0, y, 1, symbol, look.of(role));
        }
    }
}

//! A gauge: how much of a limit is used, its label inside the bar, its colour by how near the limit is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::ACROSS;
use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};

pub struct Gauge<'a> {
    /// Used part of the whole; beyond 1 is drawn full and in the colour of what is bad. `None`: not known.
    pub ratio: Option<f64>,
    /// From this ratio on it is a warning.
    pub warn_from: f64,
    pub label: &'a str,
}

impl Gauge<'_> {
    /// Paints into the first row of the area: label, then the bar.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() {
            return;
        }
        let width = canvas.width();
        let end = canvas.text(0, 0, width, self.label, look.of(Role::Text));
        let from = if end == 0 { 0 } else { end + 1 };
        let room = width.saturating_sub(from);
        let Some(ratio) = self.ratio.filter(|ratio| ratio.is_finite()) else {
            canvas.repeat(from, 0, room, "?", look.of(Role::Warn));
            return;
        };
        let role = match ratio {
            over if over >= 1.0 => Role::Bad,
            near if near >= self.warn_from => Role::Warn,
            _ => Role::Gauge,
        };
        let filled = super::eighths(ratio, 1.0, room);
        canvas.repeat(from, 0, room, "·", look.of(Role::GaugeTrack));
        canvas.repeat(from, 0, (filled / 8) as u16, "█", look.of(role));
        if !filled.is_multiple_of(8) {
            canvas.text(
                from + (filled / 8) as u16,
                0,
                1,
                ACROSS[filled % 8],
                look.of(role),
            );
        }
    }
}

//! What is going on: a spinner for what has no measure, a line for what has.
//! The frame of the spinner is given from outside: this room has no clock.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::chart::Gauge;
use super::look::{Look, Role};

const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// The nth frame of the spinner; any number.
pub fn spinner(frame: u64) -> &'static str {
    FRAMES[(frame % FRAMES.len() as u64) as usize]
}

pub struct Progress<'a> {
    pub says: &'a str,
    /// Done and whole, in the same unit; `None`: no measure.
    pub done: Option<(u64, u64)>,
    pub frame: u64,
}

impl Progress<'_> {
    /// Paints into the first row of the area.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() {
            return;
        }
        let width = canvas.width();
        let x = canvas.text(0, 0, 1, spinner(self.frame), look.of(Role::Accent)) + 1;
        let end = canvas.text(x, 0, width.saturating_sub(x), self.says, look.of(Role::Text)) + 1;
        if let Some((done, whole)) = self.done {
            let area = canvas.part(end, 0, 24, 1).area;
            // Done is good: only a limit that is reached is bad, so the bar stops a hair before it.
            let ratio = if whole == 0 {
                None
            } else {
                Some(done as f64 / whole as f64 * 0.999_999)
            };
            Gauge {
                ratio,
                warn_from: f64::INFINITY,
                label: "",
            }
            .paint(area, buf, look);
        }
    }
}

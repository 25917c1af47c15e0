//! Notices that come and go in the upper right corner. When they go is the caller's business.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::canvas::Canvas;
use super::look::{Look, Role};
use super::popup::Frame;
use super::text;
use super::wrap::wrap;

#[derive(Clone, Debug)]
pub struct Toast<'a> {
    /// `Role::Good`, `Info`, `Warn` or `Bad`.
    pub role: Role,
    pub says: &'a str,
    /// What to do about it; may be empty.
    pub hint: &'a str,
}

const WIDEST: u16 = 56;

/// Paints the notices from the top, newest first, as many as fit.
pub fn paint(toasts: &[Toast<'_>], area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let area = area.intersection(buf.area);
    let room = area.width.min(WIDEST).saturating_sub(4);
    if room == 0 {
        return;
    }
    let mut y = area.y;
    for toast in toasts {
        let says = wrap(toast.says, usize::from(room));
        let hint = if toast.hint.is_empty() {
            Vec::new()
        } else {
            wrap(toast.hint, usize::from(room))
        };
        let wide = says
            .iter()
            .chain(&hint)
            .map(|line| text::width(line))
            .max()
            .unwrap_or(0) as u16;
        let height = (says.len() + hint.len()) as u16 + 2;
        if y + height > area.bottom() {
            return;
        }
        let place = Rect::new(
            area.right() - (wide + 4).min(area.width),
            y,
            (wide + 4).min(area.width),
            height,
        );
        let frame = Frame {
            title: Line::default(),
            note: Line::default(),
            focused: false,
            over: true,
        };
        let inside = frame.paint(place, buf, look);
        let mut canvas = Canvas::new(inside, buf, look);
        let lines = says
            .iter()
            .map(|line| (line, toast.role))
            .chain(hint.iter().map(|line| (line, Role::Dim)));
        for (row, (line, role)) in (0..).zip(lines) {
            canvas.text(1, row, wide, line, look.of(role));
        }
        y += height;
    }
}

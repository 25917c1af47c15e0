//! Painting a prompt: its label, the part of the text around the cursor, the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Prompt;
use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};
use crate::ui::text;

/// Columns that no label takes from what is typed, where there are so many.
const TYPED: u16 = 20;

/// How a prompt is shown.
pub struct Field<'a> {
    /// Before the text, such as `/` or `reason:`.
    pub label: &'a str,
    /// Shown dim while nothing is typed.
    pub placeholder: &'a str,
    /// Typed characters are shown as dots.
    pub secret: bool,
    /// Below the text, in the colour of what is bad; an empty one is not shown.
    pub error: &'a str,
}

impl Field<'_> {
    /// Paints into the first row (an error into the second), and says where the terminal's cursor belongs.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>, prompt: &Prompt) -> Option<Position> {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() {
            return None;
        }
        let width = canvas.width();
        // However long it is, what is typed has to be seen.
        let most = width.saturating_sub((width / 3).clamp(2, TYPED));
        let label = text::truncate(self.label, usize::from(most));
        let labelled = canvas.text(0, 0, most, &label, look.of(Role::Accent));
        let x = if labelled == 0 { 0 } else { labelled + 1 };
        let room = usize::from(width.saturating_sub(x));
        if room == 0 {
            return None;
        }
        let hidden = |shown: &str| match self.secret {
            true => "•".repeat(text::width(shown)),
            false => text::quote(shown).into_owned(),
        };
        let (before, after) = prompt.text().split_at(prompt.cursor());
        let before = hidden(before);
        let before = text::tail(&before, room - 1);
        let at = canvas.text(x, 0, room as u16, before, look.of(Role::Text));
        if prompt.is_empty() {
            canvas.text(x, 0, room as u16, self.placeholder, look.of(Role::Faint));
        } else {
            canvas.text(at, 0, width - at, &hidden(after), look.of(Role::Text));
        }
        canvas.text(0, 1, width, self.error, look.of(Role::Bad));
        let at = at.min(width - 1);
        Some(Position::new(canvas.area.x + at, canvas.area.y))
    }
}

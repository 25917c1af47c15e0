//! The status line: key hints that give way by importance when the window is narrow, notes at the right.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::canvas::Canvas;
use super::look::{Look, Role};
use super::text;

/// Cells between hints, and before the note.
pub const GAP: usize = 2;

/// A key and what it does now.
#[derive(Clone, Debug)]
pub struct Hint<'a> {
    pub key: &'a str,
    pub says: &'a str,
    /// Dropped first when highest; 0 goes last.
    pub drop: u8,
}

pub struct Status<'a> {
    pub hints: &'a [Hint<'a>],
    /// At the right: account, age of the data, what is going on. Cut only when it is wider than the window.
    pub note: Line<'a>,
}

impl Status<'_> {
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() {
            return;
        }
        canvas.tint_row(0, look.of(Role::Status));
        let width = canvas.width();
        let wide: usize = self
            .note
            .spans
            .iter()
            .map(|span| text::width(&span.content))
            .sum();
        let note = u16::try_from(wide).unwrap_or(u16::MAX).min(width);
        canvas.line(width - note, 0, note, &self.note);
        let room = usize::from(width - note).saturating_sub(usize::from(note > 0) * GAP);
        let mut x = 0;
        for hint in kept(self.hints, room) {
            if x > 0 {
                x += 2;
            }
            x = canvas.text(x, 0, width - x, hint.key, look.of(Role::Key));
            x = canvas.text(x + 1, 0, width - x, hint.says, look.of(Role::Dim));
        }
    }
}

/// Cells that hints take where none of them is dropped.
pub fn wide(hints: &[Hint<'_>]) -> usize {
    cells(hints.iter())
}

fn cells<'a>(hints: impl Iterator<Item = &'a Hint<'a>>) -> usize {
    let each = hints.map(|hint| text::width(hint.key) + 1 + text::width(hint.says) + GAP);
    each.sum::<usize>().saturating_sub(GAP)
}

/// The hints that fit, in their order.
fn kept<'a>(hints: &'a [Hint<'a>], room: usize) -> Vec<&'a Hint<'a>> {
    let mut kept: Vec<&Hint<'_>> = hints.iter().collect();
    while cells(kept.iter().copied()) > room && !kept.is_empty() {
        let first_to_go = kept
            .iter()
            .enumerate()
            .max_by_key(|(place, hint)| (hint.drop, *place));
        let Some((place, _)) = first_to_go else { break };
        kept.remove(place);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_hint_is_dropped_first() {
        let hints = [
            Hint {
                key: "enter",
                says: "shell",
                drop: 0,
            },
            Hint {
                key: "s",
                says: "sort",
                drop: 2,
            },
            Hint {
                key: "?",
                says: "help",
                drop: 1,
            },
        ];
        let shown = |room| kept(&hints, room).iter().map(|hint| hint.key).collect::<Vec<_>>();
        assert_eq!(shown(40), ["enter", "s", "?"]);
        assert_eq!(shown(20), ["enter", "?"]);
        assert_eq!(shown(12), ["enter"]);
        assert_eq!(shown(3), Vec::<&str>::new());
    }
}

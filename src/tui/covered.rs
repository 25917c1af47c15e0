//! Cells under the second half of wide glyphs. What is drawn over half of such a glyph takes all of it off the screen, and
//! many a terminal leaves a blank of its own ground in the other half, of which a comparison of two frames knows nothing.

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Position;

use crate::ui::text;

/// The covered cells of the last frame.
#[derive(Default)]
pub struct Covered(Vec<Position>);

impl Covered {
    /// Has a frame paint anew what wide glyphs of the last one covered, and remembers what those of its own do. A cell that a
    /// wide glyph covers again is not painted by itself.
    pub fn repaint(&mut self, buf: &mut Buffer) {
        for place in self.0.drain(..) {
            if let Some(cell) = buf.cell_mut(place) {
                cell.set_diff_option(CellDiffOption::AlwaysUpdate);
            }
        }
        let covered = (0..buf.content.len()).flat_map(|at| {
            let symbol = buf.content[at].symbol();
            // What is one byte long is no wider than a cell.
            let wide = if symbol.len() > 1 { text::width(symbol) } else { 1 };
            let Position { x, y } = buf.pos_of(at).into();
            let over = u16::try_from(wide).unwrap_or(1);
            (x + 1..x.saturating_add(over)).map(move |x| Position { x, y })
        });
        self.0.extend(covered);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    use super::*;

    fn frame(says: &str) -> Buffer {
        let area = Rect::new(0, 0, 8, 1);
        let mut buf = Buffer::empty(area);
        buf.set_string(0, 0, says, Style::new());
        buf.set_style(area, Style::new().bg(Color::Blue));
        buf
    }

    fn painted(frames: &[&str]) -> Vec<u16> {
        let mut covered = Covered::default();
        let mut last = Buffer::empty(Rect::new(0, 0, 8, 1));
        let mut columns = Vec::new();
        for says in frames {
            let mut next = frame(says);
            covered.repaint(&mut next);
            columns = last.diff(&next).into_iter().map(|(x, ..)| x).collect();
            last = next;
        }
        columns
    }

    #[test]
    fn the_other_half_of_a_glyph_that_another_was_drawn_over_is_painted_anew() {
        // Both frames have a blank in the third column; the screen has what the terminal left there.
        let (before, after) = (frame("a한"), frame("한"));
        assert_eq!(before[(2, 0)], after[(2, 0)]);
        assert!(!before.diff(&after).iter().any(|(x, ..)| *x == 2));
        assert_eq!(painted(&["a한", "한"]), [0, 2]);
    }

    #[test]
    fn what_does_not_change_is_not_painted_again() {
        assert_eq!(painted(&["a한국", "a한국"]), [] as [u16; 0]);
        assert_eq!(painted(&["a한", "b한"]), [0]);
    }
}

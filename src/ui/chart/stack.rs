//! One bar of parts that make a whole, a row high: what is there shows at least a cell, however small its share.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};

#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub count: usize,
    pub role: Role,
    /// What its cells are made of: tells parts apart where there is no colour.
    pub symbol: &'a str,
}

pub struct Stack<'a> {
    pub parts: &'a [Part<'a>],
}

impl Stack<'_> {
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        let mut x = 0;
        for (part, cells) in self.parts.iter().zip(self.cells(canvas.width())) {
            canvas.repeat(x, 0, cells, part.symbol, look.of(part.role));
            x += cells;
        }
    }

    /// Cells of each part, `room` together unless there is less room than parts.
    fn cells(&self, room: u16) -> Vec<u16> {
        let total: usize = self.parts.iter().map(|part| part.count).sum();
        let share = |part: &Part| match part.count {
            0 => 0,
            count => (count * usize::from(room) / total).max(1) as u16,
        };
        let mut cells: Vec<u16> = self.parts.iter().map(share).collect();
        // What rounding gave or took is the business of the largest: there it shows least.
        let taken: u16 = cells.iter().sum();
        if let Some(largest) = cells.iter_mut().max() {
            *largest = (*largest + room).saturating_sub(taken);
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(counts: &[usize], room: u16) -> Vec<u16> {
        let part = |count: &usize| Part {
            count: *count,
            role: Role::Good,
            symbol: "█",
        };
        let parts: Vec<Part> = counts.iter().map(part).collect();
        Stack { parts: &parts }.cells(room)
    }

    #[test]
    fn one_of_a_thousand_is_seen() {
        assert_eq!(cells(&[1, 999, 0], 40), [1, 39, 0]);
    }

    proptest! {
        #[test]
        fn the_bar_is_full_and_nothing_in_it_is_hidden(
            counts in prop::collection::vec(0usize..5_000, 1..6),
            room in 6u16..200,
        ) {
            let cells = cells(&counts, room);
            if counts.iter().any(|count| *count > 0) {
                prop_assert_eq!(cells.iter().sum::<u16>(), room);
            }
            for (count, cells) in counts.iter().zip(cells) {
                prop_assert!((*count > 0) == (cells > 0) || counts.iter().all(|count| *count == 0));
            }
        }
    }
}

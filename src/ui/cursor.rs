//! The selection of a list that changes under it: kept by id, never by index.
//! When the selected row goes away its neighbour is taken; when rows arrive above, the selection stays on its line.

use std::cell::Cell;
use std::ops::Range;

/// What a cursor moves over.
pub trait Ids {
    type Id: Clone + PartialEq;

    fn len(&self) -> usize;

    /// The id of a row, or `None` for a row that cannot be selected, such as a group heading.
    fn id_at(&self, index: usize) -> Option<Self::Id>;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn index_of(&self, id: &Self::Id) -> Option<usize> {
        (0..self.len()).find(|&index| self.id_at(index).as_ref() == Some(id))
    }
}

impl<Id: Clone + PartialEq> Ids for [Id] {
    type Id = Id;

    fn len(&self) -> usize {
        <[Id]>::len(self)
    }

    fn id_at(&self, index: usize) -> Option<Id> {
        self.get(index).cloned()
    }
}

/// Which row is selected and where it stands on the screen.
#[derive(Clone, Debug)]
pub struct Cursor<Id> {
    selected: Option<Id>,
    /// Where the selected row was last, for when it has gone.
    last_index: Cell<usize>,
    /// Rows between the top of the view and the selection.
    from_top: Cell<usize>,
    /// Rows of the view when it was last painted: what a page is.
    height: Cell<usize>,
}

impl<Id> Default for Cursor<Id> {
    fn default() -> Cursor<Id> {
        Cursor {
            selected: None,
            last_index: Cell::new(0),
            from_top: Cell::new(0),
            height: Cell::new(1),
        }
    }
}

impl<Id: Clone + PartialEq> Cursor<Id> {
    /// The selected id, whether or not it is in the list at this moment.
    pub fn selected(&self) -> Option<&Id> {
        self.selected.as_ref()
    }

    pub fn select(&mut self, id: Option<Id>) {
        self.selected = id;
    }

    /// The index that is shown as selected: that of the id, or of the row that took its place.
    pub fn index<R: Ids<Id = Id> + ?Sized>(&self, rows: &R) -> Option<usize> {
        let last = self.last_index.get();
        let Some(selected) = &self.selected else {
            return nearest(rows, last);
        };
        // Mostly it has not moved: looking there first spares a walk over all rows.
        if last < rows.len() && rows.id_at(last).as_ref() == Some(selected) {
            return Some(last);
        }
        match rows.index_of(selected) {
            Some(at) => {
                self.last_index.set(at);
                Some(at)
            }
            None => nearest(rows, last),
        }
    }

    /// The id that is shown as selected.
    pub fn current<R: Ids<Id = Id> + ?Sized>(&self, rows: &R) -> Option<Id> {
        self.index(rows).and_then(|at| rows.id_at(at))
    }

    /// Moves by so many rows, over rows that cannot be selected, stopping at the ends.
    pub fn step<R: Ids<Id = Id> + ?Sized>(&mut self, rows: &R, by: isize) {
        let Some(from) = self.index(rows) else { return };
        let wanted = from.saturating_add_signed(by).min(rows.len().saturating_sub(1));
        let onward: Option<usize> = if by < 0 {
            (0..=wanted).rev().find(|&at| rows.id_at(at).is_some())
        } else {
            (wanted..rows.len()).find(|&at| rows.id_at(at).is_some())
        };
        self.go_to(rows, from, onward.or_else(|| nearest(rows, wanted)));
    }

    pub fn page<R: Ids<Id = Id> + ?Sized>(&mut self, rows: &R, pages: isize) {
        let page = isize::try_from(self.height.get().saturating_sub(1).max(1)).unwrap_or(1);
        self.step(rows, pages.saturating_mul(page));
    }

    pub fn first<R: Ids<Id = Id> + ?Sized>(&mut self, rows: &R) {
        self.step(rows, isize::MIN + 1);
    }

    pub fn last<R: Ids<Id = Id> + ?Sized>(&mut self, rows: &R) {
        self.step(rows, isize::MAX);
    }

    /// Selects the row at an index, as after a click.
    pub fn select_index<R: Ids<Id = Id> + ?Sized>(&mut self, rows: &R, index: usize) {
        let from = self.index(rows).unwrap_or(0);
        if rows.id_at(index).is_some() {
            self.go_to(rows, from, Some(index));
        }
    }

    fn go_to<R: Ids<Id = Id> + ?Sized>(&mut self, rows: &R, from: usize, to: Option<usize>) {
        let Some(to) = to else { return };
        let bottom = self.height.get().saturating_sub(1);
        let top = from.saturating_sub(self.from_top.get().min(bottom));
        self.selected = rows.id_at(to);
        self.last_index.set(to);
        self.from_top.set(to.saturating_sub(top).min(bottom));
    }

    /// The rows that a view of this height shows. Called by painting, which thereby says what a page is.
    pub fn window<R: Ids<Id = Id> + ?Sized>(&self, rows: &R, height: u16) -> Range<usize> {
        let height = usize::from(height);
        self.height.set(height.max(1));
        let len = rows.len();
        let selected = self.index(rows).unwrap_or(0);
        let from_top = self.from_top.get().min(height.saturating_sub(1));
        let top = selected.saturating_sub(from_top).min(len.saturating_sub(height));
        // A heading directly above the first selectable row comes into view with it.
        let top = if selected == top && (0..top).all(|at| rows.id_at(at).is_none()) && top < height {
            0
        } else {
            top
        };
        let top = if selected >= top + height {
            selected + 1 - height.max(1)
        } else {
            top
        };
        top..len.min(top + height)
    }
}

/// The selectable row nearest to an index, at or after it first.
fn nearest<R: Ids + ?Sized>(rows: &R, index: usize) -> Option<usize> {
    let index = index.min(rows.len().saturating_sub(1));
    (index..rows.len())
        .find(|&at| rows.id_at(at).is_some())
        .or_else(|| (0..index).rev().find(|&at| rows.id_at(at).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_follows_its_id_when_rows_arrive_above() {
        let mut cursor = Cursor::default();
        cursor.select(Some("b"));
        assert_eq!(cursor.index(&["a", "b"][..]), Some(1));
        assert_eq!(cursor.index(&["x", "y", "a", "b"][..]), Some(3));
    }

    #[test]
    fn a_row_that_goes_away_leaves_the_selection_to_its_neighbour() {
        let mut cursor = Cursor::default();
        cursor.select(Some("b"));
        cursor.index(&["a", "b", "c"][..]);
        assert_eq!(cursor.current(&["a", "c"][..]), Some("c"));
        assert_eq!(cursor.current(&["a"][..]), Some("a"));
        assert_eq!(cursor.current(&[][..]), None);
    }

    #[test]
    fn going_back_up_a_scrolled_list_moves_the_selection_before_it_scrolls() {
        let rows: Vec<u32> = (0..100).collect();
        let mut cursor = Cursor::default();
        cursor.window(&rows[..], 10);
        cursor.step(&rows[..], 50);
        assert_eq!(cursor.window(&rows[..], 10), 41..51);
        cursor.step(&rows[..], -3);
        assert_eq!(cursor.window(&rows[..], 10), 41..51);
        cursor.step(&rows[..], -10);
        assert_eq!(cursor.window(&rows[..], 10), 37..47);
    }

    #[test]
    fn first_and_last_stop_at_the_ends() {
        let rows: Vec<u32> = (0..100).collect();
        let mut cursor = Cursor::default();
        cursor.last(&rows[..]);
        assert_eq!(cursor.current(&rows[..]), Some(99));
        cursor.first(&rows[..]);
        assert_eq!(cursor.current(&rows[..]), Some(0));
        cursor.page(&rows[..], 1);
        assert_eq!(cursor.current(&rows[..]), Some(1));
    }
}

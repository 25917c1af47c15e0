//! A step of the cursor, the same in every list.

use crate::ui::cursor::{Cursor, Ids};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    By(isize),
    Page(isize),
    Top,
    Bottom,
}

impl Step {
    pub fn apply<R: Ids + ?Sized>(self, cursor: &mut Cursor<R::Id>, rows: &R) {
        match self {
            Step::By(by) => cursor.step(rows, by),
            Step::Page(pages) => cursor.page(rows, pages),
            Step::Top => cursor.first(rows),
            Step::Bottom => cursor.last(rows),
        }
    }
}

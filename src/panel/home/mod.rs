//! Home: what needs an eye now, gathered from every panel, nothing of its own.

mod view;

use crate::ui::Cursor;

pub use view::view;

#[derive(Debug, Default)]
pub struct Home {
    pub cursor: Cursor<usize>,
}

impl Home {
    pub fn step(&mut self, _step: super::list::Step) {}
}

//! The terminal emulator behind one type, `Screen`.
//!
//! Live panes, replay and previews all show the same engine. No type of the emulator crate leaves this
//! room, and nothing a remote host sends reaches the user's terminal except through `Screen` or `filter`.

mod cells;
mod delegate;
mod engine;
pub mod filter;
mod ground;
mod keyframe;
pub mod keys;
mod link;
mod modes;
mod paint;
pub mod picture;
mod reflow;
mod reply;
#[cfg(test)]
mod sample;
mod screen;
#[cfg(test)]
mod screen_tests;
mod search;
mod select;
mod tabs;
mod view;

pub use cells::{Colour, Look, Run, Underline};
pub use keyframe::BadDump;
pub use modes::{Modes, Mouse};
pub use paint::{PaneLook, cover};
pub use screen::Screen;
pub use search::{BadPattern, Direction, Hit};

/// Lines of scrollback a pane keeps: at 24 bytes a cell, 5,000 lines of 200 columns are 24 MB.
pub const SCROLLBACK: usize = 5_000;

/// Extent of a screen in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    pub cols: u16,
    pub rows: u16,
}

impl Size {
    /// A wide character needs two columns.
    pub const SMALLEST: Size = Size { cols: 2, rows: 1 };
    /// Beyond this a size in a recording or from a remote host is a mistake or an attack on memory.
    pub const LARGEST: Size = Size {
        cols: 1_000,
        rows: 1_000,
    };

    /// The nearest size that a screen can have.
    #[must_use]
    pub fn clamped(self) -> Size {
        Size {
            cols: self.cols.clamp(Self::SMALLEST.cols, Self::LARGEST.cols),
            rows: self.rows.clamp(Self::SMALLEST.rows, Self::LARGEST.rows),
        }
    }
}

//! Widgets over borrowed state; they know colours by role and nothing of the domains.
//! Painting changes nothing but the buffer; any area will do, none included.

pub mod amount;
mod canvas;
pub mod chart;
pub mod cursor;
pub mod fuzzy;
pub mod list;
pub mod look;
pub mod markdown;
pub mod palette;
pub mod picture;
pub mod popup;
pub mod progress;
pub mod prompt;
pub mod scrollbar;
pub mod status;
pub mod table;
pub mod tabs;
pub mod text;
pub mod timeline;
pub mod toast;
pub mod tree;
pub mod wrap;

#[cfg(test)]
pub(crate) mod tests;

pub use cursor::{Cursor, Ids};
pub use look::{Look, Role};

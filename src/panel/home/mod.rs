//! Home: what needs an eye now, gathered from every panel, nothing of its own.

mod view;

pub use view::view;

//! The loop, terminal set-up and restore, ownership of standard input.

pub mod clipboard;
mod covered;
mod decode;
mod editor;
mod keys;
mod pace;
mod park;
mod run;
mod signal;
mod terminal;

pub use run::run;
pub use terminal::Terminal;

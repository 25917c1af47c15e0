//! Runbooks: plain Markdown read where it lies, found as one types, its shell blocks told from sample output.
//! Nothing here runs a command or rewrites a page; a block with anything left to fill in gives no text to send.

mod block;
mod console;
pub mod placeholder;
pub mod shell;

#[cfg(test)]
mod gold;

pub use block::{Block, Runnable, blocks, options};

//! Runbooks: plain Markdown read where it lies, found as one types, its shell blocks told from sample output.
//! Nothing here runs a command or rewrites a page; a block with anything left to fill in gives no text to send.

mod block;
pub mod builtin;
mod console;
mod fill;
mod front;
mod library;
mod page;
pub mod paste;
pub mod placeholder;
mod search;
pub mod shell;

#[cfg(test)]
mod gold;

pub use block::{Block, Runnable, blocks, options};
pub use fill::{Refused, Values, fill, prefilled};
pub use library::{Failure, Library};
pub use page::{Heading, Page};
pub use search::{Hit, Snippet, find};

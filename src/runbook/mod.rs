//! Runbooks: plain Markdown read where it lies, found as one types, its shell blocks told from sample output.
//! Nothing here runs a command or rewrites a page; a block with anything left to fill in gives no text to send.

mod block;
mod console;
mod duration;
mod expect;
pub mod fence;
mod fill;
mod front;
mod level;
mod library;
mod manifest;
mod page;
pub mod paste;
pub mod placeholder;
pub mod plan;
pub mod run;
mod search;
pub mod shell;
mod variable;
pub mod verb;

#[cfg(test)]
mod gold;

pub use block::{Block, Runnable, blocks, options};
pub use fence::is_variable;
pub use fill::{Filled, Refused, Values, fill, fill_apart, prefilled, relied_on};
pub use level::Level;
pub use library::{Failure, Library};
pub use manifest::{BadManifest, Manifest};
pub use page::{Heading, Page};
pub use search::{Hit, Snippet, find};
pub use variable::{BadVariable, Source, Variable};

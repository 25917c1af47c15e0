//! Runbooks: plain Markdown read where it lies, found as one types, its shell blocks told from sample output.
//! Nothing here runs a command or rewrites a page; a block with anything left to fill in gives no text to send.

mod alarm;
mod block;
mod bucket;
pub mod builtin;
pub mod call;
pub mod catalogue;
pub mod check;
mod console;
mod document;
mod draft;
pub mod duration;
mod edit;
mod expect;
pub mod fence;
mod fill;
mod front;
mod git;
mod level;
mod library;
mod link;
mod literal;
mod manifest;
mod navi;
mod note;
mod opener;
mod page;
pub mod paste;
pub mod placeholder;
pub mod plan;
mod promql;
mod row;
pub mod run;
mod search;
pub mod shell;
mod source;
mod span;
pub mod variable;
pub mod verb;

#[cfg(test)]
mod gold;

pub use alarm::{Alarm, Answer, Answers, Why};
pub use block::{Block, Runnable, blocks, front_matter, masked, options, unix};
pub use bucket::{Fetched, again as bucket_again, fetch};
pub use draft::{Secrets, Step, draft, quoted, whole};
pub use edit::save;
pub use fence::is_variable;
pub use fill::{Filled, Refused, Values, fill, fill_apart, prefilled, relied_on};
pub use git::{Checkout, Commit};
pub use level::Level;
pub use library::{Again, Failure, Library, commits};
pub use link::{Leads, Link, anchors, leads, links};
pub use literal::{hidden, kept, literals};
pub use manifest::{BadManifest, Manifest};
pub use note::{TAB, Tab, mark as note_mark};
pub use page::{Heading, Page};
pub use row::Rows;
pub use search::{Found, Hit, Query, Snippet, find};
pub use source::{Kind, Source};
pub use span::{is_command as is_command_span, spans};
pub use variable::{BadVariable, Variable};
pub use verb::{only_reads, reads};

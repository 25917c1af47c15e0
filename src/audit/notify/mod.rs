//! Telling people and programs what is in the log. A dispatcher follows the log from a saved place, queues on disk what a
//! receiver wants, and delivers until it is taken: at least once, each with an id. Any process may do it; one does at a
//! time. Rule: a session never waits for it, and an address or a key is never written, logged or shown.

mod dispatch;
mod filter;
mod herald;
mod queue;
mod risky;
mod send;
#[cfg(test)]
mod tests;
mod text;

pub use dispatch::{Backlog, Dispatcher, Tally};
pub use filter::USUAL;
pub use herald::Herald;
pub use queue::{Bad, Item};
pub use risky::{BadRule, Rules};
pub use send::Refused;

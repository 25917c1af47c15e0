//! The Session Manager data channel, our own: codec, handshake, reliability, resumption.
//!
//! `flow` is the protocol without a socket or a clock; `actor` gives it both and outlives any one connection.
//! Rule: a byte that the agent sent is either delivered in order or reported missing, and no session is left running.
//! Nothing here prints a token, a URL query, a key or a payload.

mod actor;
mod backoff;
mod channel;
pub mod cipher;
mod dial;
mod event;
mod flow;
pub mod frame;
pub mod handshake;
mod inbound;
mod intake;
mod key;
pub mod mux;
mod options;
mod outbound;
pub mod payload;
pub mod port;
mod pulse;
mod resume;
mod route;
mod secrecy;
mod talk;
mod tally;
mod ticket;
mod trip;
mod unread;
mod window;
mod wire;

#[cfg(test)]
pub(crate) mod tests;

pub use channel::{Channel, Closed, Error};
pub use event::{End, Event, Signing, State, Tries, Why};
pub use key::{DataKey, KeyRequest};
pub use options::Options;
pub use payload::Flag;
pub use tally::{Counts, Idle};
pub use ticket::{Later, Renewal, Ticket};

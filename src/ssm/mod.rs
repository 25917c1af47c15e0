//! The Session Manager data channel, our own: codec, handshake, reliability.

pub mod frame;
mod ticket;

pub use ticket::{Later, Renewal, Ticket};

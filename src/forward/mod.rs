//! Forwarding ports: a listener on this side, sessions to an instance behind it, connections carried between them.
//!
//! The listener is bound before AWS is asked, and outlives any session: when one is lost or ended, the next connection
//! opens another. Every connection is on record with peer, times, bytes and SHA-256 each way; its payload is not.

mod carrier;
mod connection;
mod explain;
mod holder;
mod listen;
mod pace;
mod peer;
mod pool;
mod request;
mod socket;
mod spec;
mod status;
mod table;
mod tunnel;

pub use explain::Cause;
pub use listen::{Listener, Unbound};
pub use request::Request;
pub use spec::{Bad, Local, Remote, Spec};
pub use status::{Limit, Rate, Seen, Snapshot, State, Status};
pub use tunnel::Tunnel;

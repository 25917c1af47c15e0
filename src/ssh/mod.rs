//! Stock OpenSSH over Session Manager or an EC2 Instance Connect Endpoint: the byte pipe behind `ProxyCommand`, the
//! ephemeral key, the login that an image expects, and the recorded local terminal.
//! Rule: payload is never kept; what was carried is on record with times, bytes and SHA-256 per direction.

pub mod key;
pub mod login;
pub mod pipe;
mod program;
pub mod stanza;
pub mod tape;
pub mod terminal;
pub mod tunnel;
pub mod word;

pub use key::Key;
pub use pipe::{Carried, End, Local};
pub use tape::Tape;

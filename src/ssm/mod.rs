//! The Session Manager data channel, our own: codec, handshake, reliability.

pub mod frame;

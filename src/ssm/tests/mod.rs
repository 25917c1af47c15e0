//! The channel against published byte examples, captured frames, hostile bytes and a bad network on loopback.

mod golden;
mod hostile;
mod life;
mod outage;
mod pause;
pub(crate) mod peer;
mod rough;
mod windows;

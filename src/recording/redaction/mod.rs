//! Secrets in what a remote host showed: rules that find them, and a stream that covers them, wherever messages and
//! escape sequences cut them. The same stream serves views and exports, where the evidence stays as it is, and the
//! recorder where policy says that secrets must not reach the disk at all.

mod built_in;
mod copy;
mod live;
mod mask;
mod plain;
mod policy;
mod redactor;
mod replay;
mod rule;
#[cfg(test)]
mod tests;
mod veil;
mod whole;

pub use copy::redacted_copy;
pub(super) use live::Live;
pub(super) use policy::enforced;
pub use policy::{covered, enforce, masked, masked_with};
pub use redactor::{Found, Redactor};
pub use replay::Replay;
pub use rule::Rules;
pub use veil::{Row, Spot, Veil};
pub use whole::{end_of_word, telling};

use std::time::Duration;

/// Output that may be the beginning of a secret is kept from disk and screen for at most this long.
pub const HOLD_FOR: Duration = Duration::from_millis(50);
/// And at most so much of it.
pub const HOLD_BYTES: usize = 256;
/// A secret that goes on for longer than this is covered up to here, then looked at anew.
const LONGEST: usize = 16 << 10;

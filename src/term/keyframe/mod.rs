//! Keyframes: everything a screen needs to continue, without scrollback.
//!
//! A dump is made at ground state from the grids and what the engine mirrors. Restored and fed the rest of a
//! stream, it ends in the same state as the uncut run; equal states have equal dumps.
//!
//! Layout: version byte, then fields in a fixed order, integers in LEB128, cells as runs (`cells`).

mod cells;
mod dump;
mod restore;
mod wire;

#[cfg(test)]
mod tests;

/// Changes with any change of meaning; older versions are then read by their own code.
const VERSION: u8 = 1;

/// The bytes are no dump of a screen, or of a version this program does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("keyframe is damaged: {what} at byte {at}")]
pub struct BadDump {
    pub what: &'static str,
    pub at: usize,
}

//! Which agents can do what: four-part versions compared number by number, as both sides must.
//!
//! The gates are those of the official client; a decision that differs from the agent's leaves both mute.

use std::cmp::Ordering;

/// Agents above this multiplex.
const MULTIPLEXED: &str = "3.0.196.0";
/// Agents up to this give a multiplexed session up after 30 s without a frame.
const KEPT_ALIVE: &str = "3.1.1511.0";
/// The service lets agents from this on reach other hosts than their own.
pub const REMOTE_HOST: &str = "3.1.1374.0";

/// How a session carries connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Multiplexed {
        keep_alive: bool,
    },
    /// One connection at a time.
    Plain,
}

impl Mode {
    /// Of a session that forwards ports; an agent that states no version is an old one.
    pub fn of(agent_version: Option<&str>) -> Self {
        match agent_version {
            Some(version) if compare(version, MULTIPLEXED).is_gt() => Mode::Multiplexed {
                keep_alive: compare(version, KEPT_ALIVE).is_le(),
            },
            _ => Mode::Plain,
        }
    }

    pub(super) fn keeps_alive(self) -> bool {
        self == Mode::Multiplexed { keep_alive: true }
    }
}

/// Whether a version is older than `gate`.
pub fn is_below(version: &str, gate: &str) -> bool {
    compare(version, gate).is_lt()
}

/// A part that is missing or no number counts as 0.
fn compare(left: &str, right: &str) -> Ordering {
    let parts = |text: &str| -> Vec<u64> {
        let mut parts: Vec<u64> = text
            .split('.')
            .map(|part| part.trim().parse().unwrap_or(0))
            .collect();
        while parts.last() == Some(&0) {
            parts.pop();
        }
        parts
    };
    parts(left).cmp(&parts(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gates_are_where_the_official_client_has_them() {
        let multiplexed = |keep_alive| Mode::Multiplexed { keep_alive };
        for (version, mode) in [
            (Some("3.3.2299.0"), multiplexed(false)),
            (Some("3.1.1512"), multiplexed(false)),
            (Some("3.1.1511.0"), multiplexed(true)),
            (Some("3.0.222.0"), multiplexed(true)),
            (Some("3.0.196.0"), Mode::Plain),
            (Some("3.0.196"), Mode::Plain),
            (Some("2.3.1319.0"), Mode::Plain),
            (Some("next"), Mode::Plain),
            (None, Mode::Plain),
        ] {
            assert_eq!(Mode::of(version), mode, "{version:?}");
        }
        assert!(is_below("3.1.1188.0", REMOTE_HOST) && !is_below("3.1.1374.0", REMOTE_HOST));
    }
}

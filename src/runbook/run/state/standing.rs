//! How a step stands on a target.

use crate::runbook::run::record::Outcome;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Done,
    Failed,
    /// It was begun, and nobody saw its end: its process died, or the connection was lost.
    Unknown,
    Skipped,
}

impl From<Outcome> for Standing {
    fn from(outcome: Outcome) -> Standing {
        match outcome {
            Outcome::Success => Standing::Done,
            Outcome::Failed | Outcome::TimedOut | Outcome::Stopped => Standing::Failed,
            Outcome::Unknown => Standing::Unknown,
        }
    }
}

//! What a reconciliation found, in the fields that programs rely on.

use jiff::Timestamp;
use serde::Serialize;

use super::{Claim, Kept};

/// The result of one comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Sessions that count: ours, and whatever has a recording.
    pub sessions: usize,
    pub recorded: usize,
    pub missing: Vec<Missing>,
    /// Recordings whose session AWS does not know.
    pub unmatched: Vec<Unmatched>,
    pub disagreements: Vec<Disagreement>,
    /// Sessions of other people, left out.
    pub others: usize,
    /// Too young to be missing.
    pub pending: usize,
    /// Those in order, with the place of their recording in the list that was judged.
    #[serde(skip)]
    pub agreed: Vec<(Claim, usize)>,
}

impl Report {
    /// Whether everything that AWS knows is recorded as it happened, and nothing else is.
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.unmatched.is_empty() && self.disagreements.is_empty()
    }

    /// One sentence: lower case, no full stop.
    pub fn says(&self) -> String {
        let mut parts = vec![format!(
            "{} of {} sessions are recorded",
            self.recorded, self.sessions
        )];
        let mut add = |count: usize, what: &str| {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        };
        add(self.missing.len(), "without a recording");
        add(self.unmatched.len(), "recorded but unknown to AWS");
        add(self.disagreements.len(), "that disagree");
        add(self.pending, "too young to tell");
        add(self.others, "of other people, left out");
        parts.join(", ")
    }
}

/// A session that nobody recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub session_id: String,
    pub target: String,
    pub actor: String,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub account: String,
    pub region: String,
    pub reason: Option<String>,
    pub event_id: Option<String>,
}

impl Missing {
    pub(super) fn of(claim: &Claim) -> Missing {
        Missing {
            session_id: claim.session_id.clone(),
            target: claim.target.clone(),
            actor: claim.owner.clone(),
            started_at: claim.started_at.map(text),
            ended_at: claim.ended_at.map(text),
            account: claim.account.clone(),
            region: claim.region.clone(),
            reason: claim.reason.clone(),
            event_id: claim.event_id.clone(),
        }
    }
}

/// A recording of a session that AWS does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    pub id: String,
    pub session_id: Option<String>,
    pub target: Option<String>,
    pub actor: Option<String>,
    pub started_at: String,
    pub account: Option<String>,
    pub region: Option<String>,
}

impl Unmatched {
    pub(super) fn of(kept: &Kept) -> Unmatched {
        Unmatched {
            id: kept.id.clone(),
            session_id: kept.session_id.clone(),
            target: kept.target.clone(),
            actor: kept.actor.clone(),
            started_at: text(kept.started_at),
            account: kept.account.clone(),
            region: kept.region.clone(),
        }
    }
}

/// A session and its recording that do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    pub id: String,
    pub session_id: String,
    pub target: String,
    pub actor: String,
    /// `reason`, `start` or `duration`.
    pub what: &'static str,
    pub says: String,
}

impl Disagreement {
    pub(super) fn of(claim: &Claim, kept: &Kept, what: &'static str, says: String) -> Disagreement {
        Disagreement {
            id: kept.id.clone(),
            session_id: claim.session_id.clone(),
            target: claim.target.clone(),
            actor: claim.owner.clone(),
            what,
            says,
        }
    }
}

fn text(at: Timestamp) -> String {
    // AWS counts in milliseconds; what is finer comes from the way it writes them.
    at.round(jiff::Unit::Millisecond).unwrap_or(at).to_string()
}

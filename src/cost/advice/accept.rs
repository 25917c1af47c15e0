//! Taking a finding on: what is kept of it, so that later what it really saved can be booked.

use jiff::Timestamp;

use super::book::Accepted;
use super::finding::Finding;
use super::ledger::Cell;

impl Accepted {
    /// With the part of the bill that should fall.
    pub fn of(finding: &Finding, at: Timestamp) -> Accepted {
        Accepted {
            at,
            rule: finding.rule.name().into(),
            resource: finding.resource.clone(),
            team: finding.team.clone(),
            key: Cell::of(finding).key(),
            promised: finding.saving.high.to_string(),
            run: None,
        }
    }
}

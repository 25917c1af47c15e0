//! Taking a finding on: what is kept of it, so that later what it really saved can be booked.

use jiff::Timestamp;

use super::book::Accepted;
use super::cell::Cell;
use super::chain::Counted;

impl Accepted {
    /// With the part of the bill that should fall, by what it counts: what others save of the same resource is promised
    /// by them.
    pub fn of(counted: &Counted, at: Timestamp) -> Accepted {
        let finding = &counted.finding;
        let (least, most) = counted.range();
        Accepted {
            at,
            rule: finding.rule.name().into(),
            resource: finding.resource.clone(),
            team: finding.team.clone(),
            key: Cell::of(finding).key(),
            promised: most.to_string(),
            at_least: Some(least.to_string()),
            run: None,
        }
    }
}

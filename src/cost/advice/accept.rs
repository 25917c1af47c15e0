//! Taking a finding on: what the book keeps of it, so that what it really saves is found in the bill later.

use jiff::Timestamp;

use super::book::Accepted;
use super::finding::{Finding, Rule};

impl Accepted {
    pub fn of(finding: &Finding, now: Timestamp) -> Accepted {
        Accepted {
            at: now,
            rule: finding.rule.name().into(),
            resource: finding.resource.clone(),
            team: finding.team.clone(),
            key: vec![service_of(finding.rule).into(), finding.place.account.clone()],
            promised: finding.saving.high.to_string(),
            run: None,
        }
    }
}

/// Where a saving shows, as Cost Explorer names services.
pub(super) fn service_of(rule: Rule) -> &'static str {
    match rule {
        Rule::UnattachedVolume
        | Rule::StoppedInstance
        | Rule::OrphanSnapshot
        | Rule::NewerVolume
        | Rule::NatHotSpot
        | Rule::TransferHotSpot => "EC2 - Other",
        Rule::UnusedAddress | Rule::PublicAddress | Rule::IdleGateway => "Amazon Virtual Private Cloud",
        Rule::EndlessLogs => "AmazonCloudWatch",
        _ => "Amazon Elastic Compute Cloud - Compute",
    }
}

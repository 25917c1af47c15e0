//! What the bill alone tells: traffic that costs, and steady use that nothing is committed to.

use super::Taste;
use super::finding::{Action, Confidence, Effort, Finding, Rule, Saving, cents};
use super::inventory::{Place, Steady, Usage};
use super::rate::PriceSource;

/// Days of a month, for a day's cost.
const MONTH_DAYS: f64 = 365.0 / 12.0;
/// What a Savings Plan of a year without upfront payment takes off, where AWS's advice is not asked.
const SAVINGS_PLAN: f64 = 0.20;

/// Traffic through NAT that a free gateway endpoint might carry, or between zones and regions.
pub(super) fn transfer(usage: &Usage, taste: &Taste) -> Option<Finding> {
    let name = usage.usage_type.as_str();
    let (rule, evidence, high) = if name.ends_with("NatGateway-Bytes") {
        let says = "through NAT; gateway endpoints for S3 and DynamoDB cost nothing";
        (Rule::NatHotSpot, says, usage.cost)
    } else if name.ends_with("DataTransfer-Regional-Bytes") {
        (
            Rule::TransferHotSpot,
            "between zones; where from is for flow logs to tell",
            0.0,
        )
    } else if name.ends_with("-AWS-Out-Bytes") {
        (Rule::TransferHotSpot, "between regions", 0.0)
    } else {
        return None;
    };
    (usage.cost >= taste.hot_spot).then(|| Finding {
        rule,
        place: Place {
            account: usage.account.clone(),
            region: String::new(),
        },
        resource: usage.usage_type.clone(),
        name: None,
        team: None,
        evidence: format!(
            "{:.2} USD in 30 days for {:.0} GB {evidence}",
            usage.cost, usage.quantity
        ),
        saving: Saving::between(0.0, high),
        cost: cents(usage.cost),
        covers: Vec::new(),
        price: PriceSource::Billed,
        confidence: Confidence::C,
        effort: Effort::Days,
        reversible: true,
        action: Action {
            runbook: "find-traffic",
            parameters: vec![("usage_type", usage.usage_type.clone())],
        },
    })
}

/// On-Demand use that never went below a level for thirty days.
pub(super) fn savings_plan(steady: &Steady) -> Option<Finding> {
    let least = steady.least_a_day;
    let cost = least * MONTH_DAYS;
    (cost * SAVINGS_PLAN >= 1.0).then(|| Finding {
        rule: Rule::SavingsPlan,
        place: Place {
            account: steady.account.clone(),
            region: String::new(),
        },
        resource: "compute".into(),
        name: None,
        team: None,
        evidence: format!(
            "never less than {least:.2} USD of On-Demand compute a day in 30 days; a commitment binds for a year"
        ),
        saving: Saving::exactly(cost * SAVINGS_PLAN),
        cost: cents(cost),
        covers: Vec::new(),
        price: PriceSource::Billed,
        confidence: Confidence::B,
        effort: Effort::Hours,
        reversible: false,
        action: Action {
            runbook: "buy-savings-plan",
            parameters: vec![(
                "hourly_commitment",
                format!("{:.3}", least / 24.0 * (1.0 - SAVINGS_PLAN)),
            )],
        },
    })
}

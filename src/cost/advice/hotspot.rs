//! What the bill alone tells: traffic that costs, and steady use that nothing is committed to.

use super::Taste;
use super::finding::{Action, Confidence, Effort, Finding, Rule, Saving, cents};
use super::inventory::{Inventory, Network, Place, Steady, Usage};
use super::rate::{PriceSource, region_of};

/// Days of a month, for a day's cost.
const MONTH_DAYS: f64 = 365.0 / 12.0;
/// What a Savings Plan of a year without upfront payment takes off, where AWS's advice is not asked.
pub(super) const SAVINGS_PLAN: f64 = 0.20;
/// What its runbook calls that which is bought.
const HOURLY: &str = "hourly_commitment";

/// Traffic through NAT that a free gateway endpoint might carry, or between zones and regions.
pub(super) fn transfer(usage: &Usage, inventory: &Inventory, taste: &Taste) -> Option<Finding> {
    let name = usage.usage_type.as_str();
    let days = inventory.window.days();
    let cost = usage.cost * super::bill::DAYS as f64 / days as f64;
    let place = Place {
        account: usage.account.clone(),
        region: region_of(name).unwrap_or_default().to_owned(),
    };
    let (rule, evidence, high) = if name.ends_with("NatGateway-Bytes") {
        let says = nat_evidence(&place, &inventory.networks)?;
        (Rule::NatHotSpot, says, cost)
    } else if name.ends_with("DataTransfer-Regional-Bytes") {
        (
            Rule::TransferHotSpot,
            "between zones; where from is for flow logs to tell".to_owned(),
            0.0,
        )
    } else if name.ends_with("-AWS-Out-Bytes") {
        (Rule::TransferHotSpot, "between regions".to_owned(), 0.0)
    } else {
        return None;
    };
    (cost >= taste.hot_spot).then(|| Finding {
        rule,
        place: place.clone(),
        resource: usage.usage_type.clone(),
        name: None,
        team: None,
        evidence: format!(
            "{:.2} USD in {days} days for {:.0} GB {evidence}",
            usage.cost, usage.quantity
        ),
        saving: Saving::between(0.0, high),
        cost: cents(cost),
        covers: Vec::new(),
        price: PriceSource::Billed,
        confidence: Confidence::C,
        effort: Effort::Days,
        billed_as: None,
        due: None,
        reversible: true,
        action: Action::of(rule, &place, &usage.usage_type),
    })
}

/// What of the traffic could go without NAT; `None` when every network of the place already lets S3 and DynamoDB go past it.
fn nat_evidence(place: &Place, networks: &[Network]) -> Option<String> {
    let here = networks.iter().filter(|network| network.place == *place);
    let lacking: Vec<String> = here
        .clone()
        .filter_map(|network| {
            let lacks = match (network.s3, network.dynamodb) {
                (true, true) => return None,
                (false, true) => "S3",
                (true, false) => "DynamoDB",
                (false, false) => "S3 and DynamoDB",
            };
            Some(format!("{} has no gateway endpoint for {lacks}", network.id))
        })
        .collect();
    if here.count() > 0 && lacking.is_empty() {
        return None;
    }
    Some(match lacking.is_empty() {
        true => "through NAT; gateway endpoints for S3 and DynamoDB cost nothing".to_owned(),
        false => format!("through NAT; {}, which costs nothing", lacking.join(", ")),
    })
}

/// On-Demand use that never went below a level for thirty days.
pub(super) fn savings_plan(steady: &Steady) -> Option<Finding> {
    let least = steady.least_a_day;
    let cost = least * MONTH_DAYS;
    let place = Place {
        account: steady.account.clone(),
        region: String::new(),
    };
    (cost * SAVINGS_PLAN >= 1.0).then(|| Finding {
        rule: Rule::SavingsPlan,
        place: place.clone(),
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
        billed_as: None,
        due: None,
        reversible: false,
        action: Action::of(Rule::SavingsPlan, &place, "compute").with(HOURLY, hourly(least)),
    })
}

/// What is committed to for so much a day.
fn hourly(a_day: f64) -> String {
    format!("{:.3}", a_day / 24.0 * (1.0 - SAVINGS_PLAN))
}

/// Leaves a plan what the other moves leave to commit to, in dollars a month.
pub(super) fn shrink(plan: &mut Finding, left: f64) {
    let a_day = left / MONTH_DAYS;
    plan.evidence += &format!("; the other moves leave {a_day:.2} of it");
    let parameters = plan.action.parameters.iter_mut();
    for (_, value) in parameters.filter(|(name, _)| *name == HOURLY) {
        *value = hourly(a_day);
    }
}

//! Findings out of the bill alone, for whoever has only that: resources whose usage type says what they are, and gateways
//! that were paid for by the hour and let nothing through.

use std::collections::BTreeMap;

use super::finding::{Action, Confidence, Effort, Finding, Rule, Saving, cents};
use super::inventory::{Inventory, Place};
use super::rate::PriceSource;
use super::window::Window;
use super::{Taste, family};

/// Days of a month.
pub(super) const MONTH: f64 = 365.0 / 12.0;
/// Of the hours of the days that are known; something younger is not judged.
const WHOLE: f64 = 0.9 * 24.0;
/// Fewer known days say of nothing that it was never used.
const FEW: i64 = 14;
const TO_GP3: f64 = 0.2;
const NEWER_GENERATION: f64 = 0.05;

/// What one resource cost for one usage type over the last days of the bill.
#[derive(Clone, Debug, PartialEq)]
pub struct Billed {
    pub place: Place,
    pub usage_type: String,
    pub resource: String,
    pub team: Option<String>,
    pub cost: f64,
    pub quantity: f64,
}

impl Billed {
    /// What it was charged for.
    pub(super) fn charge(&self) -> (&Place, &str, &str, &Option<String>) {
        (&self.place, &self.resource, &self.usage_type, &self.team)
    }

    fn is(&self, ending: &str) -> bool {
        self.usage_type.ends_with(ending)
    }
}

/// What rules find in `rows` about resources that nobody described to us.
pub(super) fn findings(rows: &[Billed], known: &Inventory, taste: &Taste) -> Vec<Finding> {
    let seen: std::collections::BTreeSet<&str> = known
        .volumes
        .iter()
        .map(|volume| volume.id.as_str())
        .chain(known.snapshots.iter().map(|snapshot| snapshot.id.as_str()))
        .chain(known.instances.iter().map(|instance| instance.id.as_str()))
        .chain(known.gateways.iter().map(|gateway| gateway.id.as_str()))
        .chain(known.addresses.iter().map(|address| address.id.as_str()))
        .collect();
    let window = &known.window;
    let mut of: BTreeMap<(&Place, &str), Vec<&Billed>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !seen.contains(row.resource.as_str())) {
        of.entry((&row.place, &row.resource)).or_default().push(row);
    }
    let each = of.into_values();
    each.flat_map(|rows| {
        let single = rows.iter().filter_map(|row| by_usage_type(row, window, taste));
        single.chain(idle(&rows, window)).collect::<Vec<_>>()
    })
    .collect()
}

fn by_usage_type(row: &Billed, window: &Window, taste: &Taste) -> Option<Finding> {
    let month = window.month(row.cost);
    let found = |row, rule, evidence, saving, sure| found(row, rule, evidence, (saving, month), sure);
    if row.is("EBS:VolumeUsage.gp2") {
        let evidence = "billed as gp2; what its speed would cost on gp3 is not in the bill";
        let saving = Saving::exactly(TO_GP3 * month);
        return found(row, Rule::NewerVolume, evidence.into(), saving, Confidence::B);
    }
    if row.is("EBS:SnapshotUsage") && month >= taste.snapshot {
        let evidence =
            format!("{month:.2} USD a month to keep it; whether its volume is gone is not in the bill");
        return found(
            row,
            Rule::OrphanSnapshot,
            evidence,
            Saving::between(0.0, month),
            Confidence::C,
        );
    }
    if row.is("PublicIPv4:IdleAddress") && is_whole(row, window) {
        let evidence = format!(
            "billed as idle for {:.0} hours of {} days",
            row.quantity,
            window.days()
        );
        return found(
            row,
            Rule::UnusedAddress,
            evidence,
            Saving::exactly(month),
            Confidence::A,
        );
    }
    let (_, instance_type) = row.usage_type.split_once("BoxUsage:")?;
    let family = family::of(instance_type).filter(|family| family.is_previous && family.current.is_some())?;
    let share = family.current.map_or(NEWER_GENERATION, |current| {
        family::share(instance_type, current, NEWER_GENERATION)
    });
    let evidence = format!("billed as {instance_type}, of a previous generation");
    found(
        row,
        Rule::CurrentGeneration,
        evidence,
        Saving::exactly(share * month),
        Confidence::B,
    )
}

/// Whether it was billed on all of the days that are known, of which there are enough.
fn is_whole(row: &Billed, window: &Window) -> bool {
    window.days() >= FEW && row.quantity >= WHOLE * window.days() as f64
}

/// Paid by the hour all the time, and never by what went through.
fn idle(rows: &[&Billed], window: &Window) -> Option<Finding> {
    let kinds = [
        ("NatGateway-Hours", "NatGateway-Bytes", "NAT gateway"),
        ("LoadBalancerUsage", "LCUUsage", "load balancer"),
        ("VpcEndpoint-Hours", "VpcEndpoint-Bytes", "interface endpoint"),
    ];
    let (hours, through, what) = kinds
        .into_iter()
        .find_map(|(hours, through, what)| Some((rows.iter().find(|row| row.is(hours))?, through, what)))?;
    let used: f64 = rows
        .iter()
        .filter(|row| row.is(through))
        .map(|row| row.quantity)
        .sum();
    if used > 0.0 || !is_whole(hours, window) {
        return None;
    }
    let evidence = format!(
        "{what} billed for {:.0} hours of {} days, and for nothing that went through",
        hours.quantity,
        window.days()
    );
    let month = window.month(hours.cost);
    let saving = (Saving::exactly(month), month);
    found(hours, Rule::IdleGateway, evidence, saving, Confidence::B)
}

/// What saves so much of so much a month.
fn found(
    row: &Billed,
    rule: Rule,
    evidence: String,
    (saving, month): (Saving, f64),
    sure: Confidence,
) -> Option<Finding> {
    let cost = cents(month);
    (saving.high > crate::cost::Amount::ZERO).then(|| Finding {
        rule,
        place: row.place.clone(),
        resource: row.resource.clone(),
        name: None,
        team: row.team.clone(),
        evidence,
        saving,
        cost,
        covers: Vec::new(),
        price: PriceSource::Billed,
        confidence: sure,
        effort: Effort::Minutes,
        billed_as: Some(row.usage_type.clone()),
        due: None,
        reversible: matches!(
            rule,
            Rule::NewerVolume | Rule::CurrentGeneration | Rule::IdleGateway
        ),
        action: Action::of(rule, &row.place, &row.resource),
    })
}

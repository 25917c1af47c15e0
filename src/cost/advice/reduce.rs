//! What can cost less while it goes on doing its work.

use super::Taste;
use super::finding::{Action, Confidence, Effort, Finding, Rule, Saving, cents};
use super::inventory::{Instance, LogGroup, State};
use super::rate::{MONTH_HOURS, Rates, Sku};

const WEEK_HOURS: f64 = 168.0;
const GIB: f64 = 1_073_741_824.0;

/// Not production, and running for longer than office hours, which would do. What a commitment covers is paid anyway, so
/// that only the rest is saved.
pub(super) fn off_hours(instance: &Instance, taste: &Taste) -> Option<Finding> {
    if instance.production || instance.state != State::Running || instance.in_scaling_group {
        return None;
    }
    let open = instance.open();
    let cost = instance.monthly()?;
    let week = WEEK_HOURS * instance.ran;
    let saving = Saving::exactly(cost * open * (1.0 - taste.office_hours / week).max(0.0));
    let runs = match instance.ran_throughout() {
        true => "runs day and night".to_owned(),
        false => format!("billed for {week:.0} hours a week"),
    };
    (saving.high > crate::cost::Amount::ZERO).then(|| Finding {
        rule: Rule::OffHours,
        place: instance.place.clone(),
        resource: instance.id.clone(),
        name: instance.name.clone(),
        team: instance.team.clone(),
        evidence: format!(
            "not production, {runs}; {:.0} % of it is not covered by a commitment",
            open * 100.0
        ),
        saving,
        cost: cents(cost),
        covers: Vec::new(),
        price: instance
            .hourly
            .map_or(super::PriceSource::List, |rate| rate.source),
        confidence: Confidence::B,
        effort: Effort::Hours,
        billed_as: None,
        due: None,
        reversible: true,
        action: Action::of(Rule::OffHours, &instance.place, &instance.id),
    })
}

/// Logs that are kept for ever. The low guess: ingested evenly over the group's life.
pub(super) fn endless_logs(group: &LogGroup, rates: &Rates, taste: &Taste) -> Option<Finding> {
    if group.retention_days.is_some() || group.stored_bytes <= GIB {
        return None;
    }
    let rate = rates.of(&group.place, Sku::LogGib);
    let cost = group.stored_bytes / GIB * rate.usd;
    let old = 1.0 - f64::from(taste.keep_logs_days) / f64::from(group.age_days.max(1));
    (old > 0.0).then(|| Finding {
        rule: Rule::EndlessLogs,
        place: group.place.clone(),
        resource: group.name.clone(),
        name: None,
        team: group.team.clone(),
        evidence: format!(
            "{:.1} GiB without retention, {:.0} % of its life before the last {} days",
            group.stored_bytes / GIB,
            old * 100.0,
            taste.keep_logs_days
        ),
        saving: Saving::exactly(cost * old),
        cost: cents(cost),
        covers: Vec::new(),
        price: rate.source,
        confidence: Confidence::B,
        effort: Effort::Minutes,
        billed_as: None,
        due: None,
        reversible: false,
        action: Action::of(Rule::EndlessLogs, &group.place, &group.name)
            .with("days", taste.keep_logs_days.to_string()),
    })
}

/// A public address of a machine that Systems Manager reaches without one.
pub(super) fn public_address(instance: &Instance, rates: &Rates) -> Option<Finding> {
    if !instance.public_ip || !instance.online || instance.state != State::Running {
        return None;
    }
    let rate = rates.of(&instance.place, Sku::PublicAddress);
    let cost = rate.usd * MONTH_HOURS;
    Some(Finding {
        rule: Rule::PublicAddress,
        place: instance.place.clone(),
        // The address, not the machine: stopping the one does not save the other twice.
        resource: format!("{}/public-ip", instance.id),
        name: instance.name.clone(),
        team: instance.team.clone(),
        evidence: "has a public address, and Systems Manager reaches it without one".into(),
        saving: Saving::exactly(cost),
        cost: cents(cost),
        covers: Vec::new(),
        price: rate.source,
        confidence: Confidence::B,
        effort: Effort::Hours,
        billed_as: None,
        due: None,
        reversible: true,
        action: Action::of(Rule::PublicAddress, &instance.place, &instance.id),
    })
}

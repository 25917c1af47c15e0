//! What can go: it costs and does nothing.

use super::finding::{Action, Confidence, Effort, Finding, Rule, Saving, cents};
use super::inventory::{
    Address, Gateway, GatewayKind, Instance, Inventory, Snapshot, State, Volume, VolumeKind,
};
use super::rate::{MONTH_HOURS, Rates, Sku};

const DETACHED_DAYS: u32 = 7;
const STOPPED_DAYS: u32 = 14;
const SNAPSHOT_DAYS: u32 = 90;
const DESERTED_DAYS: u32 = 14;
/// gp3 has these without a charge.
pub(super) const FREE_IOPS: f64 = 3_000.0;
pub(super) const FREE_MBPS: f64 = 125.0;

/// What a volume costs a month: its size, and the speed that is paid for apart.
pub(super) fn volume_monthly(volume: &Volume, rates: &Rates) -> f64 {
    let rate = |sku| rates.of(&volume.place, sku).usd;
    let speed = match volume.kind {
        VolumeKind::Io1 | VolumeKind::Io2 => volume.iops * rate(Sku::VolumeIops(volume.kind)),
        VolumeKind::Gp3 => {
            (volume.iops - FREE_IOPS).max(0.0) * rate(Sku::VolumeIops(VolumeKind::Gp3))
                + (volume.mbps - FREE_MBPS).max(0.0) * rate(Sku::VolumeMbps)
        }
        _ => 0.0,
    };
    volume.gib * rate(Sku::VolumeGib(volume.kind)) + speed
}

fn snapshot_of(volume: &Volume, rates: &Rates) -> f64 {
    volume.gib * rates.of(&volume.place, Sku::SnapshotGib).usd
}

/// A volume that nothing has been attached to for a week. Keeping a snapshot of it is the low guess.
pub(super) fn unattached_volume(volume: &Volume, rates: &Rates) -> Option<Finding> {
    let age = volume.detached_for_days;
    if volume.instance.is_some() || age.unwrap_or(volume.created_for_days) < DETACHED_DAYS {
        return None;
    }
    let cost = volume_monthly(volume, rates);
    let seen = match age {
        Some(days) => format!("detached for {days} days"),
        None => format!("not attached; created {} days ago", volume.created_for_days),
    };
    Some(Finding {
        rule: Rule::UnattachedVolume,
        place: volume.place.clone(),
        resource: volume.id.clone(),
        name: None,
        team: volume.team.clone(),
        evidence: format!("{:.0} GiB, {seen}", volume.gib),
        saving: Saving::between((cost - snapshot_of(volume, rates)).max(0.0), cost),
        cost: cents(cost),
        covers: Vec::new(),
        price: rates.of(&volume.place, Sku::VolumeGib(volume.kind)).source,
        confidence: if age.is_some() {
            Confidence::A
        } else {
            Confidence::B
        },
        effort: Effort::Minutes,
        billed_as: None,
        due: None,
        reversible: false,
        action: Action::of(Rule::UnattachedVolume, &volume.place, &volume.id),
    })
}

/// An instance that has been stopped for a fortnight: its disks and addresses go on costing.
pub(super) fn stopped_instance(instance: &Instance, inventory: &Inventory, rates: &Rates) -> Option<Finding> {
    let days = instance.state_for_days.filter(|days| *days > STOPPED_DAYS)?;
    if instance.state != State::Stopped {
        return None;
    }
    let belongs = |of: &Option<String>| of.as_ref() == Some(&instance.id);
    let volumes: Vec<&Volume> = inventory
        .volumes
        .iter()
        .filter(|volume| belongs(&volume.instance))
        .collect();
    let addresses: Vec<&Address> = inventory
        .addresses
        .iter()
        .filter(|address| belongs(&address.instance))
        .collect();
    if volumes.is_empty() && addresses.is_empty() {
        return None;
    }
    let address_rate = rates.of(&instance.place, Sku::PublicAddress).usd * MONTH_HOURS;
    let disks: f64 = volumes.iter().map(|volume| volume_monthly(volume, rates)).sum();
    let cost = disks + addresses.len() as f64 * address_rate;
    let kept: f64 = volumes.iter().map(|volume| snapshot_of(volume, rates)).sum();
    let covers = volumes.iter().map(|volume| volume.id.clone());
    Some(Finding {
        rule: Rule::StoppedInstance,
        place: instance.place.clone(),
        resource: instance.id.clone(),
        name: instance.name.clone(),
        team: instance.team.clone(),
        evidence: format!(
            "stopped for {days} days with {} volumes and {} addresses",
            volumes.len(),
            addresses.len()
        ),
        saving: Saving::between((cost - kept).max(0.0), cost),
        cost: cents(cost),
        covers: covers
            .chain(addresses.iter().map(|address| address.id.clone()))
            .collect(),
        price: volumes
            .first()
            .map_or(rates.of(&instance.place, Sku::PublicAddress), |volume| {
                rates.of(&volume.place, Sku::VolumeGib(volume.kind))
            })
            .source,
        confidence: Confidence::A,
        effort: Effort::Hours,
        billed_as: None,
        due: None,
        reversible: false,
        action: Action::of(Rule::StoppedInstance, &instance.place, &instance.id),
    })
}

/// An address that no running machine answers on.
pub(super) fn unused_address(address: &Address, inventory: &Inventory, rates: &Rates) -> Option<Finding> {
    let is_stopped = |id: &String| {
        inventory
            .instances
            .iter()
            .any(|instance| instance.id == *id && instance.state == State::Stopped)
    };
    let stopped = address.instance.as_ref().filter(|id| is_stopped(id));
    if address.associated && stopped.is_none() {
        return None;
    }
    let rate = rates.of(&address.place, Sku::PublicAddress);
    let cost = rate.usd * MONTH_HOURS;
    Some(Finding {
        rule: Rule::UnusedAddress,
        place: address.place.clone(),
        resource: address.id.clone(),
        name: Some(address.ip.clone()).filter(|ip| !ip.is_empty()),
        team: address.team.clone(),
        evidence: stopped.map_or("not associated".into(), |id| {
            format!("its instance {id} is stopped")
        }),
        saving: Saving::exactly(cost),
        cost: cents(cost),
        covers: Vec::new(),
        price: rate.source,
        confidence: Confidence::A,
        effort: Effort::Minutes,
        billed_as: None,
        due: None,
        reversible: false,
        action: Action::of(Rule::UnusedAddress, &address.place, &address.id),
    })
}

/// A snapshot whose volume is gone. Being incremental it may hold a tenth of its size; the bill knows.
pub(super) fn orphan_snapshot(snapshot: &Snapshot, rates: &Rates) -> Option<Finding> {
    if snapshot.age_days <= SNAPSHOT_DAYS || snapshot.volume_exists || snapshot.in_use {
        return None;
    }
    let tier = if snapshot.archived {
        Sku::SnapshotArchiveGib
    } else {
        Sku::SnapshotGib
    };
    let rate = rates.of(&snapshot.place, tier);
    let most = snapshot.gib * rate.usd;
    let (saving, price, confidence) = match snapshot.monthly {
        Some(cost) => (Saving::exactly(cost), super::PriceSource::Billed, Confidence::A),
        None => (Saving::between(most * 0.1, most), rate.source, Confidence::C),
    };
    Some(Finding {
        rule: Rule::OrphanSnapshot,
        place: snapshot.place.clone(),
        resource: snapshot.id.clone(),
        name: None,
        team: snapshot.team.clone(),
        evidence: format!(
            "{} days old, its volume of {:.0} GiB is gone",
            snapshot.age_days, snapshot.gib
        ),
        saving,
        cost: saving.high,
        covers: Vec::new(),
        price,
        confidence,
        effort: Effort::Minutes,
        billed_as: None,
        due: None,
        reversible: false,
        action: Action::of(Rule::OrphanSnapshot, &snapshot.place, &snapshot.id),
    })
}

/// A gateway that let nothing through for a fortnight, or has nothing behind it.
pub(super) fn idle_gateway(gateway: &Gateway, rates: &Rates) -> Option<Finding> {
    let (sku, what) = match gateway.kind {
        GatewayKind::Nat => (Sku::Nat, "NAT gateway without a byte out"),
        GatewayKind::LoadBalancer => (Sku::LoadBalancer, "load balancer without a request"),
        GatewayKind::Endpoint => (Sku::Endpoint, "interface endpoint without a byte"),
    };
    let deserted = gateway.healthy == Some(0) && gateway.age_days >= DESERTED_DAYS;
    let (evidence, confidence) = match gateway.traffic {
        Some(0.0) if gateway.healthy == Some(0) => (
            format!("{what} for 14 days, and no healthy target behind it"),
            Confidence::A,
        ),
        Some(0.0) => (format!("{what} for 14 days"), Confidence::A),
        None if deserted => (
            "load balancer with no healthy target behind it; its requests are not known".to_owned(),
            Confidence::B,
        ),
        _ => return None,
    };
    let rate = rates.of(&gateway.place, sku);
    let cost = rate.usd * MONTH_HOURS * gateway.units;
    Some(Finding {
        rule: Rule::IdleGateway,
        place: gateway.place.clone(),
        resource: gateway.id.clone(),
        name: gateway.name.clone(),
        team: gateway.team.clone(),
        evidence,
        saving: Saving::exactly(cost),
        cost: cents(cost),
        covers: Vec::new(),
        price: rate.source,
        confidence,
        effort: Effort::Hours,
        billed_as: None,
        due: None,
        reversible: true,
        action: Action::of(Rule::IdleGateway, &gateway.place, &gateway.id),
    })
}

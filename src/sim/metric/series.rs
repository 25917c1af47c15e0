//! The data points of one metric: of machines by their load, of gateways and load balancers by their traffic, of databases
//! by what they are. What is not
//! there, or did not run, has none, as at CloudWatch.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::database;
use crate::sim::dice::Dice;
use crate::sim::fleet::{Instance, Place, Power};
use crate::sim::load::Load;

pub struct Wanted<'a> {
    pub namespace: &'a str,
    pub name: &'a str,
    pub dimensions: &'a BTreeMap<&'a str, &'a str>,
    pub period_seconds: i64,
    pub stat: &'a str,
    pub from: Timestamp,
    pub to: Timestamp,
}

const HOUR: i64 = 3600;

/// Moments and values, the newest first.
pub fn of(place: &Place, seed: u64, wanted: &Wanted<'_>) -> Vec<(Timestamp, f64)> {
    let dimension = |name: &str| wanted.dimensions.get(name).copied().unwrap_or_default();
    let estate = &place.estate;
    match (wanted.namespace, wanted.name) {
        ("AWS/EC2", name) => {
            let instance = place
                .instances
                .iter()
                .find(|one| one.id == dimension("InstanceId"));
            let running = instance.filter(|one| matches!(one.power, Power::Running | Power::Starting(_)));
            running
                .map(|one| match name {
                    "CPUCreditBalance" => database::credits(one, seed, wanted),
                    _ => machine(one, name, seed, wanted),
                })
                .unwrap_or_default()
        }
        ("AWS/EBS", "BurstBalance") => {
            let mut volumes = place.instances.iter().flat_map(|one| &one.volumes);
            let found = volumes.find(|one| one.id == dimension("VolumeId"));
            found
                .map(|one| database::burst(one, seed, wanted))
                .unwrap_or_default()
        }
        ("AWS/EBS", "VolumeReadOps" | "VolumeWriteOps") => {
            let mut volumes = place.instances.iter().flat_map(|one| &one.volumes);
            let found = volumes.find(|one| one.id == dimension("VolumeId"));
            found
                .map(|one| database::operations(one, seed, wanted))
                .unwrap_or_default()
        }
        ("AWS/RDS", _) => {
            let name = dimension("DBInstanceIdentifier");
            let found = estate.databases.iter().find(|one| one.name == name);
            found
                .map(|one| database::of(one, seed, wanted))
                .unwrap_or_default()
        }
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count" | "HTTPCode_ELB_5XX_Count") => {
            let found = estate
                .balancers
                .iter()
                .find(|one| one.dimension() == dimension("LoadBalancer"));
            let busy = found.filter(|one| one.requests > 0.0);
            busy.map(|one| errors(&one.id, one.requests, seed, wanted))
                .unwrap_or_default()
        }
        ("AWS/NATGateway", "BytesOutToDestination" | "BytesOutToSource") => {
            let nat = estate.nats.iter().find(|nat| nat.id == dimension("NatGatewayId"));
            nat.map(|nat| even(nat.bytes, wanted)).unwrap_or_default()
        }
        ("AWS/PrivateLinkEndpoints", "BytesProcessed") => {
            let found = estate
                .endpoints
                .iter()
                .find(|one| one.id == dimension("VPC Endpoint Id"));
            found.map(|one| even(one.bytes, wanted)).unwrap_or_default()
        }
        ("AWS/ApplicationELB", "RequestCount") | ("AWS/NetworkELB", "NewFlowCount") => {
            let found = estate
                .balancers
                .iter()
                .find(|one| one.dimension() == dimension("LoadBalancer"));
            // A load balancer reports requests only when there are some.
            found
                .filter(|one| one.requests > 0.0)
                .map(|one| even(one.requests, wanted))
                .unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Starts of the periods, the newest first.
pub fn periods(wanted: &Wanted<'_>) -> impl Iterator<Item = Timestamp> {
    let step = wanted.period_seconds.max(60);
    let first = wanted.from.as_second().div_euclid(step) * step;
    let count = (wanted.to.as_second() - first).max(0) / step;
    (0..count)
        .rev()
        .filter_map(move |nth| Timestamp::from_second(first + nth * step).ok())
}

fn machine(instance: &Instance, name: &str, seed: u64, wanted: &Wanted<'_>) -> Vec<(Timestamp, f64)> {
    let load = Load::of(instance, seed);
    let since = instance.launched_at;
    let hours = (wanted.period_seconds / HOUR).max(1);
    let value = |start: Timestamp| {
        let of_hour = (0..hours).map(|hour| {
            let hour = start + SignedDuration::from_secs(hour * HOUR);
            match name {
                "CPUUtilization" => load.cpu(instance, seed, hour),
                _ => load.network(instance, seed, hour),
            }
        });
        match wanted.stat {
            "Sum" => of_hour.sum(),
            "Average" => of_hour.sum::<f64>() / hours as f64,
            "Minimum" => of_hour.fold(f64::INFINITY, f64::min),
            _ => of_hour.fold(0.0, f64::max),
        }
    };
    let known = matches!(name, "CPUUtilization" | "NetworkIn" | "NetworkOut");
    periods(wanted)
        .filter(|start| known && *start >= since)
        .map(|start| (start, value(start)))
        .collect()
}

/// So much a day, evenly.
fn even(daily: f64, wanted: &Wanted<'_>) -> Vec<(Timestamp, f64)> {
    let value = daily * wanted.period_seconds as f64 / 86_400.0;
    periods(wanted).map(|start| (start, value)).collect()
}

/// Every third period or so has errors, a few in ten thousand requests; CloudWatch has nothing for the others.
fn errors(id: &str, daily: f64, seed: u64, wanted: &Wanted<'_>) -> Vec<(Timestamp, f64)> {
    let share = if wanted.name.contains("Target") {
        4e-4
    } else {
        1e-4
    };
    let requests = daily * wanted.period_seconds as f64 / 86_400.0;
    periods(wanted)
        .filter_map(|start| {
            let what = format!("{}/{id}/{}", wanted.name, start.as_second());
            let mut dice = Dice::new(seed, &what);
            let count = (requests * share * 2.0 * dice.unit()).ceil();
            (dice.below(3) == 0).then_some((start, count))
        })
        .collect()
}

//! Metrics: what is on disk and no older than a day, the rest from CloudWatch in batches, each taken from the same allowance
//! as paid requests before it goes out. Kept are the figures that rules use, not the samples.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::super::inventory::{Gateway, GatewayKind, Instance, Inventory, State};
use super::{Ask, Seen, Site, WATCHED_DAYS};
use crate::aws::{Failure, MetricQuery, MetricSeries, Unanswered};
use crate::cost::{Refresh, today};

/// Data points on one page of an answer; a batch that fits is paid for once.
const PAGE: usize = 100_800;
const BATCH: usize = 500;
const HOUR: i32 = 3600;
const DAY: i32 = 86_400;
const FRESH_HOURS: i64 = 24;
/// Of a fortnight's hours, as many as make it one.
const ENOUGH: usize = 300;

/// What a fortnight of one metric comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Digest {
    points: usize,
    max: f64,
    p95: f64,
    sum: f64,
}

/// The figures of one place, by resource and metric.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    fetched_at: Timestamp,
    digests: BTreeMap<String, Digest>,
}

/// What one place brought.
#[derive(Default)]
struct Brought {
    digests: BTreeMap<String, Digest>,
    notes: Vec<String>,
    failures: Vec<Failure>,
    asked: u32,
    wanted: u32,
    /// Of these, those that are not on disk or older than a day.
    lacking: u32,
}

/// Asks what is needed, in every place at once, and fills it in.
pub async fn fill(ask: &Ask<'_>, sites: &[Site], seen: &mut Seen) {
    let wanted = sites.iter().map(|site| wanted(site, &seen.inventory));
    let asked = sites
        .iter()
        .zip(wanted)
        .map(|(site, wanted)| figures(ask, site, wanted));
    let brought = join_all(asked).await;
    for (site, brought) in sites.iter().zip(brought) {
        brought.notes.into_iter().for_each(|says| seen.note(says));
        brought
            .failures
            .into_iter()
            .for_each(|failure| seen.fail(failure));
        seen.metrics += brought.asked;
        seen.toll.metrics += brought.wanted;
        seen.toll.lacking_metrics += brought.lacking;
        let kept = brought.digests;
        let Inventory {
            instances, gateways, ..
        } = &mut seen.inventory;
        for instance in instances.iter_mut().filter(|one| one.place == site.place) {
            apply(instance, &kept);
        }
        for gateway in gateways.iter_mut().filter(|one| one.place == site.place) {
            let digest = of_gateway(gateway).and_then(|(key, _)| kept.get(&key));
            gateway.traffic = digest.map(|digest| digest.sum);
        }
    }
}

fn wanted(site: &Site, inventory: &Inventory) -> BTreeMap<String, MetricQuery> {
    let instances = inventory.instances.iter().filter(|one| one.place == site.place);
    let gateways = inventory.gateways.iter().filter(|one| one.place == site.place);
    let of_gateways = gateways.filter_map(of_gateway);
    instances.flat_map(of_instance).chain(of_gateways).collect()
}

fn key(resource: &str, metric: &str) -> String {
    format!("{resource}/{metric}")
}

fn of_instance(instance: &Instance) -> Vec<(String, MetricQuery)> {
    let old_enough = instance
        .age_days
        .is_some_and(|days| i64::from(days) >= WATCHED_DAYS);
    if instance.state != State::Running || !old_enough {
        return Vec::new();
    }
    let query = |name, stat| MetricQuery {
        namespace: "AWS/EC2",
        name,
        dimensions: vec![("InstanceId", instance.id.clone())],
        stat,
        period_seconds: HOUR,
    };
    [
        ("CPUUtilization", "Maximum"),
        ("NetworkIn", "Sum"),
        ("NetworkOut", "Sum"),
    ]
    .map(|(name, stat)| (key(&instance.id, name), query(name, stat)))
    .into()
}

fn of_gateway(gateway: &Gateway) -> Option<(String, MetricQuery)> {
    let id = &gateway.id;
    let (namespace, name, dimensions) = match gateway.kind {
        _ if i64::from(gateway.age_days) < WATCHED_DAYS => return None,
        GatewayKind::Nat => (
            "AWS/NATGateway",
            "BytesOutToDestination",
            vec![("NatGatewayId", id.clone())],
        ),
        GatewayKind::Endpoint => (
            "AWS/PrivateLinkEndpoints",
            "BytesProcessed",
            vec![
                ("Endpoint Type", "Interface".to_owned()),
                ("Service Name", gateway.name.clone()?),
                ("VPC Endpoint Id", id.clone()),
                ("VPC Id", gateway.vpc.clone()?),
            ],
        ),
        GatewayKind::LoadBalancer => {
            let path = id.split_once(":loadbalancer/")?.1;
            let (namespace, name) = match path.split_once('/')?.0 {
                "app" => ("AWS/ApplicationELB", "RequestCount"),
                "net" => ("AWS/NetworkELB", "NewFlowCount"),
                _ => return None,
            };
            (namespace, name, vec![("LoadBalancer", path.to_owned())])
        }
    };
    let query = MetricQuery {
        namespace,
        name,
        dimensions,
        stat: "Sum",
        period_seconds: DAY,
    };
    Some((key(id, name), query))
}

fn apply(instance: &mut Instance, kept: &BTreeMap<String, Digest>) {
    let of = |name: &str| {
        let digest = kept.get(&key(&instance.id, name));
        digest.copied().filter(|digest| digest.points >= ENOUGH)
    };
    if let Some(cpu) = of("CPUUtilization") {
        instance.cpu_max = Some(cpu.max);
        instance.cpu_p95 = Some(cpu.p95);
    }
    if let (Some(into), Some(out)) = (of("NetworkIn"), of("NetworkOut")) {
        instance.network_max = Some((into.max + out.max) / f64::from(HOUR));
    }
}

/// From disk, and what is not there from CloudWatch; what was asked is on disk afterwards.
async fn figures(ask: &Ask<'_>, site: &Site, wanted: BTreeMap<String, MetricQuery>) -> Brought {
    let mut brought = Brought::default();
    let shelf = ask.shelf(&site.place.account);
    let name = format!("metrics/{}.json", site.place.region);
    let mut kept: Kept = shelf.load(&name).unwrap_or_default();
    let age = ask.now.as_second() - kept.fetched_at.as_second();
    let young = (0..FRESH_HOURS * 3600).contains(&age);
    let known = |key: &String| young && kept.digests.contains_key(key);
    brought.wanted = wanted.len() as u32;
    brought.lacking = wanted.keys().filter(|key| !known(key)).count() as u32;
    let fresh = young && ask.refresh != Refresh::Force;
    if !fresh && ask.refresh != Refresh::Never {
        kept = Kept {
            fetched_at: ask.now,
            ..Kept::default()
        };
    }
    let missing: Vec<(String, MetricQuery)> = wanted
        .into_iter()
        .filter(|(key, _)| !kept.digests.contains_key(key))
        .collect();
    if !missing.is_empty() && ask.refresh == Refresh::Never {
        let says = "metrics that are not on disk were not asked for: they are paid for";
        brought.notes.push(says.to_owned());
    } else if !missing.is_empty() {
        for batch in batches(missing) {
            if !fetch(ask, site, &batch, &mut kept, &mut brought).await {
                break;
            }
        }
        if brought.asked > 0
            && let Err(why) = shelf.save(&name, &kept)
        {
            let says = format!("metrics cannot be kept, and will be asked for again: {why}");
            brought.notes.push(says);
        }
    }
    brought.digests = kept.digests;
    brought
}

/// As many metrics as one call and one page take.
fn batches(queries: Vec<(String, MetricQuery)>) -> Vec<Vec<(String, MetricQuery)>> {
    let mut batches: Vec<Vec<(String, MetricQuery)>> = Vec::new();
    let mut points = 0;
    for query in queries {
        let of = (WATCHED_DAYS * 86_400 / i64::from(query.1.period_seconds)) as usize + 1;
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && points + of <= PAGE => {
                points += of;
                batch.push(query);
            }
            _ => {
                points = of;
                batches.push(vec![query]);
            }
        }
    }
    batches
}

/// Whether there is sense in asking for more.
async fn fetch(
    ask: &Ask<'_>,
    site: &Site,
    batch: &[(String, MetricQuery)],
    kept: &mut Kept,
    brought: &mut Brought,
) -> bool {
    let meter = ask.meter(&site.reached.profile);
    let (day, count) = (today(ask.now), batch.len() as u32);
    let refused = match meter.take_metrics(day, count) {
        Ok(true) => None,
        Ok(false) => Some(format!("not all metrics are known: {}", meter.refusal(day))),
        Err(why) => Some(format!(
            "no metrics are asked for, since they cannot be counted: {why}"
        )),
    };
    if let Some(says) = refused {
        brought.notes.push(says);
        return false;
    }
    let queries: Vec<MetricQuery> = batch.iter().map(|(_, query)| query.clone()).collect();
    let span = (ask.now - (WATCHED_DAYS * 24).hours(), ask.now);
    match ask.cloud.fetch_metrics(&site.reached, &queries, span).await {
        Ok(series) => {
            brought.asked += count;
            let digests = batch.iter().zip(series);
            kept.digests
                .extend(digests.map(|((key, _), series)| (key.clone(), digest(series))));
            true
        }
        Err(Unanswered { failure, may_be_paid }) => {
            if !may_be_paid && let Err(why) = meter.give_back_metrics(day, count) {
                let says = format!("metrics that nobody paid for stay counted: {why}");
                brought.notes.push(says);
            }
            brought.failures.push(failure);
            false
        }
    }
}

fn digest(mut values: MetricSeries) -> Digest {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let at = (values.len() * 95).div_ceil(100).saturating_sub(1);
    Digest {
        points: values.len(),
        max: values.last().copied().unwrap_or(0.0),
        p95: values.get(at).copied().unwrap_or(0.0),
        sum: values.iter().sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_takes_the_nearest_rank() {
        let digest = digest((1..=20).rev().map(f64::from).chain([f64::NAN]).collect());
        assert_eq!(
            (digest.points, digest.max, digest.p95, digest.sum),
            (20, 20.0, 19.0, 210.0)
        );
        assert_eq!(super::digest(Vec::new()), Digest::default());
    }

    #[test]
    fn a_batch_is_what_one_call_and_one_page_take() {
        let query = |period_seconds| MetricQuery {
            namespace: "AWS/EC2",
            name: "CPUUtilization",
            dimensions: Vec::new(),
            stat: "Maximum",
            period_seconds,
        };
        let sizes = |count: usize, period| {
            let queries = (0..count).map(|nth| (nth.to_string(), query(period))).collect();
            batches(queries).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(1_100, DAY), [500, 500, 100]);
        assert_eq!(sizes(300, HOUR), [299, 1], "337 points each");
        assert!(sizes(0, HOUR).is_empty());
    }
}

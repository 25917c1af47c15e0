//! What a place has besides machines, from EC2, load balancing and logs at once. A snapshot is judged only when both the
//! volumes and the images are known: else what is in use would look forgotten.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use jiff::Timestamp;

use super::super::bill::Bill;
use super::super::inventory::{
    Address, Gateway, GatewayKind, LogGroup, Network, Place, Snapshot, Volume, VolumeKind,
};
use super::{Ask, Seen, Site, TEAM, sight};
use crate::aws::{self, Balancer, Disk, ElasticIp, Failure, NatGateway, VpcEndpoint};
use crate::cost::today;

pub struct Found {
    disks: Result<Vec<Disk>, Failure>,
    addresses: Result<Vec<ElasticIp>, Failure>,
    snapshots: Result<Vec<aws::Snapshot>, Failure>,
    imaged: Result<BTreeSet<String>, Failure>,
    nats: Result<Vec<NatGateway>, Failure>,
    endpoints: Result<Vec<VpcEndpoint>, Failure>,
    balancers: Result<Vec<Balancer>, Failure>,
    log_groups: Result<Vec<aws::LogGroup>, Failure>,
}

pub async fn fetch(ask: &Ask<'_>, site: &Site) -> Found {
    let (cloud, place) = (ask.cloud, &site.reached);
    let disks = async { cloud.fetch_disks(place).await.try_concat().await };
    let (disks, addresses, snapshots, imaged, nats, endpoints, balancers, log_groups) = tokio::join!(
        disks,
        cloud.fetch_addresses(place),
        cloud.fetch_snapshots(place),
        cloud.fetch_imaged_snapshots(place),
        cloud.fetch_nat_gateways(place),
        cloud.fetch_vpc_endpoints(place),
        cloud.fetch_balancers(place),
        cloud.fetch_log_groups(place),
    );
    Found {
        disks,
        addresses,
        snapshots,
        imaged,
        nats,
        endpoints,
        balancers,
        log_groups,
    }
}

pub fn take(ask: &Ask<'_>, site: &Site, found: Found, bill: &Bill, seen: &mut Seen) {
    let place = &site.place;
    let disks = seen.keep(found.disks);
    let imaged = seen.keep(found.imaged);
    if let (Some(snapshots), Some(disks), Some(imaged)) = (seen.keep(found.snapshots), &disks, imaged) {
        let alive: BTreeSet<&str> = disks.iter().map(|disk| disk.id.as_str()).collect();
        let rows = snapshots.into_iter().map(|one| Snapshot {
            volume_exists: alive.contains(one.volume.as_str()),
            in_use: imaged.contains(&one.id) || is_managed(&one.tags),
            team: one.tags.get(TEAM).cloned(),
            gib: f64::from(one.gib),
            archived: one.archived,
            age_days: ask.days_since(one.started_at).unwrap_or(0),
            monthly: bill.monthly(&one.id),
            id: one.id,
            place: place.clone(),
        });
        seen.inventory.snapshots.extend(rows);
    }
    take_volumes(ask, place, disks.unwrap_or_default(), seen);
    for one in seen.keep(found.addresses).unwrap_or_default() {
        seen.inventory.addresses.push(Address {
            place: place.clone(),
            team: one.tags.get(TEAM).cloned(),
            id: one.id,
            ip: one.ip,
            instance: one.instance,
            associated: one.associated,
        });
    }
    take_gateways(ask, place, seen, found.nats, found.endpoints);
    for one in seen.keep(found.balancers).unwrap_or_default() {
        let kind = GatewayKind::LoadBalancer;
        let mut gateway = gateway(ask, place, &one.arn, kind, one.created_at, &one.tags);
        gateway.name = Some(one.name);
        gateway.healthy = Some(one.healthy);
        seen.inventory.gateways.push(gateway);
    }
    for one in seen.keep(found.log_groups).unwrap_or_default() {
        seen.inventory.log_groups.push(LogGroup {
            place: place.clone(),
            team: None,
            stored_bytes: one.stored_bytes as f64,
            retention_days: one.retention_days.and_then(|days| u32::try_from(days).ok()),
            age_days: ask.days_since(one.created_at).unwrap_or(0),
            name: one.name,
        });
    }
}

/// Kept by AWS Backup or by a lifecycle policy, which delete it when its time has come.
fn is_managed(tags: &BTreeMap<String, String>) -> bool {
    tags.keys()
        .any(|key| key.starts_with("aws:backup:") || key.starts_with("aws:dlm:"))
}

fn take_volumes(ask: &Ask<'_>, place: &Place, disks: Vec<Disk>, seen: &mut Seen) {
    let today = today(ask.now);
    let loose: Vec<&str> = disks
        .iter()
        .filter(|disk| disk.instance.is_none())
        .map(|disk| disk.id.as_str())
        .collect();
    let sights = match sight::remember(&ask.shelf(&place.account), &place.region, &loose, today) {
        Ok(sights) => sights,
        Err(why) => {
            seen.note(format!("since when volumes are detached cannot be kept: {why}"));
            sight::Sights::new()
        }
    };
    for disk in disks {
        let Some(kind) = VolumeKind::parse(&disk.kind) else {
            seen.note(format!(
                "volumes of kind {:?} are not known to the rules",
                disk.kind
            ));
            continue;
        };
        let seen_for = sights
            .get(&disk.id)
            .and_then(|first| u32::try_from((today - *first).get_days()).ok());
        seen.inventory.volumes.push(Volume {
            place: place.clone(),
            team: disk.tags.get(TEAM).cloned(),
            kind,
            gib: f64::from(disk.gib),
            iops: f64::from(disk.iops.unwrap_or_default()),
            mbps: f64::from(disk.throughput.unwrap_or_default()),
            instance: disk.instance,
            // A week of sight proves it; less proves nothing.
            detached_for_days: seen_for.filter(|days| *days >= 7),
            created_for_days: ask.days_since(disk.created_at).unwrap_or(0),
            id: disk.id,
        });
    }
}

fn take_gateways(
    ask: &Ask<'_>,
    place: &Place,
    seen: &mut Seen,
    nats: Result<Vec<NatGateway>, Failure>,
    endpoints: Result<Vec<VpcEndpoint>, Failure>,
) {
    let (nats, endpoints) = (seen.keep(nats), seen.keep(endpoints));
    if let (Some(nats), Some(endpoints)) = (&nats, &endpoints) {
        let mut vpcs: Vec<&str> = nats.iter().map(|nat| nat.vpc.as_str()).collect();
        vpcs.sort_unstable();
        vpcs.dedup();
        for vpc in vpcs {
            let has = |service: &str| {
                endpoints
                    .iter()
                    .any(|one| one.is_gateway && one.vpc == vpc && one.service.ends_with(service))
            };
            seen.inventory.networks.push(Network {
                place: place.clone(),
                id: vpc.to_owned(),
                s3: has(".s3"),
                dynamodb: has(".dynamodb"),
            });
        }
    }
    for nat in nats.unwrap_or_default() {
        let gateway = gateway(ask, place, &nat.id, GatewayKind::Nat, nat.created_at, &nat.tags);
        seen.inventory.gateways.push(gateway);
    }
    let paid = endpoints.into_iter().flatten().filter(|one| !one.is_gateway);
    for one in paid {
        let mut gateway = gateway(
            ask,
            place,
            &one.id,
            GatewayKind::Endpoint,
            one.created_at,
            &one.tags,
        );
        gateway.units = one.interfaces.max(1) as f64;
        gateway.name = Some(one.service);
        gateway.vpc = Some(one.vpc);
        seen.inventory.gateways.push(gateway);
    }
}

fn gateway(
    ask: &Ask<'_>,
    place: &Place,
    id: &str,
    kind: GatewayKind,
    created_at: Option<Timestamp>,
    tags: &BTreeMap<String, String>,
) -> Gateway {
    Gateway {
        place: place.clone(),
        id: id.to_owned(),
        name: None,
        vpc: None,
        team: tags.get(TEAM).cloned(),
        kind,
        units: 1.0,
        healthy: None,
        age_days: ask.days_since(created_at).unwrap_or(0),
        traffic: None,
    }
}

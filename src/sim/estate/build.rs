//! Furnishing a place: the network that its machines need, and what people leave behind, thrown from the seed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::certificate::certificates;
use super::database::databases;
use super::{
    Address, Balancer, Bin, Disk, Endpoint, Estate, Image, LogGroup, Loose, Nat, Rule, Snapshot, Tags,
};
use crate::sim::dice::Dice;
use crate::sim::fleet::{Instance, Place, Platform, Power, Shape};

const DAY: i64 = 86_400;
const GIB: u64 = 1 << 30;

/// Where a place is: the account by its number and id, the region by its number among the account's.
pub struct Site<'a> {
    pub seed: u64,
    pub account: usize,
    pub account_id: &'a str,
    pub region: &'a str,
    pub nth: usize,
    pub today: Timestamp,
}

impl Site<'_> {
    pub fn dice(&self, what: &str) -> Dice {
        Dice::new(
            self.seed,
            &format!("estate/{what}/{}/{}", self.account_id, self.region),
        )
    }

    pub fn ago(&self, days: u64, dice: &mut Dice) -> Timestamp {
        self.today - SignedDuration::from_secs(days as i64 * DAY + dice.below(80_000) as i64)
    }

    /// The first account works; the others are where things are tried out and forgotten.
    fn is_playground(&self) -> bool {
        self.account > 0
    }
}

/// What the machines of a place have around them. A place without machines has nothing.
pub fn furnish(site: &Site<'_>, place: &Place) -> Estate {
    let alive: Vec<&Instance> = place
        .instances
        .iter()
        .filter(|instance| !matches!(instance.power, Power::Terminated(_)))
        .collect();
    let Some(first) = alive.first() else {
        return Estate::default();
    };
    let snapshots = snapshots(site, &alive);
    let images = images(site, &snapshots);
    let balancers = balancers(site, &alive);
    Estate {
        loose: loose(site, first),
        addresses: addresses(site, &alive),
        nats: nats(site, first),
        endpoints: endpoints(site, first),
        databases: databases(site),
        certificates: certificates(site, &balancers),
        rules: rules(site, &alive),
        balancers,
        log_groups: log_groups(site, &alive),
        snapshots,
        images,
        bin: (!site.is_playground()).then(|| bin(site)),
        ..Estate::default()
    }
}

/// Where work is done, deleted snapshots are kept for a week.
fn bin(site: &Site<'_>) -> Bin {
    Bin {
        rule: site.dice("bin").hex(11),
        days: 7,
        snapshots: Vec::new(),
    }
}

fn tagged(pairs: &[(&str, &str)]) -> Tags {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn cost_tags(of: &Instance) -> Tags {
    let kept = ["team", "env", "service"];
    kept.iter()
        .filter_map(|key| of.tags.get_key_value(*key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn service(instance: &Instance) -> &str {
    instance.tags.get("service").map_or("misc", String::as_str)
}

fn loose(site: &Site<'_>, first: &Instance) -> Vec<Loose> {
    let mut dice = site.dice("loose");
    let kinds = [("gp2", 300), ("gp3", 3_000), ("io1", 2_000)];
    let count = 1 + dice.below(3) as usize;
    (0..count)
        .map(|nth| {
            let (kind, iops) = kinds[(nth + site.nth) % kinds.len()];
            let days = 12 + dice.below(300);
            Loose {
                id: format!("vol-0{}", dice.hex(16)),
                zone: first.zone.clone(),
                shape: Shape {
                    iops,
                    ..Shape::usual(kind, 50 * (1 + dice.below(8) as u32))
                },
                created_at: site.ago(days, &mut dice),
                tags: if nth == 0 { cost_tags(first) } else { Tags::new() },
                change: None,
            }
        })
        .collect()
}

fn addresses(site: &Site<'_>, alive: &[&Instance]) -> Vec<Address> {
    let mut dice = site.dice("address");
    let bound = alive
        .iter()
        .filter(|instance| instance.public_ip.is_some())
        .take(1);
    let asleep = alive
        .iter()
        .filter(|instance| matches!(instance.power, Power::Stopped(_)))
        .take(1);
    let mut found: Vec<Address> = bound
        .chain(asleep)
        .map(|instance| Address {
            id: format!("eipalloc-0{}", dice.hex(16)),
            ip: instance.public_ip.clone().unwrap_or_else(|| public_ip(&mut dice)),
            bound_to: Some((instance.id.clone(), instance.interface_id.clone())),
            tags: cost_tags(instance),
        })
        .collect();
    found.extend((0..1 + dice.below(2)).map(|_| Address {
        id: format!("eipalloc-0{}", dice.hex(16)),
        ip: public_ip(&mut dice),
        bound_to: None,
        tags: Tags::new(),
    }));
    found
}

fn public_ip(dice: &mut Dice) -> String {
    format!(
        "54.{}.{}.{}",
        dice.below(255),
        dice.below(255),
        1 + dice.below(253)
    )
}

/// Some of volumes that live, some of volumes long gone, one that a backup plan keeps.
fn snapshots(site: &Site<'_>, alive: &[&Instance]) -> Vec<Snapshot> {
    let mut dice = site.dice("snapshot");
    let mut found = Vec::new();
    for volume in alive.iter().flat_map(|instance| &instance.volumes).take(3) {
        let days = 1 + dice.below(30);
        found.push(Snapshot {
            id: format!("snap-0{}", dice.hex(16)),
            volume: volume.id.clone(),
            gib: volume.shape.gib,
            started_at: site.ago(days, &mut dice),
            says: "nightly".into(),
            tags: Tags::new(),
            archived_at: None,
        });
    }
    let gone = [
        ("before the migration", Tags::new()),
        ("Created by CreateImage", Tags::new()),
        (
            "This snapshot is created by the AWS Backup service.",
            tagged(&[("aws:backup:source-resource", "vol-gone")]),
        ),
        (
            "do not delete",
            alive.first().map(|first| cost_tags(first)).unwrap_or_default(),
        ),
    ];
    for (says, tags) in gone {
        let days = 95 + dice.below(500);
        found.push(Snapshot {
            id: format!("snap-0{}", dice.hex(16)),
            volume: format!("vol-0{}", dice.hex(16)),
            gib: 40 * (1 + dice.below(10) as u32),
            started_at: site.ago(days, &mut dice),
            says: says.to_owned(),
            tags,
            archived_at: None,
        });
    }
    found
}

fn images(site: &Site<'_>, snapshots: &[Snapshot]) -> Vec<Image> {
    let mut dice = site.dice("image");
    let of = snapshots
        .iter()
        .filter(|snapshot| snapshot.says.contains("CreateImage"));
    of.map(|snapshot| Image {
        id: format!("ami-0{}", dice.hex(16)),
        name: format!("golden-{}", site.region),
        disks: vec![Disk {
            device: "/dev/xvda".to_owned(),
            snapshot: snapshot.id.clone(),
            gib: snapshot.gib,
        }],
        platform: Platform::AmazonLinux2023,
        architecture: "x86_64",
        created_at: snapshot.started_at,
        is_amazons: false,
    })
    .collect()
}

fn nats(site: &Site<'_>, first: &Instance) -> Vec<Nat> {
    let mut dice = site.dice("nat");
    let idle = site.is_playground() && site.nth % 2 == 1;
    let count = if site.is_playground() { 1 } else { 2 };
    (0..count)
        .map(|_| {
            let days = 200 + dice.below(400);
            Nat {
                id: format!("nat-0{}", dice.hex(16)),
                vpc: first.vpc_id.clone(),
                subnet: first.subnet_id.clone(),
                created_at: site.ago(days, &mut dice),
                deleted_at: None,
                bytes: if idle {
                    0.0
                } else {
                    2e9 * (1.0 + 40.0 * dice.unit())
                },
                tags: tagged(&[("team", "platform")]),
            }
        })
        .collect()
}

fn endpoints(site: &Site<'_>, first: &Instance) -> Vec<Endpoint> {
    let mut dice = site.dice("endpoint");
    let mut found = Vec::new();
    let mut add = |service: &str, is_gateway: bool, bytes: f64| {
        let days = 150 + dice.below(400);
        found.push(Endpoint {
            id: format!("vpce-0{}", dice.hex(16)),
            vpc: first.vpc_id.clone(),
            service: format!("com.amazonaws.{}.{service}", site.region),
            is_gateway,
            tables: None,
            bytes,
            created_at: site.ago(days, &mut dice),
            tags: tagged(&[("team", "security")]),
        });
    };
    // Only the first region was set up with care.
    if !site.is_playground() && site.nth == 0 {
        add("s3", true, 0.0);
        add("dynamodb", true, 0.0);
    }
    for service in ["ssm", "ssmmessages"] {
        add(service, false, 9e8);
    }
    if site.is_playground() {
        add("kinesis-streams", false, 0.0);
    }
    found
}

fn balancers(site: &Site<'_>, alive: &[&Instance]) -> Vec<Balancer> {
    let mut dice = site.dice("balancer");
    let mut found = Vec::new();
    let mut add = |name: &str, kind, targets: Vec<String>, requests: f64, tags: Tags| {
        let days = 120 + dice.below(500);
        found.push(Balancer {
            name: name.to_owned(),
            id: dice.hex(16),
            kind,
            vpc: alive
                .first()
                .map(|first| first.vpc_id.clone())
                .unwrap_or_default(),
            created_at: site.ago(days, &mut dice),
            targets,
            joined: BTreeMap::new(),
            draining: BTreeMap::new(),
            attributes: BTreeMap::new(),
            requests,
            tags,
        });
    };
    for (of, kind) in [
        ("storefront", "application"),
        ("checkout", "application"),
        ("kafka", "network"),
    ] {
        let behind: Vec<&&Instance> = alive.iter().filter(|instance| service(instance) == of).collect();
        let Some(one) = behind.first() else { continue };
        let targets = behind.iter().map(|instance| instance.id.clone()).collect();
        add(of, kind, targets, 2e5, cost_tags(one));
    }
    if site.nth == 0 {
        add(
            "legacy-api",
            "application",
            Vec::new(),
            0.0,
            tagged(&[("team", "web")]),
        );
    }
    found
}

fn log_groups(site: &Site<'_>, alive: &[&Instance]) -> Vec<LogGroup> {
    let mut names: Vec<&str> = alive.iter().map(|instance| service(instance)).collect();
    names.sort_unstable();
    names.dedup();
    let mut dice = site.dice("log");
    names
        .into_iter()
        .enumerate()
        .map(|(nth, name)| {
            let days = 130 + dice.below(700);
            LogGroup {
                name: format!("/ec2/{name}"),
                stored_bytes: GIB / 2 + dice.below(if site.is_playground() { 40 } else { 300 }) * GIB,
                retention_days: (nth % 3 != 0).then_some(30),
                created_at: site.ago(days, &mut dice),
            }
        })
        .collect()
}

/// Each group lets its network in on the port that targets listen on, and everything out.
fn rules(site: &Site<'_>, alive: &[&Instance]) -> Vec<Rule> {
    let mut groups: Vec<&str> = alive.iter().map(|one| one.security_group.0.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut dice = site.dice("rule");
    let mut rule = |group: &str, is_egress, protocol: &str, ports, cidr: &str| Rule {
        id: format!("sgr-0{}", dice.hex(16)),
        group: group.to_owned(),
        is_egress,
        protocol: protocol.to_owned(),
        ports,
        cidr: cidr.to_owned(),
        says: None,
    };
    let both = |group: &str| {
        [
            rule(group, false, "tcp", (8080, 8080), "10.0.0.0/8"),
            rule(group, true, "-1", (-1, -1), "0.0.0.0/0"),
        ]
    };
    groups.into_iter().flat_map(both).collect()
}

//! From a spec to machines: ids, addresses, launch times and agents, all thrown from the seed.

use jiff::{SignedDuration, Timestamp};

use super::health::{Event, hangs};
use super::{
    Agent, Fleet, Group, Health, Hybrid, Instance, LATEST_AGENT, Place, Power, Shape, Spec, Task, Volume,
};
use crate::sim::dice::Dice;
use crate::sim::estate::{Site, furnish};

const DAY: i64 = 86_400;
const OLD_AGENTS: [&str; 4] = ["2.3.1644.0", "3.0.1124.0", "3.1.1188.0", "3.2.582.0"];
const RECENT_AGENTS: [&str; 3] = [LATEST_AGENT, "3.3.2299.0", "3.3.1611.0"];

pub fn build(spec: &Spec, seed: u64, now: Timestamp) -> Fleet {
    let mut fleet = Fleet::default();
    for (account, spec) in spec.accounts.iter().enumerate() {
        for region in &spec.regions {
            fleet.places.insert((account, region.clone()), Place::default());
        }
    }
    // Midnight, so that one day's runs show the same launch times.
    let today = Timestamp::from_second(now.as_second() / DAY * DAY).unwrap_or(now);
    let possible = |group: &&Group| !group.regions.is_empty() && (group.hybrid || !group.sizes.is_empty());
    for group in spec.groups.iter().filter(possible) {
        let account_id = spec
            .accounts
            .get(group.account)
            .map_or("", |account| account.id.as_str());
        let mut dice = Dice::new(
            seed,
            &format!("{account_id}/{}/{}", group.name, group.regions.join(",")),
        );
        for number in 0..group.count {
            let region = &group.regions[number % group.regions.len()];
            let place = fleet.places.entry((group.account, region.clone())).or_default();
            let net = Net {
                seed,
                account_id,
                region,
                host: place.instances.len() + place.hybrids.len(),
            };
            if group.hybrid {
                place.hybrids.push(hybrid(group, number, &net, &mut dice, today));
            } else {
                // Two at a time come from one launch, as scaling groups do it.
                let launch = format!(
                    "{account_id}/{}/{region}/{}",
                    group.name,
                    number / (2 * group.regions.len())
                );
                let reservation = format!("r-0{}", Dice::new(seed, &launch).hex(16));
                place
                    .instances
                    .push(instance(group, number, reservation, &net, &mut dice, today));
            }
        }
    }
    for spec_of in &spec.tasks {
        let account_id = spec
            .accounts
            .get(spec_of.account)
            .map_or("", |account| account.id.as_str());
        let place = fleet
            .places
            .entry((spec_of.account, spec_of.region.clone()))
            .or_default();
        let (cluster, service) = (&spec_of.cluster, &spec_of.service);
        let mut dice = Dice::new(
            seed,
            &format!("task/{account_id}/{}/{cluster}/{service}", spec_of.region),
        );
        for _ in 0..spec_of.count {
            let id = dice.hex(32);
            let runtime = |name: &String| (name.clone(), format!("{id}-{}", dice.below(9_999_999_999)));
            place.tasks.push(Task {
                cluster: cluster.clone(),
                service: service.clone(),
                containers: spec_of.containers.iter().map(runtime).collect(),
                id: id.clone(),
                exec: spec_of.exec,
                stopped: spec_of.stopped,
                tags: spec_of.tags.clone(),
            });
        }
    }
    for (account, spec) in spec.accounts.iter().enumerate() {
        for (nth, region) in spec.regions.iter().enumerate() {
            let site = Site {
                seed,
                account,
                account_id: &spec.id,
                region,
                nth,
                today,
            };
            if let Some(place) = fleet.place_mut(account, region) {
                place.estate = furnish(&site, place);
            }
        }
    }
    fleet
}

/// Where a machine's addresses come from.
struct Net<'a> {
    seed: u64,
    account_id: &'a str,
    region: &'a str,
    host: usize,
}

impl Net<'_> {
    fn dice(&self, what: &str) -> Dice {
        Dice::new(self.seed, &format!("{what}/{}/{}", self.account_id, self.region))
    }

    fn zone(&self) -> usize {
        self.host % 3
    }

    /// A /16 for each account and region, a /18 for each zone.
    fn private_ip(&self) -> String {
        let second = 16 + self.dice("vpc").below(200);
        let host = self.host / 3 + 10;
        format!(
            "10.{second}.{}.{}",
            self.zone() * 64 + (host / 250) % 64,
            host % 250 + 4
        )
    }
}

fn name_of(group: &Group, number: usize) -> String {
    if group.count == 1 {
        group.name.clone()
    } else {
        format!("{}-{:02}", group.name, number + 1)
    }
}

fn instance(
    group: &Group,
    number: usize,
    reservation_id: String,
    net: &Net<'_>,
    dice: &mut Dice,
    today: Timestamp,
) -> Instance {
    let name = name_of(group, number);
    let mut tags = group.tags.clone();
    tags.insert("Name".to_owned(), name.clone());
    let zone = ["a", "b", "c"][net.zone()];
    let service = group
        .tags
        .get("service")
        .map_or(group.name.as_str(), String::as_str);
    let launched_at = today
        - SignedDuration::from_secs(
            (3 + dice.below(420) as i64) * DAY - 3_600 * 6 - dice.below(40_000) as i64,
        );
    let ended_at = |days: u64| today - SignedDuration::from_secs(days as i64 * DAY + 9_000);
    let power = match group.state {
        "stopped" => Power::Stopped(ended_at(1 + dice.below(90)).max(launched_at)),
        "terminated" => Power::Terminated(today - SignedDuration::from_secs(1_200)),
        _ => Power::Running,
    };
    let agent = agent(group.health, dice, today);
    let data_disk = matches!(service, "postgres" | "kafka" | "search" | "warehouse");
    let mut volumes = vec![(group.platform.root_device(), 20 + 10 * dice.below(9) as u32)];
    if data_disk {
        volumes.push(("/dev/sdf", 500));
    }
    // What was set up first still has the disks of its time.
    let dated = service == "kafka" || group.platform.is_dated();
    let volumes = volumes
        .into_iter()
        .map(|(device, gib)| Volume {
            id: format!("vol-0{}", dice.hex(16)),
            device: device.to_owned(),
            shape: Shape::usual(if dated { "gp2" } else { "gp3" }, gib),
            made: None,
            attached_at: None,
            change: None,
        })
        .collect();
    let mut public = || {
        format!(
            "{}.{}.{}.{}",
            3 + dice.below(50),
            dice.below(255),
            dice.below(255),
            1 + dice.below(253)
        )
    };
    let public_ip = group.public.then(&mut public);
    let id = format!("i-0{}", dice.hex(16));
    let size = group.sizes[number % group.sizes.len()].clone();
    let is_running = matches!(power, Power::Running);
    let lost = agent.as_ref().filter(|agent| is_running && !agent.online);
    Instance {
        public_ip,
        booted_at: None,
        hung_since: lost.filter(|_| hangs(net.seed, &id)).map(|agent| agent.lost_at),
        event: Event::thrown(net.seed, &id, today).filter(|_| is_running),
        credits: size.credits(),
        profiled_at: None,
        id,
        reservation_id,
        size,
        platform: group.platform,
        image_id: format!(
            "ami-0{}",
            Dice::new(net.seed, &format!("{:?}/{}", group.platform, net.region)).hex(16)
        ),
        zone: format!("{}{zone}", net.region),
        vpc_id: format!("vpc-0{}", net.dice("vpc").hex(16)),
        subnet_id: format!("subnet-0{}", net.dice(zone).hex(16)),
        security_group: (
            format!("sg-0{}", net.dice(service).hex(16)),
            format!("{service}-nodes"),
        ),
        interface_id: format!("eni-0{}", dice.hex(16)),
        private_ip: net.private_ip(),
        profile: agent.is_some().then(|| format!("{service}-instance")),
        key_name: (group.health == Health::Missing).then(|| "break-glass-2024".to_owned()),
        volumes,
        launched_at,
        power,
        agent,
        name,
        tags,
    }
}

fn hybrid(group: &Group, number: usize, net: &Net<'_>, dice: &mut Dice, today: Timestamp) -> Hybrid {
    let name = name_of(group, number);
    let mut tags = group.tags.clone();
    tags.insert("Name".to_owned(), name.clone());
    let health = if group.health == Health::Missing {
        Health::Lost
    } else {
        group.health
    };
    let lost = Agent {
        version: LATEST_AGENT.to_owned(),
        online: false,
        lost_at: today,
    };
    Hybrid {
        id: format!("mi-0{}", dice.hex(16)),
        name,
        tags,
        platform: group.platform,
        private_ip: format!("192.168.{}.{}", 10 + dice.below(20), net.host % 250 + 4),
        activation_id: uuid_like(dice),
        registered_at: today - SignedDuration::from_secs((40 + dice.below(300) as i64) * DAY),
        agent: agent(health, dice, today).unwrap_or(lost),
    }
}

fn uuid_like(dice: &mut Dice) -> String {
    let hex = dice.hex(32);
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

fn agent(health: Health, dice: &mut Dice, today: Timestamp) -> Option<Agent> {
    let health = match (health, dice.below(100)) {
        (Health::Mixed, 0..82) => Health::Online,
        (Health::Mixed, 82..89) => Health::Old,
        (Health::Mixed, 89..97) => Health::Lost,
        (Health::Mixed, _) => Health::Missing,
        (fixed, _) => fixed,
    };
    let versions: &[&str] = if health == Health::Old {
        &OLD_AGENTS
    } else {
        &RECENT_AGENTS
    };
    let version = versions[dice.below(versions.len() as u64) as usize].to_owned();
    let lost_at = today - SignedDuration::from_secs(3_600 + dice.below(20 * DAY as u64) as i64);
    match health {
        Health::Missing => None,
        _ => Some(Agent {
            version,
            online: health != Health::Lost,
            lost_at,
        }),
    }
}

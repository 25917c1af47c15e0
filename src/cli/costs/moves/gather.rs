//! What the rules look at, from what costs nothing to ask: the fleet, its disks, our own records, and the bill as
//! it is on disk. What did not answer is said, and its rules find nothing.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use jiff::{Timestamp, ToSpan};

use super::super::{Asked, ask, bad_dimension};
use crate::audit::{Log, Range};
use crate::aws::{Cloud, Disk};
use crate::cli::{Context, Error, cloud, notice};
use crate::cost::advice::{
    Instance, Inventory, Place, Purchase, Rates, State, Steady, Usage, Volume, VolumeKind,
};
use crate::cost::{self, Cube, Desk, Dimension, Filter, Lens, Period, Question};
use crate::fleet::{self, Node, Policy, Roster};
use crate::recording::Library;

/// Finished days of the bill that rates are taken from.
const DAYS: i64 = 30;
const COMPUTE: &str = "Amazon Elastic Compute Cloud - Compute";
const COVERED: [&str; 2] = ["SavingsPlanCoveredUsage", "DiscountedUsage"];
const TEAM: &str = "team";

pub struct Seen {
    pub inventory: Inventory,
    pub rates: Rates,
}

pub async fn gather(context: &Context, desk: &Desk, asked: &Asked, now: Timestamp) -> Result<Seen, Error> {
    let until = cost::today(now).saturating_sub(1.day());
    let period = Period {
        from: until.saturating_sub(DAYS.days()),
        to: until,
    };
    let question = |by: Vec<Dimension>| Question {
        period,
        by,
        lens: Lens::Amortized,
        filter: Filter::default(),
    };
    let types = question(vec![Dimension::Account, Dimension::UsageType]);
    let types = ask(desk, asked, &types, now).await?.cube;
    let categories = question(vec![Dimension::Service, Dimension::Category]);
    let categories = ask(desk, asked, &categories, now).await?.cube;

    let mut inventory = Inventory::default();
    let mut rates = Rates::default();
    for row in rows(&types, &question(vec![Dimension::Account, Dimension::UsageType]))? {
        let ([account, usage_type], Some(quantity)) = (&row.key[..], row.quantity) else {
            continue;
        };
        let (cost, quantity) = (row.cost.approximate(), quantity.approximate());
        rates.learn(account, usage_type, cost, quantity);
        let (account, usage_type) = (account.clone(), usage_type.clone());
        inventory.usage.push(Usage {
            account,
            usage_type,
            cost,
            quantity,
        });
    }
    let compute = compute(&categories, period)?;
    inventory.steady.push(Steady {
        account: String::new(),
        least_a_day: compute.least_uncovered,
    });

    let cloud = cloud::connect(context);
    let mut roster = Roster::default();
    let mut batches = fleet::fetch(&cloud);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    roster.failures.iter().for_each(cloud::tell);
    inventory.volumes = volumes(&cloud, &roster.nodes, now).await;
    let visits = Visits::read(context, now)?;
    let policy = Policy::of(&context.config)?;
    let of_ec2 = roster
        .nodes
        .iter()
        .filter(|node| node.instance_type.is_some() && !node.is_terminated());
    inventory.instances = of_ec2
        .map(|node| instance(node, policy.is_production(node), &rates, compute.covered, &visits))
        .collect();
    let unpriced = inventory
        .instances
        .iter()
        .filter(|instance| instance.hourly.is_none())
        .count();
    if unpriced > 0 {
        notice(format_args!(
            "{unpriced} instances have no price in the bill of the last {DAYS} days"
        ));
    }
    notice("no metrics are asked for: rules that need CPU, network or traffic find nothing");
    Ok(Seen { inventory, rates })
}

fn rows(cube: &Cube, question: &Question) -> Result<Vec<cost::Row>, Error> {
    let answer = cube.answer(question).map_err(bad_dimension)?;
    let dollars = answer.into_iter().find(|breakdown| breakdown.currency == "USD");
    Ok(dollars.map(|breakdown| breakdown.rows).unwrap_or_default())
}

/// Compute of everything this profile sees.
struct Compute {
    /// Share that commitments pay for.
    covered: f64,
    /// The least On-Demand cost of a day.
    least_uncovered: f64,
}

fn compute(categories: &Cube, period: Period) -> Result<Compute, Error> {
    let filter = Filter::default().and(Dimension::Service, COMPUTE);
    let by = vec![Dimension::Category, Dimension::Day];
    let question = Question {
        period,
        by,
        lens: Lens::Amortized,
        filter,
    };
    let (mut covered, mut open) = (0.0, BTreeMap::new());
    for row in rows(categories, &question)? {
        let [category, day] = &row.key[..] else { continue };
        if COVERED.contains(&category.as_str()) {
            covered += row.cost.approximate();
        } else if category == "Usage" {
            *open.entry(day.clone()).or_insert(0.0) += row.cost.approximate();
        }
    }
    let uncovered: f64 = open.values().sum();
    let every_day = open.len() == period.days() as usize;
    let least = open.values().copied().fold(f64::INFINITY, f64::min);
    Ok(Compute {
        covered: if covered > 0.0 {
            covered / (covered + uncovered)
        } else {
            0.0
        },
        least_uncovered: if every_day { least } else { 0.0 },
    })
}

/// Disks of every place that has instances.
async fn volumes(cloud: &Cloud, nodes: &[Node], now: Timestamp) -> Vec<Volume> {
    let mut found = Vec::new();
    for place in cloud.places().await.found {
        let account = nodes
            .iter()
            .find(|node| node.profile == place.profile && node.region == place.region);
        let Some(account) = account.map(|node| node.account.clone()) else {
            continue;
        };
        let mut pages = cloud.fetch_disks(&place).await;
        let at = Place {
            account,
            region: place.region.clone(),
        };
        while let Some(page) = pages.next().await {
            match page {
                Ok(disks) => found.extend(disks.into_iter().filter_map(|disk| volume(disk, &at, now))),
                Err(failure) => cloud::tell(&failure),
            }
        }
    }
    found
}

fn volume(disk: Disk, place: &Place, now: Timestamp) -> Option<Volume> {
    Some(Volume {
        place: place.clone(),
        id: disk.id,
        team: disk.tags.get(TEAM).cloned(),
        kind: VolumeKind::parse(&disk.kind)?,
        gib: f64::from(disk.gib),
        iops: f64::from(disk.iops.unwrap_or_default()),
        mbps: f64::from(disk.throughput.unwrap_or_default()),
        instance: disk.instance,
        detached_for_days: None,
        created_for_days: disk.created_at.map_or(0, |at| days_since(at, now)),
    })
}

fn days_since(at: Timestamp, now: Timestamp) -> u32 {
    u32::try_from((now.as_second() - at.as_second()) / 86_400).unwrap_or(0)
}

fn instance(node: &Node, production: bool, rates: &Rates, covered: f64, visits: &Visits) -> Instance {
    let place = Place {
        account: node.account.clone(),
        region: node.region.clone(),
    };
    let instance_type = node.instance_type.clone().unwrap_or_default();
    Instance {
        id: node.id.0.clone(),
        name: Some(node.name.clone()).filter(|name| !name.is_empty()),
        team: node.tags.get(TEAM).cloned(),
        state: match node.state.as_deref() {
            Some("running") => State::Running,
            Some("stopped") => State::Stopped,
            _ => State::Other,
        },
        state_for_days: None,
        production,
        linux: !node.platform.to_lowercase().contains("windows"),
        in_scaling_group: node.tags.contains_key("aws:autoscaling:groupName"),
        purchase: Purchase::OnDemand,
        public_ip: node.public_ip.is_some(),
        online: node.is_online(),
        hourly: rates.of_instance(&place, &instance_type),
        covered,
        cpu_max: None,
        cpu_p95: None,
        memory_known: false,
        network_max: None,
        visited_before_days: visits.last.get(&node.id.0).copied(),
        records_for_days: visits.records_for_days,
        instance_type,
        place,
    }
}

/// When each target was last visited, by the recordings and the audit log of this machine.
struct Visits {
    last: BTreeMap<String, u32>,
    records_for_days: u32,
}

impl Visits {
    fn read(context: &Context, now: Timestamp) -> Result<Visits, Error> {
        let mut visits = Visits {
            last: BTreeMap::new(),
            records_for_days: 0,
        };
        let data_dir = &context.paths.data_dir;
        let (recordings, _) = Library::open(data_dir).list()?;
        for row in recordings {
            if let (Some(target), Ok(at)) = (row.target, Timestamp::from_microsecond(row.started_at)) {
                visits.keep(Some(target), at, now);
            }
        }
        for entry in Log::open(data_dir)?.read(Range::default())?.flatten() {
            let Some(at) = entry.at() else { continue };
            let visit = matches!(
                entry.event.as_str(),
                "session.start" | "exec" | "runbook.start" | "runbook.step"
            );
            visits.keep(
                entry.target.and_then(|target| target.id).filter(|_| visit),
                at,
                now,
            );
        }
        Ok(visits)
    }

    fn keep(&mut self, target: Option<String>, at: Timestamp, now: Timestamp) {
        let days = days_since(at, now);
        self.records_for_days = self.records_for_days.max(days);
        if let Some(target) = target {
            let last = self.last.entry(target).or_insert(days);
            *last = days.min(*last);
        }
    }
}

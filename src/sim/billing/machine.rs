//! What the fleet's instances cost: hours by type, region and tags, and the disks under them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{GPU_DAYS, Line, Record, TAG_KEYS, usage_type};
use crate::sim::fleet::{Fleet, Power};

/// Instances that are billed on one line.
pub struct Machines {
    pub line: Line,
    /// How many run.
    pub count: u32,
    /// Dollars an hour for one.
    pub hourly: f64,
    pub habit: Habit,
}

/// When the machines of a line run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    Always,
    /// Fewer at night and on weekends.
    Scaled,
    WorkingDays,
    /// Rented for a job once, and again some weeks ago, and never given back.
    Forgotten,
}

impl Habit {
    /// Hours of the day that one machine runs.
    pub fn hours(self, weekend: bool, ago: i32) -> f64 {
        match (self, weekend) {
            (Habit::Always, _) => 24.0,
            (Habit::Scaled, false) => 21.5,
            (Habit::Scaled, true) => 17.0,
            (Habit::WorkingDays, false) => 13.0,
            (Habit::WorkingDays, true) => 1.5,
            (Habit::Forgotten, _) if (0..=GPU_DAYS).contains(&ago) || (230..244).contains(&ago) => 24.0,
            (Habit::Forgotten, _) => 0.0,
        }
    }
}

/// More lines than this are folded into untagged ones, so that a huge fleet has a ledger of bearable size.
const MOST_LINES: usize = 300;

/// The lines for one account's machines.
pub fn lines(fleet: &Fleet, account: usize) -> Vec<Machines> {
    let tagged = collect(fleet, account, true);
    let lines = if tagged.len() > MOST_LINES {
        collect(fleet, account, false)
    } else {
        tagged
    };
    lines.into_values().collect()
}

type Key = (String, String, &'static str, BTreeMap<String, String>);

fn collect(fleet: &Fleet, account: usize, with_tags: bool) -> BTreeMap<Key, Machines> {
    let mut lines: BTreeMap<Key, Machines> = BTreeMap::new();
    for (_, region, place) in fleet.places().filter(|(owner, ..)| *owner == account) {
        for instance in place
            .instances
            .iter()
            .filter(|instance| matches!(instance.power, Power::Running))
        {
            let cost_tags = TAG_KEYS
                .iter()
                .filter(|_| with_tags)
                .filter_map(|key| instance.tags.get_key_value(*key));
            let tags: BTreeMap<String, String> = cost_tags.map(|(k, v)| (k.clone(), v.clone())).collect();
            let (platform, operation) = instance.platform.details();
            let size = instance.size.name().to_owned();
            let key = (region.to_owned(), size.clone(), operation, tags.clone());
            let machines = lines.entry(key).or_insert_with(|| Machines {
                line: Line {
                    account,
                    service: "Amazon Elastic Compute Cloud - Compute",
                    usage_type: usage_type(region, &format!("BoxUsage:{size}")),
                    operation,
                    region: Some(region.to_owned()),
                    record: Record::Usage,
                    instance_type: Some(size),
                    platform: Some(platform),
                    tags,
                    resources: Vec::new(),
                    unit: "Hrs",
                    net_per_mille: if account == 0 { 960 } else { 1000 },
                    normalized: 4,
                },
                count: 0,
                hourly: instance.size.hourly(instance.platform),
                habit: habit(&instance.tags, instance.size.name()),
            });
            machines.count += 1;
            machines.line.resources.push(instance.id.clone());
        }
    }
    lines
}

fn habit(tags: &BTreeMap<String, String>, size: &str) -> Habit {
    let is = |key: &str, value: &str| tags.get(key).is_some_and(|has| has == value);
    if size.starts_with("g5.12") {
        Habit::Forgotten
    } else if is("env", "staging") {
        Habit::WorkingDays
    } else if is("team", "web") || is("team", "pay") {
        Habit::Scaled
    } else {
        Habit::Always
    }
}

/// How much of today's fleet there was `ago` days before; the first Friday-to-Monday of the last week of
/// November needs more.
pub fn capacity(ago: i32, date: Date) -> f64 {
    let sale = date.month() == 11 && (24..=30).contains(&date.day());
    (1.0 - 0.0006 * f64::from(ago)) * if sale { 1.25 } else { 1.0 }
}

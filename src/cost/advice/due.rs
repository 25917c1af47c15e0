//! What was billed, and how much of it a finding may save: no move takes more off the bill than stands on it, nor do all of
//! them together. What only the list prices is held against the same kind of usage.

use std::collections::BTreeMap;

use super::billed::Billed;
use super::finding::{Finding, Rule};
use super::inventory::{Place, Usage};
use super::rate::region_of;
use super::window::Window;

/// Names of usage types that machines are billed under.
const MACHINES: [&str; 3] = ["BoxUsage", "SpotUsage", "DedicatedUsage"];
const DISKS: [&str; 2] = ["EBS:VolumeUsage", "EBS:VolumeP-"];
const OLDER_DISK: &str = "EBS:VolumeUsage.gp2";
/// The speed of disks, beside their size.
const SPEED: &str = "EBS:VolumeP-";
const ADDRESSES: [&str; 2] = ["PublicIPv4:", "ElasticIP:"];
const GATEWAYS: [&str; 3] = ["NatGateway-Hours", "LoadBalancerUsage", "VpcEndpoint-Hours"];
/// Logs and S3 are billed under one name.
const LOGS: &str = "TimedStorage";

/// The part of the bill that a finding saves from, in dollars a month.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// As the bill names it: `""` where it does not tell accounts apart.
    pub account: String,
    pub types: Vec<(String, f64)>,
    /// What this very resource was billed.
    pub own: Option<f64>,
    /// Days of the bill that tell.
    pub days: i64,
}

impl Due {
    fn types(&self) -> f64 {
        self.types.iter().map(|(_, month)| month).sum()
    }

    /// Why less is counted than a finding saves.
    fn says(&self) -> String {
        let most = self.own.unwrap_or(f64::INFINITY);
        match &self.types[..] {
            [] => format!(
                "; nothing of it was billed in {} days, so that it does not count",
                self.days
            ),
            _ if most < self.types() => {
                format!("; its own bill is {most:.2} USD a month, and no more counts")
            }
            [(name, month)] => {
                format!("; {name} was billed at {month:.2} USD a month, and all moves on it save no more")
            }
            several => format!(
                "; {} usage types like it were billed at {:.2} USD a month, and all moves on them save no more",
                several.len(),
                self.types()
            ),
        }
    }
}

/// The bill of a month, by those of the last thirty days that are known.
pub(super) struct Dues<'a> {
    types: BTreeMap<&'a str, BTreeMap<&'a str, f64>>,
    rows: &'a [Billed],
    window: &'a Window,
}

impl<'a> Dues<'a> {
    pub fn of(usage: &'a [Usage], rows: &'a [Billed], window: &'a Window) -> Dues<'a> {
        let mut types: BTreeMap<&str, BTreeMap<&str, f64>> = BTreeMap::new();
        for used in usage {
            let month = window.month(used.cost.max(0.0));
            *types
                .entry(&used.account)
                .or_default()
                .entry(&used.usage_type)
                .or_default() += month;
        }
        Dues { types, rows, window }
    }

    /// The days that it is made of.
    pub fn window(&self) -> &'a Window {
        self.window
    }

    /// The bill of an account, else that of all together; `None` where neither is known.
    fn account(&self, account: &str) -> Option<(&'a str, &BTreeMap<&'a str, f64>)> {
        let known = |name: &str| self.types.get_key_value(name).map(|(name, types)| (*name, types));
        known(account).or_else(|| known(""))
    }

    /// What a usage type comes to a month, and whose bill says so; `None` where it is not on it.
    pub fn of_type(&self, account: &str, name: &str) -> Option<(&'a str, f64)> {
        let (account, types) = self.account(account)?;
        types.get(name).map(|month| (account, *month))
    }

    /// What a resource comes to a month by its own rows; `None` where it has none.
    pub fn of_resource(&self, account: &str, id: &str, is: impl Fn(&str) -> bool) -> Option<f64> {
        let rows = self.rows.iter().filter(|row| {
            row.resource == id
                && (row.place.account == account || row.place.account.is_empty())
                && is(&row.usage_type)
        });
        let mut costs = rows.map(|row| row.cost).peekable();
        costs.peek()?;
        Some(self.window.month(costs.sum::<f64>().max(0.0)))
    }

    /// What a finding saves from; `None` where no bill tells, and of a commitment, which is counted by what the others leave.
    pub fn of_finding(&self, finding: &Finding) -> Option<Due> {
        if finding.rule == Rule::SavingsPlan {
            return None;
        }
        let Finding { place, resource, .. } = finding;
        let (account, types) = self.account(&place.account)?;
        let like = |is: &dyn Fn(&str) -> bool| -> Vec<(String, f64)> {
            let found = types.iter().filter(|(name, _)| is(name));
            found.map(|(name, month)| ((*name).to_owned(), *month)).collect()
        };
        let exact = finding
            .billed_as
            .as_deref()
            .filter(|name| types.contains_key(name));
        let types = match exact {
            Some(name) if !is_of_several(finding.rule) => {
                let disk = name.contains(DISKS[0]);
                like(&|other| other == name || (disk && is_here(other, place) && other.contains(SPEED)))
            }
            _ => like(&|name| is_here(name, place) && is_like(finding, name)),
        };
        let own = match finding.rule {
            // Its disks and addresses are billed, not the machine.
            Rule::StoppedInstance => None,
            _ => self.of_resource(&place.account, resource, |_| true),
        };
        let account = account.to_owned();
        let days = self.window.days();
        Some(Due {
            account,
            types,
            own,
            days,
        })
    }
}

/// It saves from more than one usage type, or from one today and from another tomorrow.
fn is_of_several(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::StoppedInstance | Rule::UnusedAddress | Rule::PublicAddress
    )
}

fn is_here(usage_type: &str, place: &Place) -> bool {
    region_of(usage_type).is_none_or(|region| region == place.region)
}

/// Whether a usage type is what such a finding may be billed under.
fn is_like(finding: &Finding, name: &str) -> bool {
    let any = |of: &[&str]| of.iter().any(|part| name.contains(part));
    match finding.rule {
        Rule::UnattachedVolume => any(&DISKS),
        // Disks of other kinds cost no less for it.
        Rule::NewerVolume => name.contains(OLDER_DISK),
        Rule::StoppedInstance => any(&DISKS) || any(&ADDRESSES),
        Rule::UnusedAddress | Rule::PublicAddress => any(&ADDRESSES),
        Rule::OrphanSnapshot => name.contains("EBS:Snapshot"),
        Rule::EndlessLogs => name.contains(LOGS),
        Rule::IdleGateway => {
            let of = finding.billed_as.as_deref().unwrap_or_default();
            GATEWAYS
                .iter()
                .any(|kind| of.ends_with(kind) && name.ends_with(kind))
        }
        Rule::NatHotSpot | Rule::TransferHotSpot | Rule::SavingsPlan => false,
        _ => any(&MACHINES) && finding.billed_as.as_deref().is_none_or(|of| is_of_size(name, of)),
    }
}

/// Whether machines of the same size are billed there, however they are paid for.
fn is_of_size(name: &str, other: &str) -> bool {
    let size = |name: &str| name.split_once(':').map(|(_, size)| size.to_owned());
    size(name) == size(other)
}

pub(super) fn is_machine(usage_type: &str) -> bool {
    MACHINES.iter().any(|part| usage_type.contains(part))
}

/// What is left of the bill while moves are counted.
#[derive(Debug, Default)]
pub(super) struct Left {
    types: BTreeMap<(String, String), f64>,
    own: BTreeMap<(Place, String), f64>,
}

impl Left {
    /// What the bill still has of a saving; that is gone from it then.
    pub fn take(&mut self, finding: &Finding, saved: f64) -> f64 {
        let Some(due) = &finding.due else { return saved };
        let resource = (finding.place.clone(), finding.resource.clone());
        let own = self
            .own
            .entry(resource)
            .or_insert(due.own.unwrap_or(f64::INFINITY));
        let most = saved.min(*own);
        let mut taken = 0.0;
        for (name, month) in &due.types {
            let left = self.types.entry((due.account.clone(), name.clone()));
            let left = left.or_insert(*month);
            let part = left.min(most - taken);
            *left -= part;
            taken += part;
        }
        *own -= taken;
        taken
    }
}

/// Says so where the bill has a cent less than was to be saved.
pub(super) fn explain(finding: &mut Finding, saved: f64, taken: f64) {
    if saved - taken >= 0.01
        && let Some(due) = &finding.due
    {
        finding.evidence += &due.says();
    }
}

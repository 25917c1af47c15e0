//! Where a saving shows in the bill: the narrowest part that a finding is about, and which part is within which, so that one
//! fall is booked once.

use super::due::is_machine;
use super::finding::{Finding, Rule};
use super::inventory::{GatewayKind, Inventory, Place, Purchase};
use super::rate::{self, Sku, usage_type};

/// As Cost Explorer calls it.
pub(super) const COMPUTE: &str = "Amazon Elastic Compute Cloud - Compute";

/// Where a saving shows: a usage type of an account where one can be named, else a service of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    UsageType { name: String, account: String },
    Service { name: String, account: String },
}

impl Cell {
    pub fn of(finding: &Finding) -> Cell {
        let account = finding.place.account.clone();
        match finding.billed_as.clone() {
            Some(name) => Cell::UsageType { name, account },
            None => Cell::Service {
                name: service_of(finding.rule).to_owned(),
                account,
            },
        }
    }

    /// As the book keeps it; a cell that was kept as two words is a service.
    pub fn key(&self) -> Vec<String> {
        match self {
            Cell::UsageType { name, account } => vec!["usage_type".into(), name.clone(), account.clone()],
            Cell::Service { name, account } => vec![name.clone(), account.clone()],
        }
    }

    pub fn parse(key: &[String]) -> Option<Cell> {
        match key {
            [kind, name, account] if kind == "usage_type" => Some(Cell::UsageType {
                name: name.clone(),
                account: account.clone(),
            }),
            [name, account] => Some(Cell::Service {
                name: name.clone(),
                account: account.clone(),
            }),
            _ => None,
        }
    }

    fn account(&self) -> &str {
        match self {
            Cell::UsageType { account, .. } | Cell::Service { account, .. } => account,
        }
    }

    /// Whether all that it bills is billed in the other as well; `rule` is of what is booked on it. One of no account is of all
    /// of them.
    pub(super) fn is_within(&self, rule: Option<Rule>, other: &Cell) -> bool {
        let is_here = other.account().is_empty() || other.account() == self.account();
        let is_part = match (self, other) {
            (Cell::UsageType { name, .. }, Cell::UsageType { name: whole, .. })
            | (Cell::Service { name, .. }, Cell::Service { name: whole, .. }) => name == whole,
            (Cell::UsageType { name, .. }, Cell::Service { name: whole, .. }) => match is_machine(name) {
                true => whole == COMPUTE,
                false => rule.is_some_and(|rule| service_of(rule) == whole),
            },
            (Cell::Service { .. }, Cell::UsageType { .. }) => false,
        };
        self != other && is_here && is_part
    }

    /// Those that others are within come after them.
    pub(super) fn breadth(&self) -> u8 {
        let is_service = matches!(self, Cell::Service { .. });
        2 * u8::from(is_service) + u8::from(self.account().is_empty())
    }
}

/// The usage type under which the resource of a finding is billed.
pub(super) fn billed_as(finding: &Finding, inventory: &Inventory) -> Option<String> {
    let Finding {
        rule,
        place,
        resource,
        ..
    } = finding;
    let of = |sku: Sku| usage_type(place, sku.usage_type()?);
    let volume = |is: &dyn Fn(&super::Volume) -> bool| {
        let found = inventory
            .volumes
            .iter()
            .find(|volume| volume.place == *place && is(volume));
        found.and_then(|volume| of(Sku::VolumeGib(volume.kind)))
    };
    match rule {
        Rule::UnattachedVolume | Rule::NewerVolume => volume(&|volume| volume.id == *resource),
        Rule::StoppedInstance => volume(&|volume| volume.instance.as_ref() == Some(resource)),
        Rule::OrphanSnapshot => of(Sku::SnapshotGib),
        Rule::UnusedAddress => usage_type(place, "PublicIPv4:IdleAddress"),
        Rule::PublicAddress => of(Sku::PublicAddress),
        Rule::NatHotSpot | Rule::TransferHotSpot => Some(resource.clone()),
        Rule::IdleGateway => {
            let gateway = inventory
                .gateways
                .iter()
                .find(|gateway| gateway.id == *resource)?;
            of(match gateway.kind {
                GatewayKind::Nat => Sku::Nat,
                GatewayKind::LoadBalancer => Sku::LoadBalancer,
                GatewayKind::Endpoint => Sku::Endpoint,
            })
        }
        Rule::EndlessLogs | Rule::SavingsPlan => None,
        _ => machine(place, resource, inventory),
    }
}

fn machine(place: &Place, id: &str, inventory: &Inventory) -> Option<String> {
    let found = inventory
        .instances
        .iter()
        .find(|one| one.id == id && one.place == *place)?;
    let kind = rate::machine(found.purchase == Purchase::Spot);
    usage_type(place, &format!("{kind}{}", found.instance_type))
}

/// Where a saving shows, as Cost Explorer names services.
fn service_of(rule: Rule) -> &'static str {
    match rule {
        Rule::UnattachedVolume
        | Rule::StoppedInstance
        | Rule::OrphanSnapshot
        | Rule::NewerVolume
        | Rule::NatHotSpot
        | Rule::TransferHotSpot => "EC2 - Other",
        Rule::UnusedAddress | Rule::PublicAddress | Rule::IdleGateway => "Amazon Virtual Private Cloud",
        Rule::EndlessLogs => "AmazonCloudWatch",
        _ => COMPUTE,
    }
}

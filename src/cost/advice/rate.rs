//! What a unit costs: what this user really paid for it of late, else the list price of us-east-1, and always
//! which of the two it was.

use std::collections::BTreeMap;

use super::inventory::{Place, VolumeKind};

/// As AWS counts a month.
pub const MONTH_HOURS: f64 = 730.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceSource {
    /// Amortized cost by quantity of this account and usage type: discounts are in it.
    Effective,
    /// The bill of this very resource.
    Billed,
    /// AWS's own figure after discounts, in its advice: no bill was read for it.
    Advised,
    /// On-Demand in us-east-1.
    List,
}

impl PriceSource {
    pub fn name(self) -> &'static str {
        match self {
            PriceSource::Effective => "effective rate",
            PriceSource::Billed => "bill",
            PriceSource::Advised => "AWS's advice",
            PriceSource::List => "list price",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub usd: f64,
    pub source: PriceSource,
}

/// What is bought. GiB are for a month, the others for an hour unless they say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sku {
    VolumeGib(VolumeKind),
    /// A month.
    VolumeIops(VolumeKind),
    /// A month.
    VolumeMbps,
    SnapshotGib,
    SnapshotArchiveGib,
    PublicAddress,
    Nat,
    LoadBalancer,
    Endpoint,
    LogGib,
}

impl Sku {
    /// US dollars in us-east-1, from the public price pages.
    fn list(self) -> f64 {
        match self {
            Sku::VolumeGib(VolumeKind::Gp2) => 0.10,
            Sku::VolumeGib(VolumeKind::Gp3) => 0.08,
            Sku::VolumeGib(VolumeKind::Io1 | VolumeKind::Io2) => 0.125,
            Sku::VolumeGib(VolumeKind::St1) => 0.045,
            Sku::VolumeGib(VolumeKind::Sc1) => 0.015,
            Sku::VolumeGib(VolumeKind::Standard) | Sku::SnapshotGib => 0.05,
            Sku::VolumeIops(VolumeKind::Io1 | VolumeKind::Io2) => 0.065,
            Sku::VolumeIops(VolumeKind::Gp3) => 0.005,
            Sku::VolumeIops(_) => 0.0,
            Sku::VolumeMbps => 0.04,
            Sku::SnapshotArchiveGib => 0.0125,
            Sku::PublicAddress => 0.005,
            Sku::Nat => 0.045,
            Sku::LoadBalancer => 0.0225,
            Sku::Endpoint => 0.01,
            Sku::LogGib => 0.03,
        }
    }

    /// The usage type without its region.
    pub(super) fn usage_type(self) -> Option<&'static str> {
        Some(match self {
            Sku::VolumeGib(VolumeKind::Gp2) => "EBS:VolumeUsage.gp2",
            Sku::VolumeGib(VolumeKind::Gp3) => "EBS:VolumeUsage.gp3",
            Sku::VolumeGib(VolumeKind::Io1) => "EBS:VolumeUsage.piops",
            Sku::VolumeGib(VolumeKind::Io2) => "EBS:VolumeUsage.io2",
            Sku::VolumeGib(VolumeKind::St1) => "EBS:VolumeUsage.st1",
            Sku::VolumeGib(VolumeKind::Sc1) => "EBS:VolumeUsage.sc1",
            Sku::VolumeGib(VolumeKind::Standard) => "EBS:VolumeUsage",
            Sku::SnapshotGib => "EBS:SnapshotUsage",
            Sku::Nat => "NatGateway-Hours",
            Sku::LoadBalancer => "LoadBalancerUsage",
            Sku::Endpoint => "VpcEndpoint-Hours",
            Sku::PublicAddress => "PublicIPv4:InUseAddress",
            Sku::VolumeIops(VolumeKind::Io1) => "EBS:VolumeP-IOPS.piops",
            Sku::VolumeIops(VolumeKind::Io2) => "EBS:VolumeP-IOPS.io2",
            Sku::VolumeIops(VolumeKind::Gp3) => "EBS:VolumeP-IOPS.gp3",
            Sku::SnapshotArchiveGib => "EBS:SnapshotArchiveStorage",
            // S3 bills under the same name, and accounts by usage type do not tell the two apart.
            Sku::LogGib => return None,
            Sku::VolumeIops(_) | Sku::VolumeMbps => return None,
        })
    }
}

/// Effective rates by account and usage type; what they lack is priced by list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates(BTreeMap<(String, String), f64>);

impl Rates {
    /// Takes what a usage type cost and how much it was; nothing usable when either is not positive.
    pub fn learn(&mut self, account: &str, usage_type: &str, cost: f64, quantity: f64) {
        if cost > 0.0 && quantity > 0.0 {
            self.0
                .insert((account.to_owned(), usage_type.to_owned()), cost / quantity);
        }
    }

    pub fn of(&self, place: &Place, sku: Sku) -> Rate {
        let effective = sku.usage_type().and_then(|name| self.effective(place, name));
        effective.unwrap_or(Rate {
            usd: sku.list(),
            source: PriceSource::List,
        })
    }

    /// An hour of an instance type on demand, after discounts, or as Spot; if it was paid for.
    pub fn of_instance(&self, place: &Place, instance_type: &str, spot: bool) -> Option<Rate> {
        self.effective(place, &format!("{}{instance_type}", machine(spot)))
    }

    fn effective(&self, place: &Place, name: &str) -> Option<Rate> {
        let usage_type = usage_type(place, name)?;
        // The payer's rates are used where those of a linked account are not known apart.
        let known = |account: &str| self.0.get(&(account.to_owned(), usage_type.clone())).copied();
        let usd = known(&place.account).or_else(|| known(""))?;
        Some(Rate {
            usd,
            source: PriceSource::Effective,
        })
    }
}

/// How the usage types of machines begin, after their region.
pub(super) fn machine(spot: bool) -> &'static str {
    match spot {
        true => "SpotUsage:",
        false => "BoxUsage:",
    }
}

/// How usage types of a region begin; us-east-1 has nothing.
const PREFIXES: [(&str, &str); 20] = [
    ("us-east-2", "USE2"),
    ("us-west-1", "USW1"),
    ("us-west-2", "USW2"),
    ("ca-central-1", "CAN1"),
    ("sa-east-1", "SAE1"),
    ("eu-west-1", "EU"),
    ("eu-west-2", "EUW2"),
    ("eu-west-3", "EUW3"),
    ("eu-central-1", "EUC1"),
    ("eu-north-1", "EUN1"),
    ("eu-south-1", "EUS1"),
    ("ap-northeast-1", "APN1"),
    ("ap-northeast-2", "APN2"),
    ("ap-northeast-3", "APN3"),
    ("ap-southeast-1", "APS1"),
    ("ap-southeast-2", "APS2"),
    ("ap-south-1", "APS3"),
    ("ap-east-1", "APE1"),
    ("me-south-1", "MES1"),
    ("af-south-1", "AFS1"),
];

/// A usage type as it is billed in a place; `None` where we do not know how the region is written.
pub(super) fn usage_type(place: &Place, name: &str) -> Option<String> {
    if place.region == "us-east-1" {
        return Some(name.to_owned());
    }
    let known = PREFIXES.iter().find(|(region, _)| *region == place.region);
    known.map(|(_, prefix)| format!("{prefix}-{name}"))
}

/// The region that a usage type is billed in: us-east-1 unless it begins with another's.
pub(super) fn region_of(usage_type: &str) -> Option<&'static str> {
    let Some((begin, _)) = usage_type.split_once('-') else {
        return Some("us-east-1");
    };
    let known = PREFIXES.iter().find(|(_, prefix)| *prefix == begin);
    match known {
        Some((region, _)) => Some(region),
        // `USE1-EUC1-AWS-Out-Bytes`, and prefixes of regions that are not in the table.
        None if begin == "USE1" => Some("us-east-1"),
        None if begin.len() >= 3
            && begin
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) =>
        {
            None
        }
        None => Some("us-east-1"),
    }
}

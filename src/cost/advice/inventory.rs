//! What the rules look at: resources as AWS describes them, what they did, and what was spent. Plain data:
//! nothing here knows where it came from. Money is in US dollars, ages in whole days.

use super::billed::Billed;
use super::rate::Rate;
use super::window::Window;

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub account: String,
    pub region: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VolumeKind {
    Gp2,
    Gp3,
    Io1,
    Io2,
    St1,
    Sc1,
    Standard,
}

impl VolumeKind {
    /// As EC2 spells it.
    pub fn parse(text: &str) -> Option<VolumeKind> {
        Some(match text {
            "gp2" => VolumeKind::Gp2,
            "gp3" => VolumeKind::Gp3,
            "io1" => VolumeKind::Io1,
            "io2" => VolumeKind::Io2,
            "st1" => VolumeKind::St1,
            "sc1" => VolumeKind::Sc1,
            "standard" => VolumeKind::Standard,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    pub place: Place,
    pub id: String,
    pub team: Option<String>,
    pub kind: VolumeKind,
    pub gib: f64,
    pub iops: f64,
    pub mbps: f64,
    /// The instance that has it.
    pub instance: Option<String>,
    /// Since it was detached; `None` when that is not known.
    pub detached_for_days: Option<u32>,
    pub created_for_days: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Running,
    Stopped,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purchase {
    OnDemand,
    Reserved,
    Spot,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub place: Place,
    pub id: String,
    pub name: Option<String>,
    pub team: Option<String>,
    pub instance_type: String,
    pub state: State,
    /// In its present state; `None` when that is not known.
    pub state_for_days: Option<u32>,
    /// Since it was launched; `None` when that is not known.
    pub age_days: Option<u32>,
    pub production: bool,
    pub linux: bool,
    pub in_scaling_group: bool,
    pub purchase: Purchase,
    pub public_ip: bool,
    /// Systems Manager reaches it.
    pub online: bool,
    /// What an hour costs after discounts; `None` when no price is known.
    pub hourly: Option<Rate>,
    /// Share of a month that the bill has it for, from 0 to 1; 1 where none tells.
    pub ran: f64,
    /// Share of its hours that Savings Plans or reservations pay for, from 0 to 1.
    pub covered: f64,
    /// Over at least fourteen days, in percent; `None` without metrics.
    pub cpu_max: Option<f64>,
    pub cpu_p95: Option<f64>,
    /// Whether memory was looked at too.
    pub memory_known: bool,
    /// The most in any hour, in bytes a second.
    pub network_max: Option<f64>,
    /// Since our last session or command there; `None` when there was none as far as records reach.
    pub visited_before_days: Option<u32>,
    /// How far our records reach.
    pub records_for_days: u32,
}

impl Instance {
    /// Days without a session or command, as far as records prove it.
    pub fn quiet_days(&self) -> u32 {
        self.visited_before_days.unwrap_or(self.records_for_days)
    }

    /// Share of its hours that no commitment pays for: the others are paid whatever becomes of it.
    pub fn open(&self) -> f64 {
        match self.purchase {
            Purchase::Reserved => 0.0,
            Purchase::OnDemand => 1.0 - self.covered.clamp(0.0, 1.0),
            // Commitments cover no Spot.
            Purchase::Spot => 1.0,
        }
    }

    /// The same as the end of a sentence, and that it ran a part of the month only; nothing where neither is so.
    pub fn bill_says(&self) -> String {
        let paid = 100.0 * (1.0 - self.open());
        let mut says = match self.ran_throughout() {
            true => String::new(),
            false => format!("; billed for {:.0} % of a month", 100.0 * self.ran),
        };
        if paid >= 0.5 {
            says += &format!("; {paid:.0} % of its hours are paid for by a commitment");
        }
        says
    }

    /// By the bill, give or take a day and a half.
    pub fn ran_throughout(&self) -> bool {
        self.ran >= 0.95
    }

    /// A month, of the hours that it is billed for.
    pub fn monthly(&self) -> Option<f64> {
        self.hourly
            .map(|rate| rate.usd * super::rate::MONTH_HOURS * self.ran)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    pub place: Place,
    pub id: String,
    pub ip: String,
    pub team: Option<String>,
    pub instance: Option<String>,
    pub associated: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub place: Place,
    pub id: String,
    pub team: Option<String>,
    /// Of the volume, not of what is stored: snapshots are incremental.
    pub gib: f64,
    /// In the archive tier.
    pub archived: bool,
    pub age_days: u32,
    pub volume_exists: bool,
    /// By an image, by AWS Backup, or by a lifecycle policy.
    pub in_use: bool,
    /// What the bill says it costs a month.
    pub monthly: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayKind {
    Nat,
    LoadBalancer,
    Endpoint,
}

/// Something that is paid for by the hour to let traffic through.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    pub place: Place,
    pub id: String,
    pub team: Option<String>,
    pub name: Option<String>,
    pub vpc: Option<String>,
    pub kind: GatewayKind,
    /// How many times its hour is paid: an endpoint once for each zone.
    pub units: f64,
    /// Healthy targets behind a load balancer.
    pub healthy: Option<usize>,
    pub age_days: u32,
    /// Bytes or requests in the last fourteen days; `None` without metrics.
    pub traffic: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LogGroup {
    pub place: Place,
    pub name: String,
    pub team: Option<String>,
    pub stored_bytes: f64,
    pub retention_days: Option<u32>,
    pub age_days: u32,
}

/// What Cost Explorer or Compute Optimizer advises, after discounts.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    pub place: Place,
    pub id: String,
    pub name: Option<String>,
    pub team: Option<String>,
    pub from: String,
    /// `None`: stop it.
    pub to: Option<String>,
    /// Who advises it.
    pub by: &'static str,
    pub monthly: f64,
    pub saving: f64,
    pub memory_known: bool,
}

/// A usage type of an account over the last thirty finished days, as far as they are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// `""` for all accounts of a payer.
    pub account: String,
    pub usage_type: String,
    pub cost: f64,
    pub quantity: f64,
}

/// A network with a NAT gateway, and what it could reach without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    pub place: Place,
    pub id: String,
    pub s3: bool,
    pub dynamodb: bool,
}

/// On-Demand compute that no commitment covers.
#[derive(Clone, Debug, PartialEq)]
pub struct Steady {
    /// `""` for all accounts of a payer.
    pub account: String,
    /// On the day with the least of it, of thirty.
    pub least_a_day: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    pub volumes: Vec<Volume>,
    pub instances: Vec<Instance>,
    pub addresses: Vec<Address>,
    pub snapshots: Vec<Snapshot>,
    pub gateways: Vec<Gateway>,
    pub log_groups: Vec<LogGroup>,
    pub recommendations: Vec<Recommendation>,
    pub networks: Vec<Network>,
    pub usage: Vec<Usage>,
    /// What the bill says of single resources.
    pub billed: Vec<Billed>,
    pub steady: Vec<Steady>,
    /// Which days of the bill are known.
    pub window: Window,
}

impl Inventory {
    /// Nobody told of anything.
    pub fn is_empty(&self) -> bool {
        let nothing = Inventory {
            window: self.window.clone(),
            ..Inventory::default()
        };
        *self == nothing
    }
}

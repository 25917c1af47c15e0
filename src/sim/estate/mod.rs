//! What an account has besides machines, and some of it forgotten: addresses, snapshots, gateways, load balancers, logs.
//! Built with the fleet from the same seed; afterwards only what a call changes.

mod build;
mod certificate;
mod database;
mod image;
mod paper;
mod snapshot;
mod target;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use build::{Site, furnish};
pub use certificate::{Certificate, Renewal, Validation};
pub use database::Database;
pub use image::{Disk, Image};
pub use paper::{Export, Flow, Mix, Schedule};
pub use snapshot::Snapshot;
pub use target::DELAY;

use super::fleet::{Change, Shape, TURN};

/// Of one account in one region.
#[derive(Debug, Default)]
pub struct Estate {
    /// Volumes that nothing has attached.
    pub loose: Vec<Loose>,
    pub addresses: Vec<Address>,
    pub snapshots: Vec<Snapshot>,
    pub images: Vec<Image>,
    pub nats: Vec<Nat>,
    pub endpoints: Vec<Endpoint>,
    pub balancers: Vec<Balancer>,
    pub log_groups: Vec<LogGroup>,
    pub databases: Vec<Database>,
    pub certificates: Vec<Certificate>,
    /// Of the security groups.
    pub rules: Vec<Rule>,
    /// What the recycle bin keeps of deleted snapshots, and for how many days; none without a rule.
    pub bin: Option<Bin>,
    /// Elastic IP addresses that were given back in this run.
    pub released: Vec<Address>,
    pub flows: Vec<Flow>,
    pub exports: Vec<Export>,
    pub schedules: Vec<Schedule>,
    /// How scaling groups mix On-Demand and Spot, where that was changed in this run.
    pub mixes: BTreeMap<String, Mix>,
}

/// A rule of the recycle bin, and what it keeps.
#[derive(Debug, Clone)]
pub struct Bin {
    pub rule: String,
    pub days: u32,
    pub snapshots: Vec<Snapshot>,
}

pub type Tags = BTreeMap<String, String>;

#[derive(Debug, Clone)]
pub struct Loose {
    pub id: String,
    pub zone: String,
    pub shape: Shape,
    pub created_at: Timestamp,
    pub tags: Tags,
    pub change: Option<Change>,
}

/// What a security group lets through, from or to IPv4 addresses.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `sgr-…`.
    pub id: String,
    pub group: String,
    pub is_egress: bool,
    /// `tcp`, or `-1` for all.
    pub protocol: String,
    pub ports: (i32, i32),
    pub cidr: String,
    pub says: Option<String>,
}

/// An Elastic IP address.
#[derive(Debug, Clone)]
pub struct Address {
    /// `eipalloc-…`.
    pub id: String,
    pub ip: String,
    /// The instance and its network interface.
    pub bound_to: Option<(String, String)>,
    pub tags: Tags,
}

#[derive(Debug, Clone)]
pub struct Nat {
    pub id: String,
    pub vpc: String,
    pub subnet: String,
    pub created_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    /// Bytes a day; 0 when nothing goes through it.
    pub bytes: f64,
    pub tags: Tags,
}

#[derive(Debug, Clone)]
pub struct Endpoint {
    pub id: String,
    pub vpc: String,
    /// `com.amazonaws.eu-west-1.s3`.
    pub service: String,
    /// Gateways cost nothing, interfaces an hour.
    pub is_gateway: bool,
    /// The route tables of a gateway; none: every one of its network.
    pub tables: Option<Vec<String>>,
    /// Bytes a day.
    pub bytes: f64,
    pub created_at: Timestamp,
    pub tags: Tags,
}

#[derive(Debug, Clone)]
pub struct Balancer {
    pub name: String,
    /// 16 hexadecimal digits, the end of its ARN.
    pub id: String,
    /// `application` or `network`.
    pub kind: &'static str,
    pub vpc: String,
    pub created_at: Timestamp,
    /// Instances behind it.
    pub targets: Vec<String>,
    /// When some of them were registered in this run.
    pub joined: BTreeMap<String, Timestamp>,
    /// Those that are deregistered and have requests left, since when.
    pub draining: BTreeMap<String, Timestamp>,
    /// Of the target group, where they differ from the usual.
    pub attributes: BTreeMap<String, String>,
    /// A day.
    pub requests: f64,
    pub tags: Tags,
}

impl Nat {
    /// EC2's word for how it is. A deleted one is seen for a while.
    pub fn state(&self, now: Timestamp) -> &'static str {
        let is_new = now.duration_since(self.created_at) < TURN;
        match self.deleted_at {
            Some(at) if now.duration_since(at) < TURN => "deleting",
            Some(_) => "deleted",
            None if is_new => "pending",
            None => "available",
        }
    }
}

impl Balancer {
    pub fn arn(&self, region: &str, account: &str) -> String {
        format!(
            "arn:aws:elasticloadbalancing:{region}:{account}:{}",
            self.dimension_path()
        )
    }

    /// The end of the ARN, from `loadbalancer` on.
    fn dimension_path(&self) -> String {
        format!("loadbalancer/{}", self.dimension())
    }

    /// As CloudWatch names it.
    pub fn dimension(&self) -> String {
        let short = if self.kind == "network" { "net" } else { "app" };
        format!("{short}/{}/{}", self.name, self.id)
    }

    pub fn group_arn(&self, region: &str, account: &str) -> String {
        let Balancer { name, id, .. } = self;
        format!("arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{id}")
    }
}

#[derive(Debug, Clone)]
pub struct LogGroup {
    pub name: String,
    pub stored_bytes: u64,
    pub retention_days: Option<u32>,
    pub created_at: Timestamp,
}

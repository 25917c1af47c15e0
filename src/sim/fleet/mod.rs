//! The machines of a run: EC2 instances and hybrid managed nodes, by account and region. Built once from a
//! [`Spec`] and a seed; afterwards only what a call changes.

mod build;
mod disk;
mod file;
mod health;
mod platform;
mod region;
mod size;
mod spec;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::estate::Estate;

pub use disk::{Change, Made, Shape, Volume};
pub use file::{BadFile, HELP};
pub use health::Event;
pub use platform::Platform;
pub use region::{REGIONS, billing_prefix, exists as has_region};
pub use size::Size;
pub use spec::{AccountSpec, Group, Health, Spec, TaskSpec};

/// How long an instance is seen stopping or pending, and anything else on its way to what was asked for.
pub const TURN: SignedDuration = SignedDuration::from_secs(6);

#[derive(Debug, Default)]
pub struct Fleet {
    places: BTreeMap<(usize, String), Place>,
}

/// What one account has in one region.
#[derive(Debug, Default)]
pub struct Place {
    pub instances: Vec<Instance>,
    pub hybrids: Vec<Hybrid>,
    pub tasks: Vec<Task>,
    pub estate: Estate,
}

/// A task of a cluster of containers.
#[derive(Debug, Clone)]
pub struct Task {
    pub cluster: String,
    /// 32 hexadecimal digits.
    pub id: String,
    pub service: String,
    /// Names and runtime ids.
    pub containers: Vec<(String, String)>,
    /// Whether it was started with ECS Exec enabled.
    pub exec: bool,
    pub stopped: bool,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub struct Instance {
    pub id: String,
    pub reservation_id: String,
    pub name: String,
    pub tags: BTreeMap<String, String>,
    pub size: Size,
    pub platform: Platform,
    pub image_id: String,
    pub zone: String,
    pub vpc_id: String,
    pub subnet_id: String,
    pub security_group: (String, String),
    pub interface_id: String,
    pub private_ip: String,
    pub public_ip: Option<String>,
    pub profile: Option<String>,
    pub key_name: Option<String>,
    pub volumes: Vec<Volume>,
    pub launched_at: Timestamp,
    pub power: Power,
    pub agent: Option<Agent>,
    /// When it last came up in this run.
    pub booted_at: Option<Timestamp>,
    /// Since when its kernel does not answer.
    pub hung_since: Option<Timestamp>,
    /// Maintenance that EC2 has announced.
    pub event: Option<Event>,
    /// `standard` or `unlimited`; only burstable types have credits.
    pub credits: Option<&'static str>,
    /// When it got its profile, where that was in this run.
    pub profiled_at: Option<Timestamp>,
}

/// A machine outside EC2 that was registered with an activation.
#[derive(Debug, Clone)]
pub struct Hybrid {
    pub id: String,
    pub name: String,
    pub tags: BTreeMap<String, String>,
    pub platform: Platform,
    pub private_ip: String,
    pub activation_id: String,
    pub registered_at: Timestamp,
    pub agent: Agent,
}

#[derive(Debug, Clone)]
pub struct Agent {
    pub version: String,
    pub online: bool,
    /// When the service last heard of an agent that is not online.
    pub lost_at: Timestamp,
}

/// The newest agent of the simulated world.
pub const LATEST_AGENT: &str = "3.3.3050.0";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Power {
    Running,
    /// Running again since; pending at first.
    Starting(Timestamp),
    /// Stopped by a call of this run; stopping at first.
    Stopping(Timestamp),
    /// Stopped before this run began, at.
    Stopped(Timestamp),
    Terminated(Timestamp),
}

impl Power {
    /// EC2's code and name for the state at `now`.
    pub fn state(&self, now: Timestamp) -> (u16, &'static str) {
        match self {
            Power::Running => (16, "running"),
            Power::Starting(at) if now.duration_since(*at) < TURN => (0, "pending"),
            Power::Starting(_) => (16, "running"),
            Power::Stopping(at) if now.duration_since(*at) < TURN => (64, "stopping"),
            Power::Stopping(_) | Power::Stopped(_) => (80, "stopped"),
            Power::Terminated(at) if now.duration_since(*at) < TURN => (32, "shutting-down"),
            Power::Terminated(_) => (48, "terminated"),
        }
    }

    pub fn is_running(&self, now: Timestamp) -> bool {
        self.state(now).1 == "running"
    }
}

impl Agent {
    /// `PingStatus`, given whether the machine itself runs.
    pub fn ping(&self, machine_runs: bool) -> &'static str {
        if self.online && machine_runs {
            "Online"
        } else {
            "ConnectionLost"
        }
    }
}

impl Fleet {
    /// The machines that `spec` asks for; `today` anchors launch times.
    pub fn build(spec: &Spec, seed: u64, now: Timestamp) -> Fleet {
        build::build(spec, seed, now)
    }

    pub fn place(&self, account: usize, region: &str) -> Option<&Place> {
        self.places.get(&(account, region.to_owned()))
    }

    pub fn place_mut(&mut self, account: usize, region: &str) -> Option<&mut Place> {
        self.places.get_mut(&(account, region.to_owned()))
    }

    /// Every place with its account and region.
    pub fn places(&self) -> impl Iterator<Item = (usize, &str, &Place)> {
        self.places
            .iter()
            .map(|((account, region), place)| (*account, region.as_str(), place))
    }
}

//! What somebody ordered and AWS keeps: flow logs, exports of logs, schedules, and how a scaling group mixes its instances.

use jiff::Timestamp;
use serde_json::Value;

use super::Tags;
use crate::sim::fleet::TURN;

/// A flow log of one network, subnet or network interface.
#[derive(Debug, Clone)]
pub struct Flow {
    /// `fl-…`.
    pub id: String,
    pub resource: String,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic: String,
    /// `s3` or `cloud-watch-logs`.
    pub kind: &'static str,
    /// The ARN of a bucket, or the name of a log group.
    pub destination: String,
    pub created_at: Timestamp,
    pub tags: Tags,
}

/// A log group's events on their way to a bucket.
#[derive(Debug, Clone)]
pub struct Export {
    pub id: String,
    pub name: Option<String>,
    pub group: String,
    /// Milliseconds since 1970.
    pub span: (i64, i64),
    pub bucket: String,
    pub prefix: String,
    pub created_at: Timestamp,
}

impl Export {
    pub fn state(&self, now: Timestamp) -> &'static str {
        if now.duration_since(self.created_at) < TURN {
            "RUNNING"
        } else {
            "COMPLETED"
        }
    }
}

/// One of EventBridge Scheduler; what it is to do is kept as it came.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub name: String,
    pub said: Value,
    pub created_at: Timestamp,
}

/// How a scaling group mixes On-Demand and Spot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix {
    pub on_demand_base: u32,
    /// Above the base, in percent.
    pub on_demand_percent: u32,
    pub spot_strategy: String,
}

impl Default for Mix {
    /// On-Demand alone.
    fn default() -> Mix {
        Mix {
            on_demand_base: 0,
            on_demand_percent: 100,
            spot_strategy: "lowest-price".to_owned(),
        }
    }
}

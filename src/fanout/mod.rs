//! One command on many machines through Run Command: planned in batches, sent, followed, and recorded node by node before
//! anything is shown. The caller hears events and may cancel; it never talks to AWS itself.

mod disk;
mod drive;
mod evidence;
mod ledger;
mod limit;
mod output;
mod owed;
mod part;
mod plan;
mod roll;
mod run;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::aws::{Cloud, Failure};
use crate::fleet::Node;
use crate::recording::{Mode, Recipients};

pub use ledger::{Left, cancel_left};
pub use limit::{BadLimit, Limit, Limits, parse_amount, parse_concurrency, parse_seconds};
pub use output::{Kept, is_cut};
pub use part::{Ended, Part, joined, parts};
pub use plan::{BadTags, parse_tags};
pub use roll::Ending;
pub use run::{Refused, start, start_document};

/// What to run, and where.
pub struct Request {
    pub cloud: Cloud,
    /// The machines. Those that are not online are told as such and not asked.
    pub nodes: Vec<Node>,
    /// Let AWS choose by these tags, instead of by the ids of `nodes`.
    pub tags: Option<Vec<(String, Vec<String>)>>,
    pub text: String,
    pub reason: String,
    pub limits: Limits,
    /// Bucket and prefix for output that is too long for AWS to show.
    pub output: Option<(String, String)>,
    pub mode: Mode,
    /// Whom the recording is encrypted to, by the policy for the target.
    pub recipients: Recipients,
    pub data_dir: PathBuf,
}

/// A Command document in the place of a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    pub document: String,
    pub version: Option<String>,
    pub parameters: BTreeMap<String, Vec<String>>,
}

/// What happens meanwhile. The stream ends when every node is over.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// AWS took the command for a batch.
    Sent { command_id: String, nodes: usize },
    /// A node stands differently.
    Changed { node: String, status: String },
    /// A node is over, and on record.
    Over(Box<Outcome>),
    /// AWS is too busy to tell the output of a node that is over; it is asked again. Told once.
    Busy { node: String, at_least_seconds: u64 },
    /// A call failed; what it was for is told by the nodes' outcomes.
    Failed(Failure),
    /// It can no longer be recorded. Where that is not allowed, everything was cancelled and nothing more is told.
    Unrecorded { says: String, over: bool },
    /// It is recorded again.
    Recorded,
}

/// That the output of a node is waited for.
pub fn busy(node: &str, at_least_seconds: u64) -> String {
    format!(
        "AWS is too busy to tell the output of {node}: it is asked again, for at least {at_least_seconds} s"
    )
}

/// How a node ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    pub id: String,
    pub name: String,
    pub account: String,
    pub region: String,
    /// AWS's status details, or `NotConnected`, `NotSent`, `Unknown`.
    pub status: String,
    pub exit_code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// How each step ended, where the document has several.
    pub steps: Vec<Ended>,
    /// The output is longer than AWS shows, and could not be had in full.
    pub is_cut: bool,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Why, where the status does not say it.
    pub says: Option<String>,
}

/// The status of one that was sent, and of which AWS told no end; a success whose output nobody has is none that may be
/// relied upon, and has it too.
pub const UNKNOWN: &str = "Unknown";

/// How one that is over counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Succeeded,
    Failed,
    /// No agent was online: it was not asked.
    NotConnected,
    /// It was asked, or was to be, and the command never began there.
    NeverBegan,
    Unknown,
}

impl Count {
    /// By AWS's status details, or our own.
    pub fn of(status: &str) -> Count {
        match status {
            "Success" => Count::Succeeded,
            UNKNOWN => Count::Unknown,
            "NotConnected" => Count::NotConnected,
            "NotSent" | "Terminated" | "Undeliverable" | "DeliveryTimedOut" | "InvalidPlatform" => {
                Count::NeverBegan
            }
            _ => Count::Failed,
        }
    }

    /// Whether nothing was done to the machine.
    pub fn is_untouched(self) -> bool {
        matches!(self, Count::NotConnected | Count::NeverBegan)
    }
}

impl Outcome {
    pub fn is_success(&self) -> bool {
        self.status == "Success"
    }

    /// The name, or the id of a nameless one.
    pub fn label(&self) -> &str {
        if self.name.is_empty() {
            &self.id
        } else {
            &self.name
        }
    }

    fn of(node: &Node, status: &str, says: impl Into<String>) -> Outcome {
        Outcome {
            id: node.id.to_string(),
            name: node.name.clone(),
            account: node.account.clone(),
            region: node.region.clone(),
            status: status.to_owned(),
            says: Some(says.into()),
            ..Outcome::default()
        }
    }
}

/// The handle: cancelling asks AWS to stop the command wherever it has not ended.
#[derive(Clone)]
pub struct Run {
    pub id: uuid::Uuid,
    cancel: watch::Sender<bool>,
}

impl Run {
    pub fn cancel(&self) {
        self.cancel.send_replace(true);
    }
}

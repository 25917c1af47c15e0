//! What a run's journal says, one line a record. Values that are secret are never in it, and text is covered by the rules
//! of redaction before it gets here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::audit;

/// How a step ended on a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Success,
    Failed,
    TimedOut,
    /// It was stopped by its user.
    Stopped,
    /// It was begun, and nobody saw its end: it may be done, and it may go on.
    Unknown,
}

impl Outcome {
    /// Whether it ended, and not well. What nobody saw the end of is no failure.
    pub fn is_failure(self) -> bool {
        matches!(self, Outcome::Failed | Outcome::TimedOut | Outcome::Stopped)
    }
}

/// Who acted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    pub user: Option<String>,
    pub host: Option<String>,
    /// The caller as AWS knows it, where a target is there.
    pub arn: Option<String>,
}

const APPROVED: &str = ", approved by ";
const WITH_KEY: &str = " with key ";

/// Who confirmed a step that somebody else approved with a key, as [`Record::Confirmed`] keeps it.
pub fn with_approver(by: &str, approver: &str, key: &str) -> String {
    format!("{by}{APPROVED}{approver}{WITH_KEY}{key}")
}

/// Who confirmed it, and who approved it with which key.
pub fn approved(by: &str) -> (&str, Option<(&str, &str)>) {
    let told = by
        .rsplit_once(WITH_KEY)
        .and_then(|(who, key)| Some((who.split_once(APPROVED)?, key)));
    match told {
        Some(((by, approver), key)) => (by, Some((approver, key))),
        None => (by, None),
    }
}

/// A step as it was when the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub step: String,
    pub title: String,
    pub phase: String,
    pub lines: (usize, usize),
    /// Of its block, or of its task's text.
    pub sha256: String,
    /// Of a rollback: the steps that it undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Vec<String>>,
}

/// A machine of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// `local`, or the id at AWS.
    pub id: String,
    pub name: String,
    pub account: Option<String>,
    pub region: Option<String>,
    pub production: bool,
    /// Its tags when the run began.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub tags: Map<String, Value>,
}

/// Where something stands in a session's recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// The recording's id.
    pub recording: String,
    pub path: String,
    /// Bytes of the file when it was written down.
    pub offset: u64,
    /// Microseconds since the recording began.
    pub at_us: u64,
}

/// What was kept of an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Below the run's folder.
    pub file: String,
    /// Of the file.
    pub sha256: String,
    pub bytes: u64,
    /// It was longer, and the file has only its beginning and its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
}

/// How much of an output was not kept, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    pub printed: u64,
    pub left_out: u64,
}

/// One record. Fields are added, never renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Record {
    Opened {
        run: String,
        runbook: String,
        name: String,
        title: String,
        sha256: String,
        /// What git calls the same bytes.
        git_blob: String,
        who: Box<Who>,
        reason: String,
        machines: Vec<Machine>,
        /// Ids of those where steps run that do not say where.
        targets: Vec<String>,
        steps: Vec<Listed>,
        /// The alarm that led to it, as it stood.
        alarm: Option<Value>,
        /// What was known of it, and of the instance in its dimensions, by the names that variables have.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        facts: BTreeMap<String, String>,
        /// Of the machines that the facts name, those that are production.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        production: BTreeSet<String>,
        tool: String,
    },
    /// A later process goes on with it.
    Resumed {
        who: Who,
        /// Where it goes on, as at the beginning.
        #[serde(default)]
        machines: Vec<Machine>,
        #[serde(default)]
        targets: Vec<String>,
    },
    /// The page is another one than at the beginning, and a person took it.
    Changed {
        sha256: String,
        by: String,
        steps: Vec<Listed>,
    },
    Valued {
        name: String,
        source: String,
        /// `null` for a secret.
        value: Option<String>,
        target: Option<String>,
        /// A part of it is covered: it is no value to go on with.
        #[serde(default)]
        covered: bool,
        /// The one that captured it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
    },
    Confirmed {
        step: String,
        targets: Vec<String>,
        level: String,
        /// What was told before of what a document reaches and does.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        impact: Vec<String>,
        /// Why its block may be no command.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        doubt: Option<String>,
        /// What was typed; `--yes` where it was given ahead.
        typed: String,
        by: String,
    },
    Started {
        step: String,
        target: String,
        attempt: u32,
        sha256: String,
        /// As it was run, secrets and redacted text left out.
        commands: Vec<String>,
        spot: Option<Spot>,
    },
    /// AWS has begun what the step names, and goes on with it whatever becomes of this process.
    Sent {
        step: String,
        target: String,
        attempt: u32,
        /// `command` or `automation`.
        kind: String,
        id: String,
        profile: String,
        region: String,
        /// Ids of machines that it goes to, as far as its text names them.
        machines: Vec<String>,
        /// What was known of those when it was started.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        known: Vec<audit::Target>,
    },
    Ended {
        step: String,
        target: String,
        attempt: u32,
        outcome: Outcome,
        exit: Option<i32>,
        lasted_us: u64,
        output: Option<Kept>,
        spot: Option<Spot>,
        says: String,
    },
    /// A box of the page was ticked.
    Ticked {
        step: String,
        by: String,
        note: String,
        lasted_us: u64,
    },
    Skipped {
        step: String,
        why: String,
    },
    /// It failed there within what the page tolerates: the steps behind it leave that machine alone.
    Dropped {
        step: String,
        target: String,
        says: String,
    },
    /// The shell there stands in another folder than before this step, whose commands are through: it counts once the step
    /// is done. `null` where the folder is not known, or the journal may not hold it.
    Moved {
        step: String,
        target: String,
        folder: Option<String>,
    },
    /// A person says how a step stands whose end nobody saw.
    Decided {
        step: String,
        target: String,
        done: bool,
        by: String,
    },
    /// Bytes of a torn last line were set aside.
    Recovered {
        bytes: u64,
        sha256: String,
    },
    Closed {
        outcome: Outcome,
        says: String,
        lasted_us: u64,
        /// Microseconds spent in the steps of each phase.
        phases: BTreeMap<String, u64>,
        /// Recordings made, by target.
        recordings: BTreeMap<String, String>,
    },
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub v: u32,
    /// From 1.
    pub seq: u64,
    /// RFC 3339 in UTC with microseconds.
    pub at: String,
    /// SHA-256 of the line before without its line feed; zeros before the first.
    pub prev: String,
    #[serde(flatten)]
    pub record: Record,
}

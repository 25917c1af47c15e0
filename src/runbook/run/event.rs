//! What a run tells its listener, and what it asks. A question waits for its answer; a listener that has gone has
//! answered that nobody is there, and then nothing is done that wanted a person.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::oneshot;

use super::record::Outcome;
use crate::runbook::Level;
use crate::runbook::shell::quote;

#[derive(Debug)]
pub enum Event {
    Opened {
        run: String,
    },
    /// A step begins on a target; commands as they may be shown.
    Began {
        step: String,
        target: String,
        attempt: u32,
        commands: Vec<String>,
    },
    /// Of the step under way there; secrets are covered.
    Output {
        step: String,
        target: String,
        bytes: Vec<u8>,
    },
    Ended {
        step: String,
        target: String,
        outcome: Outcome,
        exit: Option<i32>,
        lasted: Duration,
        says: String,
    },
    Ticked {
        step: String,
    },
    Skipped {
        step: String,
        why: String,
    },
    /// It was done by an earlier process of the run.
    Stood {
        step: String,
        target: String,
    },
    /// A line to the user, with what to do about it.
    Told {
        says: String,
        hint: String,
    },
    Asked(Question, oneshot::Sender<Answer>),
    Closed {
        outcome: Outcome,
        says: String,
        /// What to do about it, where that is not just going on with the run.
        hint: String,
    },
}

/// Values of variables as they are shown before a step runs, a line each.
pub fn value_lines(values: &BTreeMap<String, Option<String>>) -> Vec<String> {
    let line = |(name, value): (&String, &Option<String>)| match value {
        Some(value) => format!("{name}={}", quote(value)),
        None => format!("{name}=(secret)"),
    };
    values.iter().map(line).collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// A value for a variable; `refused` is why the one before was not taken.
    Value {
        name: String,
        prompt: String,
        choices: Vec<String>,
        default: Option<String>,
        is_secret: bool,
        refused: Option<String>,
    },
    /// Whether a step may run.
    Confirm {
        step: String,
        title: String,
        targets: Vec<String>,
        production: bool,
        level: Level,
        /// What is to be typed at the level `type`.
        phrase: String,
        /// What its variables are given, secrets without their value.
        values: BTreeMap<String, Option<String>>,
        commands: Vec<String>,
        /// Of a document: the machines that it reaches, and what AWS foresees.
        impact: Vec<String>,
        note: String,
    },
    /// A person does it and says so.
    Task { step: String, text: String },
    /// Nobody saw its end: the process before died, or the connection was lost.
    Unknown {
        step: String,
        title: String,
        target: String,
        /// Else it was done, and what undoes it was begun there and did not go through.
        rollback: Option<String>,
    },
    Failed {
        step: String,
        title: String,
        says: String,
    },
    /// It cannot run as things are.
    Blocked {
        step: String,
        title: String,
        why: String,
        /// The path of a second person's approval, as a text, is an answer.
        wants_approval: bool,
    },
    /// The page is another one than the run began with.
    Changed { diff: String },
    /// The page is no longer where it was; the run has it as it was when it began.
    Gone { page: String },
    /// Whether a completed step is undone.
    Rollback {
        step: String,
        undoes: String,
        commands: Vec<String>,
        /// Else where it was done: it only failed on these, and may have changed something there.
        failed_on: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    Text(String),
    Skip,
    Retry,
    Abort,
    /// No person can be asked.
    Nobody,
}

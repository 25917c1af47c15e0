//! A command that was sent, and how it stands on each node. Statuses and their details are the service's words.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

/// Older ones are forgotten, as the service forgets them after 30 days.
const REMEMBERED: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Pending,
    /// Not delivered yet, for longer than is usual.
    Delayed,
    InProgress,
    Cancelling,
    Success,
    Failed,
    TimedOut,
    NotDelivered,
    Cancelled,
    /// Never sent: too many others had failed.
    Terminated,
}

impl State {
    pub fn status(self) -> &'static str {
        match self {
            State::Pending => "Pending",
            State::Delayed => "Delayed",
            State::InProgress => "InProgress",
            State::Cancelling => "Cancelling",
            State::Success => "Success",
            State::Failed => "Failed",
            State::TimedOut | State::NotDelivered => "TimedOut",
            State::Cancelled | State::Terminated => "Cancelled",
        }
    }

    pub fn details(self) -> &'static str {
        match self {
            State::TimedOut => "ExecutionTimedOut",
            State::NotDelivered => "DeliveryTimedOut",
            State::Terminated => "Terminated",
            other => other.status(),
        }
    }

    pub fn is_over(self) -> bool {
        !matches!(
            self,
            State::Pending | State::Delayed | State::InProgress | State::Cancelling
        )
    }

    /// Whether it counts against `MaxErrors`; what was never delivered does not.
    pub fn is_error(self) -> bool {
        matches!(self, State::Failed | State::TimedOut)
    }
}

#[derive(Debug, Clone)]
pub struct Invocation {
    pub node: String,
    pub computer: String,
    pub platform: String,
    pub online: bool,
    pub state: State,
    pub requested_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Of its steps, as many as have begun.
    pub plugins: Vec<Plugin>,
}

/// What a step left on a node.
#[derive(Debug, Clone)]
pub struct Plugin {
    pub state: State,
    pub code: i32,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub stdout: String,
    pub stderr: String,
}

impl Plugin {
    pub fn begun(at: Timestamp) -> Plugin {
        Plugin {
            state: State::InProgress,
            code: -1,
            started_at: at,
            ended_at: None,
            stdout: String::new(),
            stderr: String::new(),
        }
    }
}

/// A step of the document.
#[derive(Debug, Clone, Default)]
pub struct Step {
    pub name: String,
    /// `aws:runShellScript`…
    pub action: String,
    pub script: String,
    /// `Linux`, `Windows`; empty: any.
    pub platform: String,
    /// Whether its failure ends the whole.
    pub exits: bool,
}

impl Step {
    /// Whether it is passed over on a machine of this platform.
    pub fn is_passed_over(&self, platform: &str) -> bool {
        !self.platform.is_empty() && (self.platform == "Windows") != (platform == "Windows")
    }
}

pub struct Order {
    pub id: String,
    /// Index of the account, and the region.
    pub place: (usize, String),
    pub document: String,
    pub comment: String,
    pub parameters: Value,
    /// What runs, its folder, and how long each step may.
    pub steps: Vec<Step>,
    pub folder: Option<String>,
    pub lasts_seconds: u64,
    /// How long a node may take to fetch it.
    pub delivery_seconds: u64,
    pub concurrency: String,
    pub errors: String,
    /// As they were asked for.
    pub instance_ids: Vec<String>,
    pub targets: Value,
    pub bucket: Option<String>,
    pub prefix: String,
    pub log_group: Option<String>,
    pub requested_at: Timestamp,
    pub cancel: watch::Sender<bool>,
    pub(super) invocations: Mutex<Vec<Invocation>>,
}

impl Order {
    pub fn with(mut self, invocations: Vec<Invocation>) -> Self {
        self.invocations = Mutex::new(invocations);
        self
    }

    pub fn invocations(&self) -> MutexGuard<'_, Vec<Invocation>> {
        self.invocations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set(&self, index: usize, change: impl FnOnce(&mut Invocation)) {
        if let Some(invocation) = self.invocations().get_mut(index) {
            change(invocation);
        }
    }

    /// The log stream that an output of a step goes to on a node.
    pub fn stream(&self, node: &str, step: &Step, name: &str) -> String {
        let folder = match step.name == step.action {
            true => step.action.replace(':', "-"),
            false => step.name.replace(':', "-"),
        };
        format!("{}/{node}/{folder}/{name}", self.id)
    }

    /// Where the output of a step goes on a node, below the bucket.
    pub fn key(&self, node: &str, step: &Step) -> String {
        let action = step.action.replace(':', "");
        let folder = match step.name == step.action {
            true => format!("0.{action}"),
            false => step.name.replace(':', ""),
        };
        let prefix = self.prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("{prefix}{slash}{}/{node}/{action}/{folder}", self.id)
    }

    /// The whole command's state, from those of its nodes.
    pub fn state(&self) -> State {
        let all = self.invocations();
        let any = |state| all.iter().any(|each| each.state == state);
        if all.iter().any(|each| !each.state.is_over()) {
            return if *self.cancel.borrow() {
                State::Cancelling
            } else if all.iter().all(|each| each.state == State::Pending) && !all.is_empty() {
                State::Pending
            } else {
                State::InProgress
            };
        }
        if *self.cancel.borrow() && any(State::Cancelled) {
            State::Cancelled
        } else if any(State::Failed) || any(State::Terminated) {
            State::Failed
        } else if any(State::TimedOut) || any(State::NotDelivered) {
            State::TimedOut
        } else {
            State::Success
        }
    }
}

impl Default for Order {
    fn default() -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            place: (0, String::new()),
            document: String::new(),
            comment: String::new(),
            parameters: Value::Null,
            steps: Vec::new(),
            folder: None,
            lasts_seconds: 3_600,
            delivery_seconds: 3_600,
            concurrency: "50".into(),
            errors: "0".into(),
            instance_ids: Vec::new(),
            targets: Value::Null,
            bucket: None,
            prefix: String::new(),
            log_group: None,
            requested_at: Timestamp::now(),
            cancel: watch::Sender::new(false),
            invocations: Mutex::default(),
        }
    }
}

/// Every command of a run, newest first.
#[derive(Default)]
pub struct Orders(Mutex<VecDeque<Arc<Order>>>);

impl Orders {
    fn all(&self) -> MutexGuard<'_, VecDeque<Arc<Order>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, order: Arc<Order>) {
        let mut all = self.all();
        all.push_front(order);
        all.truncate(REMEMBERED);
    }

    /// Those of a place.
    pub fn of(&self, account: usize, region: &str) -> Vec<Arc<Order>> {
        let here = |order: &&Arc<Order>| order.place.0 == account && order.place.1 == region;
        self.all().iter().filter(here).cloned().collect()
    }

    /// Ends what still runs.
    pub fn cancel_all(&self) {
        for order in self.all().iter() {
            order.cancel.send_replace(true);
        }
    }
}

//! One execution: what it was started with, how its steps stand, and what somebody asked of it meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::sim::account::Caller;
use crate::sim::world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    InProgress,
    Waiting,
    Success,
    TimedOut,
    Cancelling,
    Cancelled,
    Failed,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Status::Pending => "Pending",
            Status::InProgress => "InProgress",
            Status::Waiting => "Waiting",
            Status::Success => "Success",
            Status::TimedOut => "TimedOut",
            Status::Cancelling => "Cancelling",
            Status::Cancelled => "Cancelled",
            Status::Failed => "Failed",
        }
    }

    pub fn is_over(self) -> bool {
        matches!(
            self,
            Status::Success | Status::TimedOut | Status::Cancelled | Status::Failed
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The step that runs is ended.
    Cancel,
    /// The step that runs is the last.
    Complete,
}

/// What one approver said.
#[derive(Debug, Clone)]
pub struct Decision {
    pub by: String,
    pub approves: bool,
    pub comment: String,
}

#[derive(Debug, Clone)]
pub struct Step {
    /// A UUID.
    pub id: String,
    pub name: String,
    pub action: String,
    /// As the document has it.
    pub spec: Arc<Value>,
    pub status: Status,
    pub inputs: BTreeMap<String, String>,
    pub outputs: Map<String, Value>,
    pub code: Option<String>,
    /// Stage, type and sentence.
    pub failure: Option<(String, String, String)>,
    pub warning: Option<String>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Which target of a fan-out it is for.
    pub target: Option<Value>,
    pub location: Option<Value>,
}

impl Step {
    pub fn new(name: &str, action: &str, spec: Value) -> Step {
        Step {
            id: uuid::Uuid::new_v4().to_string(),
            name: name.to_owned(),
            action: action.to_owned(),
            spec: Arc::new(spec),
            status: Status::Pending,
            inputs: BTreeMap::new(),
            outputs: Map::new(),
            code: None,
            failure: None,
            warning: None,
            started_at: None,
            ended_at: None,
            target: None,
            location: None,
        }
    }
}

#[derive(Debug)]
pub struct State {
    pub status: Status,
    pub steps: Vec<Step>,
    /// Index of the step that runs or ran last.
    pub current: Option<usize>,
    pub ended_at: Option<Timestamp>,
    pub outputs: BTreeMap<String, Vec<String>>,
    pub failure: Option<String>,
    pub variables: Map<String, Value>,
    pub decisions: Vec<Decision>,
    pub resumed: bool,
    /// Asked to go on, with this step if one is named.
    pub go: Option<Option<String>>,
    pub stop_step: bool,
    pub stop: Option<Stop>,
    /// Alarms that burned and stopped it.
    pub alarms: Vec<String>,
}

pub struct Run {
    pub id: String,
    pub caller: Caller,
    pub region: String,
    pub document: String,
    pub version: u64,
    pub content: Arc<Value>,
    /// As the service shows them, defaults included.
    pub given: BTreeMap<String, Vec<String>>,
    pub typed: Map<String, Value>,
    pub interactive: bool,
    pub parent: Option<String>,
    /// The value that a parent chose for it.
    pub target: Option<String>,
    /// The members of the request that a fan-out is made of, as they were.
    pub fan: Map<String, Value>,
    pub tags: Vec<(String, String)>,
    pub started_at: Timestamp,
    state: Mutex<State>,
    /// Counts what changed from outside.
    told: watch::Sender<u64>,
}

/// What a run is made from.
pub struct Order {
    pub caller: Caller,
    pub region: String,
    pub document: String,
    pub version: u64,
    pub content: Arc<Value>,
    pub given: BTreeMap<String, Vec<String>>,
    pub typed: Map<String, Value>,
    pub interactive: bool,
    pub parent: Option<String>,
    pub target: Option<String>,
    pub fan: Map<String, Value>,
    pub tags: Vec<(String, String)>,
    pub steps: Vec<Step>,
}

impl Run {
    pub fn new(order: Order, now: Timestamp) -> Run {
        let declared = order.content["variables"].as_array().into_iter().flatten();
        let variables = declared
            .filter_map(|variable| Some((variable["name"].as_str()?.to_owned(), variable["default"].clone())))
            .collect();
        Run {
            id: uuid::Uuid::new_v4().to_string(),
            caller: order.caller,
            region: order.region,
            document: order.document,
            version: order.version,
            content: order.content,
            given: order.given,
            typed: order.typed,
            interactive: order.interactive,
            parent: order.parent,
            target: order.target,
            fan: order.fan,
            tags: order.tags,
            started_at: now,
            state: Mutex::new(State {
                status: Status::Pending,
                steps: order.steps,
                current: None,
                ended_at: None,
                outputs: BTreeMap::new(),
                failure: None,
                variables,
                decisions: Vec::new(),
                resumed: false,
                go: None,
                stop_step: false,
                stop: None,
                alarms: Vec::new(),
            }),
            told: watch::Sender::new(0),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_over(&self) -> bool {
        self.state().status.is_over()
    }

    /// Stops it when an alarm burns that was named at its start.
    pub fn heed_alarms(&self, world: &World) {
        let Some(said) = self.fan.get("AlarmConfiguration") else {
            return;
        };
        let goes_on = said["IgnorePollAlarmFailure"].as_bool().unwrap_or_default();
        let names = said["Alarms"].as_array().into_iter().flatten();
        let names: Vec<&str> = names.filter_map(|alarm| alarm["Name"].as_str()).collect();
        let burns = |name: &str| world.alarms.burns(self.caller.account, &self.region, name);
        if let Some(unknown) = names.iter().find(|name| !goes_on && burns(name).is_none()) {
            self.tell(|state| {
                state.stop = Some(Stop::Cancel);
                state.failure = Some(format!(
                    "The state of the alarm {unknown} could not be retrieved."
                ));
            });
            return;
        }
        let burning: Vec<String> = names
            .into_iter()
            .filter(|name| burns(name) == Some(true))
            .map(str::to_owned)
            .collect();
        if !burning.is_empty() {
            self.tell(|state| {
                state.stop = Some(Stop::Cancel);
                state.failure = Some(format!("Stopped by alarms: {}.", burning.join(", ")));
                state.alarms = burning;
            });
        }
    }

    /// Changes the state from outside and wakes whoever waits for that.
    pub fn tell<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let told = change(&mut self.state());
        self.told.send_modify(|count| *count += 1);
        told
    }

    pub fn ask_to_stop(&self, stop: Stop) {
        self.tell(|state| {
            if !state.status.is_over() {
                state.stop = Some(stop);
            }
        });
    }

    /// Waits until the state answers `wanted` with something.
    pub async fn until<T>(&self, mut wanted: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut told = self.told.subscribe();
        loop {
            told.borrow_and_update();
            if let Some(found) = wanted(&mut self.state()) {
                return found;
            }
            // The sender lives as long as `self`.
            let _ = told.changed().await;
        }
    }

    pub fn with_step<T>(&self, index: usize, change: impl FnOnce(&mut Step) -> T) -> Option<T> {
        self.state().steps.get_mut(index).map(change)
    }

    /// Waits until it is over, and how it ended.
    pub async fn over(&self) -> Status {
        self.until(|state| state.status.is_over().then_some(state.status))
            .await
    }
}

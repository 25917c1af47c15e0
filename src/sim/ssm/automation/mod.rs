//! Automations: a document's steps, run against the simulated world by a small interpreter. An execution holds the text that
//! it started from, so that it goes on when its document is deleted. Facts: the Systems Manager API reference and user guide.

mod act;
mod api;
mod ask;
mod check;
mod choose;
mod clock;
mod drive;
mod fan;
mod path;
mod preview;
mod resolve;
mod run;
mod signal;
mod start;
mod write;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::parse;
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

pub use clock::Clock;
pub use run::Run;

/// Older ones are forgotten, as the service forgets them after 30 days.
const REMEMBERED: usize = 500;

/// Every execution of a run of the simulator, newest first; and what was asked for a preview.
#[derive(Default)]
pub struct Runs {
    all: Mutex<VecDeque<Arc<Run>>>,
    /// Client token to the request's fingerprint and the execution that it started.
    tokens: Mutex<BTreeMap<(usize, String, String), (String, String)>>,
    previews: Mutex<BTreeMap<String, preview::Preview>>,
}

impl Runs {
    fn all(&self) -> MutexGuard<'_, VecDeque<Arc<Run>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, run: Arc<Run>) {
        let mut all = self.all();
        all.push_front(run);
        // Those that run still are kept whatever their number.
        while all.len() > REMEMBERED && all.back().is_some_and(|oldest| oldest.is_over()) {
            all.pop_back();
        }
    }

    fn of(&self, call: &Call<'_>) -> Vec<Arc<Run>> {
        let here = |run: &&Arc<Run>| run.caller.account == call.caller.account && run.region == call.region;
        self.all().iter().filter(here).cloned().collect()
    }

    fn find(&self, call: &Call<'_>, id: Option<String>) -> Result<Arc<Run>, Refusal> {
        let id = super::required(id, "automationExecutionId")?;
        let found = self.of(call).into_iter().find(|run| run.id == id);
        found.ok_or_else(|| {
            let says = format!("Automation execution with ID {id} does not exist.");
            Refusal::new("AutomationExecutionNotFoundException", says)
        })
    }

    /// Ends what still runs.
    pub fn cancel_all(&self) {
        for run in self.all().iter() {
            run.ask_to_stop(run::Stop::Cancel);
        }
    }
}

/// `None` when the operation is not one of automations.
pub fn answer(world: &World, call: &Call<'_>) -> Option<Result<Value, Refusal>> {
    Some(match call.operation.as_str() {
        "StartAutomationExecution" => parse(call).and_then(|request| start::start(world, call, request)),
        "GetAutomationExecution" => parse(call).and_then(|request| ask::get(world, call, request)),
        "DescribeAutomationExecutions" => parse(call).and_then(|request| ask::list(world, call, request)),
        "DescribeAutomationStepExecutions" => {
            parse(call).and_then(|request| ask::steps(world, call, request))
        }
        "SendAutomationSignal" => parse(call).and_then(|request| signal::send(world, call, request)),
        "StopAutomationExecution" => parse(call).and_then(|request| signal::stop(world, call, request)),
        "StartExecutionPreview" => parse(call).and_then(|request| preview::start(world, call, request)),
        "GetExecutionPreview" => parse(call).and_then(|request| preview::get(world, call, request)),
        _ => return None,
    })
}

/// Parameters with their defaults, for documents of any kind.
pub fn parameters(
    content: &Value,
    given: &check::Given,
) -> Result<(check::Given, serde_json::Map<String, Value>), Refusal> {
    check::parameters(content, given, &[])
}

/// A text with its references filled in.
pub fn filled(text: &str, lookup: &dyn Fn(&str) -> Option<Value>) -> Result<String, String> {
    resolve::text_of(text, lookup).map(|value| resolve::plain(&value))
}

//! The interpreter's loop: one step after the other, each with its attempts and its time, and where its end leads.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::act::{self, Fault, Outcome};
use super::run::{Run, Status, Stop};
use super::{resolve, write};
use crate::sim::world::World;

/// How long a way back after a cancel may take: Systems Manager user guide.
const WAY_BACK_SECONDS: f64 = 120.0;
/// Steps that loop back for ever are ended.
const MOST_STEPS: usize = 2_000;

/// Where the end of a step leads.
enum Next {
    Step(usize),
    End(Status),
}

pub async fn drive(world: Weak<World>, run: Arc<Run>) {
    run.tell(|state| state.status = Status::InProgress);
    let mut next = Some(0);
    let mut spoiled = false;
    let mut ended = Status::Success;
    for _ in 0..MOST_STEPS {
        let Some(index) = next else { break };
        let Some(index) = admit(&run, index).await else {
            ended = if run.state().stop == Some(Stop::Cancel) {
                Status::Cancelled
            } else {
                Status::Success
            };
            break;
        };
        let Some(world) = world.upgrade() else { return };
        let status = step(&world, &run, index).await;
        let is_cancelled = run.state().stop == Some(Stop::Cancel);
        if is_cancelled && status != Status::Success {
            way_back(&world, &run, index).await;
            ended = Status::Cancelled;
            break;
        }
        spoiled |= status != Status::Success && is_critical(&run, index);
        match follow(&run, index, status) {
            Next::Step(index) => next = Some(index),
            Next::End(status) => {
                ended = status;
                next = None;
            }
        }
    }
    if next.is_some() && ended == Status::Success && run.state().stop.is_none() {
        ended = Status::Failed;
    }
    let ended = if spoiled && ended == Status::Success {
        Status::Failed
    } else {
        ended
    };
    finish(&run, ended);
}

/// Waits until the step may begin: in interactive mode for the word to start it. `None` when it is not to begin at all.
async fn admit(run: &Run, index: usize) -> Option<usize> {
    if run.state().stop.is_some() {
        return None;
    }
    if !run.interactive {
        return Some(index);
    }
    run.tell(|state| {
        state.status = Status::Waiting;
        state.go = None;
        state.current = Some(index);
    });
    let chosen = run
        .until(|state| match (state.stop, state.go.take()) {
            (Some(_), _) => Some(None),
            (None, Some(named)) => Some(Some(named)),
            (None, None) => None,
        })
        .await?;
    run.tell(|state| state.status = Status::InProgress);
    match chosen {
        Some(name) => run.state().steps.iter().position(|step| step.name == name),
        None => Some(index),
    }
}

/// Runs one step to its end.
async fn step(world: &Arc<World>, run: &Arc<Run>, index: usize) -> Status {
    let Some(spec) = run.with_step(index, |step| step.spec.clone()) else {
        return Status::Failed;
    };
    run.tell(|state| {
        state.current = Some(index);
        state.stop_step = false;
        state.decisions.clear();
        state.resumed = false;
        if let Some(step) = state.steps.get_mut(index) {
            (step.status, step.started_at, step.ended_at) =
                (Status::InProgress, Some(Timestamp::now()), None);
            (step.failure, step.outputs) = (None, Map::new());
        }
    });
    let attempts = number(&spec["maxAttempts"]).unwrap_or(1.0).max(1.0) as u32;
    let mut outcome = Outcome::Failed(Fault::new("Internal", "the step was not tried"));
    for _ in 0..attempts {
        outcome = attempt(world, run, index, &spec).await;
        if !matches!(outcome, Outcome::Failed(_) | Outcome::TimedOut) {
            break;
        }
    }
    let status = close(run, index, &spec, outcome);
    let told = run.state().status;
    if matches!(told, Status::Waiting) {
        run.tell(|state| state.status = Status::InProgress);
    }
    status
}

async fn attempt(world: &Arc<World>, run: &Arc<Run>, index: usize, spec: &Value) -> Outcome {
    let inputs = match resolve::value(world, run, &spec["inputs"]) {
        Ok(inputs) => inputs,
        Err(says) => return Outcome::Failed(Fault::new("InputValidation", says)),
    };
    let shown: BTreeMap<String, String> = inputs
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), write::cut(&input(value))))
        .collect();
    run.with_step(index, |step| step.inputs = shown);
    let clock = world.clock;
    let action = spec["action"].as_str().unwrap_or_default();
    let usual = match action {
        "aws:approve" | "aws:pause" | "aws:sleep" => 7.0 * 86_400.0,
        _ => 3_600.0,
    };
    let seconds = number(&spec["timeoutSeconds"]).unwrap_or(usual);
    // Commands are real work, whose time no clock shortens.
    let limit = match action {
        "aws:runCommand" => Duration::from_secs_f64(seconds.clamp(0.0, 1e9)),
        _ => clock.real(seconds),
    };
    let work = async {
        // So that a console that polls sees the step at all.
        let pace = tokio::time::sleep(clock.step);
        let (outcome, ()) = tokio::join!(act::perform(world, run, index, spec, &inputs), pace);
        outcome
    };
    let stopped = run.until(|state| (state.stop == Some(Stop::Cancel) || state.stop_step).then_some(()));
    tokio::select! {
        outcome = work => outcome,
        () = stopped => Outcome::Cancelled,
        // A limit of nothing would win against work that is done at once.
        () = tokio::time::sleep(limit.max(Duration::from_millis(1)).max(clock.step * 2)) => Outcome::TimedOut,
    }
}

/// Texts as they are, everything else as JSON.
fn input(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{text}\""),
        other => other.to_string(),
    }
}

fn close(run: &Run, index: usize, spec: &Value, outcome: Outcome) -> Status {
    let action = spec["action"].as_str().unwrap_or_default().to_owned();
    run.tell(|state| {
        let Some(step) = state.steps.get_mut(index) else {
            return Status::Failed;
        };
        step.ended_at = Some(Timestamp::now());
        let fail = |kind: &str, says: String| Some(("Invocation".to_owned(), kind.to_owned(), says));
        step.status = match outcome {
            Outcome::Done(done) => {
                step.outputs.extend(done.outputs);
                step.code = Some("0".into());
                step.warning = done.warning;
                // Where a branch leads is kept with the step, since its document does not say it.
                if let Some(to) = done.to {
                    step.outputs.insert(super::act::NEXT.into(), to.into());
                }
                Status::Success
            }
            Outcome::Failed(fault) => {
                step.outputs.extend(fault.outputs);
                step.code = fault.code;
                let says = format!("Step fails when it is performing {action}. {}", fault.says);
                step.failure = fail(fault.kind, says);
                Status::Failed
            }
            Outcome::TimedOut => {
                step.failure = fail("TimedOut", "Step timed out while it was in progress.".into());
                Status::TimedOut
            }
            Outcome::Cancelled => {
                step.failure = fail("Cancelled", "Step was cancelled.".into());
                Status::Cancelled
            }
        };
        step.status
    })
}

/// A number, or a text that is one.
pub fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn is_true(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

/// A step that may fail on purpose is critical only when its document says so.
pub fn is_critical(run: &Run, index: usize) -> bool {
    run.with_step(index, |step| {
        let goes_on = step.spec["onFailure"].as_str() == Some("Continue");
        is_true(&step.spec["isCritical"]).unwrap_or(!goes_on)
    })
    .unwrap_or(true)
}

fn follow(run: &Run, index: usize, status: Status) -> Next {
    let state = run.state();
    let Some(step) = state.steps.get(index) else {
        return Next::End(Status::Failed);
    };
    let to = |name: &str| match state.steps.iter().position(|step| step.name == name) {
        Some(index) => Next::Step(index),
        None => Next::End(Status::Failed),
    };
    let onwards = || match (step.spec["nextStep"].as_str(), state.steps.len()) {
        _ if is_true(&step.spec["isEnd"]) == Some(true) => Next::End(Status::Success),
        (Some(name), _) => to(name),
        (None, count) if index + 1 < count => Next::Step(index + 1),
        _ => Next::End(Status::Success),
    };
    if status == Status::Success {
        return match step.outputs.get(super::act::NEXT).and_then(Value::as_str) {
            Some(name) => to(name),
            None => onwards(),
        };
    }
    match step.spec["onFailure"].as_str().unwrap_or("Abort") {
        "Continue" => onwards(),
        // Somebody stopped this one step by hand and goes on with another.
        _ if run.interactive && status == Status::Cancelled => onwards(),
        other => match other.strip_prefix("step:") {
            Some(name) => to(name),
            None => Next::End(status),
        },
    }
}

/// What the step that was cancelled leads to, for two minutes at most.
async fn way_back(world: &Arc<World>, run: &Arc<Run>, index: usize) {
    let said = run.with_step(index, |step| step.spec["onCancel"].as_str().map(str::to_owned));
    let Some(name) = said
        .flatten()
        .and_then(|said| said.strip_prefix("step:").map(str::to_owned))
    else {
        return;
    };
    run.tell(|state| {
        state.status = Status::Cancelling;
        state.stop = None;
    });
    let walk = async {
        let mut next = run.state().steps.iter().position(|step| step.name == name);
        let mut left = MOST_STEPS;
        while let Some(index) = next.filter(|_| left > 0) {
            left -= 1;
            let status = step(world, run, index).await;
            run.tell(|state| state.status = Status::Cancelling);
            next = match follow(run, index, status) {
                Next::Step(index) => Some(index),
                Next::End(_) => None,
            };
        }
    };
    let limit = world.clock.real(WAY_BACK_SECONDS).max(Duration::from_secs(2));
    // What is not back by then stays where it is.
    let _ = tokio::time::timeout(limit, walk).await;
}

/// The execution is over: outputs are gathered, and why it failed.
pub fn finish(run: &Run, status: Status) {
    run.tell(|state| {
        let named = run.content["outputs"].as_array().into_iter().flatten();
        for name in named.filter_map(Value::as_str) {
            let parts = name.split_once('.');
            let found = parts.and_then(|(step, output)| {
                let step = state.steps.iter().find(|one| one.name == step)?;
                step.outputs.get(output)
            });
            let shown = found.map(write::values).unwrap_or_else(|| {
                vec!["No output available yet because the step is not successfully executed".into()]
            });
            state.outputs.insert(name.to_owned(), shown);
        }
        if status != Status::Success {
            let failed = state.steps.iter().rev().find(|step| step.failure.is_some());
            let says = failed.and_then(|step| Some((step.name.clone(), step.failure.clone()?.2)));
            state.failure = says.map(|(name, says)| format!("Step {name}: {says}"));
        }
        state.status = status;
        state.ended_at = Some(Timestamp::now());
    });
}

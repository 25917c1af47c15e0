//! Actions that wait: for time, for a person, for a property of something.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::api::{Desk, texts};
use super::super::run::{Decision, Run, Status};
use super::super::{path, resolve};
use super::{Fault, Outcome, api, done, failed, number, rest, seconds, service};
use crate::sim::world::World;

pub async fn sleep(world: &Arc<World>, inputs: &Value) -> Outcome {
    let until = inputs["Timestamp"]
        .as_str()
        .and_then(|text| text.parse::<Timestamp>().ok());
    let span = match (inputs["Duration"].as_str().and_then(seconds), until) {
        (Some(span), _) => span,
        (None, Some(at)) => at.duration_since(Timestamp::now()).as_secs_f64().max(0.0),
        (None, None) => return failed("Neither Duration nor Timestamp is one."),
    };
    tokio::time::sleep(world.clock.real(span)).await;
    done(Map::new())
}

fn waits(run: &Run, index: usize) {
    run.tell(|state| {
        state.status = Status::Waiting;
        if let Some(step) = state.steps.get_mut(index) {
            step.status = Status::Waiting;
        }
    });
}

pub async fn pause(run: &Run, index: usize) -> Outcome {
    waits(run, index);
    run.until(|state| state.resumed.then_some(())).await;
    done(Map::new())
}

/// Until enough have agreed, or one has not.
pub async fn approve(run: &Run, index: usize, inputs: &Value) -> Outcome {
    let wanted = number(inputs, "MinRequiredApprovals", 1.0) as usize;
    let approvers = texts(inputs.get("Approvers"));
    if approvers.is_empty() || approvers.len() > 10 || wanted > approvers.len() {
        return failed(format!(
            "{wanted} approvals of {} approvers cannot be had.",
            approvers.len()
        ));
    }
    run.with_step(index, |step| {
        step.outputs.insert("ApprovalStatus".into(), "Waiting".into())
    });
    waits(run, index);
    let (is_approved, decisions) = run
        .until(|state| {
            let yes: BTreeSet<&str> = state
                .decisions
                .iter()
                .filter(|one| one.approves)
                .map(|one| one.by.as_str())
                .collect();
            let no = state.decisions.iter().any(|one| !one.approves);
            let (yes, told) = (yes.len(), decided(&state.decisions));
            if let Some(step) = state.steps.get_mut(index) {
                step.outputs.insert("ApproverDecisions".into(), told);
            }
            (no || yes >= wanted).then(|| (!no, state.decisions.clone()))
        })
        .await;
    let word = if is_approved { "Approved" } else { "Rejected" };
    let mut outputs = Map::new();
    outputs.insert("ApprovalStatus".into(), word.into());
    outputs.insert("ApproverDecisions".into(), decided(&decisions));
    if is_approved {
        return done(outputs);
    }
    let says = decisions.iter().rev().find(|one| !one.approves);
    let says = says.map(|one| format!("Rejected by {}: {}", one.by, one.comment));
    Outcome::Failed(Fault {
        outputs,
        ..Fault::new("Verification", says.unwrap_or_default())
    })
}

/// The decisions as an output tells them.
fn decided(decisions: &[Decision]) -> Value {
    let told = decisions.iter().map(|one| {
        let word = if one.approves { "Approve" } else { "Reject" };
        json!({ "approver": one.by, "decision": word, "comment": one.comment }).to_string()
    });
    told.collect()
}

/// Whether the property has a desired value now, and what it has.
pub fn look(desk: &Desk<'_>, inputs: &Map<String, Value>) -> Result<(bool, String), String> {
    let reply = desk.call(&service(inputs), &api(inputs), &rest(inputs))?;
    let selector = inputs
        .get("PropertySelector")
        .map(resolve::plain)
        .unwrap_or_default();
    let found = path::select(&reply, &selector).map(|value| resolve::plain(&value));
    let wanted = texts(inputs.get("DesiredValues"));
    Ok(match found {
        Some(found) => (wanted.contains(&found), found),
        None => (false, "not there".into()),
    })
}

pub async fn property(world: &Arc<World>, desk: &Desk<'_>, inputs: &Map<String, Value>) -> Outcome {
    let pause = world
        .clock
        .real(5.0)
        .clamp(Duration::from_millis(20), Duration::from_secs(2));
    loop {
        match look(desk, inputs) {
            Ok((true, _)) => return done(Map::new()),
            Ok((false, _)) => tokio::time::sleep(pause).await,
            Err(says) => return failed(says),
        }
    }
}

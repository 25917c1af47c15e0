//! SendAutomationSignal and StopAutomationExecution: each word only where the execution waits for it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::api::texts;
use super::run::{Decision, State, Status, Stop};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::required;
use crate::sim::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    automation_execution_id: Option<String>,
    signal_type: Option<String>,
    #[serde(default)]
    payload: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StopRequest {
    automation_execution_id: Option<String>,
    r#type: Option<String>,
}

pub fn send(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let word = required(request.signal_type, "signalType")?;
    let known = ["Approve", "Reject", "StartStep", "StopStep", "Resume", "Revoke"];
    if !known.contains(&word.as_str()) {
        let rule =
            "Member must satisfy enum value set: [Approve, Reject, StartStep, StopStep, Resume, Revoke]";
        return Err(Refusal::constraint(&word, "signalType", rule));
    }
    let run = world.runs.find(call, request.automation_execution_id)?;
    let said = |member: &str| texts(request.payload.get(member)).into_iter().next();
    run.tell(|state| {
        if state.status.is_over() {
            return Err(invalid(format!(
                "The execution has ended: {}.",
                state.status.word()
            )));
        }
        match word.as_str() {
            "Approve" | "Reject" => decide(
                state,
                &call.caller.arn,
                word == "Approve",
                said("Comment").unwrap_or_default(),
            ),
            "Revoke" => revoke(state, &call.caller.arn),
            "Resume" => {
                waiting(state, "aws:pause", &word)?;
                state.resumed = true;
                Ok(())
            }
            "StartStep" => begin(state, run.interactive, said("StepName")),
            _ => stop_step(state, run.interactive, said("StepExecutionId")),
        }
    })?;
    Ok(json!({}))
}

fn invalid(says: String) -> Refusal {
    Refusal::new("InvalidAutomationSignalException", says)
}

/// The inputs of the step that waits, if it is of that action.
fn waiting<'a>(state: &'a State, action: &str, word: &str) -> Result<&'a Value, Refusal> {
    let step = state.current.and_then(|index| state.steps.get(index));
    let step = step.filter(|step| step.action == action && step.status == Status::Waiting);
    step.map(|step| &step.spec["inputs"])
        .ok_or_else(|| invalid(format!("The execution does not wait for the signal {word}.")))
}

fn decide(state: &mut State, by: &str, approves: bool, comment: String) -> Result<(), Refusal> {
    waiting(state, "aws:approve", if approves { "Approve" } else { "Reject" })?;
    let step = state.current.and_then(|index| state.steps.get(index));
    // As they were resolved when the step began.
    let approvers: Vec<String> = step
        .and_then(|step| step.inputs.get("Approvers"))
        .map(|text| {
            serde_json::from_str::<Value>(text)
                .map(|list| texts(Some(&list)))
                .unwrap_or_default()
        })
        .unwrap_or_default();
    let name = by.rsplit('/').next().unwrap_or(by);
    if !approvers.iter().any(|one| one == by || one == name) {
        return Err(invalid(format!("{by} is not an approver of this step.")));
    }
    state.decisions.retain(|one| one.by != by);
    state.decisions.push(Decision {
        by: by.to_owned(),
        approves,
        comment,
    });
    Ok(())
}

fn revoke(state: &mut State, by: &str) -> Result<(), Refusal> {
    waiting(state, "aws:approve", "Revoke")?;
    let before = state.decisions.len();
    state.decisions.retain(|one| one.by != by);
    if state.decisions.len() == before {
        return Err(invalid(format!(
            "{by} has approved nothing that could be revoked."
        )));
    }
    Ok(())
}

fn begin(state: &mut State, interactive: bool, name: Option<String>) -> Result<(), Refusal> {
    let is_between = state
        .current
        .and_then(|index| state.steps.get(index))
        .is_none_or(|step| step.status == Status::Pending || step.status.is_over());
    if !interactive || state.status != Status::Waiting || !is_between {
        return Err(invalid(
            "The execution does not wait for the signal StartStep.".into(),
        ));
    }
    if let Some(name) = &name
        && !state.steps.iter().any(|step| step.name == *name)
    {
        let says = format!("The execution has no step {name}.");
        return Err(Refusal::new("AutomationStepNotFoundException", says));
    }
    state.go = Some(name);
    Ok(())
}

fn stop_step(state: &mut State, interactive: bool, id: Option<String>) -> Result<(), Refusal> {
    let id = id.ok_or_else(|| invalid("StopStep needs a StepExecutionId.".into()))?;
    let found = state.steps.iter().position(|step| step.id == id);
    let found = found.ok_or_else(|| {
        Refusal::new(
            "AutomationStepNotFoundException",
            format!("The execution has no step {id}."),
        )
    })?;
    let runs = state
        .steps
        .get(found)
        .is_some_and(|step| matches!(step.status, Status::InProgress | Status::Waiting));
    if !interactive || state.current != Some(found) || !runs {
        return Err(invalid(
            "The step does not run, or the execution is not interactive.".into(),
        ));
    }
    state.stop_step = true;
    Ok(())
}

pub fn stop(world: &World, call: &Call<'_>, request: StopRequest) -> Result<Value, Refusal> {
    let stop = match request.r#type.as_deref() {
        None | Some("Cancel") => Stop::Cancel,
        Some("Complete") => Stop::Complete,
        Some(other) => {
            let rule = "Member must satisfy enum value set: [Complete, Cancel]";
            return Err(Refusal::constraint(other, "type", rule));
        }
    };
    let run = world.runs.find(call, request.automation_execution_id)?;
    run.tell(|state| {
        if state.status.is_over() || state.status == Status::Cancelling {
            let says = format!(
                "The execution cannot be stopped: its status is {}.",
                state.status.word()
            );
            return Err(Refusal::new("InvalidAutomationStatusUpdateException", says));
        }
        state.stop = Some(stop);
        Ok(())
    })?;
    Ok(json!({}))
}

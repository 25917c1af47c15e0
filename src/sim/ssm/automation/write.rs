//! Executions and steps as the service writes them.

use serde_json::{Map, Value, json};

use super::act::NEXT;
use super::drive::number;
use super::resolve::plain;
use super::run::{Run, State, Status, Step};
use crate::sim::ssm::epoch;

/// Characters of one input or output; the service keeps no more.
const KEPT: usize = 24_000;
const CUT: &str = "\n---Output truncated---";

pub fn cut(text: &str) -> String {
    if text.chars().count() <= KEPT {
        return text.to_owned();
    }
    let kept: String = text.chars().take(KEPT - CUT.chars().count()).collect();
    kept + CUT
}

/// An output as the list of texts that it is on the wire.
pub fn values(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(|item| cut(&plain(item))).collect(),
        one => vec![cut(&plain(one))],
    }
}

fn outputs(of: &Map<String, Value>) -> Value {
    let shown = of.iter().filter(|(name, _)| *name != NEXT);
    shown
        .map(|(name, value)| (name.clone(), json!(values(value))))
        .collect()
}

fn step(state: &State, index: usize) -> Value {
    let Some(step) = state.steps.get(index) else {
        return Value::Null;
    };
    let spec = &step.spec;
    let mut value = json!({
        "StepName": step.name, "Action": step.action, "StepStatus": step.status.word(), "StepExecutionId": step.id,
        "Inputs": step.inputs, "Outputs": outputs(&step.outputs), "OverriddenParameters": {},
    });
    if let Some(seconds) = number(&spec["timeoutSeconds"]) {
        value["TimeoutSeconds"] = (seconds as i64).into();
    }
    if let Some(attempts) = number(&spec["maxAttempts"]) {
        value["MaxAttempts"] = (attempts as i64).into();
    }
    if spec.is_object() {
        value["OnFailure"] = spec["onFailure"].as_str().unwrap_or("Abort").into();
        let goes_on = spec["onFailure"].as_str() == Some("Continue");
        let is = |member: &str, usual: bool| {
            let said = &spec[member];
            said.as_bool()
                .or_else(|| said.as_str()?.parse().ok())
                .unwrap_or(usual)
        };
        let is_last = index + 1 == state.steps.len() && spec["nextStep"].is_null();
        value["IsCritical"] = is("isCritical", !goes_on).into();
        value["IsEnd"] = is("isEnd", is_last).into();
        let next = spec["nextStep"].as_str().map(str::to_owned).or_else(|| {
            let following = state.steps.get(index + 1)?;
            (!is("isEnd", false) && step.action != "aws:branch").then(|| following.name.clone())
        });
        if let Some(next) = next {
            value["NextStep"] = next.into();
        }
        if step.action == "aws:branch" {
            value["ValidNextSteps"] = branches(spec).into();
        }
    }
    for (member, at) in [
        ("ExecutionStartTime", step.started_at),
        ("ExecutionEndTime", step.ended_at),
    ] {
        if let Some(at) = at {
            value[member] = epoch(at).into();
        }
    }
    for (member, said) in [("ResponseCode", &step.code), ("WarningMessage", &step.warning)] {
        if let Some(said) = said {
            value[member] = said.as_str().into();
        }
    }
    if let Some((stage, kind, says)) = &step.failure {
        value["FailureMessage"] = says.as_str().into();
        value["FailureDetails"] = json!({
            "FailureStage": stage, "FailureType": kind, "Details": { "ErrorMessage": [says] },
        });
    }
    if let Some(target) = step.target.as_ref().and_then(Value::as_object) {
        let targets = target
            .values()
            .map(|values| json!({ "Key": "ParameterValues", "Values": values }));
        value["Targets"] = targets.collect();
    }
    if let Some(location) = &step.location {
        value["TargetLocation"] = location.clone();
    }
    value
}

fn branches(spec: &Value) -> Vec<String> {
    let choices = spec["inputs"]["Choices"].as_array().into_iter().flatten();
    let named = choices.filter_map(|choice| choice["NextStep"].as_str());
    named
        .chain(spec["inputs"]["Default"].as_str())
        .map(str::to_owned)
        .collect()
}

/// What an execution and its metadata have in common.
fn head(run: &Run, state: &State) -> Value {
    let mut value = json!({
        "AutomationExecutionId": run.id, "DocumentName": run.document, "DocumentVersion": run.version.to_string(),
        "AutomationExecutionStatus": state.status.word(), "ExecutionStartTime": epoch(run.started_at),
        "ExecutedBy": run.caller.arn, "Mode": if run.interactive { "Interactive" } else { "Auto" },
        "Outputs": state.outputs, "Targets": [], "ResolvedTargets": { "ParameterValues": [], "Truncated": false },
    });
    if let Some(at) = state.ended_at {
        value["ExecutionEndTime"] = epoch(at).into();
    }
    if let Some(says) = &state.failure {
        value["FailureMessage"] = says.as_str().into();
    }
    for (member, said) in [
        ("ParentAutomationExecutionId", &run.parent),
        ("Target", &run.target),
    ] {
        if let Some(said) = said {
            value[member] = said.as_str().into();
        }
    }
    if let Some(step) = state.current.and_then(|index| state.steps.get(index)) {
        value["CurrentStepName"] = step.name.as_str().into();
        value["CurrentAction"] = step.action.as_str().into();
    }
    for (member, said) in &run.fan {
        value[member] = said.clone();
    }
    if super::fan::is_one(&run.fan) {
        let targets = state
            .steps
            .iter()
            .filter_map(|step| step.target.as_ref()?.as_object());
        let named = targets.flat_map(|target| target.values().flat_map(values));
        value["ResolvedTargets"] =
            json!({ "ParameterValues": named.collect::<Vec<_>>(), "Truncated": false });
    }
    value
}

/// Steps on the page of GetAutomationExecution.
const SHOWN: usize = 50;

pub fn execution(run: &Run) -> Value {
    let state = run.state();
    let mut value = head(run, &state);
    let count = state.steps.len().min(SHOWN);
    let with = |status: Status| state.steps.iter().filter(|step| step.status == status).count();
    value["StepExecutions"] = (0..count).map(|index| step(&state, index)).collect();
    value["StepExecutionsTruncated"] = (state.steps.len() > SHOWN).into();
    value["Parameters"] = json!(run.given);
    value["Variables"] = state
        .variables
        .iter()
        .map(|(name, value)| (name.clone(), json!(values(value))))
        .collect();
    if super::fan::is_one(&run.fan) {
        value["ProgressCounters"] = json!({
            "TotalSteps": state.steps.len(), "SuccessSteps": with(Status::Success), "FailedSteps": with(Status::Failed),
            "CancelledSteps": with(Status::Cancelled), "TimedOutSteps": with(Status::TimedOut),
        });
    }
    value
}

pub fn metadata(run: &Run) -> Value {
    let mut value = head(run, &run.state());
    value["LogFile"] = "".into();
    let is_elsewhere = run.fan.contains_key("TargetLocations");
    value["AutomationType"] = if is_elsewhere { "CrossAccount" } else { "Local" }.into();
    // Metadata has no member for them.
    value
        .as_object_mut()
        .map(|members| members.remove("TargetLocations"));
    value
}

/// A step alone, for the list of steps.
pub fn each(run: &Run) -> Vec<(Step, Value)> {
    let state = run.state();
    let all = state.steps.iter().enumerate();
    all.map(|(index, one)| (one.clone(), step(&state, index)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_output_is_cut_where_the_service_cuts_it() {
        let long = "é".repeat(30_000);
        let shown = cut(&long);
        assert!(shown.chars().count() == KEPT && shown.ends_with("truncated---"));
        assert_eq!(cut("short"), "short");
        assert_eq!(values(&json!(["a", 2])), ["a", "2"]);
    }
}

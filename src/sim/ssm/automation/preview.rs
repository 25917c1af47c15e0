//! StartExecutionPreview and GetExecutionPreview: what kinds of steps a document has, where it would run, and on how many targets.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::check;
use super::fan;
use super::start::{self, Request as Start};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::{epoch, required};
use crate::sim::world::World;

pub struct Counts {
    pub regions: Vec<String>,
    pub accounts: usize,
    pub targets: usize,
}

pub struct Preview {
    account: usize,
    region: String,
    ready_at: Timestamp,
    /// Why there is none.
    fault: Option<String>,
    value: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    document_name: Option<String>,
    document_version: Option<String>,
    execution_inputs: Option<Inputs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inputs {
    automation: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OneRequest {
    execution_preview_id: Option<String>,
}

pub fn start(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let name = required(request.document_name, "documentName")?;
    let invalid = |refusal: Refusal| Refusal::new("ValidationException", refusal.message);
    let version = request.document_version.as_deref();
    let (_, content) =
        start::document(world, call.caller.account, &call.region, &name, version).map_err(invalid)?;
    let inputs = request.execution_inputs.and_then(|inputs| inputs.automation);
    let inputs = inputs.unwrap_or_else(|| json!({}));
    let given: check::Given = serde_json::from_value(inputs["Parameters"].clone()).unwrap_or_default();
    let start: Start =
        serde_json::from_value(inputs).map_err(|bad| Refusal::new("ValidationException", bad.to_string()))?;
    let fault = fan::filled(&start, &content)
        .and_then(|filled| check::parameters(&content, &given, &filled))
        .err()
        .map(|refusal| refusal.message);
    let counts = fan::count(world, call, &start).map_err(invalid)?;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for step in content["mainSteps"].as_array().into_iter().flatten() {
        *kinds.entry(impact(step)).or_default() += 1;
    }
    let value = json!({
        "Automation": {
            "StepPreviews": kinds, "Regions": counts.regions, "TotalAccounts": counts.accounts,
            "TargetPreviews": [{ "Count": counts.targets, "TargetType": "AWS::EC2::Instance" }],
        },
    });
    let id = uuid::Uuid::new_v4().to_string();
    let wait = jiff::SignedDuration::try_from(world.clock.step).unwrap_or_default();
    let preview = Preview {
        account: call.caller.account,
        region: call.region.clone(),
        ready_at: call.now.saturating_add(wait).unwrap_or(call.now),
        fault,
        value,
    };
    let mut previews = world.runs.previews.lock().unwrap_or_else(PoisonError::into_inner);
    previews.insert(id.clone(), preview);
    Ok(json!({ "ExecutionPreviewId": id }))
}

pub fn get(world: &World, call: &Call<'_>, request: OneRequest) -> Result<Value, Refusal> {
    let id = required(request.execution_preview_id, "executionPreviewId")?;
    let previews = world.runs.previews.lock().unwrap_or_else(PoisonError::into_inner);
    let found = previews
        .get(&id)
        .filter(|found| found.account == call.caller.account && found.region == call.region);
    let found = found.ok_or_else(|| {
        let says = format!("The execution preview {id} does not exist.");
        Refusal::new("ResourceNotFoundException", says)
    })?;
    if call.now < found.ready_at {
        return Ok(json!({ "ExecutionPreviewId": id, "Status": "InProgress" }));
    }
    let ended_at = epoch(found.ready_at);
    Ok(match &found.fault {
        Some(says) => json!({
            "ExecutionPreviewId": id, "Status": "Failed", "StatusMessage": says, "EndedAt": ended_at,
        }),
        None => json!({
            "ExecutionPreviewId": id, "Status": "Success", "EndedAt": ended_at, "ExecutionPreview": found.value,
        }),
    })
}

/// What a step would do to the world, as far as its action tells.
fn impact(step: &Value) -> &'static str {
    match step["action"].as_str().unwrap_or_default() {
        "aws:approve"
        | "aws:assertAwsResourceProperty"
        | "aws:branch"
        | "aws:pause"
        | "aws:sleep"
        | "aws:updateVariable"
        | "aws:waitForAwsResourceProperty"
        | "aws:loop" => "NonMutating",
        "aws:executeAwsApi" => {
            let api = super::api::camel(step["inputs"]["Api"].as_str().unwrap_or_default());
            let reads = [
                "Describe", "Get", "List", "Head", "Search", "Lookup", "BatchGet", "Filter",
            ];
            if reads.iter().any(|verb| api.starts_with(verb)) {
                "NonMutating"
            } else {
                "Mutating"
            }
        }
        "aws:executeAutomation"
        | "aws:executeScript"
        | "aws:executeStateMachine"
        | "aws:invokeLambdaFunction"
        | "aws:invokeWebhook"
        | "aws:runCommand" => "Undetermined",
        _ => "Mutating",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_judged_by_what_they_call() {
        let api = |api: &str| json!({ "action": "aws:executeAwsApi", "inputs": { "Api": api } });
        assert_eq!(impact(&api("describe_instances")), "NonMutating");
        assert_eq!(impact(&api("StopInstances")), "Mutating");
        assert_eq!(impact(&json!({ "action": "aws:runCommand" })), "Undetermined");
        assert_eq!(impact(&json!({ "action": "aws:createTags" })), "Mutating");
    }
}

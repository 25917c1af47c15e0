//! GetAutomationExecution, DescribeAutomationExecutions and DescribeAutomationStepExecutions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::run::{Run, Step};
use super::write;
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::page;
use crate::sim::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OneRequest {
    automation_execution_id: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    #[serde(skip_serializing)]
    next_token: Option<String>,
    automation_execution_id: Option<String>,
    reverse_order: Option<bool>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    values: Vec<String>,
}

const KEYS: [&str; 12] = [
    "DocumentNamePrefix",
    "ExecutionStatus",
    "ExecutionId",
    "ParentExecutionId",
    "CurrentAction",
    "StartTimeBefore",
    "StartTimeAfter",
    "AutomationType",
    "TagKey",
    "TargetResourceGroup",
    "AutomationSubtype",
    "OpsItemId",
];

const STEP_KEYS: [&str; 6] = [
    "StartTimeBefore",
    "StartTimeAfter",
    "StepExecutionStatus",
    "StepExecutionId",
    "StepName",
    "Action",
];

pub fn get(world: &World, call: &Call<'_>, request: OneRequest) -> Result<Value, Refusal> {
    let run = world.runs.find(call, request.automation_execution_id)?;
    Ok(json!({ "AutomationExecution": write::execution(&run) }))
}

fn check(filters: &[Filter], known: &[&str]) -> Result<(), Refusal> {
    for filter in filters {
        if !known.contains(&filter.key.as_str()) {
            let says = format!("The specified key {} is not valid.", filter.key);
            return Err(Refusal::new("InvalidFilterKey", says));
        }
        let is_time = filter.key.starts_with("StartTime");
        let is_bad = |value: &String| is_time && value.parse::<Timestamp>().is_err();
        if filter.values.is_empty() || filter.values.iter().any(is_bad) {
            let says = format!("The filter value of {} is not valid.", filter.key);
            return Err(Refusal::new("InvalidFilterValue", says));
        }
    }
    Ok(())
}

fn reply(
    world: &World,
    fingerprint: &str,
    request: &Request,
    member: &str,
    rows: Vec<Value>,
) -> Result<Value, Refusal> {
    let (offset, size) = page(
        world,
        fingerprint,
        request.max_results,
        request.next_token.as_deref(),
        1..=50,
    )?;
    let shown: Vec<&Value> = rows.iter().skip(offset).take(size).collect();
    let mut reply = json!({ member: shown });
    if rows.len() > offset + size {
        reply["NextToken"] = world.pager.token(fingerprint, offset + size).into();
    }
    Ok(reply)
}

fn fingerprint(call: &Call<'_>, request: &Request) -> String {
    let asked = serde_json::to_string(request).unwrap_or_default();
    let Call {
        caller,
        region,
        operation,
        ..
    } = call;
    format!("{operation}/{}/{region}/{asked}", caller.account)
}

pub fn list(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    check(&request.filters, &KEYS)?;
    let all = world.runs.of(call);
    let found = all
        .iter()
        .filter(|run| request.filters.iter().all(|filter| admits(filter, run)));
    let rows = found.map(|run| write::metadata(run)).collect();
    let fingerprint = fingerprint(call, &request);
    reply(
        world,
        &fingerprint,
        &request,
        "AutomationExecutionMetadataList",
        rows,
    )
}

fn admits(filter: &Filter, run: &Run) -> bool {
    let any = |fact: &str| filter.values.iter().any(|value| value == fact);
    let state = run.state();
    match filter.key.as_str() {
        "DocumentNamePrefix" => filter
            .values
            .iter()
            .any(|value| run.document.starts_with(value.as_str())),
        "ExecutionStatus" => any(state.status.word()),
        "ExecutionId" => any(&run.id),
        "ParentExecutionId" => run.parent.as_deref().is_some_and(any),
        "CurrentAction" => {
            let step = state.current.and_then(|index| state.steps.get(index));
            step.is_some_and(|step| any(&step.action))
        }
        "AutomationType" => any(if run.fan.contains_key("TargetLocations") {
            "CrossAccount"
        } else {
            "Local"
        }),
        "TagKey" => run.tags.iter().any(|(key, _)| any(key)),
        "StartTimeBefore" | "StartTimeAfter" => is_within(filter, run.started_at),
        _ => false,
    }
}

fn is_within(filter: &Filter, at: Timestamp) -> bool {
    let mut bounds = filter
        .values
        .iter()
        .filter_map(|value| value.parse::<Timestamp>().ok());
    match filter.key.as_str() {
        "StartTimeBefore" => bounds.any(|bound| at <= bound),
        _ => bounds.any(|bound| at >= bound),
    }
}

pub fn steps(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    check(&request.filters, &STEP_KEYS)?;
    let run = world.runs.find(call, request.automation_execution_id.clone())?;
    let mut rows: Vec<Value> = write::each(&run)
        .into_iter()
        .filter(|(step, _)| request.filters.iter().all(|filter| admits_step(filter, step)))
        .map(|(_, value)| value)
        .collect();
    if request.reverse_order == Some(true) {
        rows.reverse();
    }
    let fingerprint = fingerprint(call, &request);
    reply(world, &fingerprint, &request, "StepExecutions", rows)
}

fn admits_step(filter: &Filter, step: &Step) -> bool {
    let any = |fact: &str| filter.values.iter().any(|value| value == fact);
    match filter.key.as_str() {
        "StepExecutionStatus" => any(step.status.word()),
        "StepExecutionId" => any(&step.id),
        "StepName" => any(&step.name),
        "Action" => any(&step.action),
        _ => step.started_at.is_some_and(|at| is_within(filter, at)),
    }
}

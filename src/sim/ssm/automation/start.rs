//! StartAutomationExecution: the document, its parameters, the same request twice, and what is fanned out.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::check::{self, Given};
use super::run::{Order, Run, Step};
use super::{drive, fan};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::required;
use crate::sim::world::World;

#[derive(Deserialize, Serialize, Clone)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    document_name: Option<String>,
    document_version: Option<String>,
    #[serde(default)]
    parameters: Given,
    #[serde(skip_serializing)]
    client_token: Option<String>,
    mode: Option<String>,
    pub target_parameter_name: Option<String>,
    pub targets: Option<Value>,
    pub target_maps: Option<Value>,
    max_concurrency: Option<String>,
    max_errors: Option<String>,
    pub target_locations: Option<Value>,
    #[serde(default)]
    tags: Vec<Tag>,
    alarm_configuration: Option<Value>,
}

#[derive(Deserialize, Serialize, Clone)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

pub fn start(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let token = match &request.client_token {
        Some(token) if !is_uuid(token) => {
            let rule = "Member must satisfy regular expression pattern: [a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}";
            return Err(Refusal::constraint(token, "clientToken", rule));
        }
        Some(token) => Some((call.caller.account, call.region.clone(), token.clone())),
        None => None,
    };
    let fingerprint = serde_json::to_string(&request).unwrap_or_default();
    // Held until the execution is there, so that two of the same make one.
    let mut tokens = world
        .runs
        .tokens
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((same, id)) = token.as_ref().and_then(|token| tokens.get(token)) {
        if *same != fingerprint {
            let says = "The client token was used with other parameters.";
            return Err(Refusal::new("IdempotentParameterMismatch", says));
        }
        return Ok(json!({ "AutomationExecutionId": id }));
    }
    let order = order(world, call, request)?;
    let run = launch(world, order, call.now);
    if let Some(token) = token {
        tokens.insert(token, (fingerprint, run.id.clone()));
    }
    Ok(json!({ "AutomationExecutionId": run.id }))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::parse_str(text).is_ok()
}

fn order(world: &World, call: &Call<'_>, request: Request) -> Result<Order, Refusal> {
    let name = required(request.document_name.clone(), "documentName")?;
    let interactive = match request.mode.as_deref() {
        None | Some("Auto") => false,
        Some("Interactive") => true,
        Some(other) => {
            let rule = "Member must satisfy enum value set: [Auto, Interactive]";
            return Err(Refusal::constraint(other, "mode", rule));
        }
    };
    let (version, content) = document(
        world,
        call.caller.account,
        &call.region,
        &name,
        request.document_version.as_deref(),
    )?;
    let fan = fan::members(&request);
    let filled: Vec<String> = fan::filled(&request, &content)?;
    let (given, typed) = check::parameters(&content, &request.parameters, &filled)?;
    let steps = if fan.is_empty() {
        steps_of(&content)
    } else {
        fan::steps(world, call, &request)?
    };
    let mut fan = fan;
    for (member, said) in [
        ("MaxConcurrency", &request.max_concurrency),
        ("MaxErrors", &request.max_errors),
    ] {
        if let Some(said) = said {
            fan::limit(member, said)?;
            fan.insert(member.into(), said.as_str().into());
        }
    }
    fan::alarms(request.alarm_configuration.as_ref())?;
    if let Some(alarms) = request.alarm_configuration {
        fan.insert("AlarmConfiguration".into(), alarms);
    }
    Ok(Order {
        caller: call.caller.clone(),
        region: call.region.clone(),
        document: name,
        version,
        content,
        given,
        typed,
        interactive,
        parent: None,
        target: None,
        fan,
        tags: request.tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
        steps,
    })
}

/// Number and content of an automation document.
pub fn document(
    world: &World,
    account: usize,
    region: &str,
    name: &str,
    version: Option<&str>,
) -> Result<(u64, Arc<Value>), Refusal> {
    let found = world.documents.find(account, region, name);
    let found = found.filter(|found| found.kind == "Automation").ok_or_else(|| {
        let says = format!("Automation definition {name} not found.");
        Refusal::new("AutomationDefinitionNotFoundException", says)
    })?;
    let version = found.version(version).ok_or_else(|| {
        let says = format!(
            "Automation definition {name} has no version {}.",
            version.unwrap_or_default()
        );
        Refusal::new("AutomationDefinitionVersionNotFoundException", says)
    })?;
    Ok((version.number, version.content.clone()))
}

pub fn steps_of(content: &Value) -> Vec<Step> {
    let steps = content["mainSteps"].as_array().into_iter().flatten();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    steps
        .map(|step| Step::new(&word(&step["name"]), &word(&step["action"]), step.clone()))
        .collect()
}

/// Puts a run among the others and sets it going.
pub fn launch(world: &World, order: Order, now: Timestamp) -> Arc<Run> {
    let is_fan = fan::is_one(&order.fan);
    let run = Arc::new(Run::new(order, now));
    world.runs.add(run.clone());
    if is_fan {
        tokio::spawn(fan::drive(world.me.clone(), run.clone()));
    } else {
        tokio::spawn(drive::drive(world.me.clone(), run.clone()));
    }
    run
}

/// How deep automations may start others.
const DEEPEST: usize = 5;

/// What `aws:executeAutomation` starts.
pub fn child(world: &World, parent: &Arc<Run>, inputs: &Value) -> Result<Arc<Run>, Refusal> {
    let name = inputs["DocumentName"].as_str().unwrap_or_default();
    let (account, region) = (parent.caller.account, parent.region.as_str());
    if depth(world, parent) >= DEEPEST {
        let says = format!("Automations start others at most {DEEPEST} deep.");
        return Err(Refusal::new("AutomationExecutionLimitExceededException", says));
    }
    let version = inputs["DocumentVersion"].as_str();
    let (version, content) = document(world, account, region, name, version)?;
    let said = inputs["RuntimeParameters"].as_object().into_iter().flatten();
    let given: Given = said
        .map(|(name, value)| (name.clone(), super::api::texts(Some(value))))
        .collect();
    let (given, typed) = check::parameters(&content, &given, &[])?;
    let order = Order {
        caller: parent.caller.clone(),
        region: parent.region.clone(),
        document: name.to_owned(),
        version,
        steps: steps_of(&content),
        content,
        given,
        typed,
        interactive: false,
        parent: Some(parent.id.clone()),
        target: None,
        fan: Map::new(),
        tags: Vec::new(),
    };
    Ok(launch(world, order, Timestamp::now()))
}

fn depth(world: &World, run: &Arc<Run>) -> usize {
    let all = world.runs.all();
    let mut depth = 0;
    let mut parent = run.parent.clone();
    while let Some(id) = parent.filter(|_| depth < DEEPEST) {
        depth += 1;
        parent = all
            .iter()
            .find(|one| one.id == id)
            .and_then(|one| one.parent.clone());
    }
    depth
}

//! Run Command: SendCommand, its lists, one node's result, and cancelling. Facts: the Systems Manager API reference.

mod drive;
mod order;
mod own;
mod patch;
mod result;
mod sum;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{epoch, node, page, required};
use crate::sim::agent::Parameters;
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use order::{Invocation, Order, State, Step};

pub use order::Orders;
pub use patch::{Patched, patched};
pub use result::get_invocation;
pub use sum::{CancelOnDrop, sum};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendRequest {
    #[serde(default)]
    instance_ids: Vec<String>,
    #[serde(default)]
    targets: Vec<Target>,
    document_name: Option<String>,
    document_version: Option<String>,
    #[serde(default)]
    parameters: Parameters,
    comment: Option<String>,
    timeout_seconds: Option<u64>,
    max_concurrency: Option<String>,
    max_errors: Option<String>,
    #[serde(rename = "OutputS3BucketName")]
    bucket: Option<String>,
    #[serde(rename = "OutputS3KeyPrefix")]
    prefix: Option<String>,
    #[serde(default)]
    cloud_watch_output_config: LogConfig,
}

#[derive(Default, Deserialize)]
struct LogConfig {
    #[serde(rename = "CloudWatchLogGroupName")]
    group: Option<String>,
    /// An automation's input may be a word.
    #[serde(default, rename = "CloudWatchOutputEnabled")]
    is_on: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListRequest {
    command_id: Option<String>,
    instance_id: Option<String>,
    #[serde(default)]
    details: bool,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OneRequest {
    command_id: Option<String>,
    instance_id: Option<String>,
    plugin_name: Option<String>,
    #[serde(default)]
    instance_ids: Vec<String>,
}

pub fn send(world: &World, call: &Call<'_>, request: SendRequest) -> Result<Value, Refusal> {
    let document = required(request.document_name, "documentName")?;
    let (platform, mut order) = match document.as_str() {
        "AWS-RunShellScript" => ("Linux", order_of(&document, &request.parameters)?),
        "AWS-RunPowerShellScript" => ("Windows", order_of(&document, &request.parameters)?),
        _ => {
            let found = world.documents.find(call.caller.account, &call.region, &document);
            let found = found.filter(|found| found.kind == "Command");
            let version = found
                .as_ref()
                .and_then(|found| found.version(request.document_version.as_deref()));
            let version = version.ok_or_else(|| {
                let says = format!("Document with name {document} does not exist.");
                Refusal::new("InvalidDocument", says)
            })?;
            own::order_of(&document, &version.content, &request.parameters)?
        }
    };
    order.place = (call.caller.account, call.region.clone());
    order.comment = request.comment.unwrap_or_default();
    if order.comment.chars().count() > 100 {
        let rule = "Member must have length less than or equal to 100";
        return Err(Refusal::constraint(&order.comment, "comment", rule));
    }
    order.delivery_seconds = request.timeout_seconds.unwrap_or(3_600);
    if order.delivery_seconds < 30 {
        let rule = "Member must have value greater than or equal to 30";
        return Err(Refusal::constraint(
            &order.delivery_seconds.to_string(),
            "timeoutSeconds",
            rule,
        ));
    }
    limit(
        &mut order.concurrency,
        request.max_concurrency,
        "maxConcurrency",
        1,
    )?;
    limit(&mut order.errors, request.max_errors, "maxErrors", 0)?;
    order.bucket = request.bucket.filter(|name| !name.is_empty());
    order.prefix = request.prefix.unwrap_or_default();
    let LogConfig { group, is_on } = request.cloud_watch_output_config;
    if is_on == true || is_on == "true" {
        let group = group.filter(|group| !group.is_empty());
        order.log_group = Some(group.unwrap_or_else(|| format!("/aws/ssm/{document}")));
    }
    order.targets = request
        .targets
        .iter()
        .map(|target| json!({ "Key": target.key, "Values": target.values }))
        .collect();
    if request.instance_ids.len() > 50 {
        let rule = "Member must have length less than or equal to 50";
        return Err(Refusal::constraint("[…]", "instanceIds", rule));
    }
    if request.instance_ids.is_empty() == request.targets.is_empty() {
        let says = "Exactly one of InstanceIds and Targets must be given.";
        return Err(Refusal::new("InvalidParameters", says));
    }
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let nodes: Vec<node::Node<'_>> = place
        .into_iter()
        .flat_map(|place| node::all(place, call.now))
        .collect();
    let chosen: Vec<&node::Node<'_>> = if request.targets.is_empty() {
        by_id(&nodes, &request.instance_ids, platform)?
    } else {
        // Nodes of the other platform take no part; so does the document's precondition decide.
        nodes
            .iter()
            .filter(|node| request.targets.iter().all(|target| is_meant(target, node)))
            .filter(|node| is_for(platform, node))
            .collect()
    };
    let invocations = chosen
        .into_iter()
        .map(|node| Invocation {
            node: node.id.to_owned(),
            computer: node.computer.clone(),
            platform: node.platform.managed().0.to_owned(),
            online: node.ping == "Online",
            state: State::Pending,
            requested_at: call.now,
            started_at: None,
            ended_at: None,
            plugins: Vec::new(),
        })
        .collect();
    order.instance_ids = request.instance_ids;
    let order = Arc::new(order.with(invocations));
    world.orders.add(order.clone());
    tokio::spawn(drive::drive(
        order.clone(),
        world.sessions.runner(),
        (world.buckets.clone(), world.logs.clone()),
    ));
    Ok(json!({ "Command": describe(&order) }))
}

/// The script that a document and its parameters make.
fn order_of(document: &str, parameters: &Parameters) -> Result<Order, Refusal> {
    let bad = |says: String| Refusal::new("InvalidParameters", says);
    for name in parameters.keys() {
        if !matches!(
            name.as_str(),
            "commands" | "workingDirectory" | "executionTimeout"
        ) {
            return Err(bad(format!("{name} is not a parameter of document {document}.")));
        }
    }
    let one = |name: &str| parameters.get(name).and_then(|values| values.first());
    let lines = parameters.get("commands").filter(|lines| !lines.is_empty());
    let lines = lines.ok_or_else(|| bad("Parameter commands is required.".to_owned()))?;
    let action = match document {
        "AWS-RunPowerShellScript" => "aws:runPowerShellScript",
        _ => "aws:runShellScript",
    };
    let mut order = Order {
        document: document.to_owned(),
        steps: vec![Step {
            name: action.into(),
            action: action.into(),
            script: lines.join("\n"),
            ..Step::default()
        }],
        folder: one("workingDirectory")
            .filter(|folder| !folder.is_empty())
            .cloned(),
        parameters: json!(parameters),
        ..Order::default()
    };
    if let Some(text) = one("executionTimeout") {
        order.lasts_seconds = match text.parse() {
            Ok(seconds @ 1..=172_800) => seconds,
            _ => return Err(bad(format!("executionTimeout {text} is not from 1 to 172800."))),
        };
    }
    Ok(order)
}

fn limit(place: &mut String, said: Option<String>, member: &str, least: u32) -> Result<(), Refusal> {
    let Some(said) = said else { return Ok(()) };
    let (number, most) = match said.strip_suffix('%') {
        Some(number) => (number, 100),
        None => (said.as_str(), u32::MAX),
    };
    match number.parse::<u32>() {
        Ok(number) if (least..=most).contains(&number) => {
            *place = said;
            Ok(())
        }
        _ => {
            let rule = "Member must satisfy regular expression pattern: ^([1-9][0-9]{0,6}|[0]|[1-9][0-9]%|[0-9]%|100%)$";
            Err(Refusal::constraint(&said, member, rule))
        }
    }
}

fn by_id<'a, 'f>(
    nodes: &'a [node::Node<'f>],
    ids: &[String],
    platform: &str,
) -> Result<Vec<&'a node::Node<'f>>, Refusal> {
    ids.iter()
        .map(|id| {
            let node = nodes.iter().find(|node| node.id == id).ok_or_else(|| {
                let says = format!("Instances [[{id}]] not in a valid state for account");
                Refusal::new("InvalidInstanceId", says)
            })?;
            if !is_for(platform, node) {
                let says = format!("The document does not support the platform of {id}.");
                return Err(Refusal::new("UnsupportedPlatformType", says));
            }
            Ok(node)
        })
        .collect()
}

fn is_for(platform: &str, node: &node::Node<'_>) -> bool {
    platform.is_empty() || (node.platform.managed().0 == "Windows") == (platform == "Windows")
}

fn is_meant(target: &Target, node: &node::Node<'_>) -> bool {
    let has = |value: &str| target.values.iter().any(|wanted| wanted == value);
    match target.key.as_str() {
        "InstanceIds" => has(node.id),
        "tag-key" => node.tags.keys().any(|key| has(key)),
        key => key
            .strip_prefix("tag:")
            .and_then(|key| node.tags.get(key))
            .is_some_and(|value| has(value)),
    }
}

pub fn list(world: &World, call: &Call<'_>, request: ListRequest) -> Result<Value, Refusal> {
    let rows: Vec<Value> = chosen(world, call, &request)
        .iter()
        .filter(|order| match &request.instance_id {
            Some(id) => order.invocations().iter().any(|each| each.node == *id),
            None => true,
        })
        .map(|order| describe(order))
        .collect();
    paged(world, &request, "Commands", rows)
}

pub fn list_invocations(world: &World, call: &Call<'_>, request: ListRequest) -> Result<Value, Refusal> {
    let mut rows = Vec::new();
    for order in chosen(world, call, &request) {
        for each in order.invocations().iter() {
            if request.instance_id.as_ref().is_none_or(|id| *id == each.node) {
                rows.push(json!({
                    "CommandId": order.id, "InstanceId": each.node, "InstanceName": each.computer,
                    "Comment": order.comment, "DocumentName": order.document, "DocumentVersion": "$DEFAULT",
                    "RequestedDateTime": epoch(each.requested_at), "Status": each.state.status(),
                    "StatusDetails": each.state.details(), "StandardOutputUrl": "", "StandardErrorUrl": "",
                    "CommandPlugins": result::plugins(&order, each, request.details), "ServiceRole": "",
                }));
            }
        }
    }
    paged(world, &request, "CommandInvocations", rows)
}

fn chosen(world: &World, call: &Call<'_>, request: &ListRequest) -> Vec<Arc<Order>> {
    let mut orders = world.orders.of(call.caller.account, &call.region);
    if let Some(id) = &request.command_id {
        orders.retain(|order| order.id == *id);
    }
    orders
}

fn paged(world: &World, request: &ListRequest, field: &str, rows: Vec<Value>) -> Result<Value, Refusal> {
    let fingerprint = format!("{field}/{:?}/{:?}", request.command_id, request.instance_id);
    let (offset, size) = page(
        world,
        &fingerprint,
        request.max_results,
        request.next_token.as_deref(),
        1..=50,
    )?;
    let mut reply = json!({ field: rows.iter().skip(offset).take(size).collect::<Vec<_>>() });
    if offset + size < rows.len() {
        reply["NextToken"] = world.pager.token(&fingerprint, offset + size).into();
    }
    Ok(reply)
}

fn find(world: &World, call: &Call<'_>, id: Option<String>) -> Result<Arc<Order>, Refusal> {
    let id = required(id, "commandId")?;
    let mut orders = world.orders.of(call.caller.account, &call.region).into_iter();
    orders
        .find(|order| order.id == id)
        .ok_or_else(|| Refusal::new("InvalidCommandId", format!("Command {id} does not exist.")))
}

/// The whole command is cancelled, whichever nodes are named, which suffices here: nobody names a part.
pub fn cancel(world: &World, call: &Call<'_>, request: OneRequest) -> Result<Value, Refusal> {
    let order = find(world, call, request.command_id)?;
    if !request.instance_ids.is_empty() {
        let says = "The simulator cancels a command on all of its nodes only.";
        return Err(Refusal::new("UnsupportedOperation", says));
    }
    for each in order.invocations().iter_mut() {
        if each.state == State::InProgress {
            each.state = State::Cancelling;
        }
    }
    order.cancel.send_replace(true);
    Ok(json!({}))
}

fn describe(order: &Order) -> Value {
    let state = order.state();
    let all = order.invocations();
    let count = |wanted: fn(State) -> bool| all.iter().filter(|each| wanted(each.state)).count();
    let expires_at = order
        .requested_at
        .saturating_add(jiff::SignedDuration::from_secs(order.delivery_seconds as i64))
        .unwrap_or(order.requested_at);
    json!({
        "CommandId": order.id, "DocumentName": order.document, "DocumentVersion": "$DEFAULT",
        "Comment": order.comment, "ExpiresAfter": epoch(expires_at), "Parameters": order.parameters,
        "InstanceIds": order.instance_ids, "Targets": order.targets,
        "RequestedDateTime": epoch(order.requested_at), "Status": state.status(), "StatusDetails": state.details(),
        "OutputS3BucketName": order.bucket.as_deref().unwrap_or_default(), "OutputS3KeyPrefix": order.prefix,
        "MaxConcurrency": order.concurrency, "MaxErrors": order.errors, "TargetCount": all.len(),
        "CompletedCount": count(State::is_over), "ErrorCount": count(State::is_error),
        "DeliveryTimedOutCount": count(|state| state == State::NotDelivered), "ServiceRole": "",
        "TimeoutSeconds": order.delivery_seconds,
    })
}

//! What a command left on one node: of its only step, or of the step that is named, as the service tells it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::order::{Invocation, Order, Step};
use super::{OneRequest, epoch, find, required};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// What the list shows of a step's output, in characters.
const LISTED: usize = 2_500;

pub fn get_invocation(world: &World, call: &Call<'_>, request: OneRequest) -> Result<Value, Refusal> {
    let order = find(world, call, request.command_id)?;
    let node = required(request.instance_id, "instanceId")?;
    let each = order.invocations().iter().find(|each| each.node == node).cloned();
    let each = each.ok_or_else(|| Refusal::new("InvocationDoesNotExist", ""))?;
    let nth = match (&request.plugin_name, order.steps.len()) {
        (Some(name), _) => Some(
            order
                .steps
                .iter()
                .position(|step| step.name == *name)
                .ok_or_else(|| Refusal::new("InvalidPluginName", format!("{name} is no step.")))?,
        ),
        (None, 1) => Some(0),
        // Without a name there is no output of several.
        (None, _) => None,
    };
    let step = nth.and_then(|nth| order.steps.get(nth));
    let plugin = nth.and_then(|nth| each.plugins.get(nth));
    let (stdout, stderr) = plugin.map_or(("", ""), |plugin| (&plugin.stdout, &plugin.stderr));
    let url = |name: &str, text: &str| match (&order.bucket, step) {
        (Some(bucket), Some(step)) if !text.is_empty() => {
            let (region, key) = (&call.region, order.key(&node, step));
            format!("https://s3.{region}.amazonaws.com/{bucket}/{key}/{name}")
        }
        _ => String::new(),
    };
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let state = plugin.map_or(each.state, |plugin| match order.steps.len() {
        1 => each.state,
        _ => plugin.state,
    });
    let started_at = plugin.map(|plugin| plugin.started_at).or(each.started_at);
    let ended_at = plugin.map_or(each.ended_at, |plugin| plugin.ended_at);
    Ok(json!({
        "CommandId": order.id, "InstanceId": node, "Comment": order.comment, "DocumentName": order.document,
        "DocumentVersion": "$DEFAULT", "PluginName": step.map(|step| step.name.as_str()).unwrap_or_default(),
        "ResponseCode": plugin.map_or(-1, |plugin| plugin.code),
        "ExecutionStartDateTime": at(started_at), "ExecutionEndDateTime": at(ended_at),
        "Status": state.status(), "StatusDetails": state.details(),
        "StandardOutputContent": stdout, "StandardOutputUrl": url("stdout", stdout),
        "StandardErrorContent": stderr, "StandardErrorUrl": url("stderr", stderr),
        "CloudWatchOutputConfig": {
            "CloudWatchLogGroupName": order.log_group.as_deref().unwrap_or_default(),
            "CloudWatchOutputEnabled": order.log_group.is_some(),
        },
    }))
}

/// The steps of an invocation, where details were asked for.
pub fn plugins(order: &Order, each: &Invocation, details: bool) -> Value {
    let told = |(nth, step): (usize, &Step)| {
        let Some(plugin) = each.plugins.get(nth) else {
            return json!({ "Name": step.name, "Status": "Pending", "StatusDetails": "Pending", "ResponseCode": -1 });
        };
        let output: String = plugin.stdout.chars().take(LISTED).collect();
        json!({
            "Name": step.name, "Status": plugin.state.status(), "StatusDetails": plugin.state.details(),
            "ResponseCode": plugin.code, "ResponseStartDateTime": epoch(plugin.started_at),
            "ResponseFinishDateTime": plugin.ended_at.map(epoch), "Output": output,
        })
    };
    match details {
        true => order.steps.iter().enumerate().map(told).collect(),
        false => json!([]),
    }
}

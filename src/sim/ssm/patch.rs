//! DescribeInstancePatchStates: what a nightly scan found missing, and what AWS-RunPatchBaseline has done about it in this run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::command::{Patched, patched};
use super::node::{self, Node};
use super::{epoch, page};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

const DAY: i64 = 86_400;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    #[serde(default)]
    instance_ids: Vec<String>,
    max_results: Option<i64>,
    #[serde(skip_serializing)]
    next_token: Option<String>,
}

/// Nodes that Systems Manager does not know have no state, and are left out.
pub fn describe(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    if request.instance_ids.len() > 50 {
        let rule = "Member must have length less than or equal to 50";
        return Err(Refusal::constraint("[…]", "instanceIds", rule));
    }
    let fingerprint = serde_json::to_string(&request).unwrap_or_default();
    let token = request.next_token.as_deref();
    let (offset, size) = page(world, &fingerprint, request.max_results, token, 10..=100)?;
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let found: Vec<Node<'_>> = place
        .into_iter()
        .flat_map(|place| node::all(place, call.now))
        .filter(|node| request.instance_ids.iter().any(|id| id == node.id))
        .collect();
    let booted_at = |id: &str| {
        let mut all = place.into_iter().flat_map(|place| &place.instances);
        all.find(|one| one.id == id).and_then(|one| one.booted_at)
    };
    let shown: Vec<Value> = found
        .iter()
        .skip(offset)
        .take(size)
        .map(|node| {
            let done = patched(world, call, node.id);
            state(world.seed, node, &done, booted_at(node.id), call.now)
        })
        .collect();
    let mut reply = json!({ "InstancePatchStates": shown });
    if found.len() > offset.saturating_add(size) {
        reply["NextToken"] = world.pager.token(&fingerprint, offset + size).into();
    }
    Ok(reply)
}

/// `done`: the operations that ended well on the node, newest first.
fn state(
    seed: u64,
    node: &Node<'_>,
    done: &[Patched],
    booted_at: Option<Timestamp>,
    now: Timestamp,
) -> Value {
    let mut dice = Dice::new(seed, &format!("patch/{}", node.id));
    let found = 2 + dice.below(7);
    let critical = dice.below(3);
    let installed = 180 + dice.below(90);
    let install = done.iter().find(|one| one.operation == "Install");
    let waits = install.is_some_and(|one| {
        one.reboot == "NoReboot" && booted_at.is_none_or(|booted_at| booted_at < one.ended_at)
    });
    let nightly = Timestamp::from_second(now.as_second() / DAY * DAY).unwrap_or(now);
    let (operation, started_at, ended_at) = match done.first() {
        Some(last) => (last.operation.as_str(), last.started_at, last.ended_at),
        None => ("Scan", nightly, nightly + jiff::SignedDuration::from_secs(74)),
    };
    // One of them is the kernel, which is in use only after a reboot.
    let (missing, critical, fresh) = match install {
        Some(_) => (0, 0, found),
        None => (found, critical, 0),
    };
    json!({
        "InstanceId": node.id, "PatchGroup": "", "BaselineId": "pb-0c10e65780ec20e0b",
        "Operation": operation, "OperationStartTime": epoch(started_at), "OperationEndTime": epoch(ended_at),
        "InstalledCount": installed + fresh - u64::from(waits), "InstalledOtherCount": 12,
        "InstalledPendingRebootCount": u64::from(waits), "InstalledRejectedCount": 0,
        "MissingCount": missing, "FailedCount": 0, "NotApplicableCount": 900,
        "CriticalNonCompliantCount": critical, "SecurityNonCompliantCount": 0, "OtherNonCompliantCount": missing - critical,
        "RebootOption": install.map_or("NoReboot", |one| one.reboot.as_str()),
    })
}

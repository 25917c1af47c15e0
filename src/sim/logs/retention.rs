//! PutRetentionPolicy and DeleteRetentionPolicy: how long a group keeps its events; and DescribeSubscriptionFilters.

use serde::Deserialize;
use serde_json::{Value, json};

use super::no_group;
use crate::sim::call::Call;
use crate::sim::estate::LogGroup;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// The days that CloudWatch Logs knows.
const KNOWN: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Put {
    log_group_name: String,
    retention_in_days: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct One {
    log_group_name: String,
}

fn change(
    world: &World,
    call: &Call<'_>,
    name: &str,
    change: impl FnOnce(&mut LogGroup),
) -> Result<Value, Refusal> {
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let mut all = place.into_iter().flat_map(|place| &mut place.estate.log_groups);
    change(all.find(|group| group.name == name).ok_or_else(no_group)?);
    Ok(json!({}))
}

pub fn put(world: &World, call: &Call<'_>, request: Put) -> Result<Value, Refusal> {
    let days = request.retention_in_days;
    if !KNOWN.contains(&days) {
        let message = format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must \
             satisfy enum value set: {:?}",
            KNOWN
        );
        return Err(Refusal::new("InvalidParameterException", message));
    }
    change(world, call, &request.log_group_name, |group| {
        group.retention_days = Some(days);
    })
}

pub fn delete(world: &World, call: &Call<'_>, request: One) -> Result<Value, Refusal> {
    change(world, call, &request.log_group_name, |group| {
        group.retention_days = None;
    })
}

/// Nobody subscribes to a group of the simulator's.
pub fn subscribers(world: &World, call: &Call<'_>, request: One) -> Result<Value, Refusal> {
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let mut all = place.into_iter().flat_map(|place| &place.estate.log_groups);
    let found = all.find(|group| group.name == request.log_group_name);
    found.ok_or_else(no_group)?;
    Ok(json!({ "subscriptionFilters": [] }))
}

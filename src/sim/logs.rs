//! CloudWatch Logs, as far as costs need it: DescribeLogGroups in pages of fifty.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::estate::LogGroup;
use super::refusal::Refusal;
use super::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    log_group_name_prefix: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    if call.operation != "DescribeLogGroups" {
        let message = format!("The simulator has no operation {}", call.operation);
        return Err(Refusal::new("UnknownOperationException", message));
    }
    let request: Request = serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let size = request.limit.unwrap_or(50);
    if !(1..=50).contains(&size) {
        let message = format!(
            "1 validation error detected: Value '{size}' at 'limit' failed to satisfy constraint: Member must have \
             value less than or equal to 50"
        );
        return Err(Refusal::new("InvalidParameterException", message));
    }
    let prefix = request.log_group_name_prefix.unwrap_or_default();
    let who = format!("logs/{}/{}/{prefix}", call.caller.account, call.region);
    let offset = world.pager.offset(&who, request.next_token.as_deref());
    let offset = offset
        .map_err(|_| Refusal::new("InvalidParameterException", "The specified nextToken is invalid."))?;
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let groups = place.map_or(&[][..], |place| &place.estate.log_groups);
    let found: Vec<&LogGroup> = groups
        .iter()
        .filter(|group| group.name.starts_with(&prefix))
        .collect();
    let page: Vec<Value> = found
        .iter()
        .skip(offset)
        .take(size)
        .map(|group| document(group, call))
        .collect();
    let mut reply = json!({ "logGroups": page });
    if found.len() > offset + size {
        reply["nextToken"] = world.pager.token(&who, offset + size).into();
    }
    Ok(reply.to_string())
}

fn document(group: &LogGroup, call: &Call<'_>) -> Value {
    let arn = format!(
        "arn:aws:logs:{}:{}:log-group:{}",
        call.region, call.caller.account_id, group.name
    );
    let mut document = json!({
        "logGroupName": group.name,
        "creationTime": group.created_at.as_millisecond(),
        "metricFilterCount": 0,
        "arn": format!("{arn}:*"),
        "logGroupArn": arn,
        "storedBytes": group.stored_bytes,
        "logGroupClass": "STANDARD",
    });
    if let Some(days) = group.retention_days {
        document["retentionInDays"] = days.into();
    }
    document
}

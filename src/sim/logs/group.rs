//! DescribeLogGroups, as far as costs need it: what an account has had for long, in pages of fifty.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{bad_token, limit};
use crate::sim::call::Call;
use crate::sim::estate::LogGroup;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    log_group_name_prefix: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

pub fn list(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let size = limit(request.limit, 50)?;
    let prefix = request.log_group_name_prefix.unwrap_or_default();
    let who = format!("logs/{}/{}/{prefix}", call.caller.account, call.region);
    let offset = world.pager.offset(&who, request.next_token.as_deref());
    let offset = offset.map_err(|_| bad_token())?;
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
    Ok(reply)
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

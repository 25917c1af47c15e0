//! CreateExportTask and DescribeExportTasks: events of a group on their way to a bucket, one task at a time.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{bad_token, limit, no_group};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::estate::Export;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    task_name: Option<String>,
    log_group_name: String,
    from: i64,
    to: i64,
    destination: String,
    destination_prefix: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    task_id: Option<String>,
    status_code: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

pub fn create(world: &World, call: &Call<'_>, request: Create) -> Result<Value, Refusal> {
    if request.from < 0 || request.from > request.to {
        let message = "The specified time range is not valid.";
        return Err(Refusal::new("InvalidParameterException", message));
    }
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let estate = &mut place.ok_or_else(no_group)?.estate;
    let mut groups = estate.log_groups.iter();
    groups
        .find(|group| group.name == request.log_group_name)
        .ok_or_else(no_group)?;
    if estate.exports.iter().any(|one| one.state(call.now) == "RUNNING") {
        return Err(Refusal::new("LimitExceededException", "Resource limit exceeded."));
    }
    let prefix = request
        .destination_prefix
        .unwrap_or_else(|| "exportedlogs".to_owned());
    // CloudWatch Logs sees first whether it may write there at all.
    let tried = world.buckets.put(
        call.caller.account,
        &request.destination,
        &format!("{prefix}/aws-logs-write-test"),
        Bytes::from_static(b"Permission Check Successful"),
    );
    tried.map_err(|_| {
        let message = "The given bucket does not exist. Please make sure the bucket is valid.";
        Refusal::new("InvalidParameterException", message)
    })?;
    let hex = Dice::new(world.seed, &format!("export/{}", call.now)).hex(32);
    let id = format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    );
    estate.exports.push(Export {
        id: id.clone(),
        name: request.task_name,
        group: request.log_group_name,
        span: (request.from, request.to),
        bucket: request.destination,
        prefix,
        created_at: call.now,
    });
    Ok(json!({ "taskId": id }))
}

pub fn list(world: &World, call: &Call<'_>, request: List) -> Result<Value, Refusal> {
    let size = limit(request.limit, 50)?;
    let who = format!("exports/{}/{}", call.caller.account, call.region);
    let offset = world.pager.offset(&who, request.next_token.as_deref());
    let offset = offset.map_err(|_| bad_token())?;
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let all = place.into_iter().flat_map(|place| &place.estate.exports);
    let found: Vec<&Export> = all
        .filter(|one| request.task_id.as_ref().is_none_or(|id| one.id == *id))
        .filter(|one| {
            request
                .status_code
                .as_deref()
                .is_none_or(|code| one.state(call.now) == code)
        })
        .collect();
    let page = found.iter().skip(offset).take(size);
    let rows: Vec<Value> = page.map(|one| document(one, call)).collect();
    let mut reply = json!({ "exportTasks": rows });
    if found.len() > offset + size {
        reply["nextToken"] = world.pager.token(&who, offset + size).into();
    }
    Ok(reply)
}

fn document(one: &Export, call: &Call<'_>) -> Value {
    let mut document = json!({
        "taskId": one.id, "logGroupName": one.group, "from": one.span.0, "to": one.span.1,
        "destination": one.bucket, "destinationPrefix": one.prefix,
        "status": { "code": one.state(call.now) },
        "executionInfo": { "creationTime": one.created_at.as_millisecond() },
    });
    if let Some(name) = &one.name {
        document["taskName"] = name.as_str().into();
    }
    document
}

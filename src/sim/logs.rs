//! CloudWatch Logs, as far as costs and the output of commands need it: the groups of an account, and the streams that agents
//! write.

mod event;
mod export;
mod group;
mod retention;
mod shelf;

use serde::de::DeserializeOwned;

use super::call::Call;
use super::refusal::Refusal;
use super::world::World;

pub use shelf::Shelf;

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let reply = match call.operation.as_str() {
        "DescribeLogGroups" => group::list(world, call, parse(call)?),
        "DescribeLogStreams" => event::streams(world, call, parse(call)?),
        "CreateExportTask" => export::create(world, call, parse(call)?),
        "DescribeExportTasks" => export::list(world, call, parse(call)?),
        "DescribeSubscriptionFilters" => retention::subscribers(world, call, parse(call)?),
        "PutRetentionPolicy" => retention::put(world, call, parse(call)?),
        "DeleteRetentionPolicy" => retention::delete(world, call, parse(call)?),
        "GetLogEvents" => event::get(world, call, parse(call)?),
        other => {
            let message = format!("The simulator has no operation {other}");
            Err(Refusal::new("UnknownOperationException", message))
        }
    };
    reply.map(|reply| reply.to_string())
}

fn parse<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

/// How many rows a page has at most.
fn limit(said: Option<usize>, most: usize) -> Result<usize, Refusal> {
    let size = said.unwrap_or(most);
    if (1..=most).contains(&size) {
        return Ok(size);
    }
    let message = format!(
        "1 validation error detected: Value '{size}' at 'limit' failed to satisfy constraint: Member must have value \
         less than or equal to {most}"
    );
    Err(Refusal::new("InvalidParameterException", message))
}

fn no_group() -> Refusal {
    Refusal::new(
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
}

fn bad_token() -> Refusal {
    Refusal::new("InvalidParameterException", "The specified nextToken is invalid.")
}

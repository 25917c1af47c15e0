//! Systems Manager's JSON 1.1 interface: managed nodes, sessions, commands, documents, automations, OpsItems and parameters.

mod automation;
mod command;
mod document;
mod information;
mod node;
mod parameter;
mod patch;
mod session;
mod ticket;

pub use automation::{Clock, Runs};
pub use command::Orders;
pub use document::{BadFolder, Documents, Format, load as load_documents};
pub use parameter::Parameters;
pub use session::stream_url;
pub use ticket::Tickets;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::call::Call;
use super::refusal::Refusal;
use super::world::World;

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let reply = match call.operation.as_str() {
        "DescribeInstanceInformation" => information::describe(world, call, parse(call)?),
        "DescribeInstancePatchStates" => patch::describe(world, call, parse(call)?),
        "StartSession" => session::start(world, call, parse(call)?),
        "ResumeSession" => session::resume(world, call, parse(call)?),
        "TerminateSession" => session::terminate(world, call, parse(call)?),
        "DescribeSessions" => session::describe(world, call, parse(call)?),
        "GetConnectionStatus" => session::connection(world, call, parse(call)?),
        "SendCommand" => command::send(world, call, parse(call)?),
        "ListCommands" => command::list(world, call, parse(call)?),
        "ListCommandInvocations" => command::list_invocations(world, call, parse(call)?),
        "GetCommandInvocation" => command::get_invocation(world, call, parse(call)?),
        "CancelCommand" => command::cancel(world, call, parse(call)?),
        "CreateOpsItem" => ticket::create(world, call, parse(call)?),
        "GetOpsItem" => ticket::get(world, call, parse(call)?),
        "UpdateOpsItem" => ticket::update(world, call, parse(call)?),
        "DescribeOpsItems" => ticket::describe(world, call, parse(call)?),
        "GetParameter" => parameter::one(world, call, parse(call)?),
        "GetParameters" => parameter::many(world, call, parse(call)?),
        "GetParametersByPath" => parameter::by_path(world, call, parse(call)?),
        "DescribeParameters" => parameter::describe(world, call, parse(call)?),
        "PutParameter" => parameter::put(world, call, parse(call)?),
        "DeleteParameter" => parameter::delete(world, call, parse(call)?),
        other => rest(world, call).unwrap_or_else(|| {
            let message = format!("The simulator has no operation {other}");
            Err(Refusal::new("UnknownOperationException", message))
        }),
    };
    let reply: Value = reply?;
    world.trail.write(call, &reply, world.faults.trail_delay);
    Ok(reply.to_string())
}

fn rest(world: &World, call: &Call<'_>) -> Option<Result<Value, Refusal>> {
    document::answer(world, call).or_else(|| automation::answer(world, call))
}

fn parse<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

/// Seconds since the epoch with milliseconds, as JSON 1.1 writes times.
fn epoch(at: jiff::Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// `MaxResults` within a model's bounds, and the first row of the page.
fn page(
    world: &World,
    fingerprint: &str,
    max: Option<i64>,
    token: Option<&str>,
    bounds: std::ops::RangeInclusive<i64>,
) -> Result<(usize, usize), Refusal> {
    let size = max.unwrap_or(*bounds.end());
    if !bounds.contains(&size) {
        let (rule, bound) = if size < *bounds.start() {
            ("greater", bounds.start())
        } else {
            ("less", bounds.end())
        };
        let rule = format!("Member must have value {rule} than or equal to {bound}");
        return Err(Refusal::constraint(&size.to_string(), "maxResults", &rule));
    }
    let offset = world
        .pager
        .offset(fingerprint, token)
        .map_err(|_| Refusal::new("InvalidNextToken", "The specified token is not valid."))?;
    Ok((offset, size as usize))
}

/// A member that the model says must be there.
fn required(value: Option<String>, member: &str) -> Result<String, Refusal> {
    value.ok_or_else(|| Refusal::constraint("null", member, "Member must not be null"))
}

//! Sessions as the service's API sees them: opened on a node that is online, resumed, ended, listed. What happens
//! on the data channel is the agent's business. A session is seen only from the account and region it began in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::document::{self, PREFERENCES};
use super::{epoch, node, page, required};
use crate::sim::agent::{BadDocument, Parameters, Session, Start, version};
use crate::sim::call::Call;
use crate::sim::ecs;
use crate::sim::refusal::{Refusal, Trouble};
use crate::sim::world::World;

/// What Fargate brings along.
const CONTAINER_AGENT: &str = "3.3.2299.0";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StartRequest {
    target: Option<String>,
    document_name: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionRequest {
    session_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TargetRequest {
    target: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListRequest {
    state: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    #[serde(skip_serializing)]
    next_token: Option<String>,
}

#[derive(Deserialize, Serialize)]
pub struct Filter {
    key: String,
    value: String,
}

pub fn start(world: &World, call: &Call<'_>, request: StartRequest) -> Result<Value, Refusal> {
    let target = required(request.target, "target")?;
    if let Some(reason) = request
        .reason
        .as_ref()
        .filter(|reason| !(1..=256).contains(&reason.chars().count()))
    {
        let rule = "Member must have length between 1 and 256";
        return Err(Refusal::constraint(reason, "reason", rule));
    }
    let service = ecs::service_at(world, call, &target);
    let fleet = world.fleet();
    let nodes = fleet
        .place(call.caller.account, &call.region)
        .into_iter()
        .flat_map(|place| node::all(place, call.now));
    let found = nodes
        .into_iter()
        .find(|node| node.id == target && node.ping == "Online");
    let (hostname, agent_version) = match (found, service) {
        (Some(node), _) => (
            node.computer.split('.').next().map(str::to_owned),
            node.agent.version.clone(),
        ),
        (None, Some(service)) => (Some(service), CONTAINER_AGENT.to_owned()),
        (None, None) => {
            let message = format!("{target} is not connected.");
            return Err(Refusal::new("TargetNotConnected", message));
        }
    };
    let is_remote_host =
        request.document_name.as_deref() == Some("AWS-StartPortForwardingSessionToRemoteHost");
    if is_remote_host && version::compare(&agent_version, "3.1.1374.0").is_lt() {
        let message = format!(
            "Port forwarding sessions to remote hosts need SSM Agent version 3.1.1374.0 or later; the node has {agent_version}.",
        );
        return Err(Refusal::new("BadRequest", message));
    }
    let start = Start {
        target: target.clone(),
        content: request
            .document_name
            .as_deref()
            .and_then(|name| document::own_session(world, call, name)),
        document: request.document_name,
        parameters: request.parameters,
        reason: request.reason,
        owner: call.caller.arn.clone(),
        hostname,
        agent_version: Some(agent_version),
    };
    let opened = world.sessions.create(start).map_err(|bad| match &bad {
        BadDocument::Unknown(name) => Refusal::new(
            "InvalidDocument",
            format!("Document with name {name} does not exist."),
        ),
        BadDocument::Kind { .. } => Refusal::new("InvalidDocument", bad.to_string()),
        BadDocument::Parameter { .. } => Refusal::new("InvalidParameters", bad.to_string()),
    })?;
    world.remember_session(&opened.session_id, call.caller.account, &call.region);
    Ok(json!({
        "SessionId": opened.session_id,
        "TokenValue": opened.token,
        "StreamUrl": stream_url(world, &opened.session_id),
    }))
}

/// Where the data channel of a session is; the cell number means nothing to clients and must come back verbatim.
pub fn stream_url(world: &World, session_id: &str) -> String {
    format!(
        "ws://{}/v1/data-channel/{session_id}?role=publish_subscribe&cell-number=AAEAAUx%2Fq9",
        world.addr
    )
}

/// Without a token in the answer the session is over.
pub fn resume(world: &World, call: &Call<'_>, request: SessionRequest) -> Result<Value, Refusal> {
    let id = required(request.session_id, "sessionId")?;
    if !world.is_session_of(&id, call.caller.account, &call.region) {
        return Err(Refusal::new(
            "DoesNotExistException",
            format!("Session {id} does not exist"),
        ));
    }
    if world
        .sessions
        .find(&id)
        .is_some_and(|session| session.fails_resume())
    {
        return Err(Trouble::Expired.refuse(call.service));
    }
    let mut reply = json!({ "SessionId": id, "StreamUrl": stream_url(world, &id) });
    if let Some(token) = world.sessions.resume(&id) {
        reply["TokenValue"] = token.into();
    }
    Ok(reply)
}

/// Succeeds for sessions that are over or never were, as the service does.
pub fn terminate(world: &World, call: &Call<'_>, request: SessionRequest) -> Result<Value, Refusal> {
    let id = required(request.session_id, "sessionId")?;
    if world.is_session_of(&id, call.caller.account, &call.region) {
        world.sessions.terminate(&id);
    }
    Ok(json!({ "SessionId": id }))
}

pub fn connection(world: &World, call: &Call<'_>, request: TargetRequest) -> Result<Value, Refusal> {
    let target = required(request.target, "target")?;
    let fleet = world.fleet();
    let online = fleet
        .place(call.caller.account, &call.region)
        .is_some_and(|place| {
            node::all(place, call.now).any(|node| node.id == target && node.ping == "Online")
        });
    Ok(json!({ "Target": target, "Status": if online { "connected" } else { "notconnected" } }))
}

pub fn describe(world: &World, call: &Call<'_>, request: ListRequest) -> Result<Value, Refusal> {
    let over = match request.state.as_deref() {
        Some("Active") => false,
        Some("History") => true,
        other => {
            let rule = "Member must satisfy enum value set: [Active, History]";
            return Err(Refusal::constraint(other.unwrap_or("null"), "state", rule));
        }
    };
    let fingerprint = serde_json::to_string(&request).unwrap_or_default();
    let (offset, size) = page(
        world,
        &fingerprint,
        request.max_results,
        request.next_token.as_deref(),
        1..=200,
    )?;
    let wanted = request
        .filters
        .iter()
        .map(Wanted::parse)
        .collect::<Result<Vec<_>, _>>()?;
    let mut left = world
        .sessions
        .list()
        .into_iter()
        .filter(|session| world.is_session_of(&session.id, call.caller.account, &call.region))
        .filter(|session| session.is_over() == over && wanted.iter().all(|wanted| wanted.admits(session)))
        .skip(offset);
    let shown: Vec<Value> = left
        .by_ref()
        .take(size)
        .map(|session| describe_session(&session))
        .collect();
    let mut reply = json!({ "Sessions": shown });
    if left.next().is_some() {
        reply["NextToken"] = world.pager.token(&fingerprint, offset + size).into();
    }
    Ok(reply)
}

/// One filter of DescribeSessions.
enum Wanted<'a> {
    After(Timestamp),
    Before(Timestamp),
    Target(&'a str),
    Owner(&'a str),
    Status(&'a str),
    Id(&'a str),
    Standard(bool),
}

impl Wanted<'_> {
    fn parse(filter: &Filter) -> Result<Wanted<'_>, Refusal> {
        let value = filter.value.as_str();
        let time = || {
            let rule = "Member must be a timestamp such as 2026-08-29T00:00:00Z";
            value
                .parse()
                .map_err(|_| Refusal::constraint(value, "filters.1.member.value", rule))
        };
        Ok(match filter.key.as_str() {
            "InvokedAfter" => Wanted::After(time()?),
            "InvokedBefore" => Wanted::Before(time()?),
            "Target" => Wanted::Target(value),
            "Owner" => Wanted::Owner(value),
            "Status" => Wanted::Status(value),
            "SessionId" => Wanted::Id(value),
            "AccessType" => Wanted::Standard(value == "Standard"),
            other => {
                return Err(Refusal::new(
                    "InvalidFilterKey",
                    format!("The specified key {other} is not valid."),
                ));
            }
        })
    }

    fn admits(&self, session: &Session) -> bool {
        match self {
            Wanted::After(at) => session.started_at >= *at,
            Wanted::Before(at) => session.started_at < *at,
            Wanted::Target(target) => session.start.target == *target,
            Wanted::Owner(owner) => session.start.owner == *owner,
            Wanted::Status(status) => session.status().as_str() == *status,
            Wanted::Id(id) => session.id == *id,
            Wanted::Standard(wanted) => *wanted,
        }
    }
}

fn describe_session(session: &Session) -> Value {
    let mut value = json!({
        "SessionId": session.id,
        "Target": session.start.target,
        "Status": session.status().as_str(),
        "StartDate": epoch(session.started_at),
        "DocumentName": session.start.document.as_deref().unwrap_or(PREFERENCES),
        "Owner": session.start.owner,
        "Details": "",
        "OutputUrl": { "S3OutputUrl": "", "CloudWatchOutputUrl": "" },
        "AccessType": "Standard",
    });
    if let Some(reason) = &session.start.reason {
        value["Reason"] = reason.as_str().into();
    }
    if let Some(ended_at) = session.ended_at() {
        value["EndDate"] = epoch(ended_at).into();
    }
    value
}

//! DescribeInstanceInformation: the nodes that have an agent, EC2 and hybrid alike.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::node::{self, Node};
use super::{epoch, page};
use crate::sim::call::Call;
use crate::sim::fleet::LATEST_AGENT;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    instance_information_filter_list: Vec<OldFilter>,
    max_results: Option<i64>,
    #[serde(skip_serializing)]
    next_token: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    values: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct OldFilter {
    key: String,
    value_set: Vec<String>,
}

const KEYS: &[&str] = &[
    "InstanceIds",
    "AgentVersion",
    "PingStatus",
    "PlatformTypes",
    "ActivationIds",
    "IamRole",
    "ResourceType",
    "AssociationStatus",
];

pub fn describe(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    if !request.filters.is_empty() && !request.instance_information_filter_list.is_empty() {
        let message = "Filters and InstanceInformationFilterList cannot be used together";
        return Err(Refusal::new("ValidationException", message));
    }
    let fingerprint = serde_json::to_string(&request).unwrap_or_default();
    let (offset, size) = page(
        world,
        &fingerprint,
        request.max_results,
        request.next_token.as_deref(),
        5..=50,
    )?;
    let old = request.instance_information_filter_list;
    let old = old.into_iter().map(|OldFilter { key, value_set }| Filter {
        key,
        values: value_set,
    });
    let filters: Vec<Filter> = request.filters.into_iter().chain(old).collect();
    for filter in &filters {
        let tag =
            filter.key.starts_with("tag:") || matches!(&*filter.key, "tag-key" | "SourceIds" | "SourceTypes");
        if !tag && !KEYS.contains(&filter.key.as_str()) {
            return Err(Refusal::new(
                "InvalidFilterKey",
                format!("The specified key {} is not valid.", filter.key),
            ));
        }
        if filter.values.is_empty() {
            let message = format!("The filter {} has no values.", filter.key);
            return Err(Refusal::new("InvalidInstanceInformationFilterValue", message));
        }
        if filter.key == "InstanceIds"
            && let Some(id) = filter.values.iter().find(|id| !looks_like_id(id))
        {
            let message = format!("Instance {id} is not a valid instance id.");
            return Err(Refusal::new("InvalidInstanceId", message));
        }
    }
    let fleet = world.fleet();
    let nodes = fleet.place(call.caller.account, &call.region).into_iter();
    let mut left = nodes
        .flat_map(|place| node::all(place, call.now))
        .filter(|node| filters.iter().all(|filter| admits(filter, node)))
        .skip(offset);
    let shown: Vec<Value> = left
        .by_ref()
        .take(size)
        .map(|node| describe_node(&node, call.now))
        .collect();
    let mut reply = json!({ "InstanceInformationList": shown });
    if left.next().is_some() {
        reply["NextToken"] = world.pager.token(&fingerprint, offset + size).into();
    }
    Ok(reply)
}

fn looks_like_id(id: &str) -> bool {
    ["i-", "mi-"].iter().any(|prefix| {
        id.strip_prefix(prefix).is_some_and(|rest| {
            matches!(rest.len(), 8 | 17) && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    })
}

fn admits(filter: &Filter, node: &Node<'_>) -> bool {
    let has = |fact: &str| filter.values.iter().any(|value| value == fact);
    match filter.key.as_str() {
        "InstanceIds" | "SourceIds" => has(node.id),
        "AgentVersion" => has(&node.agent.version),
        "PingStatus" => has(node.ping),
        "PlatformTypes" => has(node.platform.managed().0),
        "ActivationIds" => node.hybrid.is_some_and(|hybrid| has(hybrid.activation_id)),
        "IamRole" => node.hybrid.is_some() && has(HYBRID_ROLE),
        "ResourceType" => {
            if node.hybrid.is_some() {
                has("ManagedInstance")
            } else {
                has("EC2Instance")
            }
        }
        "SourceTypes" => has("AWS::EC2::Instance") && node.hybrid.is_none(),
        "AssociationStatus" => has("Success"),
        "tag-key" => node.tags.keys().any(|key| has(key)),
        key => key
            .strip_prefix("tag:")
            .and_then(|key| node.tags.get(key))
            .is_some_and(|value| has(value)),
    }
}

const HYBRID_ROLE: &str = "service-role/AmazonEC2RunCommandRoleForManagedInstances";

fn describe_node(node: &Node<'_>, now: Timestamp) -> Value {
    let (kind, platform, version) = node.platform.managed();
    let ping = node.ping;
    // Agents ping every five minutes.
    let pinged_at = if ping == "Online" {
        now.as_second() / 300 * 300
    } else {
        node.agent.lost_at.as_second()
    };
    let mut value = json!({
        "InstanceId": node.id,
        "PingStatus": ping,
        "LastPingDateTime": pinged_at as f64,
        "AgentVersion": node.agent.version,
        "IsLatestVersion": node.agent.version == LATEST_AGENT,
        "PlatformType": kind,
        "PlatformName": platform,
        "PlatformVersion": version,
        "ResourceType": "EC2Instance",
        "IPAddress": node.ip,
        "ComputerName": node.computer,
        "AssociationStatus": "Success",
        "SourceId": node.id,
        "SourceType": "AWS::EC2::Instance",
    });
    if let Some(hybrid) = node.hybrid {
        value["ResourceType"] = "ManagedInstance".into();
        value["Name"] = hybrid.name.into();
        value["ActivationId"] = hybrid.activation_id.into();
        value["IamRole"] = HYBRID_ROLE.into();
        value["RegistrationDate"] = epoch(hybrid.registered_at).into();
        value["SourceType"] = "AWS::SSM::ManagedInstance".into();
    }
    value
}

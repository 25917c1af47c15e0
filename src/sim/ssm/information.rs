//! DescribeInstanceInformation: the nodes that have an agent, EC2 and hybrid alike.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{epoch, page};
use crate::sim::call::Call;
use crate::sim::fleet::{Agent, LATEST_AGENT, Place, Platform};
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

/// A node as Systems Manager sees it.
struct Node<'a> {
    id: &'a str,
    tags: &'a BTreeMap<String, String>,
    platform: Platform,
    ip: &'a str,
    computer: String,
    agent: &'a Agent,
    /// Whether the machine runs at all.
    up: bool,
    hybrid: Option<(&'a str, Timestamp, &'a str)>,
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
        .flat_map(|place| nodes_of(place, call.now))
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

fn nodes_of(place: &Place, now: Timestamp) -> impl Iterator<Item = Node<'_>> {
    let instances = place.instances.iter().filter_map(move |instance| {
        let terminated = instance.power.state(now).1 == "terminated";
        let agent = instance.agent.as_ref().filter(|_| !terminated)?;
        Some(Node {
            id: &instance.id,
            tags: &instance.tags,
            platform: instance.platform,
            ip: &instance.private_ip,
            computer: instance.private_dns_name(),
            agent,
            up: instance.power.is_running(now),
            hybrid: None,
        })
    });
    let hybrids = place.hybrids.iter().map(|hybrid| Node {
        id: &hybrid.id,
        tags: &hybrid.tags,
        platform: hybrid.platform,
        ip: &hybrid.private_ip,
        computer: format!("{}.store.larkfield.internal", hybrid.name),
        agent: &hybrid.agent,
        up: true,
        hybrid: Some((&hybrid.activation_id, hybrid.registered_at, &hybrid.name)),
    });
    instances.chain(hybrids)
}

fn admits(filter: &Filter, node: &Node<'_>) -> bool {
    let has = |fact: &str| filter.values.iter().any(|value| value == fact);
    match filter.key.as_str() {
        "InstanceIds" | "SourceIds" => has(node.id),
        "AgentVersion" => has(&node.agent.version),
        "PingStatus" => has(node.agent.ping(node.up)),
        "PlatformTypes" => has(node.platform.managed().0),
        "ActivationIds" => node.hybrid.is_some_and(|(activation, ..)| has(activation)),
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
    let ping = node.agent.ping(node.up);
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
    if let Some((activation, registered_at, name)) = node.hybrid {
        value["ResourceType"] = "ManagedInstance".into();
        value["Name"] = name.into();
        value["ActivationId"] = activation.into();
        value["IamRole"] = HYBRID_ROLE.into();
        value["RegistrationDate"] = epoch(registered_at).into();
        value["SourceType"] = "AWS::SSM::ManagedInstance".into();
    }
    value
}

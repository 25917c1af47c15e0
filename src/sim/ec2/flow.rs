//! Flow logs: CreateFlowLogs, DescribeFlowLogs, DeleteFlowLogs. What cannot be made or found is told in the answer, which is
//! none the less a success.

use super::filter::tag_facts;
use super::instance::iso;
use super::snapshot::tags;
use super::{Kind, estate, invalid, list, missing, reply, unsuccessful, write_unsuccessful};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::estate::Flow;
use crate::sim::fleet::{Instance, Place};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const FLOWS: Kind = Kind {
    set: "flowLogSet",
    ids: "FlowLogId",
    not_found: "InvalidFlowLogId.NotFound",
    filters: &[
        "flow-log-id",
        "log-destination-type",
        "resource-id",
        "tag-key",
        "traffic-type",
    ],
    paged: true,
};

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let all = estate(world, call, |estate| &estate.flows);
    let id = |flow: &Flow| flow.id.clone();
    list(world, call, form, &FLOWS, all, (id, facts), write)
}

fn facts(flow: &Flow, name: &str) -> Vec<String> {
    if let Some(facts) = tag_facts(name, &flow.tags) {
        return facts;
    }
    vec![match name {
        "flow-log-id" => flow.id.clone(),
        "log-destination-type" => flow.kind.to_owned(),
        "traffic-type" => flow.traffic.clone(),
        _ => flow.resource.clone(),
    }]
}

fn write(x: &mut Xml, flow: &Flow) {
    x.leaf("flowLogId", &flow.id)
        .leaf("flowLogStatus", "ACTIVE")
        .leaf("resourceId", &flow.resource)
        .leaf("trafficType", &flow.traffic);
    x.leaf("logDestinationType", flow.kind);
    let place = if flow.kind == "s3" {
        "logDestination"
    } else {
        "logGroupName"
    };
    x.leaf(place, &flow.destination)
        .leaf("deliverLogsStatus", "SUCCESS")
        .leaf("maxAggregationInterval", 600)
        .leaf("creationTime", iso(flow.created_at));
    super::write_tags(x, &flow.tags);
}

/// How a resource type is called in refusals, their code, and where an instance has such a thing.
type Resource = (&'static str, &'static str, fn(&Instance) -> &String);

fn resource(form: &Form) -> Result<Resource, Refusal> {
    match form.get("ResourceType").ok_or_else(|| missing("ResourceType"))? {
        "VPC" => Ok(("vpc", "InvalidVpcId.NotFound", |one| &one.vpc_id)),
        "Subnet" => Ok(("subnet", "InvalidSubnetID.NotFound", |one| &one.subnet_id)),
        "NetworkInterface" => Ok(("networkInterface", "InvalidNetworkInterfaceID.NotFound", |one| {
            &one.interface_id
        })),
        other => Err(invalid(format!("Invalid value '{other}' for ResourceType"))),
    }
}

pub fn create(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let resource = resource(form)?;
    let ids = form.list("ResourceId");
    if ids.is_empty() {
        return Err(missing("ResourceIds"));
    }
    let traffic = form.get("TrafficType").ok_or_else(|| missing("TrafficType"))?;
    if !["ALL", "ACCEPT", "REJECT"].contains(&traffic) {
        return Err(invalid(format!("Invalid value '{traffic}' for TrafficType")));
    }
    let (kind, place) = match form.get("LogDestinationType") {
        Some("s3") => ("s3", "LogDestination"),
        Some("cloud-watch-logs") | None => ("cloud-watch-logs", "LogGroupName"),
        Some(other) => return Err(invalid(format!("Invalid value '{other}' for LogDestinationType"))),
    };
    let destination = form.get(place).ok_or_else(|| missing(place))?;
    let (mut made, mut failed) = (Vec::new(), Vec::new());
    let mut fleet = world.fleet_mut();
    let mut here = fleet.place_mut(call.caller.account, &call.region);
    for id in ids {
        let flow = Flow {
            id: format!(
                "fl-0{}",
                Dice::new(world.seed, &format!("{id}/{}", call.now)).hex(16)
            ),
            resource: id.clone(),
            traffic: traffic.to_owned(),
            kind,
            destination: destination.to_owned(),
            created_at: call.now,
            tags: tags(form),
        };
        match check(world, call, here.as_deref(), resource, &flow) {
            Ok(()) => {
                made.push(flow.id.clone());
                here.iter_mut()
                    .for_each(|place| place.estate.flows.push(flow.clone()));
            }
            Err(refusal) => failed.push((id, refusal)),
        }
    }
    Ok(reply(call, |x| {
        x.within("flowLogIdSet", |x| {
            for id in &made {
                x.leaf("item", id);
            }
        });
        write_unsuccessful(x, &failed);
    }))
}

fn check(
    world: &World,
    call: &Call<'_>,
    place: Option<&Place>,
    (what, code, of): Resource,
    flow: &Flow,
) -> Result<(), Refusal> {
    let id = &flow.resource;
    let here = place.filter(|place| place.instances.iter().any(|one| of(one) == id));
    let here = here.ok_or_else(|| Refusal::new(code, format!("The {what} ID '{id}' does not exist")))?;
    let is_same = |other: &Flow| {
        (&other.resource, &other.traffic, &other.destination) == (id, &flow.traffic, &flow.destination)
    };
    if here.estate.flows.iter().any(is_same) {
        let message = "There is an existing Flow Log with the same configuration and log destination.";
        return Err(Refusal::new("FlowLogAlreadyExists", message));
    }
    let path = flow.destination.strip_prefix("arn:aws:s3:::").unwrap_or_default();
    let bucket = path.split('/').next().unwrap_or_default();
    let is_missing = world.buckets.with(call.caller.account, bucket, |_| ()).is_err();
    if flow.kind == "s3" && is_missing {
        return Err(Refusal::new(
            "400",
            format!("LogDestination: {bucket} does not exist"),
        ));
    }
    Ok(())
}

pub fn delete(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let ids = form.list("FlowLogId");
    if ids.is_empty() {
        return Err(missing("FlowLogIds"));
    }
    let mut failed = ids.clone();
    let mut fleet = world.fleet_mut();
    if let Some(place) = fleet.place_mut(call.caller.account, &call.region) {
        let flows = &mut place.estate.flows;
        failed.retain(|id| !flows.iter().any(|flow| flow.id == *id));
        flows.retain(|flow| !ids.contains(&flow.id));
    }
    let refusals = failed.into_iter().map(|id| {
        let message = format!("These flow log ids in the input list are not found: [TotalCount: 1] {id}");
        (id, Refusal::new("InvalidFlowLogId.NotFound", message))
    });
    Ok(unsuccessful(call, refusals.collect()))
}

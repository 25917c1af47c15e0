//! DescribeNatGateways and DescribeVpcEndpoints: what lets traffic out of a network, by the hour or for nothing.

use jiff::Timestamp;

use super::filter::tag_facts;
use super::instance::iso;
use super::{Kind, estate, list, write_tags};
use crate::sim::call::Call;
use crate::sim::estate::{Endpoint, Nat};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const NATS: Kind = Kind {
    set: "natGatewaySet",
    ids: "NatGatewayId",
    not_found: "NatGatewayNotFound",
    filters: &["nat-gateway-id", "state", "subnet-id", "tag-key", "vpc-id"],
    paged: true,
};

const ENDPOINTS: Kind = Kind {
    set: "vpcEndpointSet",
    ids: "VpcEndpointId",
    not_found: "InvalidVpcEndpointId.NotFound",
    filters: &[
        "service-name",
        "tag-key",
        "vpc-endpoint-id",
        "vpc-endpoint-state",
        "vpc-endpoint-type",
        "vpc-id",
    ],
    paged: true,
};

pub fn describe_nats(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let all = estate(world, call, |estate| &estate.nats);
    let id = |nat: &Nat| nat.id.clone();
    let facts = |nat: &Nat, name: &str| nat_facts(nat, name, call.now);
    list(world, call, form, &NATS, all, (id, facts), |x, nat| {
        write_nat(x, nat, call.now)
    })
}

fn nat_facts(nat: &Nat, name: &str, now: Timestamp) -> Vec<String> {
    if let Some(facts) = tag_facts(name, &nat.tags) {
        return facts;
    }
    match name {
        "nat-gateway-id" => vec![nat.id.clone()],
        "state" => vec![nat.state(now).to_owned()],
        "subnet-id" => vec![nat.subnet.clone()],
        "vpc-id" => vec![nat.vpc.clone()],
        _ => Vec::new(),
    }
}

pub fn write_nat(x: &mut Xml, nat: &Nat, now: Timestamp) {
    x.leaf("natGatewayId", &nat.id)
        .leaf("vpcId", &nat.vpc)
        .leaf("subnetId", &nat.subnet);
    x.leaf("state", nat.state(now))
        .leaf("createTime", iso(nat.created_at))
        .leaf_if("deleteTime", nat.deleted_at.map(iso))
        .leaf("connectivityType", "public");
    x.within("natGatewayAddressSet", |_| {});
    write_tags(x, &nat.tags);
}

pub fn describe_endpoints(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let all = estate(world, call, |estate| &estate.endpoints);
    let owner = call.caller.account_id.clone();
    let id = |endpoint: &Endpoint| endpoint.id.clone();
    let write = |x: &mut Xml, endpoint: &Endpoint| write_endpoint(x, endpoint, &owner);
    list(world, call, form, &ENDPOINTS, all, (id, endpoint_facts), write)
}

fn kind(endpoint: &Endpoint) -> &'static str {
    if endpoint.is_gateway {
        "Gateway"
    } else {
        "Interface"
    }
}

fn endpoint_facts(endpoint: &Endpoint, name: &str) -> Vec<String> {
    if let Some(facts) = tag_facts(name, &endpoint.tags) {
        return facts;
    }
    match name {
        "service-name" => vec![endpoint.service.clone()],
        "vpc-endpoint-id" => vec![endpoint.id.clone()],
        "vpc-endpoint-state" => vec!["available".to_owned()],
        "vpc-endpoint-type" => vec![kind(endpoint).to_owned()],
        "vpc-id" => vec![endpoint.vpc.clone()],
        _ => Vec::new(),
    }
}

pub fn write_endpoint(x: &mut Xml, endpoint: &Endpoint, owner: &str) {
    x.leaf("vpcEndpointId", &endpoint.id)
        .leaf("vpcEndpointType", kind(endpoint))
        .leaf("vpcId", &endpoint.vpc);
    x.leaf("serviceName", &endpoint.service)
        .leaf("state", "available")
        .leaf("ownerId", owner);
    x.leaf("creationTimestamp", iso(endpoint.created_at))
        .leaf("privateDnsEnabled", !endpoint.is_gateway)
        .leaf("requesterManaged", false);
    x.within("routeTableIdSet", |x| {
        for id in endpoint.tables.iter().flatten() {
            x.leaf("item", id);
        }
    });
    // One network interface in each zone, each paid for.
    x.within("subnetIdSet", |x| {
        if !endpoint.is_gateway {
            x.leaf("item", endpoint.id.replace("vpce-", "subnet-"));
        }
    });
    write_tags(x, &endpoint.tags);
}

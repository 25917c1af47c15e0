//! What lets traffic out, made and taken away: CreateNatGateway, DeleteNatGateway, CreateVpcEndpoint, DeleteVpcEndpoints.

use super::gateway::{write_endpoint, write_nat};
use super::route::tables;
use super::snapshot::tags;
use super::{invalid, missing, reply, unsuccessful};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::estate::{Endpoint, Nat};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// A refusal of an id that is not there, as EC2 words it.
fn gone(code: &'static str, what: &str, id: &str) -> Refusal {
    Refusal::new(code, format!("The {what} ID '{id}' does not exist"))
}

pub fn delete_nat(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let id = form.get("NatGatewayId").ok_or_else(|| missing("NatGatewayId"))?;
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let mut all = place.into_iter().flat_map(|place| &mut place.estate.nats);
    let nat = all.find(|nat| nat.id == id && nat.deleted_at.is_none());
    let nat = nat.ok_or_else(|| {
        let message = format!("NatGateway {id} was not found");
        Refusal::new("NatGatewayNotFound", message)
    })?;
    nat.deleted_at = Some(call.now);
    Ok(reply(call, |x| {
        x.leaf("natGatewayId", id);
    }))
}

/// A public one, with an address of the account's that is free.
pub fn create_nat(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let subnet = form.get("SubnetId").ok_or_else(|| missing("SubnetId"))?;
    let allocation = form.get("AllocationId").ok_or_else(|| missing("AllocationId"))?;
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let place = place.ok_or_else(|| gone("InvalidSubnetID.NotFound", "subnet", subnet))?;
    let beside = place.instances.iter().find(|one| one.subnet_id == subnet);
    let beside = beside.ok_or_else(|| gone("InvalidSubnetID.NotFound", "subnet", subnet))?;
    let address = place.estate.addresses.iter().find(|one| one.id == allocation);
    let address = address.ok_or_else(|| gone("InvalidAllocationID.NotFound", "allocation", allocation))?;
    if address.bound_to.is_some() {
        let message = format!("resource {allocation} is already associated.");
        return Err(Refusal::new("Resource.AlreadyAssociated", message));
    }
    let nat = Nat {
        id: format!(
            "nat-0{}",
            Dice::new(world.seed, &format!("{subnet}/{}", call.now)).hex(16)
        ),
        vpc: beside.vpc_id.clone(),
        subnet: subnet.to_owned(),
        created_at: call.now,
        deleted_at: None,
        bytes: 0.0,
        tags: tags(form),
    };
    place.estate.nats.push(nat.clone());
    Ok(reply(call, |x| {
        x.within("natGateway", |x| write_nat(x, &nat, call.now));
    }))
}

pub fn create_endpoint(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let vpc = form.get("VpcId").ok_or_else(|| missing("VpcId"))?;
    let service = form.get("ServiceName").ok_or_else(|| missing("ServiceName"))?;
    let name = service.strip_prefix(&format!("com.amazonaws.{}.", call.region));
    let is_gateway = match form.get("VpcEndpointType") {
        Some("Gateway") | None => true,
        Some("Interface") => false,
        Some(other) => return Err(invalid(format!("Invalid value '{other}' for VpcEndpointType"))),
    };
    let by_gateway = matches!(name, Some("s3" | "dynamodb"));
    if name.is_none_or(str::is_empty) || is_gateway && !by_gateway {
        let message = format!("The Vpc Endpoint Service '{service}' does not exist");
        return Err(Refusal::new("InvalidServiceName", message));
    }
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let place = place.filter(|place| place.instances.iter().any(|one| one.vpc_id == vpc));
    let place = place.ok_or_else(|| gone("InvalidVpcID.NotFound", "vpc", vpc))?;
    let wanted = form.list("RouteTableId");
    let known = tables(place, call.now);
    if let Some(id) = wanted
        .iter()
        .find(|id| !known.iter().any(|table| table.id == **id))
    {
        return Err(gone("InvalidRouteTableId.NotFound", "routeTable", id));
    }
    let has = |endpoint: &Endpoint| {
        endpoint.is_gateway
            && (endpoint.vpc.as_str(), endpoint.service.as_str()) == (vpc, service)
            && (endpoint.tables.as_ref()).is_none_or(|tables| tables.iter().any(|id| wanted.contains(id)))
    };
    if let Some(other) = place.estate.endpoints.iter().find(|one| is_gateway && has(one)) {
        let message = format!(
            "route table {} already has a route with destination-prefix-list-id of {service} by {}",
            wanted.join(", "),
            other.id
        );
        return Err(Refusal::new("RouteAlreadyExists", message));
    }
    let made = Endpoint {
        id: format!(
            "vpce-0{}",
            Dice::new(world.seed, &format!("{vpc}/{service}/{}", call.now)).hex(16)
        ),
        vpc: vpc.to_owned(),
        service: service.to_owned(),
        is_gateway,
        tables: Some(wanted),
        bytes: 0.0,
        created_at: call.now,
        tags: tags(form),
    };
    place.estate.endpoints.push(made.clone());
    Ok(reply(call, |x| {
        x.within("vpcEndpoint", |x| {
            write_endpoint(x, &made, &call.caller.account_id)
        });
    }))
}

/// Ids that are not there are told in the answer, which is none the less a success.
pub fn delete_endpoints(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let ids = form.list("VpcEndpointId");
    if ids.is_empty() {
        return Err(missing("VpcEndpointIds"));
    }
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let mut failed = ids.clone();
    if let Some(place) = place {
        failed.retain(|id| !place.estate.endpoints.iter().any(|one| one.id == *id));
        place.estate.endpoints.retain(|one| !ids.contains(&one.id));
    }
    let refusals = failed.into_iter().map(|id| {
        let refusal = gone("InvalidVpcEndpoint.NotFound", "VpcEndpoint", &id);
        (id, refusal)
    });
    Ok(unsuccessful(call, refusals.collect()))
}

//! DescribeAddresses: Elastic IP addresses, bound to an instance or to nothing. There are no pages.

use super::filter::tag_facts;
use super::{Kind, estate, list, write_tags};
use crate::sim::call::Call;
use crate::sim::estate::Address;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const ADDRESSES: Kind = Kind {
    set: "addressesSet",
    ids: "AllocationId",
    not_found: "InvalidAllocationID.NotFound",
    filters: &["allocation-id", "instance-id", "public-ip", "tag-key"],
    paged: false,
};

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let all = estate(world, call, |estate| &estate.addresses);
    let owner = call.caller.account_id.clone();
    list(
        world,
        call,
        form,
        &ADDRESSES,
        all,
        (|address: &Address| address.id.clone(), facts),
        |x, address| write(x, address, &owner),
    )
}

fn facts(address: &Address, name: &str) -> Vec<String> {
    if let Some(facts) = tag_facts(name, &address.tags) {
        return facts;
    }
    match name {
        "allocation-id" => vec![address.id.clone()],
        "instance-id" => address.bound_to.iter().map(|(id, _)| id.clone()).collect(),
        "public-ip" => vec![address.ip.clone()],
        _ => Vec::new(),
    }
}

fn write(x: &mut Xml, address: &Address, owner: &str) {
    x.leaf("publicIp", &address.ip)
        .leaf("allocationId", &address.id)
        .leaf("domain", "vpc");
    if let Some((instance, interface)) = &address.bound_to {
        x.leaf("instanceId", instance)
            .leaf("associationId", address.id.replace("eipalloc", "eipassoc"))
            .leaf("networkInterfaceId", interface)
            .leaf("networkInterfaceOwnerId", owner);
    }
    write_tags(x, &address.tags);
}

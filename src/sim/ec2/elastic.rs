//! Elastic IP addresses as they come and go: AllocateAddress, DisassociateAddress and ReleaseAddress.

use super::snapshot::tags;
use super::{invalid, missing, reply};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::estate::Address;
use crate::sim::fleet::Place;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// Runs a change on the place of the call; where the caller has nothing, nothing is there.
fn on_place<T>(
    world: &World,
    call: &Call<'_>,
    nothing: impl Fn() -> Refusal,
    change: impl FnOnce(&mut Place) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    change(place.ok_or_else(nothing)?)
}

pub fn release(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let id = form.get("AllocationId").ok_or_else(|| missing("AllocationId"))?;
    let gone = || {
        let message = format!("The allocation ID '{id}' does not exist");
        Refusal::new("InvalidAllocationID.NotFound", message)
    };
    on_place(world, call, gone, |place| {
        let all = &mut place.estate.addresses;
        let nth = all.iter().position(|one| one.id == id).ok_or_else(gone)?;
        if all[nth].bound_to.is_some() {
            let message = format!("Address {} is in use.", all[nth].ip);
            return Err(Refusal::new("InvalidIPAddress.InUse", message));
        }
        let released = all.remove(nth);
        place.estate.released.push(released);
        Ok(())
    })?;
    Ok(reply(call, |x| {
        x.leaf("return", true);
    }))
}

/// A new one, or one that was the account's and that nobody else has got since.
pub fn allocate(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let unknown = |ip: &str| invalid(format!("The address '{ip}' cannot be recovered"));
    let nothing = || {
        let message = "The maximum number of addresses has been reached.";
        Refusal::new("AddressLimitExceeded", message)
    };
    let mut dice = Dice::new(world.seed, &format!("address/{}", call.now));
    let id = format!("eipalloc-0{}", dice.hex(16));
    let ip = on_place(world, call, nothing, |place| {
        let estate = &mut place.estate;
        let ip = match form.get("Address") {
            Some(ip) => {
                let nth = estate.released.iter().position(|one| one.ip == ip);
                estate.released.remove(nth.ok_or_else(|| unknown(ip))?).ip
            }
            None => format!(
                "54.{}.{}.{}",
                dice.below(255),
                dice.below(255),
                1 + dice.below(253)
            ),
        };
        estate.addresses.push(Address {
            id: id.clone(),
            ip: ip.clone(),
            bound_to: None,
            tags: tags(form),
        });
        Ok(ip)
    })?;
    Ok(reply(call, |x| {
        x.leaf("publicIp", ip)
            .leaf("allocationId", id)
            .leaf("domain", "vpc")
            .leaf("publicIpv4Pool", "amazon")
            .leaf("networkBorderGroup", &call.region);
    }))
}

/// The instance has no public address afterwards.
pub fn disassociate(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let id = form
        .get("AssociationId")
        .ok_or_else(|| missing("AssociationId"))?;
    let gone = || {
        let message = format!("The association ID '{id}' does not exist");
        Refusal::new("InvalidAssociationID.NotFound", message)
    };
    on_place(world, call, gone, |place| {
        let wanted = id.replacen("eipassoc", "eipalloc", 1);
        let mut all = place.estate.addresses.iter_mut();
        let address = all.find(|one| one.id == wanted && id.starts_with("eipassoc"));
        let (instance, _) = address.and_then(|one| one.bound_to.take()).ok_or_else(gone)?;
        if let Some(one) = place.instances.iter_mut().find(|one| one.id == instance) {
            one.public_ip = None;
        }
        Ok(())
    })?;
    Ok(reply(call, |x| {
        x.leaf("return", true);
    }))
}

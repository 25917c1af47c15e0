//! ModifyNetworkInterfaceAttribute, as far as public addresses go: one of Amazon's comes or goes.

use super::{invalid, missing, reply};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

pub fn modify(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let id = form
        .get("NetworkInterfaceId")
        .ok_or_else(|| missing("networkInterfaceId"))?;
    let wanted = match form.get("AssociatePublicIpAddress") {
        Some("true") => true,
        Some("false") => false,
        Some(other) => {
            let message = format!("Invalid value '{other}' for AssociatePublicIpAddress");
            return Err(invalid(message));
        }
        None => {
            let message = "The simulator changes no attribute but AssociatePublicIpAddress";
            return Err(Refusal::new("InvalidParameterCombination", message));
        }
    };
    let gone = || {
        let message = format!("The networkInterface ID '{id}' does not exist");
        Refusal::new("InvalidNetworkInterfaceID.NotFound", message)
    };
    let mut fleet = world.fleet_mut();
    let place = fleet
        .place_mut(call.caller.account, &call.region)
        .ok_or_else(gone)?;
    let mut own = place.estate.addresses.iter();
    let has_own = own.any(|one| {
        one.bound_to
            .as_ref()
            .is_some_and(|(_, interface)| interface == id)
    });
    let one = place.instances.iter_mut().find(|one| one.interface_id == id);
    let one = one.ok_or_else(gone)?;
    // An Elastic IP address stays where it is.
    if !has_own && one.public_ip.is_some() != wanted {
        let mut dice = Dice::new(world.seed, &format!("{id}/{}", call.now));
        one.public_ip = wanted.then(|| {
            let [a, b, c] = [255, 255, 253].map(|end| dice.below(end));
            format!("3.{a}.{b}.{}", c + 1)
        });
    }
    Ok(reply(call, |x| {
        x.leaf("return", true);
    }))
}

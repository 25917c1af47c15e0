//! ModifyInstanceAttribute, as far as the type of a stopped instance goes.

use super::{check_ids, invalid, missing, reply};
use crate::sim::call::Call;
use crate::sim::fleet::Size;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// The type that the request names in either of its two ways.
fn wanted(form: &Form) -> Result<Size, Refusal> {
    let by_name = form.get("Attribute") == Some("instanceType");
    let named = form.get("Value").filter(|_| by_name);
    let Some(name) = form.get("InstanceType.Value").or(named) else {
        let message = "The simulator changes no attribute but instanceType";
        return Err(Refusal::new("InvalidParameterCombination", message));
    };
    let size = Size::parse(name);
    size.ok_or_else(|| {
        Refusal::new(
            "InvalidInstanceAttributeValue",
            format!("Invalid value '{name}' for InstanceType."),
        )
    })
}

pub fn modify(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let id = form.get("InstanceId").ok_or_else(|| missing("InstanceId"))?;
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let all = place
        .map(|place| place.instances.as_mut_slice())
        .unwrap_or_default();
    check_ids(&[id.to_owned()], "i-", "instance", |id| {
        all.iter().any(|one| one.id == id)
    })?;
    let size = wanted(form)?;
    let Some(one) = all.iter_mut().find(|one| one.id == id) else {
        return Err(missing("InstanceId"));
    };
    if one.power.state(call.now).1 != "stopped" {
        let message = format!("The instance '{id}' is not in the 'stopped' state.");
        return Err(Refusal::new("IncorrectInstanceState", message));
    }
    let (now, then) = (one.size.architecture(), size.architecture());
    if now != then {
        return Err(invalid(format!(
            "The architecture '{then}' of the specified instance type does not match the architecture '{now}' of the \
             instance"
        )));
    }
    one.credits = size.credits();
    one.size = size;
    Ok(reply(call, |x| {
        x.leaf("return", true);
    }))
}

//! StartInstances, StopInstances, TerminateInstances and RebootInstances. Either all of the instances change or none.

use jiff::Timestamp;

use super::{check_ids, missing, reply};
use crate::sim::call::Call;
use crate::sim::fleet::Power;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

pub fn start(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    turn(
        world,
        call,
        form,
        &["stopped", "running", "pending"],
        |power, now| match power.state(now).1 {
            "stopped" => Power::Starting(now),
            _ => power.clone(),
        },
    )
}

pub fn stop(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    turn(
        world,
        call,
        form,
        &["running", "stopping", "stopped"],
        |power, now| match power.state(now).1 {
            "running" => Power::Stopping(now),
            _ => power.clone(),
        },
    )
}

/// Disks go with their instance; Elastic IP addresses stay, bound to nothing.
pub fn terminate(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let states = [
        "pending",
        "running",
        "shutting-down",
        "stopping",
        "stopped",
        "terminated",
    ];
    let answer = turn(world, call, form, &states, |power, now| match power {
        Power::Terminated(_) => power.clone(),
        _ => Power::Terminated(now),
    })?;
    let ids = form.list("InstanceId");
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    for address in place.into_iter().flat_map(|place| &mut place.estate.addresses) {
        address.bound_to.take_if(|(instance, _)| ids.contains(instance));
    }
    Ok(answer)
}

/// Machines that run come up anew; EC2 takes the request of others too and does nothing.
pub fn reboot(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let ids = form.list("InstanceId");
    if ids.is_empty() {
        return Err(missing("InstanceId"));
    }
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let all = place
        .map(|place| place.instances.as_mut_slice())
        .unwrap_or_default();
    check_ids(&ids, "i-", "instance", |id| {
        all.iter().any(|instance| instance.id == id)
    })?;
    for instance in all.iter_mut().filter(|one| ids.contains(&one.id)) {
        if instance.power.is_running(call.now) {
            instance.boot(call.now);
        }
    }
    Ok(reply(call, |x| {
        x.leaf("return", true);
    }))
}

fn turn(
    world: &World,
    call: &Call<'_>,
    form: &Form,
    from: &[&str],
    next: impl Fn(&Power, Timestamp) -> Power,
) -> Result<String, Refusal> {
    let ids = form.list("InstanceId");
    if ids.is_empty() {
        return Err(missing("InstanceId"));
    }
    let mut fleet = world.fleet_mut();
    let all = match fleet.place_mut(call.caller.account, &call.region) {
        Some(place) => &mut place.instances[..],
        None => &mut [],
    };
    check_ids(&ids, "i-", "instance", |id| {
        all.iter().any(|instance| instance.id == id)
    })?;
    let chosen = |id: &String| ids.contains(id);
    for instance in all.iter().filter(|instance| chosen(&instance.id)) {
        let state = instance.power.state(call.now).1;
        if !from.contains(&state) {
            let message = format!(
                "The instance '{}' is not in a state from which it can be changed: {state}",
                instance.id
            );
            return Err(Refusal::new("IncorrectInstanceState", message));
        }
    }
    Ok(reply(call, |x| {
        x.within("instancesSet", |x| {
            for instance in all.iter_mut().filter(|instance| chosen(&instance.id)) {
                let before = instance.power.state(call.now);
                instance.power = next(&instance.power, call.now);
                if matches!(instance.power, Power::Starting(at) if at == call.now) {
                    instance.launched_at = call.now;
                    instance.boot(call.now);
                    // It runs on another host now.
                    instance.event = None;
                }
                let after = instance.power.state(call.now);
                x.within("item", |x| {
                    x.leaf("instanceId", &instance.id);
                    for (name, (code, state)) in [("currentState", after), ("previousState", before)] {
                        x.within(name, |x| {
                            x.leaf("code", code).leaf("name", state);
                        });
                    }
                });
            }
        });
    }))
}

//! DescribeInstanceCreditSpecifications and ModifyInstanceCreditSpecification: how burstable instances pay for their CPU.

use super::{Kind, check_ids, invalid, list, missing, reply};
use crate::sim::call::Call;
use crate::sim::fleet::Instance;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

const CREDITS: Kind = Kind {
    set: "instanceCreditSpecificationSet",
    ids: "InstanceId",
    not_found: "InvalidInstanceID.NotFound",
    filters: &["instance-id"],
    paged: true,
};
const OPTIONS: [&str; 2] = ["standard", "unlimited"];

fn not_burstable(id: &str) -> Refusal {
    let message = format!("The instance '{id}' is not a burstable performance instance.");
    Refusal::new("InstanceCreditSpecification.NotSupported", message)
}

/// Without ids only those whose credits are unlimited, as EC2 has it.
pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let all: Vec<Instance> = {
        let fleet = world.fleet();
        let place = fleet.place(call.caller.account, &call.region);
        place.map(|place| place.instances.clone()).unwrap_or_default()
    };
    let ids = form.list(CREDITS.ids);
    check_ids(&ids, "i-", "instance", |id| all.iter().any(|one| one.id == id))?;
    let steady = all
        .iter()
        .find(|one| ids.contains(&one.id) && one.credits.is_none());
    if let Some(one) = steady {
        return Err(not_burstable(&one.id));
    }
    let shown = |one: &Instance| match ids.is_empty() {
        true => one.credits == Some("unlimited"),
        false => one.credits.is_some(),
    };
    let rows = all.into_iter().filter(shown).collect();
    let facts = |one: &Instance, _: &str| vec![one.id.clone()];
    list(
        world,
        call,
        form,
        &CREDITS,
        rows,
        (|one: &Instance| one.id.clone(), facts),
        |x, one| {
            x.leaf("instanceId", &one.id).leaf_if("cpuCredits", one.credits);
        },
    )
}

/// Each by itself: those that cannot are told with the reason.
pub fn modify(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let field = |nth: usize, name: &str| form.get(&format!("InstanceCreditSpecification.{nth}.{name}"));
    let asked: Vec<(&str, &str)> = (1..)
        .map_while(|nth| {
            Some((
                field(nth, "InstanceId")?,
                field(nth, "CpuCredits").unwrap_or("standard"),
            ))
        })
        .collect();
    if asked.is_empty() {
        return Err(missing("InstanceCreditSpecification"));
    }
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let all = place
        .map(|place| place.instances.as_mut_slice())
        .unwrap_or_default();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (id, wanted) in asked {
        let option = OPTIONS.into_iter().find(|option| *option == wanted);
        let option = option.ok_or_else(|| invalid(format!("Invalid value '{wanted}' for CpuCredits")))?;
        match all.iter_mut().find(|one| one.id == id) {
            None => bad.push((
                id,
                Refusal::new(
                    "InvalidInstanceID.NotFound",
                    format!("The instance ID '{id}' does not exist"),
                ),
            )),
            Some(one) if one.credits.is_none() => bad.push((id, not_burstable(id))),
            Some(one) => {
                one.credits = Some(option);
                good.push(id);
            }
        }
    }
    Ok(reply(call, |x| {
        x.within("successfulInstanceCreditSpecificationSet", |x| {
            for id in good {
                x.within("item", |x| {
                    x.leaf("instanceId", id);
                });
            }
        });
        x.within("unsuccessfulInstanceCreditSpecificationSet", |x| {
            for (id, refusal) in bad {
                x.within("item", |x| {
                    x.leaf("instanceId", id).within("error", |x| {
                        x.leaf("code", refusal.code).leaf("message", refusal.message);
                    });
                });
            }
        });
    }))
}

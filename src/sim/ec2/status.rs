//! DescribeInstanceStatus: the state, the status checks, and maintenance that is announced. Those that do not run are
//! listed only where all are asked for.

use jiff::Timestamp;

use super::instance::iso;
use super::{check_ids, filter, page, reply};
use crate::sim::call::Call;
use crate::sim::fleet::{Event, Instance};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const FILTERS: &[&str] = &[
    "availability-zone",
    "event.code",
    "instance-state-code",
    "instance-state-name",
    "instance-status.status",
    "system-status.status",
];
/// The only maintenance here: the host goes, and a stop and a start bring the instance to another.
const CODE: &str = "instance-stop";

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let ids = form.list("InstanceId");
    if !ids.is_empty() && form.get("MaxResults").is_some() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(Refusal::new("InvalidParameterCombination", message));
    }
    let filters = form.filters();
    filter::check(&filters, FILTERS)?;
    let (offset, size) = page(world, form, 5)?;
    let all_states = form.get("IncludeAllInstances") == Some("true");
    let fleet = world.fleet();
    let all = fleet
        .place(call.caller.account, &call.region)
        .map_or(&[][..], |place| &place.instances);
    check_ids(&ids, "i-", "instance", |id| all.iter().any(|one| one.id == id))?;
    let found: Vec<&Instance> = all
        .iter()
        .filter(|one| ids.is_empty() || ids.contains(&one.id))
        .filter(|one| all_states || one.power.is_running(call.now))
        .filter(|one| filter::passes(&filters, |name| facts(one, name, call.now)))
        .collect();
    Ok(reply(call, |x| {
        x.within("instanceStatusSet", |x| {
            for one in found.iter().skip(offset).take(size) {
                x.within("item", |x| write(x, one, call.now));
            }
        });
        if found.len() > offset.saturating_add(size) {
            x.leaf("nextToken", world.pager.token(&form.fingerprint(), offset + size));
        }
    }))
}

fn facts(one: &Instance, name: &str, now: Timestamp) -> Vec<String> {
    let (code, state) = one.power.state(now);
    let (system, instance) = one.checks(now);
    match name {
        "availability-zone" => vec![one.zone.clone()],
        "event.code" => one.event.iter().map(|_| CODE.to_owned()).collect(),
        "instance-state-code" => vec![code.to_string()],
        "instance-state-name" => vec![state.to_owned()],
        "instance-status.status" => vec![instance.to_owned()],
        "system-status.status" => vec![system.to_owned()],
        _ => Vec::new(),
    }
}

fn write(x: &mut Xml, one: &Instance, now: Timestamp) {
    let (code, state) = one.power.state(now);
    let (system, instance) = one.checks(now);
    x.leaf("instanceId", &one.id).leaf("availabilityZone", &one.zone);
    x.within("eventsSet", |x| {
        if let Some(event) = &one.event {
            x.within("item", |x| write_event(x, event));
        }
    });
    x.within("instanceState", |x| {
        x.leaf("code", code).leaf("name", state);
    });
    let since = one.hung_since;
    x.within("systemStatus", |x| write_check(x, system, None));
    x.within("instanceStatus", |x| write_check(x, instance, since));
    x.within("attachedEbsStatus", |x| write_check(x, system, None));
}

fn write_event(x: &mut Xml, event: &Event) {
    x.leaf("instanceEventId", &event.id)
        .leaf("code", CODE)
        .leaf("description", "The instance is running on degraded hardware");
    x.leaf("notBefore", iso(event.not_before))
        .leaf("notAfter", iso(event.not_after));
}

fn write_check(x: &mut Xml, status: &str, impaired_since: Option<Timestamp>) {
    x.leaf("status", status);
    let reachability = match status {
        "ok" => "passed",
        "impaired" => "failed",
        "initializing" => "initializing",
        _ => return,
    };
    x.within("details", |x| {
        x.within("item", |x| {
            x.leaf("name", "reachability").leaf("status", reachability);
            let since = impaired_since.filter(|_| status == "impaired");
            x.leaf_if("impairedSince", since.map(iso));
        });
    });
}

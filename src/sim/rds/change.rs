//! RebootDBInstance and ModifyDBInstance. Of a modification the simulator knows the storage; more of it is refused aloud.

use super::{NAMESPACE, not_found, write};
use crate::sim::call::Call;
use crate::sim::estate::Database;
use crate::sim::fleet::TURN;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// Parameters of a modification that mean something here.
const KNOWN: [&str; 7] = [
    "Action",
    "AllocatedStorage",
    "AllowMajorVersionUpgrade",
    "ApplyImmediately",
    "DBInstanceIdentifier",
    "MaxAllocatedStorage",
    "Version",
];

fn with_one(
    world: &World,
    call: &Call<'_>,
    form: &Form,
    change: impl FnOnce(&mut Database) -> Result<(), Refusal>,
) -> Result<String, Refusal> {
    let name = form.get("DBInstanceIdentifier").unwrap_or_default();
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let all = place
        .map(|place| place.estate.databases.as_mut_slice())
        .unwrap_or_default();
    let one = all.iter_mut().find(|one| one.name == name);
    let one = one.ok_or_else(|| not_found(name))?;
    change(one)?;
    let changed = one.clone();
    Ok(call.reply(NAMESPACE, |x| {
        x.within("DBInstance", |x| write::database(x, call, &changed, all));
    }))
}

pub fn reboot(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    with_one(world, call, form, |one| {
        if !matches!(one.status(call.now), "available" | "storage-optimization") {
            let message = format!("Instance {} is not in available state.", one.name);
            return Err(Refusal::new("InvalidDBInstanceState", message));
        }
        one.rebooted_at = Some(call.now);
        one.events
            .push((call.now, "availability", "DB instance shutdown"));
        one.events
            .push((call.now + TURN, "availability", "DB instance restarted"));
        Ok(())
    })
}

pub fn modify(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    if let Some(name) = form.names().find(|name| !KNOWN.contains(name)) {
        let message = format!("The simulator does not modify {name}.");
        return Err(Refusal::new("InvalidParameterValue", message));
    }
    let number = |name: &str| -> Result<Option<u32>, Refusal> {
        let bad = |_| Refusal::new("InvalidParameterValue", format!("Invalid value for {name}."));
        form.get(name).map(str::parse).transpose().map_err(bad)
    };
    let (wanted, most) = (number("AllocatedStorage")?, number("MaxAllocatedStorage")?);
    with_one(world, call, form, |one| {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != one.gib) {
            grow(one, wanted, form.get("ApplyImmediately") == Some("true"), call)?;
        }
        one.most_gib = most.or(one.most_gib);
        Ok(())
    })
}

/// Less than a tenth more is made a tenth more, as RDS does it.
fn grow(one: &mut Database, wanted: u32, at_once: bool, call: &Call<'_>) -> Result<(), Refusal> {
    let unfit = |message: String| Err(Refusal::new("InvalidParameterCombination", message));
    if wanted < one.gib {
        return unfit(format!(
            "Invalid storage size for engine name postgres and storage type gp3: {wanted}"
        ));
    }
    match one.status(call.now) {
        "available" => {}
        "storage-optimization" => {
            return unfit(
                "You can't currently modify the storage of this DB instance because the previous storage change is being \
                 optimized."
                    .to_owned(),
            );
        }
        _ => {
            let message = format!("Instance {} is not in available state.", one.name);
            return Err(Refusal::new("InvalidDBInstanceState", message));
        }
    }
    let gib = wanted.max(one.gib.saturating_mul(11).div_ceil(10));
    if !at_once {
        one.pending_gib = Some(gib);
        return Ok(());
    }
    one.grown_at = Some((call.now, one.gib));
    one.gib = gib;
    one.pending_gib = None;
    let category = "configuration change";
    one.events
        .push((call.now, category, "Applying modification to allocated storage"));
    one.events.push((
        call.now + TURN,
        category,
        "Finished applying modification to allocated storage",
    ));
    Ok(())
}

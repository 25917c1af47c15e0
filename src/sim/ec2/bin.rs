//! Snapshots on their way out: DeleteSnapshot, RestoreSnapshotFromRecycleBin and ModifySnapshotTier.

use super::instance::iso;
use super::snapshot::write;
use super::{invalid, missing, reply};
use crate::sim::call::Call;
use crate::sim::estate::Estate;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

fn not_found(id: &str) -> Refusal {
    let message = format!("The snapshot '{id}' does not exist.");
    Refusal::new("InvalidSnapshot.NotFound", message)
}

/// Runs a change on what the caller has, given the number of the snapshot among its snapshots.
fn on_snapshot<T>(
    world: &World,
    call: &Call<'_>,
    form: &Form,
    change: impl FnOnce(&mut Estate, usize) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let id = form.get("SnapshotId").ok_or_else(|| missing("SnapshotId"))?;
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let estate = &mut place.ok_or_else(|| not_found(id))?.estate;
    let nth = estate.snapshots.iter().position(|one| one.id == id);
    let nth = nth.ok_or_else(|| not_found(id))?;
    let user = estate
        .images
        .iter()
        .find(|image| image.disks.iter().any(|disk| disk.snapshot == id));
    if let Some(image) = user {
        let message = format!("The snapshot {id} is currently in use by {}", image.id);
        return Err(Refusal::new("InvalidSnapshot.InUse", message));
    }
    change(estate, nth)
}

/// With a rule the recycle bin has it for a while.
pub fn delete(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    on_snapshot(world, call, form, |estate, nth| {
        let gone = estate.snapshots.remove(nth);
        if let Some(bin) = &mut estate.bin {
            bin.snapshots.push(gone);
        }
        Ok(())
    })?;
    Ok(reply(call, |x| {
        x.leaf("return", true);
    }))
}

pub fn restore(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let id = form.get("SnapshotId").ok_or_else(|| missing("SnapshotId"))?;
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let estate = &mut place.ok_or_else(|| not_found(id))?.estate;
    let kept = estate.bin.as_mut().and_then(|bin| {
        let nth = bin.snapshots.iter().position(|one| one.id == id)?;
        Some(bin.snapshots.remove(nth))
    });
    let back = kept.ok_or_else(|| not_found(id))?;
    estate.snapshots.push(back.clone());
    Ok(reply(call, |x| {
        write(x, &back, &call.caller.account_id, call.now)
    }))
}

pub fn archive(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    if let Some(other) = form.get("StorageTier").filter(|tier| *tier != "archive") {
        return Err(invalid(format!("Invalid value '{other}' for StorageTier")));
    }
    on_snapshot(world, call, form, |estate, nth| {
        let one = &mut estate.snapshots[nth];
        if one.state(call.now).0 != "completed" || one.archived_at.is_some() {
            let message = format!(
                "The snapshot {} is not in a state in which it can be archived",
                one.id
            );
            return Err(Refusal::new("IncorrectState", message));
        }
        one.archived_at = Some(call.now);
        Ok(())
    })?;
    Ok(reply(call, |x| {
        x.leaf_if("snapshotId", form.get("SnapshotId"))
            .leaf("tieringStartTime", iso(call.now));
    }))
}

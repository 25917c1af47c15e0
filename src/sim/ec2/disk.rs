//! CreateVolume and DeleteVolume: volumes that nothing has attached.

use super::instance::iso;
use super::offering::zones;
use super::snapshot::tags;
use super::{check_ids, invalid, missing, reply, write_tags};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::estate::Loose;
use crate::sim::fleet::Shape;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

const KINDS: [&str; 5] = ["gp2", "gp3", "io1", "io2", "standard"];

pub fn delete(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let id = form.get("VolumeId").ok_or_else(|| missing("VolumeId"))?;
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let holder = place.as_ref().and_then(|place| {
        let mut all = place.instances.iter();
        all.find(|one| one.volumes.iter().any(|volume| volume.id == id))
    });
    if let Some(one) = holder {
        let message = format!("Volume {id} is currently attached to {}", one.id);
        return Err(Refusal::new("VolumeInUse", message));
    }
    let loose = place.map(|place| &mut place.estate.loose);
    let is_there = loose
        .as_ref()
        .is_some_and(|all| all.iter().any(|one| one.id == id));
    check_ids(&[id.to_owned()], "vol-", "volume", |_| is_there)?;
    loose.into_iter().for_each(|all| all.retain(|one| one.id != id));
    Ok(reply(call, |x| {
        x.leaf("return", true);
    }))
}

pub fn create(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let zone = form
        .get("AvailabilityZone")
        .ok_or_else(|| missing("AvailabilityZone"))?;
    if !zones(&call.region).iter().any(|known| known == zone) {
        let message = format!("The zone '{zone}' does not exist.");
        return Err(Refusal::new("InvalidZone.NotFound", message));
    }
    let name = form.get("VolumeType").unwrap_or("gp2");
    let kind = KINDS.into_iter().find(|kind| *kind == name);
    let kind = kind.ok_or_else(|| invalid(format!("Invalid value '{name}' for volumeType")))?;
    let said = form.get("Size").map(|text| {
        let gib = text.parse().ok().filter(|gib: &u32| *gib > 0);
        gib.ok_or_else(|| invalid(format!("Invalid value '{text}' for Size")))
    });
    let said = said.transpose()?;
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let place = place.ok_or_else(|| missing("SnapshotId"))?;
    let from = form.get("SnapshotId").map(|id| {
        let found = place.estate.snapshots.iter().find(|one| one.id == id);
        found.map(|one| one.gib).ok_or_else(|| {
            let message = format!("The snapshot '{id}' does not exist.");
            Refusal::new("InvalidSnapshot.NotFound", message)
        })
    });
    let from = from.transpose()?;
    let gib = said.or(from).ok_or_else(|| missing("size/snapshot"))?;
    if let Some(least) = from.filter(|least| gib < *least) {
        let message = format!("Volume of {gib}GiB is smaller than snapshot of {least}GiB");
        return Err(invalid(message));
    }
    let made = Loose {
        id: format!(
            "vol-0{}",
            Dice::new(world.seed, &format!("{zone}/{}", call.now)).hex(16)
        ),
        zone: zone.to_owned(),
        shape: Shape::usual(kind, gib),
        created_at: call.now,
        tags: tags(form),
        change: None,
    };
    place.estate.loose.push(made.clone());
    Ok(reply(call, |x| {
        x.leaf("volumeId", &made.id)
            .leaf("size", gib)
            .leaf("snapshotId", form.get("SnapshotId").unwrap_or_default())
            .leaf("availabilityZone", zone)
            .leaf("status", "creating")
            .leaf("createTime", iso(call.now));
        x.leaf("volumeType", kind)
            .leaf("iops", made.shape.iops)
            .leaf_if("throughput", made.shape.throughput)
            .leaf("encrypted", true);
        write_tags(x, &made.tags);
    }))
}

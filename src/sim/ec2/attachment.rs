//! AttachVolume and DetachVolume. A volume changes hands at once; what refuses it has EC2's codes.

use super::instance::iso;
use super::{check_ids, invalid, missing, reply};
use crate::sim::call::Call;
use crate::sim::estate::Loose;
use crate::sim::fleet::{Made, Place, Volume};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

struct Done {
    volume: String,
    instance: String,
    device: String,
}

fn answer(call: &Call<'_>, done: &Done, status: &str) -> String {
    reply(call, |x| {
        x.leaf("volumeId", &done.volume)
            .leaf("instanceId", &done.instance)
            .leaf("device", &done.device);
        x.leaf("status", status).leaf("attachTime", iso(call.now));
    })
}

/// Runs a change on the place of the call, once the volume is known to be there.
fn on_place(
    world: &World,
    call: &Call<'_>,
    form: &Form,
    change: impl FnOnce(&mut Place, &str) -> Result<Done, Refusal>,
) -> Result<Done, Refusal> {
    let volume = form.get("VolumeId").ok_or_else(|| missing("VolumeId"))?;
    let mut fleet = world.fleet_mut();
    let mut place = fleet.place_mut(call.caller.account, &call.region);
    let is_there = place
        .as_mut()
        .is_some_and(|place| place.volume_mut(volume).is_some());
    check_ids(&[volume.to_owned()], "vol-", "volume", |_| is_there)?;
    change(place.ok_or_else(|| missing("VolumeId"))?, volume)
}

pub fn attach(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let done = on_place(world, call, form, |place, id| {
        let wanted = form.get("InstanceId").ok_or_else(|| missing("InstanceId"))?;
        let device = form.get("Device").ok_or_else(|| missing("Device"))?;
        let known = |id: &str| place.instances.iter().any(|one| one.id == id);
        check_ids(&[wanted.to_owned()], "i-", "instance", known)?;
        let Some(nth) = place.estate.loose.iter().position(|one| one.id == id) else {
            let message = format!("{id} is already attached to an instance");
            return Err(Refusal::new("VolumeInUse", message));
        };
        let instance = place.instances.iter_mut().find(|one| one.id == wanted);
        let instance = instance.ok_or_else(|| missing("InstanceId"))?;
        let state = instance.power.state(call.now).1;
        if !matches!(state, "running" | "stopped") {
            let message = format!("Instance '{wanted}' is not 'running' but '{state}'.");
            return Err(Refusal::new("IncorrectState", message));
        }
        if instance.zone != place.estate.loose[nth].zone {
            let message =
                format!("The volume '{id}' is not in the same availability zone as instance '{wanted}'");
            return Err(Refusal::new("InvalidVolume.ZoneMismatch", message));
        }
        if instance.volumes.iter().any(|one| one.device == device) {
            return Err(invalid(format!(
                "Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
            )));
        }
        let loose = place.estate.loose.remove(nth);
        instance.volumes.push(Volume {
            id: loose.id,
            device: device.to_owned(),
            shape: loose.shape,
            made: Some(Made {
                at: loose.created_at,
                tags: loose.tags,
            }),
            attached_at: Some(call.now),
            change: loose.change,
        });
        Ok(Done {
            volume: id.to_owned(),
            instance: wanted.to_owned(),
            device: device.to_owned(),
        })
    })?;
    Ok(answer(call, &done, "attaching"))
}

pub fn detach(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let done = on_place(world, call, form, |place, id| {
        let holds = |volumes: &[Volume]| volumes.iter().position(|one| one.id == id);
        let holder = place
            .instances
            .iter_mut()
            .find_map(|one| holds(&one.volumes).map(|nth| (one, nth)));
        let Some((instance, nth)) = holder else {
            let message = format!("Volume '{id}' is in the 'available' state.");
            return Err(Refusal::new("IncorrectState", message));
        };
        if let Some(other) = form.get("InstanceId").filter(|wanted| *wanted != instance.id) {
            let message = format!("The volume '{id}' is not attached to instance '{other}'.");
            return Err(Refusal::new("InvalidAttachment.NotFound", message));
        }
        let is_root = instance.volumes[nth].device == instance.platform.root_device();
        if is_root && instance.power.state(call.now).1 != "stopped" {
            let message = format!(
                "Unable to detach root volume '{id}' from instance '{}'",
                instance.id
            );
            return Err(Refusal::new("OperationNotPermitted", message));
        }
        let volume = instance.volumes.remove(nth);
        let made = volume.made.unwrap_or_else(|| Made {
            at: instance.launched_at,
            tags: instance.disk_tags(),
        });
        place.estate.loose.push(Loose {
            id: volume.id,
            zone: instance.zone.clone(),
            shape: volume.shape,
            created_at: made.at,
            tags: made.tags,
            change: volume.change,
        });
        Ok(Done {
            volume: id.to_owned(),
            instance: instance.id.clone(),
            device: volume.device,
        })
    })?;
    Ok(answer(call, &done, "detaching"))
}

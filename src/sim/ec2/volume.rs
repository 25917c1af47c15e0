//! DescribeVolumes: the disks of the instances that still exist.

use super::instance::iso;
use super::{check_ids, filter, page, reply};
use crate::sim::call::Call;
use crate::sim::fleet::{Instance, Power, Volume};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let ids = form.list("VolumeId");
    let filters = form.filters();
    filter::check(&filters, filter::OF_VOLUMES)?;
    let (offset, size) = page(world, form, 5)?;
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let all: Vec<(&Instance, &Volume)> = place
        .into_iter()
        .flat_map(|place| &place.instances)
        .filter(|instance| !matches!(instance.power, Power::Terminated(_)))
        .flat_map(|instance| instance.volumes.iter().map(move |volume| (instance, volume)))
        .collect();
    check_ids(&ids, "vol-", "volume", |id| {
        all.iter().any(|(_, volume)| volume.id == id)
    })?;
    let found: Vec<_> = all
        .into_iter()
        .filter(|(_, volume)| ids.is_empty() || ids.contains(&volume.id))
        .filter(|(instance, volume)| filter::admits_volume(&filters, instance, volume))
        .collect();
    let shown = found.iter().skip(offset).take(size);
    Ok(reply(call, |x| {
        x.within("volumeSet", |x| {
            for (instance, volume) in shown {
                x.within("item", |x| write_volume(x, instance, volume));
            }
        });
        if found.len() > offset + size {
            x.leaf("nextToken", world.pager.token(&form.fingerprint(), offset + size));
        }
    }))
}

fn write_volume(x: &mut Xml, instance: &Instance, volume: &Volume) {
    x.leaf("volumeId", &volume.id)
        .leaf("size", volume.gib)
        .leaf("snapshotId", "");
    x.leaf("availabilityZone", &instance.zone)
        .leaf("status", "in-use");
    x.leaf("createTime", iso(instance.launched_at));
    x.within("attachmentSet", |x| {
        x.within("item", |x| {
            x.leaf("volumeId", &volume.id)
                .leaf("instanceId", &instance.id)
                .leaf("device", volume.device);
            x.leaf("status", "attached")
                .leaf("attachTime", iso(instance.launched_at));
            x.leaf("deleteOnTermination", true);
        });
    });
    x.within("tagSet", |x| {
        for (key, value) in instance.tags.iter().filter(|(key, _)| *key != "Name") {
            x.within("item", |x| {
                x.leaf("key", key).leaf("value", value);
            });
        }
    });
    x.leaf("volumeType", "gp3")
        .leaf("iops", 3000)
        .leaf("throughput", 125)
        .leaf("encrypted", true);
    x.leaf("multiAttachEnabled", false);
}

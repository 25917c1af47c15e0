//! DescribeVolumes: the disks of the instances that still exist, and those that nothing has attached.

use super::filter::tag_facts;
use super::instance::iso;
use super::{Kind, check_ids, list, write_tags};
use crate::sim::call::Call;
use crate::sim::estate::Tags;
use crate::sim::fleet::{Place, Power, Shape};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

struct Row {
    id: String,
    zone: String,
    shape: Shape,
    created_at: String,
    tags: Tags,
    /// The instance that has it, under which name, and since when.
    attached: Option<(String, String, String)>,
}

const VOLUMES: Kind = Kind {
    set: "volumeSet",
    ids: "VolumeId",
    not_found: "InvalidVolume.NotFound",
    filters: &[
        "attachment.instance-id",
        "availability-zone",
        "size",
        "status",
        "tag-key",
        "volume-id",
        "volume-type",
    ],
    paged: true,
};

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let all = {
        let fleet = world.fleet();
        let place = fleet.place(call.caller.account, &call.region);
        place.map(rows).unwrap_or_default()
    };
    check_ids(&form.list(VOLUMES.ids), "vol-", "volume", |id| {
        all.iter().any(|row| row.id == id)
    })?;
    list(
        world,
        call,
        form,
        &VOLUMES,
        all,
        (|row: &Row| row.id.clone(), facts),
        write,
    )
}

fn rows(place: &Place) -> Vec<Row> {
    let attached = place
        .instances
        .iter()
        .filter(|instance| !matches!(instance.power, Power::Terminated(_)))
        .flat_map(|instance| instance.volumes.iter().map(move |volume| (instance, volume)));
    let attached = attached.map(|(instance, volume)| Row {
        id: volume.id.clone(),
        zone: instance.zone.clone(),
        shape: volume.shape,
        created_at: iso(volume.made.as_ref().map_or(instance.launched_at, |made| made.at)),
        tags: match &volume.made {
            Some(made) => made.tags.clone(),
            None => instance.disk_tags(),
        },
        attached: Some((
            instance.id.clone(),
            volume.device.clone(),
            iso(volume.attached_at.unwrap_or(instance.launched_at)),
        )),
    });
    let loose = place.estate.loose.iter().map(|volume| Row {
        id: volume.id.clone(),
        zone: volume.zone.clone(),
        shape: volume.shape,
        created_at: iso(volume.created_at),
        tags: volume.tags.clone(),
        attached: None,
    });
    attached.chain(loose).collect()
}

fn facts(row: &Row, name: &str) -> Vec<String> {
    if let Some(facts) = tag_facts(name, &row.tags) {
        return facts;
    }
    match name {
        "attachment.instance-id" => row.attached.iter().map(|(id, ..)| id.clone()).collect(),
        "availability-zone" => vec![row.zone.clone()],
        "size" => vec![row.shape.gib.to_string()],
        "status" => vec![status(row).to_owned()],
        "volume-id" => vec![row.id.clone()],
        "volume-type" => vec![row.shape.kind.to_owned()],
        _ => Vec::new(),
    }
}

fn status(row: &Row) -> &'static str {
    if row.attached.is_some() {
        "in-use"
    } else {
        "available"
    }
}

fn write(x: &mut Xml, row: &Row) {
    x.leaf("volumeId", &row.id)
        .leaf("size", row.shape.gib)
        .leaf("snapshotId", "");
    x.leaf("availabilityZone", &row.zone).leaf("status", status(row));
    x.leaf("createTime", &row.created_at);
    x.within("attachmentSet", |x| {
        if let Some((instance, device, since)) = &row.attached {
            x.within("item", |x| {
                x.leaf("volumeId", &row.id)
                    .leaf("instanceId", instance)
                    .leaf("device", device);
                x.leaf("status", "attached").leaf("attachTime", since);
                x.leaf("deleteOnTermination", true);
            });
        }
    });
    write_tags(x, &row.tags);
    x.leaf("volumeType", row.shape.kind).leaf("iops", row.shape.iops);
    x.leaf_if("throughput", row.shape.throughput);
    x.leaf("encrypted", true).leaf("multiAttachEnabled", false);
}

//! DescribeVolumes: the disks of the instances that still exist, and those that nothing has attached.

use super::filter::tag_facts;
use super::instance::iso;
use super::{Kind, check_ids, list, write_tags};
use crate::sim::call::Call;
use crate::sim::estate::Tags;
use crate::sim::fleet::{Instance, Place, Power};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

struct Row {
    id: String,
    zone: String,
    gib: u32,
    kind: &'static str,
    iops: u32,
    created_at: String,
    tags: Tags,
    /// The instance that has it, and under which name.
    attached: Option<(String, &'static str)>,
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
        gib: volume.gib,
        kind: volume.kind,
        iops: iops(volume.kind, volume.gib),
        created_at: iso(instance.launched_at),
        tags: own_tags(instance),
        attached: Some((instance.id.clone(), volume.device)),
    });
    let loose = place.estate.loose.iter().map(|volume| Row {
        id: volume.id.clone(),
        zone: volume.zone.clone(),
        gib: volume.gib,
        kind: volume.kind,
        iops: volume.iops,
        created_at: iso(volume.created_at),
        tags: volume.tags.clone(),
        attached: None,
    });
    attached.chain(loose).collect()
}

/// gp2 has three a GiB, a hundred at least.
fn iops(kind: &str, gib: u32) -> u32 {
    if kind == "gp2" {
        (3 * gib).clamp(100, 16_000)
    } else {
        3_000
    }
}

fn own_tags(instance: &Instance) -> Tags {
    let tags = instance.tags.iter().filter(|(key, _)| *key != "Name");
    tags.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn facts(row: &Row, name: &str) -> Vec<String> {
    if let Some(facts) = tag_facts(name, &row.tags) {
        return facts;
    }
    match name {
        "attachment.instance-id" => row.attached.iter().map(|(id, _)| id.clone()).collect(),
        "availability-zone" => vec![row.zone.clone()],
        "size" => vec![row.gib.to_string()],
        "status" => vec![status(row).to_owned()],
        "volume-id" => vec![row.id.clone()],
        "volume-type" => vec![row.kind.to_owned()],
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
        .leaf("size", row.gib)
        .leaf("snapshotId", "");
    x.leaf("availabilityZone", &row.zone).leaf("status", status(row));
    x.leaf("createTime", &row.created_at);
    x.within("attachmentSet", |x| {
        if let Some((instance, device)) = &row.attached {
            x.within("item", |x| {
                x.leaf("volumeId", &row.id)
                    .leaf("instanceId", instance)
                    .leaf("device", device);
                x.leaf("status", "attached").leaf("attachTime", &row.created_at);
                x.leaf("deleteOnTermination", true);
            });
        }
    });
    write_tags(x, &row.tags);
    x.leaf("volumeType", row.kind).leaf("iops", row.iops);
    x.leaf_if("throughput", (row.kind == "gp3").then_some(125));
    x.leaf("encrypted", true).leaf("multiAttachEnabled", false);
}

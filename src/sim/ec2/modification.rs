//! ModifyVolume and DescribeVolumesModifications: a volume is larger or faster at once, and optimised for a while after.

use jiff::Timestamp;

use super::instance::iso;
use super::{Kind, check_ids, invalid, list, missing, reply};
use crate::sim::call::Call;
use crate::sim::fleet::{Change, Shape};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const KINDS: [&str; 5] = ["gp2", "gp3", "io1", "io2", "standard"];
const CHANGES: Kind = Kind {
    set: "volumeModificationSet",
    ids: "VolumeId",
    not_found: "InvalidVolumeModification.NotFound",
    filters: &[
        "modification-state",
        "target-size",
        "target-volume-type",
        "volume-id",
    ],
    paged: true,
};

pub fn modify(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let id = form.get("VolumeId").ok_or_else(|| missing("VolumeId"))?;
    let mut fleet = world.fleet_mut();
    let mut place = fleet.place_mut(call.caller.account, &call.region);
    let is_there = place.as_mut().is_some_and(|place| place.volume_mut(id).is_some());
    check_ids(&[id.to_owned()], "vol-", "volume", |_| is_there)?;
    let Some((shape, last)) = place.and_then(|place| place.volume_mut(id)) else {
        return Err(missing("VolumeId"));
    };
    let state = last.map(|change| change.state(call.now));
    if let Some(state @ ("modifying" | "optimizing")) = state {
        let message = format!(
            "Volume '{id}' is in the '{state}' state of an earlier modification and cannot be modified now."
        );
        return Err(Refusal::new("IncorrectModificationState", message));
    }
    let change = Change {
        at: call.now,
        from: *shape,
        to: wanted(form, *shape)?,
    };
    *shape = change.to;
    *last = Some(change);
    Ok(reply(call, |x| {
        x.within("volumeModification", |x| write(x, id, &change, call.now));
    }))
}

/// The shape that is asked for; what is not named stays, or is what the new kind comes with.
fn wanted(form: &Form, now: Shape) -> Result<Shape, Refusal> {
    let number = |name: &str| -> Result<Option<u32>, Refusal> {
        let Some(text) = form.get(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| *number > 0);
        number
            .map(Some)
            .ok_or_else(|| invalid(format!("Invalid value '{text}' for {name}")))
    };
    let gib = number("Size")?.unwrap_or(now.gib);
    if gib < now.gib {
        return Err(invalid("New size cannot be smaller than existing size"));
    }
    let name = form.get("VolumeType").unwrap_or(now.kind);
    let kind = KINDS.into_iter().find(|kind| *kind == name);
    let kind = kind.ok_or_else(|| invalid(format!("Invalid value '{name}' for volumeType")))?;
    let usual = match kind == now.kind && kind != "gp2" {
        true => Shape { gib, ..now },
        false => Shape::usual(kind, gib),
    };
    let (iops, throughput) = (number("Iops")?, number("Throughput")?);
    let unfit = |name: &str| {
        let message = format!("The parameter {name} is not supported for {kind} volumes.");
        Err(Refusal::new("InvalidParameterCombination", message))
    };
    if iops.is_some() && matches!(kind, "gp2" | "standard") {
        return unfit("iops");
    }
    if throughput.is_some() && kind != "gp3" {
        return unfit("throughput");
    }
    let shape = Shape {
        iops: iops.unwrap_or(usual.iops),
        throughput: throughput.or(usual.throughput),
        ..usual
    };
    // As many MiB a second as a quarter of the operations, at most.
    let too_fast = shape.throughput.is_some_and(|most| most > shape.iops / 4);
    if kind == "gp3" && (!(3_000..=80_000).contains(&shape.iops) || too_fast) {
        let message = format!(
            "Volume iops of {} and throughput of {} do not go together; iops are from 3000 to 80000, and throughput at most \
             0.25 MiBps for each",
            shape.iops,
            shape.throughput.unwrap_or_default()
        );
        return Err(invalid(message));
    }
    Ok(shape)
}

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let mut rows: Vec<(String, Change)> = Vec::new();
    {
        let fleet = world.fleet();
        let place = fleet.place(call.caller.account, &call.region);
        let attached = place.into_iter().flat_map(|place| &place.instances);
        let attached = attached.flat_map(|one| &one.volumes);
        rows.extend(attached.filter_map(|one| Some((one.id.clone(), one.change?))));
        let loose = place.into_iter().flat_map(|place| &place.estate.loose);
        rows.extend(loose.filter_map(|one| Some((one.id.clone(), one.change?))));
    }
    let facts = |(id, change): &(String, Change), name: &str| match name {
        "modification-state" => vec![change.state(call.now).to_owned()],
        "target-size" => vec![change.to.gib.to_string()],
        "target-volume-type" => vec![change.to.kind.to_owned()],
        _ => vec![id.clone()],
    };
    let id = |(id, _): &(String, Change)| id.clone();
    list(
        world,
        call,
        form,
        &CHANGES,
        rows,
        (id, facts),
        |x, (id, change)| {
            write(x, id, change, call.now);
        },
    )
}

fn write(x: &mut Xml, id: &str, change: &Change, now: Timestamp) {
    let state = change.state(now);
    x.leaf("volumeId", id).leaf("modificationState", state);
    for (side, shape) in [("target", &change.to), ("original", &change.from)] {
        x.leaf(&format!("{side}Size"), shape.gib)
            .leaf(&format!("{side}Iops"), shape.iops)
            .leaf(&format!("{side}VolumeType"), shape.kind)
            .leaf_if(&format!("{side}Throughput"), shape.throughput)
            .leaf(&format!("{side}MultiAttachEnabled"), false);
    }
    x.leaf("progress", change.progress(now))
        .leaf("startTime", iso(change.at));
    let ended_at = change.at + crate::sim::fleet::TURN * 3;
    x.leaf_if("endTime", (state == "completed").then(|| iso(ended_at)));
}

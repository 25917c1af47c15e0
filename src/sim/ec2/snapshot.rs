//! DescribeSnapshots, the account's own, whatever became of their volumes; and CreateSnapshot.

use jiff::Timestamp;

use super::filter::tag_facts;
use super::instance::iso;
use super::{Kind, check_ids, estate, list, missing, write_tags};
use crate::sim::call::Call;
use crate::sim::estate::{Snapshot, Tags};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const SNAPSHOTS: Kind = Kind {
    set: "snapshotSet",
    ids: "SnapshotId",
    not_found: "InvalidSnapshot.NotFound",
    filters: &["snapshot-id", "status", "tag-key", "volume-id"],
    paged: true,
};

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let all = estate(world, call, |estate| &estate.snapshots);
    let owner = call.caller.account_id.clone();
    list(
        world,
        call,
        form,
        &SNAPSHOTS,
        all,
        (
            |snapshot: &Snapshot| snapshot.id.clone(),
            |snapshot: &Snapshot, name: &str| facts(snapshot, name, call.now),
        ),
        |x, snapshot| write(x, snapshot, &owner, call.now),
    )
}

fn facts(snapshot: &Snapshot, name: &str, now: Timestamp) -> Vec<String> {
    if let Some(facts) = tag_facts(name, &snapshot.tags) {
        return facts;
    }
    match name {
        "snapshot-id" => vec![snapshot.id.clone()],
        "status" => vec![snapshot.state(now).0.to_owned()],
        "volume-id" => vec![snapshot.volume.clone()],
        _ => Vec::new(),
    }
}

pub fn write(x: &mut Xml, snapshot: &Snapshot, owner: &str, now: Timestamp) {
    let (state, progress) = snapshot.state(now);
    x.leaf("snapshotId", &snapshot.id)
        .leaf("volumeId", &snapshot.volume)
        .leaf("status", state);
    x.leaf("startTime", iso(snapshot.started_at))
        .leaf("progress", format!("{progress}%"))
        .leaf("ownerId", owner);
    x.leaf("volumeSize", snapshot.gib)
        .leaf("description", &snapshot.says)
        .leaf("encrypted", true)
        .leaf("storageTier", snapshot.tier(now));
    write_tags(x, &snapshot.tags);
}

pub fn create(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let id = form.get("VolumeId").ok_or_else(|| missing("VolumeId"))?;
    let says = form.get("Description").unwrap_or_default();
    let made = {
        let mut fleet = world.fleet_mut();
        let place = fleet.place_mut(call.caller.account, &call.region);
        place.and_then(|place| place.snap(world.seed, id, says, tags(form), call.now))
    };
    check_ids(&[id.to_owned()], "vol-", "volume", |_| made.is_some())?;
    let made = made.ok_or_else(|| missing("VolumeId"))?;
    Ok(super::reply(call, |x| {
        write(x, &made, &call.caller.account_id, call.now);
    }))
}

/// `TagSpecification.1.Tag.N` of what is made.
pub fn tags(form: &Form) -> Tags {
    let field = |nth: usize, name: &str| form.get(&format!("TagSpecification.1.Tag.{nth}.{name}"));
    (1..)
        .map_while(|nth| Some((field(nth, "Key")?, field(nth, "Value").unwrap_or_default())))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

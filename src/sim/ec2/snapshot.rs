//! DescribeSnapshots: the account's own, whatever became of their volumes.

use super::filter::tag_facts;
use super::instance::iso;
use super::{Kind, estate, list, write_tags};
use crate::sim::call::Call;
use crate::sim::estate::Snapshot;
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
        (|snapshot: &Snapshot| snapshot.id.clone(), facts),
        |x, snapshot| write(x, snapshot, &owner),
    )
}

fn facts(snapshot: &Snapshot, name: &str) -> Vec<String> {
    if let Some(facts) = tag_facts(name, &snapshot.tags) {
        return facts;
    }
    match name {
        "snapshot-id" => vec![snapshot.id.clone()],
        "status" => vec!["completed".to_owned()],
        "volume-id" => vec![snapshot.volume.clone()],
        _ => Vec::new(),
    }
}

fn write(x: &mut Xml, snapshot: &Snapshot, owner: &str) {
    x.leaf("snapshotId", &snapshot.id)
        .leaf("volumeId", &snapshot.volume)
        .leaf("status", "completed");
    x.leaf("startTime", iso(snapshot.started_at))
        .leaf("progress", "100%")
        .leaf("ownerId", owner);
    x.leaf("volumeSize", snapshot.gib)
        .leaf("description", &snapshot.says)
        .leaf("encrypted", true)
        .leaf("storageTier", "standard");
    write_tags(x, &snapshot.tags);
}

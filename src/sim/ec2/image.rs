//! DescribeImages and CreateImage: the account's own machine images and Amazon's, and the snapshots that they are made of.

use jiff::Timestamp;

use super::instance::iso;
use super::{Kind, check_ids, list, missing, reply};
use crate::sim::call::Call;
use crate::sim::estate::Image;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const IMAGES: Kind = Kind {
    set: "imagesSet",
    ids: "ImageId",
    not_found: "InvalidAMIID.NotFound",
    filters: &[
        "architecture",
        "block-device-mapping.snapshot-id",
        "image-id",
        "name",
        "state",
    ],
    paged: true,
};
const AMAZON: &str = "137112412989";

fn owner<'a>(image: &Image, own: &'a str) -> &'a str {
    if image.is_amazons { AMAZON } else { own }
}

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let own = call.caller.account_id.as_str();
    let owners = form.list("Owner");
    let is_wanted = |image: &Image| {
        let alias = if image.is_amazons { "amazon" } else { "self" };
        owners.is_empty() || owners.iter().any(|one| one == alias || one == owner(image, own))
    };
    let all: Vec<Image> = {
        let fleet = world.fleet();
        let place = fleet.place(call.caller.account, &call.region);
        let all = place.map(|place| place.images(world.seed, &call.region));
        all.into_iter().flatten().filter(is_wanted).collect()
    };
    let facts = |image: &Image, name: &str| facts(image, name, call.now);
    let id = |image: &Image| image.id.clone();
    list(world, call, form, &IMAGES, all, (id, facts), |x, image| {
        write(x, image, own, call.now);
    })
}

fn facts(image: &Image, name: &str, now: Timestamp) -> Vec<String> {
    match name {
        "architecture" => vec![image.architecture.to_owned()],
        "block-device-mapping.snapshot-id" => image.disks.iter().map(|disk| disk.snapshot.clone()).collect(),
        "image-id" => vec![image.id.clone()],
        "name" => vec![image.name.clone()],
        "state" => vec![image.state(now).to_owned()],
        _ => Vec::new(),
    }
}

fn write(x: &mut Xml, image: &Image, own: &str, now: Timestamp) {
    x.leaf("imageId", &image.id)
        .leaf("imageState", image.state(now))
        .leaf("imageOwnerId", owner(image, own))
        .leaf_if("imageOwnerAlias", image.is_amazons.then_some("amazon"))
        .leaf("name", &image.name);
    x.leaf("creationDate", iso(image.created_at))
        .leaf("isPublic", image.is_amazons)
        .leaf("architecture", image.architecture)
        .leaf("imageType", "machine");
    x.leaf_if("platform", image.platform.is_windows().then_some("windows"))
        .leaf("platformDetails", image.platform.details().0);
    let root = image.disks.first().map(|disk| &disk.device);
    x.leaf("rootDeviceType", "ebs").leaf_if("rootDeviceName", root);
    x.within("blockDeviceMapping", |x| {
        for disk in &image.disks {
            x.within("item", |x| {
                x.leaf("deviceName", &disk.device);
                x.within("ebs", |x| {
                    x.leaf("snapshotId", &disk.snapshot)
                        .leaf("volumeSize", disk.gib)
                        .leaf("volumeType", "gp3")
                        .leaf("deleteOnTermination", true);
                });
            });
        }
    });
    x.leaf("virtualizationType", "hvm").leaf("hypervisor", "xen");
}

/// Unless it is told not to, EC2 has the machine come up anew, so that its disks agree with each other.
pub fn create(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let wanted = form.get("InstanceId").ok_or_else(|| missing("InstanceId"))?;
    let name = form.get("Name").ok_or_else(|| missing("Name"))?;
    let mut fleet = world.fleet_mut();
    let mut place = fleet.place_mut(call.caller.account, &call.region);
    let one = place
        .as_mut()
        .and_then(|place| place.instances.iter_mut().find(|one| one.id == wanted));
    check_ids(&[wanted.to_owned()], "i-", "instance", |_| one.is_some())?;
    let state = one.as_ref().map_or("", |one| one.power.state(call.now).1);
    if !matches!(state, "running" | "stopping" | "stopped") {
        let message = format!("The instance '{wanted}' is in the state '{state}' and cannot be imaged");
        return Err(Refusal::new("IncorrectState", message));
    }
    if let Some(one) = one.filter(|_| state == "running" && form.get("NoReboot") != Some("true")) {
        one.boot(call.now);
    }
    let place = place.ok_or_else(|| missing("InstanceId"))?;
    if let Some(other) = place.estate.images.iter().find(|image| image.name == name) {
        let message = format!(
            "AMI name {name} is already in use by AMI {}. Choose a different name and try again.",
            other.id
        );
        return Err(Refusal::new("InvalidAMIName.Duplicate", message));
    }
    let made = place.photograph(world.seed, wanted, name, call.now);
    let made = made.ok_or_else(|| missing("InstanceId"))?;
    Ok(reply(call, |x| {
        x.leaf("imageId", &made.id);
    }))
}

//! DescribeImages: the account's own machine images, and the snapshots that they are made of.

use super::instance::iso;
use super::{Kind, estate, list};
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
    filters: &["block-device-mapping.snapshot-id", "image-id", "name", "state"],
    paged: true,
};

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let all = estate(world, call, |estate| &estate.images);
    let owner = call.caller.account_id.clone();
    list(
        world,
        call,
        form,
        &IMAGES,
        all,
        (|image: &Image| image.id.clone(), facts),
        |x, image| write(x, image, &owner),
    )
}

fn facts(image: &Image, name: &str) -> Vec<String> {
    match name {
        "block-device-mapping.snapshot-id" => vec![image.snapshot.clone()],
        "image-id" => vec![image.id.clone()],
        "name" => vec![image.name.clone()],
        "state" => vec!["available".to_owned()],
        _ => Vec::new(),
    }
}

fn write(x: &mut Xml, image: &Image, owner: &str) {
    x.leaf("imageId", &image.id)
        .leaf("imageState", "available")
        .leaf("imageOwnerId", owner)
        .leaf("name", &image.name);
    x.leaf("creationDate", iso(image.created_at))
        .leaf("isPublic", false)
        .leaf("architecture", "x86_64")
        .leaf("imageType", "machine");
    x.leaf("rootDeviceType", "ebs")
        .leaf("rootDeviceName", "/dev/xvda");
    x.within("blockDeviceMapping", |x| {
        x.within("item", |x| {
            x.leaf("deviceName", "/dev/xvda");
            x.within("ebs", |x| {
                x.leaf("snapshotId", &image.snapshot)
                    .leaf("volumeSize", image.gib)
                    .leaf("volumeType", "gp3")
                    .leaf("deleteOnTermination", true);
            });
        });
    });
    x.leaf("virtualizationType", "hvm").leaf("hypervisor", "xen");
}

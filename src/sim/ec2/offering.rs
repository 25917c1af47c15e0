//! DescribeInstanceTypeOfferings: where an instance type is offered. Every region has every type that the simulator has a
//! price for, in each of its three zones.

use super::{Kind, invalid, list};
use crate::sim::call::Call;
use crate::sim::fleet::Size;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

const OFFERINGS: Kind = Kind {
    set: "instanceTypeOfferingSet",
    ids: "",
    not_found: "",
    filters: &["instance-type", "location"],
    paged: true,
};

/// The zones of a region.
pub fn zones(region: &str) -> [String; 3] {
    ["a", "b", "c"].map(|letter| format!("{region}{letter}"))
}

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let kind = form.get("LocationType").unwrap_or("region");
    let places = match kind {
        "region" => vec![call.region.clone()],
        "availability-zone" => zones(&call.region).to_vec(),
        other => {
            let message = format!("Invalid value '{other}' for LocationType");
            return Err(invalid(message));
        }
    };
    let rows: Vec<(Size, &String)> = Size::all()
        .flat_map(|size| places.iter().map(move |place| (size.clone(), place)))
        .collect();
    let id = |(size, place): &(Size, &String)| format!("{}/{place}", size.name());
    let facts = |(size, place): &(Size, &String), name: &str| match name {
        "location" => vec![(*place).clone()],
        _ => vec![size.name().to_owned()],
    };
    list(
        world,
        call,
        form,
        &OFFERINGS,
        rows,
        (id, facts),
        |x, (size, place)| {
            x.leaf("instanceType", size.name())
                .leaf("locationType", kind)
                .leaf("location", place);
        },
    )
}

//! Spot capacity: DescribeSpotPriceHistory and GetSpotPlacementScores. A price follows from the On-Demand one and moves every
//! six hours, differently in each zone; how likely capacity is to stay follows from region and type.

use jiff::{SignedDuration, Timestamp};

use super::instance::iso;
use super::offering::zones;
use super::{Kind, invalid, list, missing, reply};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::fleet::{Platform, Size, has_region};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

const PRICES: Kind = Kind {
    set: "spotPriceHistorySet",
    ids: "",
    not_found: "",
    filters: &["availability-zone", "instance-type", "product-description"],
    paged: true,
};
const STEP: i64 = 6 * 3600;
/// Days that are kept.
const KEPT: i64 = 90;
const PRODUCTS: [(&str, Platform); 2] = [
    ("Linux/UNIX", Platform::AmazonLinux2023),
    ("Windows", Platform::Windows2022),
];

struct Row {
    zone: String,
    size: Size,
    product: &'static str,
    /// Dollars an hour.
    price: f64,
    at: Timestamp,
}

fn sizes(form: &Form) -> Result<Vec<Size>, Refusal> {
    let known = |name: &String| {
        Size::parse(name).ok_or_else(|| invalid(format!("Invalid value '{name}' for InstanceType.")))
    };
    form.list("InstanceType").iter().map(known).collect()
}

/// Price from the six hours that begin at `at`.
fn price(seed: u64, zone: &str, size: &Size, platform: Platform, at: Timestamp) -> f64 {
    let mut by_type = Dice::new(seed, &format!("spot/{zone}/{}", size.name()));
    let mut by_time = Dice::new(seed, &format!("spot/{zone}/{}/{at}", size.name()));
    size.hourly(platform) * (0.26 + 0.14 * by_type.unit() + 0.03 * by_time.unit())
}

pub fn prices(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let moment = |name: &str| -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = form.get(name) else {
            return Ok(None);
        };
        let at = text.parse().map(Some);
        at.map_err(|_| invalid(format!("Invalid value '{text}' for {name}")))
    };
    let until = moment("EndTime")?.unwrap_or(call.now).min(call.now);
    let oldest = call.now - SignedDuration::from_hours(24 * KEPT);
    let from = moment("StartTime")?.unwrap_or(oldest).max(oldest);
    let wanted = form.list("ProductDescription");
    let products = PRODUCTS
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|one| one == name));
    let products: Vec<_> = products.collect();
    let sizes = match sizes(form)? {
        none if none.is_empty() => Size::all().collect(),
        some => some,
    };
    let last = until.as_second().div_euclid(STEP);
    let first = from.as_second().div_euclid(STEP);
    let mut rows = Vec::new();
    for step in (first..=last).rev() {
        let at = Timestamp::from_second(step * STEP).unwrap_or(until);
        for zone in zones(&call.region) {
            for size in &sizes {
                for (product, platform) in &products {
                    rows.push(Row {
                        price: price(world.seed, &zone, size, *platform, at),
                        zone: zone.clone(),
                        size: size.clone(),
                        product,
                        at,
                    });
                }
            }
        }
    }
    let id = |row: &Row| row.zone.clone();
    let facts = |row: &Row, name: &str| match name {
        "availability-zone" => vec![row.zone.clone()],
        "instance-type" => vec![row.size.name().to_owned()],
        _ => vec![row.product.to_owned()],
    };
    list(world, call, form, &PRICES, rows, (id, facts), |x, row| {
        x.leaf("instanceType", row.size.name())
            .leaf("productDescription", row.product)
            .leaf("spotPrice", format!("{:.6}", row.price))
            .leaf("timestamp", iso(row.at))
            .leaf("availabilityZone", &row.zone);
    })
}

/// One score a region; with fewer than three types to choose from it is low, as AWS has it.
pub fn scores(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let capacity = form
        .get("TargetCapacity")
        .ok_or_else(|| missing("TargetCapacity"))?;
    let capacity = capacity.parse::<u32>().ok().filter(|count| *count > 0);
    let capacity = capacity.ok_or_else(|| invalid("The value for TargetCapacity must be 1 or more"))?;
    let sizes = sizes(form)?;
    if sizes.is_empty() {
        return Err(missing("InstanceTypes"));
    }
    let regions = match form.list("RegionName") {
        none if none.is_empty() => vec![call.region.clone()],
        some => some,
    };
    if let Some(region) = regions.iter().find(|region| !has_region(region)) {
        return Err(invalid(format!("Invalid region provided: [{region}]")));
    }
    let score = |region: &String| {
        let thrown = sizes.iter().map(|size| {
            let what = format!("score/{region}/{}", size.name());
            5 + Dice::new(world.seed, &what).below(5)
        });
        let best = thrown.max().unwrap_or(1);
        let held_back = u64::from(sizes.len() < 3) * 3 + u64::from(capacity > 100);
        best.saturating_sub(held_back).max(1)
    };
    Ok(reply(call, |x| {
        x.within("spotPlacementScoreSet", |x| {
            for region in &regions {
                x.within("item", |x| {
                    x.leaf("region", region).leaf("score", score(region));
                });
            }
        });
    }))
}

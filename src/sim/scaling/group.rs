//! DescribeAutoScalingGroups and UpdateAutoScalingGroup. A group is what its instances' tags say; all that is changed of one is
//! how it mixes On-Demand and Spot.

use std::collections::BTreeMap;

use super::{NAMESPACE, TAG};
use crate::sim::call::Call;
use crate::sim::ec2::iso;
use crate::sim::estate::Mix;
use crate::sim::fleet::{Instance, Place, Power};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const DISTRIBUTION: &str = "MixedInstancesPolicy.InstancesDistribution.";
const STRATEGIES: [&str; 4] = [
    "lowest-price",
    "capacity-optimized",
    "capacity-optimized-prioritized",
    "price-capacity-optimized",
];

/// Instances by the name of their group.
fn groups(place: &Place) -> BTreeMap<&str, Vec<&Instance>> {
    let mut found: BTreeMap<&str, Vec<&Instance>> = BTreeMap::new();
    let alive = place
        .instances
        .iter()
        .filter(|one| !matches!(one.power, Power::Terminated(_)));
    for one in alive {
        if let Some(name) = one.tags.get(TAG) {
            found.entry(name).or_default().push(one);
        }
    }
    found
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationError", message)
}

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let wanted = form.list("AutoScalingGroupNames.member");
    let said = form.get("MaxRecords").map_or(Ok(50), str::parse);
    let size = said.ok().filter(|size| (1..=100).contains(size));
    let size: usize = size.ok_or_else(|| invalid("MaxRecords must be between 1 and 100"))?;
    let request = form.fingerprint() + &format!("{}/{}", call.caller.account, call.region);
    let offset = world.pager.offset(&request, form.get("NextToken"));
    let offset = offset.map_err(|_| Refusal::new("InvalidNextToken", "The token is not valid"))?;
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let all = place.map(groups).unwrap_or_default();
    let found: Vec<(&str, Vec<&Instance>)> = all
        .into_iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|one| one == name))
        .collect();
    let mixes = place.map(|place| &place.estate.mixes);
    Ok(call.reply(NAMESPACE, |x| {
        x.within("AutoScalingGroups", |x| {
            for (name, members) in found.iter().skip(offset).take(size) {
                let mix = mixes.and_then(|mixes| mixes.get(*name).cloned());
                x.within("member", |x| {
                    write(x, call, name, members, &mix.unwrap_or_default())
                });
            }
        });
        if found.len() > offset.saturating_add(size) {
            x.leaf("NextToken", world.pager.token(&request, offset + size));
        }
    }))
}

fn write(x: &mut Xml, call: &Call<'_>, name: &str, members: &[&Instance], mix: &Mix) {
    x.leaf("AutoScalingGroupName", name).leaf(
        "AutoScalingGroupARN",
        format!(
            "arn:aws:autoscaling:{}:{}:autoScalingGroup:{name}:autoScalingGroupName/{name}",
            call.region, call.caller.account_id
        ),
    );
    x.within("MixedInstancesPolicy", |x| {
        x.within("LaunchTemplate", |x| {
            x.within("LaunchTemplateSpecification", |x| {
                x.leaf("LaunchTemplateName", name).leaf("Version", "$Default");
            });
            x.within("Overrides", |_| {});
        });
        x.within("InstancesDistribution", |x| {
            x.leaf("OnDemandAllocationStrategy", "prioritized")
                .leaf("OnDemandBaseCapacity", mix.on_demand_base)
                .leaf("OnDemandPercentageAboveBaseCapacity", mix.on_demand_percent)
                .leaf("SpotAllocationStrategy", &mix.spot_strategy);
        });
    });
    let count = members.len();
    x.leaf("MinSize", count)
        .leaf("MaxSize", count * 2)
        .leaf("DesiredCapacity", count)
        .leaf("DefaultCooldown", 300);
    let mut zones: Vec<&str> = members.iter().map(|one| one.zone.as_str()).collect();
    zones.sort_unstable();
    zones.dedup();
    x.within("AvailabilityZones", |x| {
        for zone in zones {
            x.leaf("member", zone);
        }
    });
    x.leaf("HealthCheckType", "EC2")
        .leaf("HealthCheckGracePeriod", 300);
    x.within("Instances", |x| {
        for one in members {
            x.within("member", |x| super::write(x, one, name, call));
        }
    });
    let since = members.iter().map(|one| one.launched_at).min();
    x.leaf_if("CreatedTime", since.map(iso));
}

/// What is not named stays.
pub fn update(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let name = form.get("AutoScalingGroupName").unwrap_or_default();
    let known = ["Action", "Version", "AutoScalingGroupName"];
    let mut strange = form
        .names()
        .filter(|name| !known.contains(name) && !name.starts_with(DISTRIBUTION));
    if let Some(other) = strange.next() {
        let message = format!("The simulator changes the distribution of instances only, not {other}");
        return Err(invalid(message));
    }
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let place = place.filter(|place| groups(place).contains_key(name));
    let place = place.ok_or_else(|| invalid(format!("AutoScalingGroup name not found - {name}")))?;
    let said = |field: &str| form.get(&format!("{DISTRIBUTION}{field}"));
    let number = |field: &str, most: u32| -> Result<Option<u32>, Refusal> {
        let Some(text) = said(field) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| *number <= most);
        let message = format!("Value '{text}' at '{field}' must be a number from 0 to {most}");
        number.map(Some).ok_or_else(|| invalid(message))
    };
    let mut mix = place.estate.mixes.get(name).cloned().unwrap_or_default();
    if let Some(base) = number("OnDemandBaseCapacity", u32::MAX)? {
        mix.on_demand_base = base;
    }
    if let Some(percent) = number("OnDemandPercentageAboveBaseCapacity", 100)? {
        mix.on_demand_percent = percent;
    }
    if let Some(strategy) = said("SpotAllocationStrategy") {
        if !STRATEGIES.contains(&strategy) {
            return Err(invalid(format!(
                "Unsupported Spot allocation strategy: {strategy}"
            )));
        }
        mix.spot_strategy = strategy.to_owned();
    }
    place.estate.mixes.insert(name.to_owned(), mix);
    Ok(call.reply(NAMESPACE, |_| {}))
}

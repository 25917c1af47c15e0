//! Auto Scaling in its query protocol: whether an instance belongs to a group, as its tag says; the groups, and how they mix
//! On-Demand and Spot.

mod group;

use super::call::Call;
use super::fleet::Instance;
use super::form::Form;
use super::refusal::Refusal;
use super::world::World;
use super::xml::Xml;

pub const VERSION: &str = "2011-01-01";
pub const NAMESPACE: &str = "http://autoscaling.amazonaws.com/doc/2011-01-01/";
/// The tag that Auto Scaling puts on its instances.
const TAG: &str = "aws:autoscaling:groupName";
const MOST: usize = 50;

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let form = Form::parse(call.query, call.body);
    match call.operation.as_str() {
        "DescribeAutoScalingInstances" => instances(world, call, &form),
        "DescribeAutoScalingGroups" => group::describe(world, call, &form),
        "UpdateAutoScalingGroup" => group::update(world, call, &form),
        other => {
            let message = format!("Could not find operation {other} for version {VERSION}");
            Err(Refusal::new("InvalidAction", message))
        }
    }
}

fn instances(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let wanted = form.list("InstanceIds.member");
    if wanted.len() > MOST {
        let message = format!("No more than {MOST} instances may be specified");
        return Err(Refusal::new("ValidationError", message));
    }
    let said = form.get("MaxRecords").map_or(Ok(MOST), str::parse);
    let size = said.ok().filter(|size| (1..=MOST).contains(size));
    let size = size.ok_or_else(|| Refusal::new("ValidationError", "MaxRecords must be between 1 and 50"))?;
    let request = form.fingerprint() + &format!("{}/{}", call.caller.account, call.region);
    let offset = world.pager.offset(&request, form.get("NextToken"));
    let offset = offset.map_err(|_| Refusal::new("InvalidNextToken", "The token is not valid"))?;
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region).into_iter();
    // Of instances that no group has, nothing is said.
    let found: Vec<(&Instance, &String)> = place
        .flat_map(|place| &place.instances)
        .filter(|one| wanted.is_empty() || wanted.contains(&one.id))
        .filter_map(|one| Some((one, one.tags.get(TAG)?)))
        .collect();
    Ok(call.reply(NAMESPACE, |x| {
        x.within("AutoScalingInstances", |x| {
            for (one, group) in found.iter().skip(offset).take(size) {
                x.within("member", |x| write(x, one, group, call));
            }
        });
        if found.len() > offset.saturating_add(size) {
            x.leaf("NextToken", world.pager.token(&request, offset + size));
        }
    }))
}

fn write(x: &mut Xml, one: &Instance, group: &str, call: &Call<'_>) {
    let runs = one.power.is_running(call.now);
    x.leaf("InstanceId", &one.id)
        .leaf("InstanceType", one.size.name())
        .leaf("AutoScalingGroupName", group)
        .leaf("AvailabilityZone", &one.zone);
    x.leaf("LifecycleState", if runs { "InService" } else { "Standby" })
        .leaf("HealthStatus", if runs { "HEALTHY" } else { "UNHEALTHY" })
        .leaf("ProtectedFromScaleIn", false);
}

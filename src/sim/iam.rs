//! Identity and Access Management's GetRole in its query protocol: the roles of an account's machines, and one that turns them
//! off at night. Roles belong to no region.

use jiff::Timestamp;
use serde_json::json;

use super::call::Call;
use super::dice::Dice;
use super::form::Form;
use super::refusal::Refusal;
use super::world::World;
use super::xml::Xml;

pub const VERSION: &str = "2010-05-08";
pub const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
/// A role that EventBridge Scheduler may take.
const SCHEDULER: &str = "office-hours";

/// Who may take a role of an account; none where there is no such role.
fn taken_by(world: &World, call: &Call<'_>, name: &str) -> Option<&'static str> {
    if name == SCHEDULER {
        return Some("scheduler.amazonaws.com");
    }
    let fleet = world.fleet();
    let mut own = fleet
        .places()
        .filter(|(account, ..)| *account == call.caller.account)
        .flat_map(|(.., place)| &place.instances);
    let is_profile = own.any(|one| one.profile.as_deref() == Some(name));
    is_profile.then_some("ec2.amazonaws.com")
}

pub fn may_be_taken_by(world: &World, call: &Call<'_>, name: &str, service: &str) -> bool {
    taken_by(world, call, name) == Some(service)
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    if call.operation != "GetRole" {
        let message = format!(
            "Could not find operation {} for version {VERSION}",
            call.operation
        );
        return Err(Refusal::new("InvalidAction", message));
    }
    let form = Form::parse(call.query, call.body);
    let name = form.get("RoleName").unwrap_or_default();
    let service = taken_by(world, call, name).ok_or_else(|| {
        let message = format!("The role with name {name} cannot be found.");
        Refusal::new("NoSuchEntity", message).with_status(hyper::StatusCode::NOT_FOUND)
    })?;
    let owner = &call.caller.account_id;
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
    });
    let policy: String = form_urlencoded::byte_serialize(policy.to_string().as_bytes()).collect();
    let hex = Dice::new(world.seed, &format!("role/{owner}/{name}")).hex(17);
    // 2025-03-03T00:00:00Z
    let since = Timestamp::from_second(1_740_960_000).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(Xml::new().root("GetRoleResponse", NAMESPACE, |x| {
        x.within("GetRoleResult", |x| {
            x.within("Role", |x| {
                x.leaf("Path", "/")
                    .leaf("RoleName", name)
                    .leaf("RoleId", format!("AROA{}", hex.to_uppercase()))
                    .leaf("Arn", format!("arn:aws:iam::{owner}:role/{name}"))
                    .leaf("CreateDate", super::ec2::iso(since))
                    .leaf("AssumeRolePolicyDocument", policy)
                    .leaf("MaxSessionDuration", 3600);
            });
        });
        x.within("ResponseMetadata", |x| {
            x.leaf("RequestId", call.request_id);
        });
    }))
}

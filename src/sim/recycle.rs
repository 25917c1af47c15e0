//! The Recycle Bin's ListRules: whether deleted snapshots are kept for a while, and for how long. REST with JSON.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    resource_type: String,
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    if call.operation != "ListRules" {
        let message = format!("The simulator has no operation {}", call.operation);
        return Err(Refusal::new("UnknownOperationException", message));
    }
    let invalid = |message: String| Refusal::new("ValidationException", message);
    let request: Request = serde_json::from_slice(call.body).map_err(|error| invalid(error.to_string()))?;
    let kind = request.resource_type;
    if !["EBS_SNAPSHOT", "EC2_IMAGE", "EBS_VOLUME"].contains(&kind.as_str()) {
        return Err(invalid(format!("Invalid value '{kind}' for ResourceType")));
    }
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let bin = place.and_then(|place| place.estate.bin.as_ref());
    let rules = bin.filter(|_| kind == "EBS_SNAPSHOT").map(|bin| {
        let arn = format!(
            "arn:aws:rbin:{}:{}:rule/{}",
            call.region, call.caller.account_id, bin.rule
        );
        json!({
            "Identifier": bin.rule, "Description": "every snapshot",
            "RetentionPeriod": { "RetentionPeriodValue": bin.days, "RetentionPeriodUnit": "DAYS" },
            "LockState": "unlocked", "RuleArn": arn,
        })
    });
    Ok(json!({ "Rules": rules.into_iter().collect::<Vec<Value>>() }).to_string())
}

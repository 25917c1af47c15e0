//! EventBridge Scheduler: schedules by name, in the group `default`. REST with JSON. They are kept as they came; nothing acts
//! on them.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::estate::Schedule;
use super::refusal::Refusal;
use super::world::World;
use super::{fleet::Place, iam};

/// What a schedule's path begins with.
const PATH: &str = "/schedules/";

pub fn operation(method: &str, path: &str) -> &'static str {
    match (method, path.strip_prefix(PATH)) {
        ("POST", Some(_)) => "CreateSchedule",
        ("GET", Some(_)) => "GetSchedule",
        ("DELETE", Some(_)) => "DeleteSchedule",
        ("GET", None) => "ListSchedules",
        _ => "",
    }
}

pub fn answer(world: &World, call: &Call<'_>, path: &str) -> Result<String, Refusal> {
    let name = path.strip_prefix(PATH).unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.len() > 64 || !name.chars().all(allowed) {
        let rule = "Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+";
        return Err(Refusal::constraint(name, "name", rule));
    }
    let reply = match call.operation.as_str() {
        "CreateSchedule" => create(world, call, name)?,
        "GetSchedule" => get(world, call, name)?,
        "DeleteSchedule" => delete(world, call, name)?,
        "ListSchedules" => list(world, call),
        _ => {
            let message = "The simulator has no such operation";
            return Err(Refusal::new("UnknownOperationException", message));
        }
    };
    Ok(reply.to_string())
}

fn arn(call: &Call<'_>, name: &str) -> String {
    format!(
        "arn:aws:scheduler:{}:{}:schedule/default/{name}",
        call.region, call.caller.account_id
    )
}

fn not_found(name: &str) -> Refusal {
    let message = format!("Schedule {name} does not exist.");
    Refusal::new("ResourceNotFoundException", message).with_status(StatusCode::NOT_FOUND)
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationException", message)
}

/// Whether a schedule says when, what and as whom.
fn check(world: &World, call: &Call<'_>, said: &Value) -> Result<(), Refusal> {
    let text = |value: &Value| value.as_str().map(str::to_owned).filter(|text| !text.is_empty());
    let when = text(&said["ScheduleExpression"]).ok_or_else(|| invalid("ScheduleExpression is missing"))?;
    let is_known = ["cron(", "rate(", "at("]
        .iter()
        .any(|kind| when.starts_with(kind));
    if !is_known || !when.ends_with(')') {
        return Err(invalid(format!("Invalid Schedule Expression {when}.")));
    }
    if when.starts_with("cron(") && when[5..when.len() - 1].split_whitespace().count() != 6 {
        return Err(invalid(format!("Invalid Schedule Expression {when}.")));
    }
    let zone = said["ScheduleExpressionTimezone"].as_str().unwrap_or("UTC");
    if jiff::tz::TimeZone::get(zone).is_err() {
        return Err(invalid(format!("Invalid Schedule Expression Timezone {zone}.")));
    }
    if !matches!(
        said["FlexibleTimeWindow"]["Mode"].as_str(),
        Some("OFF" | "FLEXIBLE")
    ) {
        return Err(invalid("FlexibleTimeWindow.Mode is neither OFF nor FLEXIBLE"));
    }
    text(&said["Target"]["Arn"]).ok_or_else(|| invalid("Target.Arn is missing"))?;
    let role = text(&said["Target"]["RoleArn"]).ok_or_else(|| invalid("Target.RoleArn is missing"))?;
    let own = format!("arn:aws:iam::{}:role/", call.caller.account_id);
    let name = role.strip_prefix(&own).unwrap_or_default();
    if !iam::may_be_taken_by(world, call, name, "scheduler.amazonaws.com") {
        let message =
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.";
        return Err(invalid(message));
    }
    Ok(())
}

fn create(world: &World, call: &Call<'_>, name: &str) -> Result<Value, Refusal> {
    let said: Value = serde_json::from_slice(call.body).map_err(|error| invalid(error.to_string()))?;
    check(world, call, &said)?;
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let place = place.ok_or_else(|| invalid("The simulator has nothing in this region"))?;
    let all = &mut place.estate.schedules;
    if all.iter().any(|one| one.name == name) {
        let message = format!("Schedule {name} already exists.");
        return Err(Refusal::new("ConflictException", message).with_status(StatusCode::CONFLICT));
    }
    all.push(Schedule {
        name: name.to_owned(),
        said,
        created_at: call.now,
    });
    Ok(json!({ "ScheduleArn": arn(call, name) }))
}

fn document(call: &Call<'_>, one: &Schedule) -> Value {
    let mut document = one.said.clone();
    if let Some(members) = document.as_object_mut() {
        members.remove("ClientToken");
    }
    let created = one.created_at.as_second();
    document["Name"] = one.name.as_str().into();
    document["Arn"] = arn(call, &one.name).into();
    document["GroupName"] = "default".into();
    document["CreationDate"] = created.into();
    document["LastModificationDate"] = created.into();
    if document["State"].is_null() {
        document["State"] = "ENABLED".into();
    }
    document
}

fn find<'a>(place: Option<&'a Place>, name: &str) -> Option<&'a Schedule> {
    place?.estate.schedules.iter().find(|one| one.name == name)
}

fn get(world: &World, call: &Call<'_>, name: &str) -> Result<Value, Refusal> {
    let fleet = world.fleet();
    let found = find(fleet.place(call.caller.account, &call.region), name);
    found
        .map(|one| document(call, one))
        .ok_or_else(|| not_found(name))
}

fn delete(world: &World, call: &Call<'_>, name: &str) -> Result<Value, Refusal> {
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    find(place.as_deref(), name).ok_or_else(|| not_found(name))?;
    let all = place.into_iter().map(|place| &mut place.estate.schedules);
    all.for_each(|all| all.retain(|one| one.name != name));
    Ok(json!({}))
}

/// A place has a handful; the first page holds them all.
fn list(world: &World, call: &Call<'_>) -> Value {
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region).into_iter();
    let rows: Vec<Value> = place
        .flat_map(|place| &place.estate.schedules)
        .map(|one| {
            let whole = document(call, one);
            json!({
                "Arn": whole["Arn"], "Name": one.name, "GroupName": "default", "State": whole["State"],
                "CreationDate": whole["CreationDate"], "LastModificationDate": whole["LastModificationDate"],
                "Target": { "Arn": whole["Target"]["Arn"] },
            })
        })
        .collect();
    json!({ "Schedules": rows })
}

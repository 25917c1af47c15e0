//! One document for many targets: by targets and a parameter, by maps of parameters, by accounts and regions. Each target is a
//! step of the parent and an execution of its own; so many at a time, until too many have failed.

mod drive;

use serde_json::{Map, Value, json};

use super::api::texts;
use super::preview;
use super::run::Step;
use super::start::Request;
use crate::sim::call::Call;
use crate::sim::fleet::Power;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

pub use drive::drive;

const MOST_MAPS: usize = 300;
const MOST_PLACES: usize = 100;

/// Whether the members of a request make it one.
pub fn is_one(fan: &Map<String, Value>) -> bool {
    ["Targets", "TargetMaps", "TargetLocations"]
        .iter()
        .any(|member| fan.contains_key(*member))
}

/// The members of a request that fan it out, as the service tells them again.
pub fn members(request: &Request) -> Map<String, Value> {
    let is_said = |value: &Value| value.as_array().is_some_and(|items| !items.is_empty());
    let said = [
        ("Targets", request.targets.clone().filter(is_said)),
        ("TargetMaps", request.target_maps.clone().filter(is_said)),
        (
            "TargetLocations",
            request.target_locations.clone().filter(is_said),
        ),
    ];
    let mut members: Map<String, Value> = said
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    if let Some(name) = request
        .target_parameter_name
        .as_deref()
        .filter(|_| !members.is_empty())
    {
        members.insert("TargetParameterName".into(), name.into());
    }
    members
}

/// The parameters that the targets fill in.
pub fn filled(request: &Request, content: &Value) -> Result<Vec<String>, Refusal> {
    let invalid = |says: String| Refusal::new("InvalidTarget", says);
    let has = |value: &Option<Value>| {
        value
            .as_ref()
            .and_then(Value::as_array)
            .is_some_and(|items| !items.is_empty())
    };
    if has(&request.targets) && has(&request.target_maps) {
        return Err(invalid("Targets and TargetMaps cannot be used together.".into()));
    }
    if has(&request.targets) {
        let name = request.target_parameter_name.clone();
        let name = name.ok_or_else(|| invalid("Targets need a TargetParameterName.".into()))?;
        if content["parameters"].get(&name).is_none() {
            return Err(invalid(format!(
                "The target parameter {name} is not one of the document."
            )));
        }
        return Ok(vec![name]);
    }
    let maps = request
        .target_maps
        .as_ref()
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if maps.len() > MOST_MAPS {
        return Err(invalid(format!("At most {MOST_MAPS} target maps are allowed.")));
    }
    let names = maps.iter().filter_map(Value::as_object).flatten();
    Ok(names.map(|(name, _)| name.clone()).collect())
}

pub fn limit(member: &str, said: &str) -> Result<(), Refusal> {
    let number = said.strip_suffix('%').unwrap_or(said);
    let most = if said.ends_with('%') { 100 } else { 9_999_999 };
    match number.parse::<u32>() {
        Ok(number) if number <= most => Ok(()),
        _ => {
            let rule =
                "Member must satisfy regular expression pattern: ^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$";
            Err(Refusal::constraint(said, member, rule))
        }
    }
}

/// One step for each target, in the place of the call or in each of the places.
pub fn steps(world: &World, call: &Call<'_>, request: &Request) -> Result<Vec<Step>, Refusal> {
    let step = |name: &str, target: Value, location: Option<Value>| Step {
        target: Some(target),
        location,
        ..Step::new(name, "aws:executeAutomation", Value::Null)
    };
    let places = places(world, request, call)?;
    let mut steps = Vec::new();
    for (account, region, location) in places {
        let index = world.accounts.iter().position(|known| known.id == account);
        let index = index.unwrap_or(usize::MAX);
        let name = |what: &str| match &location {
            Some(_) => format!("{what}-{account}-{region}"),
            None => what.to_owned(),
        };
        if let Some(maps) = request.target_maps.as_ref().and_then(Value::as_array) {
            for (nth, map) in maps.iter().enumerate() {
                steps.push(step(
                    &name(&format!("TargetMap-{}", nth + 1)),
                    map.clone(),
                    location.clone(),
                ));
            }
        } else if let Some(parameter) = &request.target_parameter_name {
            let said = location
                .as_ref()
                .map(|one| &one["Targets"])
                .filter(|said| said.is_array());
            let said = said.or(request.targets.as_ref());
            for value in resolved(world, index, &region, said)? {
                steps.push(step(
                    &name(&value),
                    json!({ parameter: [value] }),
                    location.clone(),
                ));
            }
        } else {
            steps.push(step(&name("Location"), json!({}), location.clone()));
        }
    }
    if steps.is_empty() {
        return Err(Refusal::new("InvalidTarget", "The targets match nothing."));
    }
    Ok(steps)
}

/// Account, region, and the location that named them.
pub fn places(
    world: &World,
    request: &Request,
    call: &Call<'_>,
) -> Result<Vec<(String, String, Option<Value>)>, Refusal> {
    let locations = request
        .target_locations
        .as_ref()
        .and_then(Value::as_array)
        .filter(|all| !all.is_empty());
    let Some(locations) = locations else {
        return Ok(vec![(call.caller.account_id.clone(), call.region.clone(), None)]);
    };
    let mut places = Vec::new();
    for location in locations {
        let (named, regions) = (texts(location.get("Accounts")), texts(location.get("Regions")));
        if named.is_empty() || regions.is_empty() {
            let says = "A target location names at least one account and one region.";
            return Err(Refusal::new("InvalidTarget", says));
        }
        check_place(location)?;
        let accounts = accounts(world, location, named);
        for account in &accounts {
            for region in &regions {
                let mut one = location.clone();
                (one["Accounts"], one["Regions"]) = (json!([account]), json!([region]));
                places.push((account.clone(), region.clone(), Some(one)));
            }
        }
    }
    if places.len() > MOST_PLACES {
        let says = format!("At most {MOST_PLACES} accounts and regions are allowed.");
        return Err(Refusal::new("InvalidTarget", says));
    }
    Ok(places)
}

/// Its own limits and alarm.
fn check_place(location: &Value) -> Result<(), Refusal> {
    for member in [
        "TargetLocationMaxConcurrency",
        "TargetLocationMaxErrors",
        "TargetsMaxConcurrency",
        "TargetsMaxErrors",
    ] {
        if let Some(said) = location[member].as_str() {
            limit(member, said)?;
        }
    }
    alarms(location.get("TargetLocationAlarmConfiguration"))
}

/// An alarm configuration names one alarm.
pub fn alarms(said: Option<&Value>) -> Result<(), Refusal> {
    let named = said.and_then(|said| said["Alarms"].as_array()).map(Vec::len);
    let rule = match (said, named) {
        (None, _) | (_, Some(1)) => return Ok(()),
        (_, None | Some(0)) => "Member must have length greater than or equal to 1",
        _ => "Member must have length less than or equal to 1",
    };
    let said = said.map(ToString::to_string).unwrap_or_default();
    Err(Refusal::constraint(&said, "alarmConfiguration.alarms", rule))
}

/// A unit of the organization has every account of the simulator in it; what is excluded is none of them.
fn accounts(world: &World, location: &Value, named: Vec<String>) -> Vec<String> {
    let excluded = texts(location.get("ExcludeAccounts"));
    let mut accounts = Vec::new();
    for name in named {
        match name.starts_with("ou-") || name.starts_with("r-") {
            true => accounts.extend(world.accounts.iter().map(|account| account.id.clone())),
            false => accounts.push(name),
        }
    }
    accounts.retain(|account| !excluded.contains(account));
    accounts
}

/// What targets mean in a place: values as they are, or instances that are not gone.
pub fn resolved(
    world: &World,
    account: usize,
    region: &str,
    targets: Option<&Value>,
) -> Result<Vec<String>, Refusal> {
    let targets: Vec<&Value> = targets.and_then(Value::as_array).into_iter().flatten().collect();
    if targets.len() > 1 && targets.iter().any(|target| target["Key"] == "ParameterValues") {
        return Err(Refusal::new("InvalidTarget", "ParameterValues stands alone."));
    }
    if let [only] = targets[..]
        && only["Key"] == "ParameterValues"
    {
        return Ok(texts(only.get("Values")));
    }
    let fleet = world.fleet();
    let all = fleet
        .place(account, region)
        .map_or(&[][..], |place| &place.instances);
    for target in &targets {
        let key = target["Key"].as_str().unwrap_or_default();
        if key != "InstanceIds" && key != "tag-key" && !key.starts_with("tag:") {
            let says = format!("The target key {key} is not one that the simulator knows.");
            return Err(Refusal::new("InvalidTarget", says));
        }
    }
    let alive = all
        .iter()
        .filter(|one| !matches!(one.power, Power::Terminated(_)));
    let meant = alive.filter(|one| {
        targets.iter().all(|target| {
            let values = texts(target.get("Values"));
            let has = |fact: &String| values.contains(fact);
            match target["Key"].as_str().unwrap_or_default() {
                "InstanceIds" => has(&one.id),
                "tag-key" => one.tags.keys().any(has),
                key => key
                    .strip_prefix("tag:")
                    .and_then(|key| one.tags.get(key))
                    .is_some_and(has),
            }
        })
    });
    Ok(meant.map(|one| one.id.clone()).collect())
}

/// How many targets a request means in all, for a preview.
pub fn count(world: &World, call: &Call<'_>, request: &Request) -> Result<preview::Counts, Refusal> {
    let fan = members(request);
    let places = places(world, request, call)?;
    let mut regions: Vec<String> = places.iter().map(|(_, region, _)| region.clone()).collect();
    let mut accounts: Vec<String> = places.iter().map(|(account, ..)| account.clone()).collect();
    for list in [&mut regions, &mut accounts] {
        list.sort();
        list.dedup();
    }
    let targets = if is_one(&fan) {
        steps(world, call, request)?.len()
    } else {
        1
    };
    Ok(preview::Counts {
        regions,
        accounts: accounts.len(),
        targets,
    })
}

//! One document for many targets: by targets and a parameter, by maps of parameters, by accounts and regions. Each target is a
//! step of the parent and an execution of its own; so many at a time, until too many have failed.

use std::sync::{Arc, Weak};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use super::api::texts;
use super::check::{self, Given};
use super::run::{Order, Run, Status, Step, Stop};
use super::start::{self, Request};
use super::{drive, preview};
use crate::sim::account::Caller;
use crate::sim::call::Call;
use crate::sim::fleet::Power;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

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

fn share(said: Option<&str>, total: usize, usual: usize) -> usize {
    let Some(said) = said else { return usual };
    match said.strip_suffix('%') {
        Some(part) => total * part.parse::<usize>().unwrap_or(100) / 100,
        None => said.parse().unwrap_or(usual),
    }
}

/// One step for each target, in the place of the call or in each of the places.
pub fn steps(world: &World, call: &Call<'_>, request: &Request) -> Result<Vec<Step>, Refusal> {
    let step = |name: &str, target: Value, location: Option<Value>| Step {
        target: Some(target),
        location,
        ..Step::new(name, "aws:executeAutomation", Value::Null)
    };
    let places = places(request, call)?;
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
pub fn places(request: &Request, call: &Call<'_>) -> Result<Vec<(String, String, Option<Value>)>, Refusal> {
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
        let (accounts, regions) = (texts(location.get("Accounts")), texts(location.get("Regions")));
        if accounts.is_empty() || regions.is_empty() {
            let says = "A target location names at least one account and one region.";
            return Err(Refusal::new("InvalidTarget", says));
        }
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

/// Runs the children of a fan-out to their end.
pub async fn drive(world: Weak<World>, run: Arc<Run>) {
    run.tell(|state| state.status = Status::InProgress);
    let total = run.state().steps.len();
    let said = |member: &str| run.fan.get(member).and_then(Value::as_str);
    let at_once = share(said("MaxConcurrency"), total, 1).max(1);
    let tolerated = share(said("MaxErrors"), total, 0);
    let mut queue = 0..total;
    let mut running = JoinSet::new();
    let mut failed = 0;
    loop {
        let is_stopped = failed > tolerated || run.state().stop.is_some();
        while !is_stopped
            && running.len() < at_once
            && let Some(index) = queue.next()
        {
            running.spawn(one(world.clone(), run.clone(), index));
        }
        match running.join_next().await {
            Some(Ok(Status::Success)) => {}
            Some(_) => failed += 1,
            None => break,
        }
    }
    let status = match run.state().stop {
        Some(Stop::Cancel) => Status::Cancelled,
        _ if failed > 0 => Status::Failed,
        _ => Status::Success,
    };
    drive::finish(&run, status);
}

async fn one(world: Weak<World>, run: Arc<Run>, index: usize) -> Status {
    let begun = run.tell(|state| {
        state.current = Some(index);
        let step = state.steps.get_mut(index)?;
        (step.status, step.started_at) = (Status::InProgress, Some(Timestamp::now()));
        Some((step.target.clone().unwrap_or_default(), step.location.clone()))
    });
    let Some((target, location)) = begun else {
        return Status::Failed;
    };
    let started = match world.upgrade() {
        Some(world) => child(&world, &run, &target, location.as_ref()),
        None => return Status::Cancelled,
    };
    let child = match started {
        Ok(child) => child,
        Err(refusal) => {
            let failure = ("Invocation".to_owned(), refusal.code.to_owned(), refusal.message);
            run.with_step(index, |step| {
                step.failure = Some(failure);
                (step.status, step.ended_at) = (Status::Failed, Some(Timestamp::now()));
            });
            return Status::Failed;
        }
    };
    run.with_step(index, |step| {
        step.outputs
            .insert("ExecutionId".into(), child.id.as_str().into())
    });
    let stopped = run.until(|state| (state.stop == Some(Stop::Cancel)).then_some(()));
    let status = tokio::select! {
        status = child.over() => status,
        () = stopped => {
            child.ask_to_stop(Stop::Cancel);
            child.over().await
        }
    };
    let why = child.state().failure.clone();
    run.with_step(index, |step| {
        (step.status, step.ended_at) = (status, Some(Timestamp::now()));
        step.failure = why.map(|why| ("Invocation".to_owned(), "ChildFailed".to_owned(), why));
    });
    status
}

fn child(
    world: &World,
    run: &Arc<Run>,
    target: &Value,
    location: Option<&Value>,
) -> Result<Arc<Run>, Refusal> {
    let (mut caller, mut region) = (run.caller.clone(), run.region.clone());
    if let Some(location) = location {
        let account = texts(location.get("Accounts")).join("");
        region = texts(location.get("Regions")).join("");
        let role = location["ExecutionRoleName"]
            .as_str()
            .unwrap_or("AWS-SystemsManager-AutomationExecutionRole");
        let index = world.accounts.iter().position(|known| known.id == account);
        let is_there = index.filter(|index| world.fleet().place(*index, &region).is_some());
        let index = is_there.ok_or_else(|| {
            let says = format!("The role {role} cannot be assumed in account {account}, region {region}.");
            Refusal::new("AccessDenied", says)
        })?;
        caller = Caller {
            account: index,
            arn: format!("arn:aws:sts::{account}:assumed-role/{role}/Automation"),
            account_id: account,
            user_id: caller.user_id,
        };
    }
    let mut given: Given = run.given.clone();
    for (name, values) in target.as_object().into_iter().flatten() {
        given.insert(name.clone(), texts(Some(values)));
    }
    let (given, typed) = check::parameters(&run.content, &given, &[])?;
    let value = target.as_object().and_then(|members| members.values().next());
    let order = Order {
        caller,
        region,
        document: run.document.clone(),
        version: run.version,
        content: run.content.clone(),
        given,
        typed,
        interactive: run.interactive,
        parent: Some(run.id.clone()),
        target: value.map(|value| texts(Some(value)).join(",")),
        fan: Map::new(),
        tags: Vec::new(),
        steps: start::steps_of(&run.content),
    };
    Ok(start::launch(world, order, Timestamp::now()))
}

/// How many targets a request means in all, for a preview.
pub fn count(world: &World, call: &Call<'_>, request: &Request) -> Result<preview::Counts, Refusal> {
    let fan = members(request);
    let places = places(request, call)?;
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

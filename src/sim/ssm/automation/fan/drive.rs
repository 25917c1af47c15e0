//! The children of a fan-out: so many places at once, in each so many targets, until too many have failed.

use std::future::Future;
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use serde_json::Value;
use tokio::task::JoinSet;

use super::super::api::texts;
use super::super::check::{self, Given};
use super::super::run::{Order, Run, State, Status, Stop};
use super::super::{drive as whole, start};
use crate::sim::account::Caller;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// How many at once, and how many may fail.
#[derive(Clone)]
struct Limits {
    at_once: Option<String>,
    errors: Option<String>,
}

fn share(said: Option<&str>, total: usize, usual: usize) -> usize {
    let Some(said) = said else { return usual };
    match said.strip_suffix('%') {
        Some(part) => total * part.parse::<usize>().unwrap_or(100) / 100,
        None => said.parse().unwrap_or(usual),
    }
}

/// The steps of one place.
struct Part {
    location: Option<Value>,
    steps: Vec<usize>,
}

fn parts(run: &Run) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (index, step) in run.state().steps.iter().enumerate() {
        match parts.last_mut().filter(|part| part.location == step.location) {
            Some(part) => part.steps.push(index),
            None => parts.push(Part {
                location: step.location.clone(),
                steps: vec![index],
            }),
        }
    }
    parts
}

/// Runs the children of a fan-out to their end.
pub async fn drive(world: Weak<World>, run: Arc<Run>) {
    run.tell(|state| state.status = Status::InProgress);
    let parts = parts(&run);
    let first = parts.first().and_then(|part| part.location.as_ref());
    let places = limits(first, "TargetLocationMaxConcurrency", "TargetLocationMaxErrors");
    let begin = |part: Part| here(world.clone(), run.clone(), part);
    pool(&world, &run, parts, &places, begin).await;
    let has_failed = |state: &State| {
        let mut ended = state.steps.iter().filter(|step| step.status.is_over());
        ended.any(|step| step.status != Status::Success)
    };
    let (is_stopped, has_failed) = {
        let state = run.state();
        (state.stop == Some(Stop::Cancel), has_failed(&state))
    };
    let status = match (is_stopped, has_failed) {
        (true, _) => Status::Cancelled,
        (false, true) => Status::Failed,
        (false, false) => Status::Success,
    };
    whole::finish(&run, status);
}

fn limits(of: Option<&Value>, at_once: &str, errors: &str) -> Limits {
    let said = |member: &str| of.and_then(|of| of[member].as_str()).map(str::to_owned);
    Limits {
        at_once: said(at_once),
        errors: said(errors),
    }
}

/// The targets of one place; whether none of them failed.
async fn here(world: Weak<World>, run: Arc<Run>, part: Part) -> bool {
    let whole = Value::Object(run.fan.clone());
    let usual = limits(Some(&whole), "MaxConcurrency", "MaxErrors");
    let own = limits(
        part.location.as_ref(),
        "TargetsMaxConcurrency",
        "TargetsMaxErrors",
    );
    let limits = Limits {
        at_once: own.at_once.or(usual.at_once),
        errors: own.errors.or(usual.errors),
    };
    let begin = |index| {
        let child = one(world.clone(), run.clone(), index);
        async move { child.await == Status::Success }
    };
    pool(&world, &run, part.steps, &limits, begin).await == 0
}

/// Begins so many at a time until too many have failed or it is stopped; how many have failed.
async fn pool<T, F>(
    world: &Weak<World>,
    run: &Run,
    items: Vec<T>,
    limits: &Limits,
    begin: impl Fn(T) -> F,
) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    let total = items.len();
    let at_once = share(limits.at_once.as_deref(), total, 1).max(1);
    let tolerated = share(limits.errors.as_deref(), total, 0);
    let (mut queue, mut running, mut failed) = (items.into_iter(), JoinSet::new(), 0);
    loop {
        if let Some(world) = world.upgrade() {
            run.heed_alarms(&world);
        }
        let is_stopped = failed > tolerated || run.state().stop.is_some();
        while !is_stopped
            && running.len() < at_once
            && let Some(item) = queue.next()
        {
            running.spawn(begin(item));
        }
        match running.join_next().await {
            Some(Ok(true)) => {}
            Some(_) => failed += 1,
            None => return failed,
        }
    }
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
    let alarm = location.and_then(|location| location.get("TargetLocationAlarmConfiguration"));
    let heeded = alarm.map(|alarm| ("AlarmConfiguration".to_owned(), alarm.clone()));
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
        fan: heeded.into_iter().collect(),
        tags: Vec::new(),
        steps: start::steps_of(&run.content),
    };
    Ok(start::launch(world, order, Timestamp::now()))
}

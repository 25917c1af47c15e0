//! `aws:changeInstanceState`: machines are started or stopped, and the step ends when they are.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::api::{Desk, texts};
use super::{Outcome, done, failed};
use crate::sim::fleet::Power;
use crate::sim::world::World;

/// How long a machine takes to turn, in a document's seconds.
const TURN_SECONDS: f64 = 6.0;

pub async fn change(world: &Arc<World>, desk: &Desk<'_>, inputs: &Value) -> Outcome {
    let ids = texts(inputs.get("InstanceIds"));
    let wanted = inputs["DesiredState"].as_str().unwrap_or_default();
    let api = match wanted {
        "running" => "StartInstances",
        "stopped" => "StopInstances",
        other => return failed(format!("The simulator brings no instance to the state {other}.")),
    };
    let only_looks =
        inputs["CheckStateOnly"].as_bool() == Some(true) || inputs["CheckStateOnly"].as_str() == Some("true");
    let is_there = |desk: &Desk<'_>| {
        let states = desk.instances(&ids, &[], |one, now| Value::from(one.power.state(now).1))?;
        Ok::<_, String>((states.iter().all(|state| state == wanted), states))
    };
    match is_there(desk) {
        Ok((true, states)) => return told(states),
        Err(says) => return failed(says),
        Ok((false, _)) => {}
    }
    if !only_looks && let Err(says) = desk.power(api, &ids) {
        return failed(says);
    }
    loop {
        tokio::time::sleep(
            world
                .clock
                .real(TURN_SECONDS)
                .clamp(Duration::from_millis(5), Duration::from_millis(500)),
        )
        .await;
        if !only_looks {
            hasten(world, desk, &ids);
        }
        match is_there(desk) {
            Ok((true, states)) => return told(states),
            Ok((false, _)) => {}
            Err(says) => return failed(says),
        }
    }
}

fn told(states: Vec<Value>) -> Outcome {
    let mut outputs = Map::new();
    outputs.insert("InstanceStates".into(), Value::Array(states));
    done(outputs)
}

/// Where documents' time runs faster, machines turn faster too.
fn hasten(world: &World, desk: &Desk<'_>, ids: &[String]) {
    let turn = world.clock.real(TURN_SECONDS);
    let now = Timestamp::now();
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(desk.caller.account, desk.region);
    for one in place
        .into_iter()
        .flat_map(|place| &mut place.instances)
        .filter(|one| ids.contains(&one.id))
    {
        let since = |at: Timestamp| now.duration_since(at).unsigned_abs() >= turn;
        match one.power {
            Power::Starting(at) if since(at) => one.power = Power::Running,
            Power::Stopping(at) if since(at) => one.power = Power::Stopped(at),
            _ => {}
        }
    }
}

//! SetAlarmState, and what follows from it: composite alarms judge again. EnableAlarmActions and DisableAlarmActions.

use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Alarm, State, Turn, Watch, invalid, rule};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

pub fn set(world: &World, call: &Call<'_>, request: &Value) -> Result<Value, Refusal> {
    let member = |name: &str| request[name].as_str().filter(|text| !text.is_empty());
    let name = member("AlarmName").ok_or_else(|| invalid("The parameter AlarmName is required"))?;
    let reason = member("StateReason").ok_or_else(|| invalid("The parameter StateReason is required"))?;
    let word = member("StateValue").ok_or_else(|| invalid("The parameter StateValue is required"))?;
    let state = State::parse(word).ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value '{word}' at 'stateValue' failed to satisfy constraint: Member must satisfy \
             enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
        ))
    })?;
    if reason.chars().count() > 1023 {
        return Err(invalid("StateReason holds at most 1023 characters"));
    }
    let data = member("StateReasonData").map(str::to_owned);
    if data
        .as_deref()
        .is_some_and(|data| serde_json::from_str::<Value>(data).is_err())
    {
        let says = "Data was not syntactically valid JSON";
        return Err(Refusal::new("InvalidFormat", says));
    }
    let mut all = world.alarms.all();
    let alarms = all.get_mut(&(call.caller.account, call.region.clone()));
    let alarms = alarms.map(Vec::as_mut_slice).unwrap_or_default();
    let alarm = alarms.iter_mut().find(|alarm| alarm.name == name);
    turn(alarm.ok_or_else(|| unknown(name))?, state, reason, data, call.now);
    judge(alarms, call.now);
    Ok(json!({}))
}

fn unknown(name: &str) -> Refusal {
    Refusal::new("ResourceNotFound", format!("The alarm {name} does not exist"))
        .with_status(StatusCode::NOT_FOUND)
}

/// An alarm stands otherwise from `at` on.
pub fn turn(alarm: &mut Alarm, to: State, reason: &str, data: Option<String>, at: Timestamp) {
    let from = alarm.state;
    alarm.reason = reason.to_owned();
    alarm.data = data.clone();
    alarm.updated_at = at;
    if from == to {
        return;
    }
    alarm.state = to;
    alarm.since = at;
    let action = alarm.actions.first().filter(|_| alarm.acts && to == State::Alarm);
    alarm.turns.push(Turn {
        at,
        from,
        to,
        reason: reason.to_owned(),
        data,
        action: action.cloned(),
    });
}

/// Composite alarms take the states of their children, until none changes any more.
pub fn judge(alarms: &mut [Alarm], at: Timestamp) {
    for _ in 0..alarms.len() {
        let states: Vec<(String, State)> = alarms
            .iter()
            .map(|alarm| (alarm.name.clone(), alarm.state))
            .collect();
        let state = |name: &str| {
            let found = states.iter().find(|(known, _)| known == name);
            found.map(|(_, state)| *state)
        };
        let mut changed = false;
        for alarm in alarms.iter_mut() {
            let Watch::Rule(text) = &alarm.watches else {
                continue;
            };
            let to = match rule::holds(text, &state) {
                Ok(true) => State::Alarm,
                Ok(false) => State::Ok,
                Err(rule::Malformed) => State::Unknown,
            };
            if to != alarm.state {
                let reason = format!(
                    "The rule {text} {}.",
                    if to == State::Alarm {
                        "holds"
                    } else {
                        "does not hold"
                    }
                );
                turn(alarm, to, &reason, None, at);
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

pub fn enable(world: &World, call: &Call<'_>, request: &Value, acts: bool) -> Result<Value, Refusal> {
    let names: Vec<&str> = request["AlarmNames"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if names.is_empty() {
        return Err(invalid("The parameter AlarmNames is required"));
    }
    let mut all = world.alarms.all();
    let place = (call.caller.account, call.region.clone());
    // Names of no alarm are passed over, as CloudWatch does it.
    for alarm in all.get_mut(&place).into_iter().flatten() {
        if names.contains(&alarm.name.as_str()) {
            alarm.acts = acts;
        }
    }
    Ok(json!({}))
}

//! DescribeAlarms, DescribeAlarmContributors and ListTagsForResource.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Alarm, State, Watch, arn, epoch, invalid, paged, parse, rule, write};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    #[serde(default)]
    alarm_names: Vec<String>,
    alarm_name_prefix: Option<String>,
    #[serde(default)]
    alarm_types: Vec<String>,
    children_of_alarm_name: Option<String>,
    parents_of_alarm_name: Option<String>,
    state_value: Option<String>,
    action_prefix: Option<String>,
}

const METRIC: &str = "MetricAlarm";
const COMPOSITE: &str = "CompositeAlarm";

/// What kind of alarm it is, as requests name it.
pub fn kind(alarm: &Alarm) -> &'static str {
    match alarm.watches {
        Watch::Metric(_) => METRIC,
        Watch::Rule(_) => COMPOSITE,
    }
}

/// Which kinds are asked for; metric alarms alone unless others are named.
pub fn kinds(named: &[String]) -> Result<Vec<String>, Refusal> {
    let known = [METRIC, COMPOSITE, "LogAlarm"];
    if let Some(other) = named.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(invalid(format!(
            "1 validation error detected: Value '[{other}]' at 'alarmTypes' failed to satisfy constraint: Member must satisfy \
             constraint: [Member must satisfy enum value set: [CompositeAlarm, LogAlarm, MetricAlarm]]"
        )));
    }
    Ok(if named.is_empty() {
        vec![METRIC.to_owned()]
    } else {
        named.to_vec()
    })
}

pub fn describe(world: &World, call: &Call<'_>, request: &Value) -> Result<Value, Refusal> {
    let asked: Request = parse(request)?;
    if !asked.alarm_names.is_empty() && asked.alarm_name_prefix.is_some() {
        let says = "AlarmNamePrefix and AlarmNames are mutually exclusive";
        return Err(invalid(says));
    }
    if asked.alarm_names.len() > 100 {
        return Err(invalid("AlarmNames holds at most 100 names"));
    }
    let state = asked.state_value.as_deref().map(|word| {
        State::parse(word).ok_or_else(|| {
            invalid(format!(
                "1 validation error detected: Value '{word}' at 'stateValue' failed to satisfy constraint: Member must \
                 satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
            ))
        })
    });
    let state = state.transpose()?;
    let all = world.alarms.of(call);
    if let Some(family) = family(&asked, &all) {
        let (rows, token) = paged(world, call, request, family?)?;
        return Ok(reply(
            rows.iter().map(|alarm| (kind(alarm), relative(call, alarm))),
            token,
        ));
    }
    let kinds = kinds(&asked.alarm_types)?;
    let starts =
        |text: &str, prefix: &Option<String>| prefix.as_deref().is_none_or(|prefix| text.starts_with(prefix));
    let mut found: Vec<Alarm> = all
        .into_iter()
        .filter(|alarm| kinds.iter().any(|name| name == kind(alarm)))
        .filter(|alarm| asked.alarm_names.is_empty() || asked.alarm_names.contains(&alarm.name))
        .filter(|alarm| starts(&alarm.name, &asked.alarm_name_prefix))
        .filter(|alarm| state.is_none_or(|state| alarm.state == state))
        .filter(|alarm| {
            let acts = |action: &String| starts(action, &asked.action_prefix);
            asked.action_prefix.is_none() || alarm.actions.iter().any(acts)
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let (rows, token) = paged(world, call, request, found)?;
    Ok(reply(
        rows.iter().map(|alarm| (kind(alarm), write::alarm(call, alarm))),
        token,
    ))
}

fn reply(rows: impl Iterator<Item = (&'static str, Value)>, token: Option<String>) -> Value {
    let (composite, metric): (Vec<_>, Vec<_>) = rows.partition(|(kind, _)| *kind == COMPOSITE);
    let values = |rows: Vec<(&str, Value)>| -> Value { rows.into_iter().map(|(_, value)| value).collect() };
    let mut reply = json!({ "CompositeAlarms": values(composite), "MetricAlarms": values(metric) });
    if let Some(token) = token {
        reply["NextToken"] = token.into();
    }
    reply
}

/// The children or the parents of a composite alarm, when those are asked for.
fn family(asked: &Request, all: &[Alarm]) -> Option<Result<Vec<Alarm>, Refusal>> {
    let (name, of_children) = match (&asked.children_of_alarm_name, &asked.parents_of_alarm_name) {
        (Some(_), Some(_)) => {
            let says = "ChildrenOfAlarmName and ParentsOfAlarmName are mutually exclusive";
            return Some(Err(invalid(says)));
        }
        (Some(name), None) => (name, true),
        (None, Some(name)) => (name, false),
        (None, None) => return None,
    };
    let named = |alarm: &Alarm| match &alarm.watches {
        Watch::Rule(text) => rule::names(text),
        Watch::Metric(_) => Vec::new(),
    };
    let children: Vec<String> = all
        .iter()
        .filter(|alarm| alarm.name == *name)
        .flat_map(named)
        .collect();
    let is_kin = |alarm: &&Alarm| {
        if of_children {
            children.contains(&alarm.name)
        } else {
            named(alarm).contains(name)
        }
    };
    Some(Ok(all.iter().filter(is_kin).cloned().collect()))
}

/// Of relatives only these members are told.
fn relative(call: &Call<'_>, alarm: &Alarm) -> Value {
    json!({
        "AlarmName": alarm.name, "AlarmArn": arn(call, alarm), "StateValue": alarm.state.word(),
        "StateUpdatedTimestamp": epoch(alarm.updated_at),
    })
}

pub fn contributors(world: &World, call: &Call<'_>, request: &Value) -> Result<Value, Refusal> {
    let name = request["AlarmName"].as_str().unwrap_or_default();
    let all = world.alarms.of(call);
    let alarm = all.iter().find(|alarm| alarm.name == name).ok_or_else(|| {
        Refusal::new(
            "ResourceNotFoundException",
            format!("The alarm {name} does not exist"),
        )
        .with_status(hyper::StatusCode::NOT_FOUND)
    })?;
    let breaching = match &alarm.watches {
        Watch::Metric(metric) if alarm.state == State::Alarm => metric.contributors.as_slice(),
        _ => &[],
    };
    let rows: Vec<Value> = breaching
        .iter()
        .map(|(dimension, value)| {
            json!({
                "ContributorId": super::super::dice::Dice::new(world.seed, value).hex(32),
                "ContributorAttributes": { dimension: value }, "StateReason": alarm.reason,
                "StateTransitionedTimestamp": epoch(alarm.since),
            })
        })
        .collect();
    let (rows, token) = paged(world, call, request, rows)?;
    let mut reply = json!({ "AlarmContributors": rows });
    if let Some(token) = token {
        reply["NextToken"] = token.into();
    }
    Ok(reply)
}

pub fn tags(world: &World, call: &Call<'_>, request: &Value) -> Result<Value, Refusal> {
    let wanted = request["ResourceARN"].as_str().unwrap_or_default();
    let all = world.alarms.of(call);
    let alarm = all
        .iter()
        .find(|alarm| arn(call, alarm) == wanted)
        .ok_or_else(|| {
            let says = format!("The resource {wanted} does not exist");
            Refusal::new("ResourceNotFoundException", says).with_status(hyper::StatusCode::NOT_FOUND)
        })?;
    let write = |tags: &BTreeMap<String, String>| -> Value {
        let tags = tags.iter();
        tags.map(|(key, value)| json!({ "Key": key, "Value": value }))
            .collect()
    };
    Ok(json!({ "Tags": write(&alarm.tags) }))
}

//! CloudWatch's alarms: those that the fleet's owners would have, in the states that its story asks for. A test turns one with
//! SetAlarmState; composite alarms follow their rules. Facts: the CloudWatch API reference.

mod ask;
mod history;
mod mute;
mod place;
mod reason;
mod rule;
mod story;
mod turn;
mod write;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

use super::call::Call;
use super::fleet::Fleet;
use super::refusal::Refusal;
use super::world::World;

/// Members whose numbers are moments.
pub const MOMENTS: [&str; 7] = [
    "AlarmConfigurationUpdatedTimestamp",
    "ExpireDate",
    "LastUpdatedTimestamp",
    "StartDate",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "Timestamp",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Ok,
    Alarm,
    Unknown,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Alarm => "ALARM",
            State::Unknown => "INSUFFICIENT_DATA",
        }
    }

    pub fn parse(word: &str) -> Option<State> {
        [State::Ok, State::Alarm, State::Unknown]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

#[derive(Debug, Clone)]
pub struct Alarm {
    pub name: String,
    pub says: Option<String>,
    pub watches: Watch,
    pub actions: Vec<String>,
    pub acts: bool,
    pub state: State,
    pub reason: String,
    /// JSON, as CloudWatch keeps it.
    pub data: Option<String>,
    pub updated_at: Timestamp,
    pub since: Timestamp,
    pub configured_at: Timestamp,
    /// Whether part of what it watches sends nothing.
    pub partial: bool,
    pub tags: BTreeMap<String, String>,
    /// Oldest first.
    pub turns: Vec<Turn>,
}

#[derive(Debug, Clone)]
pub enum Watch {
    Metric(Metric),
    /// The rule of a composite alarm.
    Rule(String),
}

#[derive(Debug, Clone)]
pub struct Metric {
    pub namespace: String,
    pub name: String,
    pub dimensions: Vec<(String, String)>,
    /// `Average`, or a percentile such as `p99`.
    pub statistic: String,
    pub period_seconds: i64,
    pub periods: i64,
    /// Of `periods`, so many must breach.
    pub breaching: i64,
    pub threshold: f64,
    pub comparison: &'static str,
    pub missing: &'static str,
    /// A query over many series instead of one metric.
    pub query: Option<String>,
    /// The series that breach, by the dimensions that tell them apart.
    pub contributors: Vec<(String, String)>,
}

/// One change of state.
#[derive(Debug, Clone)]
pub struct Turn {
    pub at: Timestamp,
    pub from: State,
    pub to: State,
    pub reason: String,
    pub data: Option<String>,
    /// What was done about it.
    pub action: Option<String>,
}

/// Every alarm of a run, by account and region.
#[derive(Debug, Default)]
pub struct Board(Mutex<BTreeMap<(usize, String), Vec<Alarm>>>, Mutex<mute::Rules>);

impl Board {
    pub fn build(fleet: &Fleet, account_ids: &[String], seed: u64, now: Timestamp) -> Board {
        let mut all = BTreeMap::new();
        let mut nth: BTreeMap<usize, usize> = BTreeMap::new();
        for (account, region, place) in fleet.places() {
            // Regions come sorted; which one burns must not hang on their order in a file.
            let number = nth.entry(account).or_default();
            let site = place::Site {
                seed,
                account,
                account_id: account_ids.get(account).map_or("", String::as_str),
                region,
                nth: *number,
                now,
            };
            *number += 1;
            all.insert((account, region.to_owned()), story::of(&site, place));
        }
        Board(Mutex::new(all), Mutex::default())
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<(usize, String), Vec<Alarm>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rules(&self) -> MutexGuard<'_, mute::Rules> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an alarm of that name burns there; nobody knows where there is none.
    pub fn burns(&self, account: usize, region: &str, name: &str) -> Option<bool> {
        let all = self.all();
        let mut here = all.get(&(account, region.to_owned())).into_iter().flatten();
        let found = here.find(|alarm| alarm.name == name)?;
        Some(found.state == State::Alarm)
    }

    fn of(&self, call: &Call<'_>) -> Vec<Alarm> {
        let place = (call.caller.account, call.region.clone());
        self.all().get(&place).cloned().unwrap_or_default()
    }
}

/// `None` when the operation is not one of alarms.
pub fn answer(world: &World, call: &Call<'_>, request: &Value) -> Option<Result<Value, Refusal>> {
    Some(match call.operation.as_str() {
        "DescribeAlarms" => ask::describe(world, call, request),
        "DescribeAlarmHistory" => history::describe(world, call, request),
        "DescribeAlarmContributors" => ask::contributors(world, call, request),
        "ListTagsForResource" => ask::tags(world, call, request),
        "PutAlarmMuteRule" => mute::put(world, call, request),
        "GetAlarmMuteRule" => mute::get(world, call, request),
        "ListAlarmMuteRules" => mute::list(world, call, request),
        "DeleteAlarmMuteRule" => mute::delete(world, call, request),
        "SetAlarmState" => turn::set(world, call, request),
        "EnableAlarmActions" => turn::enable(world, call, request, true),
        "DisableAlarmActions" => turn::enable(world, call, request, false),
        _ => return None,
    })
}

fn arn(call: &Call<'_>, alarm: &Alarm) -> String {
    let (region, account) = (&call.region, &call.caller.account_id);
    format!("arn:aws:cloudwatch:{region}:{account}:alarm:{}", alarm.name)
}

fn epoch(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationError", message)
}

/// A request with its members read, or CloudWatch's word for one that cannot be.
fn parse<T: serde::de::DeserializeOwned>(request: &Value) -> Result<T, Refusal> {
    serde_json::from_value(request.clone())
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

/// The rows of one page, and where the next begins.
fn paged<T>(
    world: &World,
    call: &Call<'_>,
    request: &Value,
    rows: Vec<T>,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    const MOST: i64 = 100;
    let size = request["MaxRecords"].as_i64().unwrap_or(MOST);
    if !(1..=MOST).contains(&size) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{size}' at 'maxRecords' failed to satisfy constraint: \
             Member must have value between 1 and {MOST}"
        )));
    }
    let fingerprint = {
        let mut request = request.clone();
        request.as_object_mut().map(|members| members.remove("NextToken"));
        format!(
            "{}/{}/{}/{request}",
            call.operation, call.caller.account, call.region
        )
    };
    let offset = world
        .pager
        .offset(&fingerprint, request["NextToken"].as_str())
        .map_err(|_| Refusal::new("InvalidNextToken", "The next token specified is invalid."))?;
    let next = offset + size as usize;
    let token = (rows.len() > next).then(|| world.pager.token(&fingerprint, next));
    Ok((rows.into_iter().skip(offset).take(size as usize).collect(), token))
}

#[cfg(test)]
mod tests;

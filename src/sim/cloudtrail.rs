//! CloudTrail's LookupEvents over what happened to sessions here: each call on a session is written down as it happens
//! and can be looked up once its delivery is due. Two lookups a second for an account and region, as the service has it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::refusal::{Refusal, Trouble};
use super::world::World;

/// Calls that are written down, all of Systems Manager.
const WRITTEN: [&str; 3] = ["StartSession", "ResumeSession", "TerminateSession"];
/// Lookups a second for an account and region: API reference of LookupEvents.
const A_SECOND: usize = 2;
/// Events kept; the oldest are forgotten first.
const KEPT: usize = 100_000;
const PAGE: usize = 50;
const HIDDEN: &str = "Value hidden due to security reasons.";

#[derive(Default)]
pub struct Trail {
    written: Mutex<VecDeque<Written>>,
    lookups: Mutex<HashMap<(usize, String), VecDeque<Instant>>>,
}

struct Written {
    account: usize,
    region: String,
    id: String,
    at: Timestamp,
    due_at: Timestamp,
    name: String,
    user: String,
    /// The record itself, as a string within the reply.
    record: String,
}

impl Trail {
    /// Writes down a call that succeeded.
    pub fn write(&self, call: &Call<'_>, reply: &Value, delay: Duration) {
        if !WRITTEN.contains(&call.operation.as_str()) {
            return;
        }
        let request: Value = serde_json::from_slice(call.body).unwrap_or_default();
        let user = call.caller.arn.rsplit('/').next().unwrap_or_default().to_owned();
        let id = uuid::Uuid::new_v4().to_string();
        let record = record(call, &id, &user, &request, reply);
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.len() >= KEPT {
            written.pop_front();
        }
        written.push_back(Written {
            account: call.caller.account,
            region: call.region.clone(),
            id,
            at: call.now,
            due_at: call.now.saturating_add(delay).unwrap_or(Timestamp::MAX),
            name: call.operation.clone(),
            user,
            record: record.to_string(),
        });
    }

    fn admit(&self, account: usize, region: &str) -> bool {
        let mut lookups = self.lookups.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = lookups.entry((account, region.to_owned())).or_default();
        recent.retain(|at| at.elapsed() < Duration::from_secs(1));
        let admitted = recent.len() < A_SECOND;
        if admitted {
            recent.push_back(Instant::now());
        }
        admitted
    }
}

fn record(call: &Call<'_>, id: &str, user: &str, request: &Value, reply: &Value) -> Value {
    let mut answered = lower(reply);
    if answered.contains_key("tokenValue") {
        answered.insert("tokenValue".into(), HIDDEN.into());
    }
    json!({
        "eventVersion": "1.09",
        "userIdentity": {
            "type": if call.caller.arn.contains(":assumed-role/") { "AssumedRole" } else { "IAMUser" },
            "principalId": call.caller.user_id,
            "arn": call.caller.arn,
            "accountId": call.caller.account_id,
            "userName": user,
        },
        "eventTime": whole_seconds(call.now).to_string(),
        "eventSource": "ssm.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "quarterdeck-sim",
        "requestParameters": lower(request),
        "responseElements": answered,
        "requestID": call.request_id,
        "eventID": id,
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": call.caller.account_id,
        "eventCategory": "Management",
    })
}

/// Members as a trail spells them: the first letter small.
fn lower(value: &Value) -> Map<String, Value> {
    let members = value.as_object().cloned().unwrap_or_default();
    let small = |name: String| {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        first.into_iter().chain(letters).collect()
    };
    members
        .into_iter()
        .map(|(name, value)| (small(name), value))
        .collect()
}

fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct LookupRequest {
    #[serde(default)]
    lookup_attributes: Vec<Attribute>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<i64>,
    #[serde(skip_serializing)]
    next_token: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: String,
    attribute_value: String,
}

impl Attribute {
    fn admits(&self, event: &Written) -> Result<bool, Refusal> {
        let value = self.attribute_value.as_str();
        Ok(match self.attribute_key.as_str() {
            "EventName" => event.name == value,
            "EventId" => event.id == value,
            "Username" => event.user == value,
            "EventSource" => value == "ssm.amazonaws.com",
            "ReadOnly" => value == "false",
            "ResourceType" | "ResourceName" | "AccessKeyId" => false,
            other => {
                let message = format!("Invalid lookup attribute: {other}");
                return Err(Refusal::new("InvalidLookupAttributesException", message));
            }
        })
    }
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    if call.operation != "LookupEvents" {
        let message = format!("The simulator has no operation {}", call.operation);
        return Err(Refusal::new("UnknownOperationException", message));
    }
    if !world.trail.admit(call.caller.account, &call.region) {
        return Err(Trouble::Throttled.refuse(call.service));
    }
    let request: LookupRequest = serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    lookup(world, call, &request).map(|reply| reply.to_string())
}

fn lookup(world: &World, call: &Call<'_>, request: &LookupRequest) -> Result<Value, Refusal> {
    let size = match request.max_results {
        None => PAGE,
        Some(size @ 1..=50) => size as usize,
        Some(_) => {
            return Err(Refusal::new(
                "InvalidMaxResultsException",
                "MaxResults must be between 1 and 50.",
            ));
        }
    };
    if request.lookup_attributes.len() > 1 {
        return Err(Refusal::new(
            "InvalidLookupAttributesException",
            "You can specify only one lookup attribute.",
        ));
    }
    let from = request.start_time.map(instant).unwrap_or(Timestamp::MIN);
    let to = request.end_time.map(instant).unwrap_or(Timestamp::MAX);
    if from > to {
        let message = "The start time must not be after the end time.";
        return Err(Refusal::new("InvalidTimeRangeException", message));
    }
    let fingerprint = serde_json::to_string(request).unwrap_or_default();
    let offset = world
        .pager
        .offset(&fingerprint, request.next_token.as_deref())
        .map_err(|_| Refusal::new("InvalidNextTokenException", "The token is not valid."))?;
    let written = world.trail.written.lock().unwrap_or_else(PoisonError::into_inner);
    let mut found = Vec::new();
    for event in written.iter().rev() {
        let here = event.account == call.caller.account && event.region == call.region;
        let known = event.due_at <= call.now && (from..=to).contains(&event.at);
        let wanted = match request.lookup_attributes.first() {
            Some(attribute) => attribute.admits(event)?,
            None => true,
        };
        if here && known && wanted {
            found.push(event);
        }
    }
    let shown: Vec<Value> = found.iter().skip(offset).take(size).copied().map(shown).collect();
    let mut reply = json!({ "Events": shown });
    if found.len() > offset + size {
        reply["NextToken"] = world.pager.token(&fingerprint, offset + size).into();
    }
    Ok(reply)
}

fn shown(event: &Written) -> Value {
    json!({
        "EventId": event.id,
        "EventName": event.name,
        "ReadOnly": "false",
        "EventTime": whole_seconds(event.at).as_second(),
        "EventSource": "ssm.amazonaws.com",
        "Username": event.user,
        "Resources": [],
        "CloudTrailEvent": event.record,
    })
}

fn instant(seconds: f64) -> Timestamp {
    Timestamp::UNIX_EPOCH
        .saturating_add(SignedDuration::from_millis((seconds * 1000.0) as i64))
        .unwrap_or(Timestamp::MAX)
}

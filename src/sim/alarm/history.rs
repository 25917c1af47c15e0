//! DescribeAlarmHistory: turns of state, what was done about them, and how the alarm came to be.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Alarm, Turn, ask, epoch, invalid, paged, parse};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    alarm_name: Option<String>,
    #[serde(default)]
    alarm_types: Vec<String>,
    history_item_type: Option<String>,
    start_date: Option<f64>,
    end_date: Option<f64>,
    scan_by: Option<String>,
}

const KINDS: [&str; 7] = [
    "Action",
    "AlarmContributorAction",
    "AlarmContributorStateUpdate",
    "AlarmMuteRuleAction",
    "ConfigurationUpdate",
    "StateUpdate",
    "LogAlarmAction",
];

pub fn describe(world: &World, call: &Call<'_>, request: &Value) -> Result<Value, Refusal> {
    let asked: Request = parse(request)?;
    if let Some(other) = asked
        .history_item_type
        .as_deref()
        .filter(|kind| !KINDS.contains(kind))
    {
        return Err(invalid(format!(
            "Value '{other}' at 'historyItemType' is not a kind of history item"
        )));
    }
    let descends = match asked.scan_by.as_deref() {
        None | Some("TimestampDescending") => true,
        Some("TimestampAscending") => false,
        Some(other) => return Err(invalid(format!("Value '{other}' at 'scanBy' is not an order"))),
    };
    let kinds = ask::kinds(&asked.alarm_types)?;
    let all = world.alarms.of(call);
    // A name alone finds an alarm of any kind.
    let chosen = all.iter().filter(|alarm| match &asked.alarm_name {
        Some(name) => {
            alarm.name == *name
                && (asked.alarm_types.is_empty() || kinds.iter().any(|kind| kind == ask::kind(alarm)))
        }
        None => kinds.iter().any(|kind| kind == ask::kind(alarm)),
    });
    let mut items: Vec<(Timestamp, Value)> = chosen.flat_map(items).collect();
    items.retain(|(at, item)| {
        let at = epoch(*at);
        let kind = item["HistoryItemType"].as_str();
        asked.start_date.is_none_or(|start| start <= at)
            && asked.end_date.is_none_or(|end| at <= end)
            && asked
                .history_item_type
                .as_deref()
                .is_none_or(|wanted| kind == Some(wanted))
    });
    items.sort_by_key(|(at, _)| *at);
    if descends {
        items.reverse();
    }
    let rows = items.into_iter().map(|(_, item)| item).collect();
    let (rows, token): (Vec<Value>, _) = paged(world, call, request, rows)?;
    let mut reply = json!({ "AlarmHistoryItems": rows });
    if let Some(token) = token {
        reply["NextToken"] = token.into();
    }
    Ok(reply)
}

fn items(alarm: &Alarm) -> Vec<(Timestamp, Value)> {
    let item = |at: Timestamp, kind: &str, summary: String, data: Value| {
        let item = json!({
            "AlarmName": alarm.name, "AlarmType": ask::kind(alarm), "Timestamp": epoch(at),
            "HistoryItemType": kind, "HistorySummary": summary, "HistoryData": data.to_string(),
        });
        (at, item)
    };
    let created = json!({ "version": "1.0", "type": "Create", "createdAlarm": { "alarmName": alarm.name } });
    let mut all = vec![item(
        alarm.configured_at,
        "ConfigurationUpdate",
        format!("Alarm \"{}\" created", alarm.name),
        created,
    )];
    for (nth, turn) in alarm.turns.iter().enumerate() {
        let earlier = nth.checked_sub(1).and_then(|nth| alarm.turns.get(nth));
        let summary = format!("Alarm updated from {} to {}", turn.from.word(), turn.to.word());
        all.push(item(turn.at, "StateUpdate", summary, turned(turn, earlier)));
        if let Some(action) = &turn.action {
            let summary = format!("Successfully executed action {action}");
            let data = json!({
                "actionState": "Succeeded", "notificationResource": action, "stateUpdateTimestamp": turn.at.as_millisecond(),
                "version": "1.0",
            });
            all.push(item(turn.at, "Action", summary, data));
        }
    }
    all
}

fn turned(turn: &Turn, earlier: Option<&Turn>) -> Value {
    let side = |word: &str, reason: &str, data: &Option<String>| {
        let mut side = json!({ "stateValue": word, "stateReason": reason });
        let data = data
            .as_deref()
            .and_then(|data| serde_json::from_str::<Value>(data).ok());
        if let Some(data) = data {
            side["stateReasonData"] = data;
        }
        side
    };
    let old = match earlier {
        Some(earlier) => side(turn.from.word(), &earlier.reason, &earlier.data),
        None => side(turn.from.word(), "Unchecked: Initial alarm creation", &None),
    };
    json!({ "version": "1.0", "oldState": old, "newState": side(turn.to.word(), &turn.reason, &turn.data) })
}

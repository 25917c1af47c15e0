//! GetMetricStatistics: one metric's data points, with several statistics of each. Facts: the CloudWatch API reference.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Dimension, series};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// Data points of one answer.
const MOST: i64 = 1_440;
const KNOWN: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    start_time: f64,
    end_time: f64,
    period: i64,
    #[serde(default)]
    statistics: Vec<String>,
    #[serde(default)]
    extended_statistics: Vec<String>,
}

pub fn answer(world: &World, call: &Call<'_>, request: Value) -> Result<Value, Refusal> {
    let request: Request = serde_json::from_value(request)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let (from, to) = check(&request)?;
    let dimensions: BTreeMap<&str, &str> = request
        .dimensions
        .iter()
        .map(|one| (one.name.as_str(), one.value.as_str()))
        .collect();
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let points = |stat: &str| {
        let wanted = series::Wanted {
            namespace: &request.namespace,
            name: &request.metric_name,
            dimensions: &dimensions,
            period_seconds: request.period,
            stat,
            from,
            to: to.min(call.now),
        };
        place
            .map(|place| series::of(place, world.seed, &wanted))
            .unwrap_or_default()
    };
    let mut rows: BTreeMap<i64, Map<String, Value>> = BTreeMap::new();
    let mut put = |stat: &str, member: &dyn Fn(&mut Map<String, Value>, f64)| {
        for (at, value) in points(stat) {
            member(rows.entry(at.as_second()).or_default(), value);
        }
    };
    for stat in &request.statistics {
        put(stat, &|row, value| {
            row.insert(stat.clone(), value.into());
        });
    }
    for stat in &request.extended_statistics {
        put(stat, &|row, value| {
            let all = row.entry("ExtendedStatistics").or_insert_with(|| json!({}));
            all[stat.as_str()] = value.into();
        });
    }
    let unit = unit(&request.metric_name);
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|(at, mut row)| {
            row.insert("Timestamp".into(), at.into());
            row.insert("Unit".into(), unit.into());
            Value::Object(row)
        })
        .collect();
    Ok(json!({ "Label": request.metric_name, "Datapoints": rows }))
}

/// The span that is asked for, or CloudWatch's word for what is wrong with it.
fn check(request: &Request) -> Result<(Timestamp, Timestamp), Refusal> {
    let moment = |seconds: f64| Timestamp::from_second(seconds as i64);
    let (Ok(from), Ok(to)) = (moment(request.start_time), moment(request.end_time)) else {
        return Err(Refusal::new(
            "InvalidParameterValue",
            "The parameter StartTime is not a time.",
        ));
    };
    if from >= to {
        let message = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(Refusal::new("InvalidParameterValue", message));
    }
    if request.period < 60 || request.period % 60 != 0 {
        let message = "The parameter Period must be a multiple of 60.";
        return Err(Refusal::new("InvalidParameterValue", message));
    }
    if request.statistics.is_empty() && request.extended_statistics.is_empty() {
        let message = "At least one of Statistics and ExtendedStatistics must be specified.";
        return Err(Refusal::new("MissingParameter", message));
    }
    if let Some(other) = request
        .statistics
        .iter()
        .find(|stat| !KNOWN.contains(&stat.as_str()))
    {
        let message = format!("The parameter Statistics has a value that is not valid: {other}");
        return Err(Refusal::new("InvalidParameterValue", message));
    }
    let points = (to.as_second() - from.as_second()) / request.period;
    if points > MOST {
        let message = format!(
            "You have requested up to {points} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints \
             requested by increasing Period, or decreasing the time range."
        );
        return Err(Refusal::new("InvalidParameterCombination", message));
    }
    Ok((from, to))
}

fn unit(metric: &str) -> &'static str {
    match metric {
        "CPUUtilization" | "BurstBalance" => "Percent",
        "FreeStorageSpace" | "BytesProcessed" | "NetworkIn" | "NetworkOut" => "Bytes",
        name if name.starts_with("Bytes") => "Bytes",
        "ReplicaLag" => "Seconds",
        "WriteIOPS" => "Count/Second",
        _ => "Count",
    }
}

//! CloudWatch's GetMetricData over what machines, gateways, load balancers and databases did: 500 queries a call, pages of
//! data points, the newest first; GetMetricStatistics, one metric at a time; and ListMetrics. Its alarms are a room of their own.

mod database;
mod list;
mod series;
mod statistics;

use std::collections::BTreeMap;

use hyper::StatusCode;
use hyper::http::request::Parts;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::alarm;
use super::call::{Call, Reply};
use super::refusal::Refusal;
use super::rpc;
use super::world::World;

/// What the paths and targets of its operations begin with.
pub const MODEL: &str = "GraniteServiceVersion20100801";
const MOST_QUERIES: usize = 500;
/// Data points on a page.
const PAGE: usize = 100_800;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    #[serde(default)]
    metric_data_queries: Vec<Query>,
    start_time: f64,
    end_time: f64,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Query {
    id: String,
    metric_stat: Option<MetricStat>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricStat {
    metric: Metric,
    period: i64,
    stat: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension {
    name: String,
    value: String,
}

pub fn answer(world: &World, call: &Call<'_>, parts: &Parts) -> Result<Reply, Refusal> {
    let request = rpc::parse(parts, call.body)?;
    if let Some(reply) = alarm::answer(world, call, &request) {
        return Ok(rpc::reply(parts, StatusCode::OK, &reply?, &|key| {
            alarm::MOMENTS.contains(&key)
        }));
    }
    if call.operation == "GetMetricStatistics" {
        let reply = statistics::answer(world, call, request)?;
        return Ok(rpc::reply(parts, StatusCode::OK, &reply, &|key| {
            key == "Timestamp"
        }));
    }
    if call.operation == "ListMetrics" {
        let reply = list::answer(world, call, request)?;
        return Ok(rpc::reply(parts, StatusCode::OK, &reply, &|_| false));
    }
    if call.operation != "GetMetricData" {
        let message = format!("The simulator has no operation {}", call.operation);
        return Err(Refusal::new("UnknownOperationException", message));
    }
    let fingerprint = {
        let mut request = request.clone();
        request.as_object_mut().map(|members| members.remove("NextToken"));
        format!("{}{}{request}", call.caller.account, call.region)
    };
    let request: Request = serde_json::from_value(request)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let reply = data(world, call, &request, &fingerprint)?;
    Ok(rpc::reply(parts, StatusCode::OK, &reply, &|key| {
        key == "Timestamps"
    }))
}

fn data(world: &World, call: &Call<'_>, request: &Request, fingerprint: &str) -> Result<Value, Refusal> {
    let invalid = |message: String| Refusal::new("ValidationError", message);
    if request.metric_data_queries.len() > MOST_QUERIES {
        let count = request.metric_data_queries.len();
        return Err(invalid(format!(
            "The collection MetricDataQueries must not have a size greater than 500, and has {count}."
        )));
    }
    let moment = |seconds: f64| Timestamp::from_second(seconds as i64);
    let (Ok(from), Ok(to)) = (moment(request.start_time), moment(request.end_time)) else {
        return Err(invalid("The parameter StartTime is not a time.".into()));
    };
    if from >= to {
        return Err(invalid(
            "The parameter StartTime must be less than the parameter EndTime.".into(),
        ));
    }
    let skip = world.pager.offset(fingerprint, request.next_token.as_deref());
    let skip = skip.map_err(|_| Refusal::new("InvalidNextToken", "The next token specified is invalid."))?;
    let mut points = Vec::new();
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    for query in &request.metric_data_queries {
        let Some(stat) = &query.metric_stat else {
            return Err(invalid("The simulator has no metric expressions.".into()));
        };
        if stat.period < 60 || stat.period % 60 != 0 {
            return Err(invalid("The parameter Period must be a multiple of 60.".into()));
        }
        let dimensions: BTreeMap<&str, &str> = stat
            .metric
            .dimensions
            .iter()
            .map(|dimension| (dimension.name.as_str(), dimension.value.as_str()))
            .collect();
        let wanted = series::Wanted {
            namespace: &stat.metric.namespace,
            name: &stat.metric.metric_name,
            dimensions: &dimensions,
            period_seconds: stat.period,
            stat: &stat.stat,
            from,
            to: to.min(call.now),
        };
        points.push(
            place
                .map(|place| series::of(place, world.seed, &wanted))
                .unwrap_or_default(),
        );
    }
    let whole: usize = points.iter().map(Vec::len).sum();
    let mut before = 0;
    let mut results = Vec::new();
    for (query, points) in request.metric_data_queries.iter().zip(&points) {
        let first = skip.saturating_sub(before).min(points.len());
        let last = (skip + PAGE).saturating_sub(before).min(points.len()).max(first);
        before += points.len();
        let shown = &points[first..last];
        let label = query
            .metric_stat
            .as_ref()
            .map(|stat| stat.metric.metric_name.as_str());
        results.push(json!({
            "Id": query.id,
            "Label": label,
            "StatusCode": if last < points.len() { "PartialData" } else { "Complete" },
            // The newest first, as CloudWatch has it.
            "Timestamps": shown.iter().map(|(at, _)| at.as_second()).collect::<Vec<_>>(),
            "Values": shown.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
        }));
    }
    let mut reply = json!({ "MetricDataResults": results, "Messages": [] });
    if skip + PAGE < whole {
        reply["NextToken"] = world.pager.token(fingerprint, skip + PAGE).into();
    }
    Ok(reply)
}

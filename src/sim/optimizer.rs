//! Compute Optimizer and the Cost Optimization Hub: opted in for the first account only, as it happens. The hub's total
//! counts each resource once, and is less than the sum of what it lists.

use hyper::StatusCode;
use hyper::http::request::Parts;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, Reply};
use super::fleet::{Instance, Power, Size};
use super::load::Load;
use super::refusal::Refusal;
use super::rpc;
use super::world::World;

/// What the paths and targets of their operations begin with.
pub const MODEL: &str = "ComputeOptimizerService";
pub const HUB_MODEL: &str = "CostOptimizationHubService";

const HOURS_OF_MONTH: f64 = 730.0;
/// What is left of the list price after the first account's discounts.
const DISCOUNTED: f64 = 0.8;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Request {
    next_token: Option<String>,
    max_results: Option<usize>,
}

fn is_enrolled(world: &World, call: &Call<'_>) -> bool {
    call.caller.account == 0 && !world.faults.no_optimizer
}

fn unknown(call: &Call<'_>) -> Refusal {
    let message = format!("The simulator has no operation {}", call.operation);
    Refusal::new("UnknownOperationException", message)
}

fn parse(call: &Call<'_>, parts: &Parts) -> Result<Request, Refusal> {
    serde_json::from_value(rpc::parse(parts, call.body)?)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

/// A machine that could be one size smaller, and that size.
fn smaller(instance: &Instance, seed: u64) -> Option<Size> {
    if !matches!(instance.power, Power::Running) || Load::of(instance, seed) != Load::Low {
        return None;
    }
    let (family, size) = instance.size.name().split_once('.')?;
    let next = match size {
        "4xlarge" => "2xlarge",
        "2xlarge" => "xlarge",
        "xlarge" => "large",
        _ => return None,
    };
    Size::parse(&format!("{family}.{next}"))
}

pub fn answer(world: &World, call: &Call<'_>, parts: &Parts) -> Result<Reply, Refusal> {
    let request = parse(call, parts)?;
    let enrolled = is_enrolled(world, call);
    let answer = match call.operation.as_str() {
        "GetEnrollmentStatus" => {
            let status = if enrolled { "Active" } else { "Inactive" };
            Ok(json!({ "status": status, "memberAccountsEnrolled": false }))
        }
        "GetEC2InstanceRecommendations" if enrolled => recommendations(world, call, &request),
        "GetEC2InstanceRecommendations" => {
            let message = format!(
                "Aws account {} is not registered for recommendation.",
                call.caller.account_id
            );
            Err(Refusal::new("OptInRequiredException", message))
        }
        _ => Err(unknown(call)),
    }?;
    Ok(rpc::reply(parts, StatusCode::OK, &answer, &|key| {
        key == "lastRefreshTimestamp"
    }))
}

fn recommendations(world: &World, call: &Call<'_>, request: &Request) -> Result<Value, Refusal> {
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let found: Vec<Value> = place
        .iter()
        .flat_map(|place| &place.instances)
        .filter_map(|instance| Some(recommendation(instance, &smaller(instance, world.seed)?, call)))
        .collect();
    let who = format!("optimizer/{}/{}", call.caller.account, call.region);
    let offset = world.pager.offset(&who, request.next_token.as_deref());
    let offset = offset.map_err(|_| Refusal::new("InvalidParameterValueException", "Invalid next token"))?;
    let size = request.max_results.unwrap_or(100).clamp(1, 1000);
    let page: Vec<&Value> = found.iter().skip(offset).take(size).collect();
    let mut reply = json!({ "instanceRecommendations": page, "errors": [] });
    if found.len() > offset + size {
        reply["nextToken"] = world.pager.token(&who, offset + size).into();
    }
    Ok(reply)
}

fn recommendation(instance: &Instance, smaller: &Size, call: &Call<'_>) -> Value {
    let owner = &call.caller.account_id;
    let listed =
        (instance.size.hourly(instance.platform) - smaller.hourly(instance.platform)) * HOURS_OF_MONTH;
    let saving = |value: f64| {
        json!({
            "savingsOpportunityPercentage": 50.0,
            "estimatedMonthlySavings": { "currency": "USD", "value": value },
        })
    };
    // The agent that reports memory runs on the databases only.
    let mut metrics = vec![json!({ "name": "Cpu", "statistic": "Maximum", "value": 31.0 })];
    if instance
        .tags
        .get("service")
        .is_some_and(|name| name == "postgres")
    {
        metrics.push(json!({ "name": "Memory", "statistic": "Maximum", "value": 38.0 }));
    }
    json!({
        "instanceArn": format!("arn:aws:ec2:{}:{owner}:instance/{}", call.region, instance.id),
        "accountId": owner,
        "instanceName": instance.name,
        "currentInstanceType": instance.size.name(),
        "finding": "Overprovisioned",
        "findingReasonCodes": ["CPUOverprovisioned"],
        "utilizationMetrics": metrics,
        "lookBackPeriodInDays": 14.0,
        "instanceState": "running",
        "recommendationOptions": [{
            "instanceType": smaller.name(),
            "performanceRisk": 1.0,
            "rank": 1,
            "savingsOpportunity": saving(listed),
            "savingsOpportunityAfterDiscounts": saving(listed * DISCOUNTED),
            "migrationEffort": "VeryLow",
        }],
        "lastRefreshTimestamp": call.now.as_second(),
    })
}

pub fn hub(world: &World, call: &Call<'_>, parts: &Parts) -> Result<Reply, Refusal> {
    parse(call, parts)?;
    let enrolled = is_enrolled(world, call);
    let answer = match call.operation.as_str() {
        "ListEnrollmentStatuses" => {
            let status = if enrolled { "Active" } else { "Inactive" };
            let item = json!({ "accountId": call.caller.account_id, "status": status });
            Ok(json!({ "items": [item] }))
        }
        "ListRecommendationSummaries" if enrolled => Ok(summaries(world, call)),
        "ListRecommendationSummaries" => Err(Refusal::new(
            "AccessDeniedException",
            "AWS account is not enrolled for recommendations",
        )),
        _ => Err(unknown(call)),
    }?;
    Ok(rpc::reply(parts, StatusCode::OK, &answer, &|key| {
        key == "lastRefreshTimestamp"
    }))
}

fn summaries(world: &World, call: &Call<'_>) -> Value {
    let fleet = world.fleet();
    let own = call.caller.account;
    let saved: Vec<f64> = fleet
        .places()
        .filter(|(account, ..)| *account == own)
        .flat_map(|(_, _, place)| &place.instances)
        .filter_map(|instance| {
            let smaller = smaller(instance, world.seed)?;
            let price = |size: &Size| size.hourly(instance.platform);
            Some((price(&instance.size) - price(&smaller)) * HOURS_OF_MONTH * DISCOUNTED)
        })
        .collect();
    // The sum of nothing is 0, and not -0.
    let sum = saved.iter().fold(0.0, |sum, saved| sum + saved);
    json!({
        "estimatedTotalDedupedSavings": sum * 0.86,
        "currencyCode": "USD",
        "groupBy": "ResourceType",
        "items": [{ "group": "Ec2Instance", "estimatedMonthlySavings": sum, "recommendationCount": saved.len() }],
        "metrics": { "savingsPercentage": "11.2" },
    })
}

//! Savings Plans: the offerings, buying one, and those that were bought in this run. REST with JSON; an account's plans belong
//! to no region. What the bill says of plans is the ledger's, which a purchase of today does not change.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::Call;
use super::dice::Dice;
use super::fleet::TURN;
use super::refusal::Refusal;
use super::world::World;

const YEAR: i64 = 31_536_000;

struct Plan {
    account: usize,
    id: String,
    offering: Offering,
    /// Dollars an hour.
    commitment: String,
    bought_at: Timestamp,
}

/// The plans that were bought in this run.
#[derive(Default)]
pub struct Plans(Mutex<Vec<Plan>>);

#[derive(Clone)]
struct Offering {
    id: String,
    kind: &'static str,
    seconds: i64,
    payment: &'static str,
}

/// Every kind, term and way to pay.
fn offerings() -> Vec<Offering> {
    let mut found = Vec::new();
    for kind in ["Compute", "EC2Instance"] {
        for seconds in [YEAR, 3 * YEAR] {
            for payment in ["No Upfront", "Partial Upfront", "All Upfront"] {
                found.push(Offering {
                    id: uuid(&format!("offering/{kind}/{seconds}/{payment}")),
                    kind,
                    seconds,
                    payment,
                });
            }
        }
    }
    found
}

fn uuid(what: &str) -> String {
    let hex = Dice::new(0, what).hex(32);
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    #[serde(default)]
    offering_ids: Vec<String>,
    #[serde(default)]
    payment_options: Vec<String>,
    product_type: Option<String>,
    #[serde(default)]
    plan_types: Vec<String>,
    #[serde(default)]
    durations: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Purchase {
    savings_plan_offering_id: String,
    commitment: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chosen {
    #[serde(default)]
    savings_plan_ids: Vec<String>,
    #[serde(default)]
    states: Vec<String>,
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let reply = match call.operation.as_str() {
        "DescribeSavingsPlansOfferings" => describe_offerings(&parse(call)?),
        "CreateSavingsPlan" => buy(world, call, parse(call)?)?,
        "DescribeSavingsPlans" => describe(world, call, &parse(call)?),
        other => {
            let message = format!("The simulator has no operation {other}");
            return Err(Refusal::new("UnknownOperationException", message));
        }
    };
    Ok(reply.to_string())
}

fn parse<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(call.body).map_err(|error| Refusal::new("ValidationException", error.to_string()))
}

fn products(kind: &str) -> &'static [&'static str] {
    match kind {
        "Compute" => &["EC2", "Fargate", "Lambda"],
        _ => &["EC2"],
    }
}

fn describe_offerings(wanted: &Wanted) -> Value {
    let among = |wanted: &[String], one: &str| wanted.is_empty() || wanted.iter().any(|word| word == one);
    let is_wanted = |one: &Offering| {
        let product = wanted.product_type.as_deref();
        among(&wanted.offering_ids, &one.id)
            && among(&wanted.payment_options, one.payment)
            && among(&wanted.plan_types, one.kind)
            && product.is_none_or(|product| products(one.kind).contains(&product))
            && (wanted.durations.is_empty() || wanted.durations.contains(&one.seconds))
    };
    let rows: Vec<Value> = offerings()
        .into_iter()
        .filter(is_wanted)
        .map(|one| {
            json!({
                "offeringId": one.id, "productTypes": products(one.kind), "planType": one.kind,
                "description": describe_kind(&one), "paymentOption": one.payment,
                "durationSeconds": one.seconds, "currency": "USD",
            })
        })
        .collect();
    json!({ "searchResults": rows })
}

fn describe_kind(one: &Offering) -> String {
    let years = one.seconds / YEAR;
    let plural = if years == 1 { "" } else { "s" };
    format!("{years} year{plural} {} {} Savings Plan", one.payment, one.kind)
}

fn buy(world: &World, call: &Call<'_>, request: Purchase) -> Result<Value, Refusal> {
    let offering = offerings()
        .into_iter()
        .find(|one| one.id == request.savings_plan_offering_id);
    let offering = offering.ok_or_else(|| {
        let message = format!("Offering {} was not found", request.savings_plan_offering_id);
        Refusal::new("ResourceNotFoundException", message).with_status(hyper::StatusCode::NOT_FOUND)
    })?;
    let dollars: Option<f64> = request.commitment.parse().ok();
    if !dollars.is_some_and(|dollars| (0.001..=5_000_000.0).contains(&dollars)) {
        let message = format!("Commitment {} is not an amount from 0.001", request.commitment);
        return Err(Refusal::new("ValidationException", message));
    }
    let id = uuid(&format!("plan/{}/{}", call.caller.account_id, call.now));
    let mut plans = world.plans.0.lock().unwrap_or_else(PoisonError::into_inner);
    plans.push(Plan {
        account: call.caller.account,
        id: id.clone(),
        offering,
        commitment: request.commitment,
        bought_at: call.now,
    });
    Ok(json!({ "savingsPlanId": id }))
}

fn describe(world: &World, call: &Call<'_>, chosen: &Chosen) -> Value {
    let plans = world.plans.0.lock().unwrap_or_else(PoisonError::into_inner);
    let iso = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
    let rows = plans
        .iter()
        .filter(|plan| plan.account == call.caller.account)
        .filter(|plan| chosen.savings_plan_ids.is_empty() || chosen.savings_plan_ids.contains(&plan.id))
        .map(|plan| {
            let is_paid = call.now.duration_since(plan.bought_at) >= TURN;
            let end = plan.bought_at + SignedDuration::from_secs(plan.offering.seconds);
            json!({
                "offeringId": plan.offering.id, "savingsPlanId": plan.id,
                "savingsPlanArn": format!("arn:aws:savingsplans::{}:savingsplan/{}", call.caller.account_id, plan.id),
                "description": describe_kind(&plan.offering),
                "start": iso(plan.bought_at), "end": iso(end),
                "state": if is_paid { "active" } else { "payment-pending" },
                "savingsPlanType": plan.offering.kind, "paymentOption": plan.offering.payment,
                "productTypes": products(plan.offering.kind), "currency": "USD",
                "commitment": plan.commitment, "termDurationInSeconds": plan.offering.seconds, "tags": {},
            })
        })
        .filter(|row| chosen.states.is_empty() || chosen.states.iter().any(|state| row["state"] == **state));
    json!({ "savingsPlans": rows.collect::<Vec<Value>>() })
}

//! DescribeOpsItems: filters, each with the operators that its key allows, and pages of 50.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Ticket, place, write};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::{epoch, page};
use crate::sim::world::World;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    #[serde(default)]
    ops_item_filters: Vec<Filter>,
    max_results: Option<i64>,
    #[serde(skip_serializing)]
    next_token: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    values: Vec<String>,
    operator: String,
}

pub fn describe(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let place = place(call);
    let fingerprint = format!(
        "tickets/{place:?}/{}",
        serde_json::to_string(&request).unwrap_or_default()
    );
    for filter in &request.ops_item_filters {
        check(filter)?;
    }
    let (offset, size) = page(
        world,
        &fingerprint,
        request.max_results,
        request.next_token.as_deref(),
        1..=50,
    )?;
    let all = world.tickets.all();
    let here = all.get(&place).into_iter().flatten();
    let mut found: Vec<&Ticket> = here
        .filter(|ticket| {
            request
                .ops_item_filters
                .iter()
                .all(|filter| admits(filter, ticket))
        })
        .collect();
    found.sort_by_key(|ticket| std::cmp::Reverse(ticket.created_at));
    let rows: Vec<Value> = found
        .iter()
        .skip(offset)
        .take(size)
        .map(|ticket| write::summary(ticket))
        .collect();
    let mut reply = json!({ "OpsItemSummaries": rows });
    if found.len() > offset + size {
        reply["NextToken"] = world.pager.token(&fingerprint, offset + size).into();
    }
    Ok(reply)
}

fn check(filter: &Filter) -> Result<(), Refusal> {
    let invalid = |says: String| Err(Refusal::new("ValidationException", says));
    let allowed: &[&str] = match filter.key.as_str() {
        "CreatedTime" | "LastModifiedTime" | "ActualStartTime" | "ActualEndTime" | "PlannedStartTime"
        | "PlannedEndTime" => &["GreaterThan", "LessThan"],
        "Title" | "Source" | "CreatedBy" | "OperationalDataValue" => &["Equal", "Contains"],
        "ResourceId" => &["Contains"],
        "Status" | "Priority" | "OpsItemId" | "OperationalDataKey" | "OperationalData" | "AutomationId"
        | "Category" | "Severity" | "OpsItemType" | "AccountId" => &["Equal"],
        other => return invalid(format!("The filter key {other} is not valid.")),
    };
    if !allowed.contains(&filter.operator.as_str()) {
        let (operator, key) = (&filter.operator, &filter.key);
        return invalid(format!(
            "The operator {operator} is not allowed for the filter {key}."
        ));
    }
    if filter.values.is_empty() {
        return invalid(format!("The filter {} has no values.", filter.key));
    }
    Ok(())
}

fn admits(filter: &Filter, ticket: &Ticket) -> bool {
    let any = |fact: &str| {
        filter.values.iter().any(|value| match filter.operator.as_str() {
            "Contains" => fact.contains(value.as_str()),
            _ => fact == value,
        })
    };
    let searchable = || ticket.data.iter().filter(|(_, data)| data.is_searchable());
    let holds = |key: &str, value: &str| {
        let data = ticket.data.get(key).and_then(|data| data.value.as_deref());
        data.is_some_and(|data| data.contains(value))
    };
    match filter.key.as_str() {
        "CreatedTime" => is_within(filter, epoch(ticket.created_at)),
        "LastModifiedTime" => is_within(filter, epoch(ticket.modified_at)),
        "Title" => any(&ticket.title),
        "Source" => any(&ticket.source),
        "CreatedBy" => any(&ticket.created_by),
        "Status" => any(&ticket.status),
        "OpsItemId" => any(&ticket.id),
        "OpsItemType" => any(&ticket.kind),
        "Priority" => ticket.priority.is_some_and(|priority| any(&priority.to_string())),
        "Category" => ticket.category.as_deref().is_some_and(any),
        "Severity" => ticket.severity.as_deref().is_some_and(any),
        "OperationalDataKey" => searchable().any(|(key, _)| any(key)),
        "OperationalDataValue" => searchable().any(|(_, data)| data.value.as_deref().is_some_and(any)),
        "ResourceId" => filter.values.iter().any(|id| holds("/aws/resources", id)),
        "AutomationId" => filter.values.iter().any(|id| holds("/aws/automations", id)),
        "OperationalData" => filter.values.iter().any(|text| {
            let wanted: Value = serde_json::from_str(text).unwrap_or_default();
            let (key, value) = (wanted["key"].as_str(), wanted["value"].as_str());
            let pair = key.zip(value);
            pair.is_some_and(|(key, value)| {
                searchable().any(|(known, data)| known == key && data.value.as_deref() == Some(value))
            })
        }),
        key if key.ends_with("Time") => ticket.times.get(key).is_some_and(|at| is_within(filter, *at)),
        _ => false,
    }
}

/// Moments are written as ISO 8601 or as seconds.
fn is_within(filter: &Filter, at: f64) -> bool {
    let moment = |text: &String| {
        let stamp = text.parse::<Timestamp>().map(epoch).ok();
        stamp.or_else(|| text.parse().ok())
    };
    let mut bounds = filter.values.iter().filter_map(moment);
    match filter.operator.as_str() {
        "GreaterThan" => bounds.any(|bound: f64| at > bound),
        _ => bounds.any(|bound| at < bound),
    }
}

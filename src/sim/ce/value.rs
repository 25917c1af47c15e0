//! GetDimensionValues, GetTags and GetCostCategories: what occurs in a period.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::expression::Expression;
use super::period::{Asked, Granularity, Period};
use super::{Desk, dimension, invalid};
use crate::sim::billing::Line;
use crate::sim::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    time_period: Option<Asked>,
    dimension: Option<String>,
    context: Option<String>,
    tag_key: Option<String>,
    cost_category_name: Option<String>,
    search_string: Option<String>,
    filter: Option<Expression>,
    #[serde(default)]
    sort_by: Value,
    max_results: Option<usize>,
    next_page_token: Option<String>,
}

pub fn dimension(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    let name = request.dimension.clone().unwrap_or_else(|| "null".to_owned());
    if !dimension::KNOWN.contains(&name.as_str()) {
        let rule = format!(
            "Member must satisfy enum value set: [{}]",
            dimension::KNOWN.join(", ")
        );
        return Err(Refusal::constraint(&name, "dimension", &rule));
    }
    if let Some(other) = request
        .context
        .as_deref()
        .filter(|context| *context != "COST_AND_USAGE")
    {
        return Err(Refusal::new(
            "DataUnavailableException",
            format!("There is no data for context {other}"),
        ));
    }
    let accounts = &desk.world.accounts;
    let value = |line: &Line| Some(dimension::value(accounts, line, &name));
    let describe = |value: &String| {
        let account = accounts
            .iter()
            .find(|account| name == "LINKED_ACCOUNT" && account.id == *value);
        let attributes = account.map_or(json!({}), |account| json!({ "description": account.name }));
        json!({ "Value": value, "Attributes": attributes })
    };
    page(desk, request, "DimensionValues", value, describe)
}

pub fn tag(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    let describe = |value: &String| json!(value);
    match request.tag_key.clone() {
        Some(key) => {
            let value = move |line: &Line| Some(line.tags.get(&key).cloned().unwrap_or_default());
            page(desk, request, "Tags", value, describe)
        }
        None => {
            let keys = |line: &Line| line.tags.keys().cloned().collect::<Vec<_>>();
            page(desk, request, "Tags", keys, describe)
        }
    }
}

pub fn category(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    let describe = |value: &String| json!(value);
    match request.cost_category_name.as_deref() {
        None => page(
            desk,
            request,
            "CostCategoryNames",
            |_| Some(dimension::CATEGORY.to_owned()),
            describe,
        ),
        Some(dimension::CATEGORY) => page(
            desk,
            request,
            "CostCategoryValues",
            |line| Some(dimension::category(line).to_owned()),
            describe,
        ),
        Some(_) => page(desk, request, "CostCategoryValues", |_| None, describe),
    }
}

fn page<I: IntoIterator<Item = String>>(
    desk: &Desk<'_>,
    request: Request,
    member: &str,
    values: impl Fn(&Line) -> I,
    describe: impl Fn(&String) -> Value,
) -> Result<Value, Refusal> {
    let period = Period::parse(request.time_period)?.check_past(&desk.ledger, Granularity::Monthly)?;
    let sorted = request.sort_by.as_array().is_some_and(|keys| !keys.is_empty());
    if sorted && (request.next_page_token.is_some() || request.search_string.is_some()) {
        return Err(invalid(
            "SortBy cannot be used together with NextPageToken or SearchString",
        ));
    }
    let size = request.max_results.unwrap_or(1000);
    if !(1..=1000).contains(&size) {
        return Err(Refusal::constraint(
            &size.to_string(),
            "maxResults",
            "Member must have value between 1 and 1000",
        ));
    }
    let offset = desk.offset(request.next_page_token.as_deref())?;
    let admitted = desk.admitted(request.filter.as_ref())?;
    let mut used = vec![false; desk.ledger.lines.len()];
    for cell in desk.ledger.cells_between(period.start, period.end) {
        used[cell.line as usize] = admitted[cell.line as usize];
    }
    let wanted = request.search_string.unwrap_or_default().to_lowercase();
    let lines = desk.ledger.lines.iter().zip(used).filter(|(_, used)| *used);
    let found: BTreeSet<String> = lines
        .flat_map(|(line, _)| values(line))
        .filter(|value| value.to_lowercase().contains(&wanted))
        .collect();
    let shown: Vec<Value> = found.iter().skip(offset).take(size).map(describe).collect();
    let mut reply = json!({ "ReturnSize": shown.len(), "TotalSize": found.len() });
    reply[member] = shown.into();
    if found.len() > offset + size {
        reply["NextPageToken"] = desk.token(offset + size).into();
    }
    Ok(reply)
}

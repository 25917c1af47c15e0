//! GetCostAndUsage, with resources and without: one fold over the cells, cut into buckets and groups, paged by rows.
//! With a grouping `Total` is empty, and the groups of one bucket may be spread over pages.

use std::collections::BTreeMap;

use jiff::ToSpan;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::expression::Expression;
use super::period::{Asked, Granularity, Period};
use super::{Desk, dimension, invalid};
use crate::sim::billing::{Amount, Cell, Line};
use crate::sim::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    time_period: Option<Asked>,
    granularity: Option<String>,
    filter: Option<Expression>,
    metrics: Option<Vec<String>>,
    #[serde(default)]
    group_by: Vec<GroupBy>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GroupBy {
    #[serde(rename = "Type")]
    kind: Option<String>,
    key: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    Unblended,
    Blended,
    Amortized,
    NetUnblended,
    NetAmortized,
    Quantity,
    Normalized,
}

/// As in a reply and as in the forecast's enumeration; GetCostAndUsage takes both.
const METRICS: &[(&str, &str, Metric)] = &[
    ("UnblendedCost", "UNBLENDED_COST", Metric::Unblended),
    ("BlendedCost", "BLENDED_COST", Metric::Blended),
    ("AmortizedCost", "AMORTIZED_COST", Metric::Amortized),
    ("NetUnblendedCost", "NET_UNBLENDED_COST", Metric::NetUnblended),
    ("NetAmortizedCost", "NET_AMORTIZED_COST", Metric::NetAmortized),
    ("UsageQuantity", "USAGE_QUANTITY", Metric::Quantity),
    (
        "NormalizedUsageAmount",
        "NORMALIZED_USAGE_AMOUNT",
        Metric::Normalized,
    ),
];

impl Metric {
    fn parse(text: &str) -> Option<Metric> {
        let named = |(reply, request, _): &&(&str, &str, Metric)| *reply == text || *request == text;
        METRICS.iter().find(named).map(|(.., metric)| *metric)
    }

    /// A cost by its name in the forecast's enumeration.
    pub fn parse_cost(text: &str) -> Option<Metric> {
        let metric = METRICS
            .iter()
            .find(|(_, request, _)| *request == text)
            .map(|(.., metric)| *metric)?;
        metric.is_money().then_some(metric)
    }

    fn name(self) -> &'static str {
        METRICS
            .iter()
            .find(|(.., metric)| *metric == self)
            .map_or("", |(name, ..)| name)
    }

    fn is_money(self) -> bool {
        !matches!(self, Metric::Quantity | Metric::Normalized)
    }

    pub fn of(self, line: &Line, cell: &Cell) -> Amount {
        match self {
            Metric::Unblended | Metric::Blended => cell.unblended,
            Metric::Amortized => cell.amortized,
            Metric::NetUnblended => cell.unblended.per_mille(line.net_per_mille),
            Metric::NetAmortized => cell.amortized.per_mille(line.net_per_mille),
            Metric::Quantity => cell.quantity,
            Metric::Normalized => cell.quantity.times(line.normalized),
        }
    }
}

/// What one bucket and group adds up to.
#[derive(Default)]
struct Sums {
    amounts: Vec<Amount>,
    /// The unit of the quantities; `Some(None)` once two differ.
    unit: Option<Option<&'static str>>,
}

impl Sums {
    /// Adds one of `parts` equal shares of a cell.
    fn add(&mut self, metrics: &[Metric], line: &Line, cell: &Cell, (part, parts): (usize, usize)) {
        self.amounts.resize(metrics.len(), Amount::ZERO);
        for (sum, metric) in self.amounts.iter_mut().zip(metrics) {
            *sum += metric.of(line, cell).share(part, parts);
        }
        if cell.quantity != Amount::ZERO {
            self.unit = match self.unit {
                None => Some(Some(line.unit)),
                Some(Some(unit)) if unit == line.unit => Some(Some(unit)),
                _ => Some(None),
            };
        }
    }

    fn to_json(&self, metrics: &[Metric], currency: &str) -> Value {
        let entry = |(index, metric): (usize, &Metric)| {
            let amount = self.amounts.get(index).copied().unwrap_or_default();
            let unit = match metric {
                Metric::Quantity => self.unit.flatten().unwrap_or("N/A"),
                Metric::Normalized => "N/A",
                _ => currency,
            };
            (
                metric.name().to_owned(),
                json!({ "Amount": amount.to_string(), "Unit": unit }),
            )
        };
        Value::Object(metrics.iter().enumerate().map(entry).collect::<Map<_, _>>())
    }
}

pub fn answer(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    let granularity = Granularity::parse(request.granularity.as_deref())?;
    let period = Period::parse(request.time_period)?.check_past(&desk.ledger, granularity)?;
    let groups = parse_groups(&request.group_by, dimension::KNOWN)?;
    let asked = Question {
        buckets: period.buckets(granularity),
        metrics: parse_metrics(request.metrics)?,
        groups,
        admitted: desk.admitted(request.filter.as_ref())?,
    };
    fold(desk, &asked, request.next_page_token.as_deref())
}

/// Days of costs by resource that are kept.
const RESOURCE_DAYS: i32 = 14;

pub fn answer_resources(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    if !desk.world.faults.ce.granular {
        return Err(Refusal::new(
            "DataUnavailableException",
            "Resource level data is not enabled for this account. Turn it on in the Cost Explorer settings.",
        ));
    }
    let granularity = Granularity::parse(request.granularity.as_deref())?;
    let period = Period::parse(request.time_period)?.check_past(&desk.ledger, granularity)?;
    if period.start < desk.ledger.today.saturating_sub(RESOURCE_DAYS.days()) {
        return Err(invalid(format!(
            "start date is too old: {}. Hourly data is available for the last {RESOURCE_DAYS} days only",
            period.start
        )));
    }
    let Some(filter) = &request.filter else {
        return Err(Refusal::constraint("null", "filter", "Member must not be null"));
    };
    let known: Vec<&str> = dimension::KNOWN.iter().copied().chain([RESOURCE]).collect();
    let groups = parse_groups(&request.group_by, &known)?;
    if !groups.iter().any(|(_, key)| key == RESOURCE) {
        return Err(invalid("Group by or filter by RESOURCE_ID is required"));
    }
    let asked = Question {
        buckets: period.buckets(granularity),
        metrics: parse_metrics(request.metrics)?,
        groups,
        admitted: desk.admitted(Some(filter))?,
    };
    fold(desk, &asked, request.next_page_token.as_deref())
}

/// A question that was found good.
struct Question {
    buckets: Vec<Period>,
    metrics: Vec<Metric>,
    groups: Vec<(String, String)>,
    /// Lines that are seen and wanted, by index.
    admitted: Vec<bool>,
}

fn fold(desk: &Desk<'_>, asked: &Question, token: Option<&str>) -> Result<Value, Refusal> {
    let Question {
        buckets,
        metrics,
        groups,
        admitted,
    } = asked;
    let offset = desk.offset(token)?;
    // What each line is grouped under: once, or once for each of its resources.
    let keys: Vec<Vec<Vec<String>>> = desk
        .ledger
        .lines
        .iter()
        .map(|line| line_keys(desk, line, groups))
        .collect();
    let mut rows: BTreeMap<(usize, &[String], &str), Sums> = BTreeMap::new();
    if groups.is_empty() {
        let currency = main_currency(desk, admitted);
        rows.extend((0..buckets.len()).map(|bucket| ((bucket, &[][..], currency), Sums::default())));
    }
    for (index, bucket) in buckets.iter().enumerate() {
        let cells = desk.ledger.cells_between(bucket.start, bucket.end);
        for cell in cells.iter().filter(|cell| admitted[cell.line as usize]) {
            let line = &desk.ledger.lines[cell.line as usize];
            let keys = &keys[cell.line as usize];
            for (part, key) in keys.iter().enumerate() {
                rows.entry((index, key, desk.currency(line))).or_default().add(
                    metrics,
                    line,
                    cell,
                    (part, keys.len()),
                );
            }
        }
    }

    let size = desk.world.faults.ce.page_rows(rows.len());
    let page: Vec<_> = rows.iter().skip(offset).take(size).collect();
    let on_page = |index: usize| page.iter().filter(move |((bucket, ..), _)| *bucket == index);
    let (first, last) = match (page.first(), page.last()) {
        (Some(((first, ..), _)), Some(((last, ..), _))) => (*first, *last),
        _ => (0, 0),
    };
    let more = rows.len() > offset + size;
    // Buckets without a group belong to the page that passes them.
    let from = if offset == 0 { 0 } else { first };
    let to = if more { last + 1 } else { buckets.len() };
    let results: Vec<Value> = (from..to)
        .map(|index| {
            let mut result = json!({
                "TimePeriod": buckets[index].to_json(),
                "Total": {},
                "Groups": [],
                "Estimated": buckets[index].is_estimated(desk.ledger.today),
            });
            if groups.is_empty() {
                let total = on_page(index).next();
                result["Total"] = total.map_or(json!({}), |(key, sums)| sums.to_json(metrics, key.2));
            } else {
                let group = |(key, sums): &(&(usize, &[String], &str), &Sums)| json!({ "Keys": key.1, "Metrics": sums.to_json(metrics, key.2) });
                result["Groups"] = on_page(index).map(group).collect();
            }
            result
        })
        .collect();
    let mut reply = json!({ "ResultsByTime": results, "DimensionValueAttributes": attributes(desk, groups) });
    if !groups.is_empty() {
        let definition = |(kind, key): &(String, String)| json!({ "Type": kind, "Key": key });
        reply["GroupDefinitions"] = groups.iter().map(definition).collect();
    }
    if more {
        reply["NextPageToken"] = desk.token(offset + size).into();
    }
    Ok(reply)
}

/// The currency of a total without groups: that of the first line in it.
fn main_currency<'a>(desk: &'a Desk<'_>, admitted: &[bool]) -> &'a str {
    let lines = desk.ledger.lines.iter().zip(admitted);
    lines
        .filter(|(_, admitted)| **admitted)
        .map(|(line, _)| desk.currency(line))
        .next()
        .unwrap_or("USD")
}

fn parse_metrics(asked: Option<Vec<String>>) -> Result<Vec<Metric>, Refusal> {
    let asked = asked.filter(|asked| !asked.is_empty());
    let asked = asked.ok_or_else(|| Refusal::constraint("null", "metrics", "Member must not be null"))?;
    let metric =
        |name: &String| Metric::parse(name).ok_or_else(|| invalid(format!("Invalid metric: {name}")));
    asked.iter().map(metric).collect()
}

fn parse_groups(asked: &[GroupBy], known: &[&str]) -> Result<Vec<(String, String)>, Refusal> {
    if asked.len() > 2 {
        return Err(invalid("The number of groups must be at most 2"));
    }
    let group = |GroupBy { kind, key }: &GroupBy| {
        let kind = kind.as_deref().unwrap_or("DIMENSION");
        let key = key.as_deref().unwrap_or_default();
        match kind {
            "DIMENSION" if known.contains(&key) => {}
            "TAG" | "COST_CATEGORY" if !key.is_empty() => {}
            "DIMENSION" | "TAG" | "COST_CATEGORY" => {
                return Err(invalid(format!("Group Definition dimension is invalid: {key}")));
            }
            _ => {
                let rule = "Member must satisfy enum value set: [DIMENSION, TAG, COST_CATEGORY]";
                return Err(Refusal::constraint(kind, "groupBy.1.member.type", rule));
            }
        }
        Ok((kind.to_owned(), key.to_owned()))
    };
    asked.iter().map(group).collect()
}

const RESOURCE: &str = "RESOURCE_ID";

/// The keys of a line's groups: once, or for each of its resources where those are asked for.
fn line_keys(desk: &Desk<'_>, line: &Line, groups: &[(String, String)]) -> Vec<Vec<String>> {
    let with = |resource: &str| -> Vec<String> {
        let key = |group: &(String, String)| match group.1.as_str() {
            RESOURCE => resource.to_owned(),
            _ => key(desk, line, group),
        };
        groups.iter().map(key).collect()
    };
    if line.resources.is_empty() || !groups.iter().any(|(_, key)| key == RESOURCE) {
        return vec![with("NoResourceId")];
    }
    line.resources.iter().map(|resource| with(resource)).collect()
}

fn key(desk: &Desk<'_>, line: &Line, (kind, key): &(String, String)) -> String {
    match kind.as_str() {
        "TAG" => format!("{key}${}", line.tags.get(key).map_or("", String::as_str)),
        "COST_CATEGORY" if key == dimension::CATEGORY => format!("{key}${}", dimension::category(line)),
        "COST_CATEGORY" => format!("{key}$"),
        _ => dimension::value(&desk.world.accounts, line, key),
    }
}

/// The names of the accounts, when accounts are what it is grouped by.
fn attributes(desk: &Desk<'_>, groups: &[(String, String)]) -> Vec<Value> {
    if !groups.iter().any(|(_, key)| key == "LINKED_ACCOUNT") {
        return Vec::new();
    }
    let own = desk.call.caller.account;
    let payer = desk.world.accounts.get(own).is_some_and(|account| account.payer);
    let seen = desk
        .world
        .accounts
        .iter()
        .enumerate()
        .filter(|(index, _)| payer || *index == own);
    seen.map(|(_, account)| json!({ "Value": account.id, "Attributes": { "description": account.name } }))
        .collect()
}

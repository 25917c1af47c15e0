//! Cost Explorer, one page a call: every page is paid for, so the caller decides about each, and hears of a call whose
//! answer was lost on the way. Amounts stay the decimal text that came; the endpoint is always that of us-east-1.

mod attempt;

use std::collections::HashMap;

use aws_sdk_costexplorer::types::{
    CostCategoryValues, DateInterval, Dimension, DimensionValues, DimensionValuesWithAttributes, Expression,
    Granularity, GroupDefinition, GroupDefinitionType, MatchOption, Metric, MetricValue, ResultByTime,
    TagValues,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub(super) use attempt::Body;

use super::account::COST_REGION;
use super::failure::At;
use super::{Cloud, Failure, Place};

/// The metrics of one request cost no more than one of them.
const METRICS: [&str; 4] = [
    "UnblendedCost",
    "AmortizedCost",
    "NetAmortizedCost",
    "UsageQuantity",
];

/// What to group by; Cost Explorer takes at most two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// A dimension by its API name, such as `SERVICE`.
    Dimension(&'static str),
    Tag(String),
    CostCategory(String),
}

impl Group {
    /// The dimension that has an operation of its own.
    pub const RESOURCE: Group = Group::Dimension("RESOURCE_ID");
}

/// Only rows in which this has one of these values, or none of them; `""` is a tag that is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    pub group: Group,
    pub values: Vec<String>,
    pub left_out: bool,
}

/// One page of GetCostAndUsage, or of GetCostAndUsageWithResources where those are grouped by; the next one must be asked for with the same parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostQuery {
    pub from: Date,
    /// Exclusive.
    pub to: Date,
    pub daily: bool,
    pub group_by: Vec<Group>,
    /// All of them must hold.
    pub restrict: Vec<Restriction>,
    pub page_token: Option<String>,
}

/// A group on a day (or month). Amounts are decimal text; `None` where the metric is absent.
/// A day on which nothing was charged is a row without keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostRow {
    pub from: Date,
    pub keys: Vec<String>,
    pub unblended: Option<String>,
    pub amortized: Option<String>,
    pub net_amortized: Option<String>,
    pub quantity: Option<String>,
    pub currency: Option<String>,
    /// The bill for this period may still move.
    pub estimated: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostPage {
    pub rows: Vec<CostRow>,
    /// Account ids and their names, as far as the page tells them.
    pub account_names: Vec<(String, String)>,
    pub next_token: Option<String>,
    /// The body as it came.
    pub raw: Vec<u8>,
}

/// A paid call that brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    pub failure: Failure,
    /// The request went out and its answer was lost: AWS may have counted it.
    pub may_be_paid: bool,
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Unanswered {
        Unanswered {
            failure,
            may_be_paid: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastQuery {
    /// Today or later.
    pub from: Date,
    /// Exclusive.
    pub to: Date,
    /// By day, else as one span with one interval.
    pub daily: bool,
    /// As the forecast spells it, such as `UNBLENDED_COST`.
    pub metric: &'static str,
    /// 51 to 99.
    pub interval_percent: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    pub total: String,
    pub currency: String,
    pub spans: Vec<ForecastSpan>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastSpan {
    pub from: Date,
    pub mean: String,
    pub lower: Option<String>,
    pub upper: Option<String>,
}

impl CostQuery {
    fn granularity(&self) -> Granularity {
        match self.daily {
            true => Granularity::Daily,
            false => Granularity::Monthly,
        }
    }

    pub fn operation(&self) -> &'static str {
        match self.group_by.contains(&Group::RESOURCE) {
            true => "GetCostAndUsageWithResources",
            false => "GetCostAndUsage",
        }
    }
}

impl Cloud {
    /// One page of costs: one paid request when it succeeds.
    pub async fn fetch_cost_page(&self, profile: &str, query: &CostQuery) -> Result<CostPage, Unanswered> {
        let (place, at) = self.cost_place(profile, query.operation()).await;
        let client = self.clients(&place).await.cost;
        let period = interval(&at, query.from, query.to)?;
        let groups = query.group_by.iter().map(definition).collect();
        let metrics = METRICS.map(str::to_owned).to_vec();
        let body = Body::default();
        // Two operations of AWS's, of two types that share no trait and take and answer the same.
        macro_rules! ask {
            ($operation:ident) => {{
                let call = client
                    .$operation()
                    .time_period(period)
                    .granularity(query.granularity())
                    .set_metrics(Some(metrics))
                    .set_group_by(Some(groups))
                    .set_filter(filter(&query.restrict))
                    .set_next_page_token(query.page_token.clone());
                let send = || call.clone().customize().interceptor(body.clone()).send();
                let answer = self.attempts(&at, send).await?;
                let mut page = page_from(
                    &at,
                    answer.dimension_value_attributes,
                    answer.results_by_time,
                )?;
                page.next_token = answer.next_page_token;
                page
            }};
        }
        let mut page = match query.group_by.contains(&Group::RESOURCE) {
            true => ask!(get_cost_and_usage_with_resources),
            false => ask!(get_cost_and_usage),
        };
        page.raw = body.take();
        Ok(page)
    }

    /// The forecast with its interval: one paid request when it succeeds.
    pub async fn fetch_cost_forecast(
        &self,
        profile: &str,
        query: &ForecastQuery,
    ) -> Result<Forecast, Unanswered> {
        let (place, at) = self.cost_place(profile, "GetCostForecast").await;
        let client = self.clients(&place).await.cost;
        let call = client
            .get_cost_forecast()
            .time_period(interval(&at, query.from, query.to)?)
            .metric(Metric::from(query.metric))
            .granularity(if query.daily {
                Granularity::Daily
            } else {
                Granularity::Monthly
            })
            .prediction_interval_level(query.interval_percent);
        let answer = self.attempts(&at, || call.clone().send()).await?;
        let total = answer
            .total
            .ok_or_else(|| Failure::faulty(&at, "a forecast without a total"))?;
        let mut spans = Vec::new();
        for result in answer.forecast_results_by_time.unwrap_or_default() {
            let Some(mean) = result.mean_value else { continue };
            spans.push(ForecastSpan {
                from: day_of(&at, result.time_period.as_ref())?,
                mean,
                lower: result.prediction_interval_lower_bound,
                upper: result.prediction_interval_upper_bound,
            });
        }
        Ok(Forecast {
            total: total
                .amount
                .ok_or_else(|| Failure::faulty(&at, "a forecast without an amount"))?,
            currency: total.unit.unwrap_or_default(),
            spans,
        })
    }

    /// What to say when a list of costs brings the same page token twice.
    pub async fn cost_pages_loop(&self, profile: &str, operation: &'static str) -> Failure {
        Failure::looping(&self.cost_place(profile, operation).await.1)
    }

    pub(super) async fn cost_place(&self, profile: &str, operation: &'static str) -> (Place, At) {
        let place = Place {
            profile: profile.to_owned(),
            region: COST_REGION.to_owned(),
        };
        let at = self.at(&place, "ce", operation).await;
        (place, at)
    }
}

fn page_from(
    at: &At,
    attributes: Option<Vec<DimensionValuesWithAttributes>>,
    results: Option<Vec<ResultByTime>>,
) -> Result<CostPage, Failure> {
    let mut page = CostPage::default();
    for values in attributes.unwrap_or_default() {
        let name = values
            .attributes
            .and_then(|mut attributes| attributes.remove("description"));
        if let (Some(id), Some(name)) = (values.value, name) {
            page.account_names.push((id, name));
        }
    }
    for result in results.unwrap_or_default() {
        let from = day_of(at, result.time_period.as_ref())?;
        let mut groups: Vec<(Vec<String>, HashMap<String, MetricValue>)> = result
            .groups
            .unwrap_or_default()
            .into_iter()
            .map(|group| (group.keys.unwrap_or_default(), group.metrics.unwrap_or_default()))
            .collect();
        if groups.is_empty() {
            groups.push((Vec::new(), result.total.unwrap_or_default()));
        }
        for (keys, metrics) in groups {
            let amount = |name: &str| {
                metrics
                    .get(name)
                    .and_then(|value: &MetricValue| value.amount.clone())
            };
            page.rows.push(CostRow {
                from,
                keys,
                unblended: amount("UnblendedCost"),
                amortized: amount("AmortizedCost"),
                net_amortized: amount("NetAmortizedCost"),
                quantity: amount("UsageQuantity"),
                currency: metrics.get("UnblendedCost").and_then(|value| value.unit.clone()),
                estimated: result.estimated,
            });
        }
    }
    Ok(page)
}

pub(super) fn day_of(at: &At, period: Option<&DateInterval>) -> Result<Date, Failure> {
    let start = period.map(|period| period.start.as_str()).unwrap_or_default();
    start
        .get(..10)
        .unwrap_or(start)
        .parse()
        .map_err(|_| Failure::faulty(at, "a period without a date"))
}

pub(super) fn interval(at: &At, from: Date, to: Date) -> Result<DateInterval, Failure> {
    DateInterval::builder()
        .start(from.to_string())
        .end(to.to_string())
        .build()
        .map_err(|_| Failure::faulty(at, "a period that cannot be asked for"))
}

fn definition(group: &Group) -> GroupDefinition {
    let (kind, key) = match group {
        Group::Dimension(name) => (GroupDefinitionType::Dimension, (*name).to_owned()),
        Group::Tag(key) => (GroupDefinitionType::Tag, key.clone()),
        Group::CostCategory(name) => (GroupDefinitionType::CostCategory, name.clone()),
    };
    GroupDefinition::builder().r#type(kind).key(key).build()
}

fn filter(restrictions: &[Restriction]) -> Option<Expression> {
    let mut all: Vec<Expression> = restrictions.iter().map(expression).collect();
    match all.len() {
        0 | 1 => all.pop(),
        _ => Some(Expression::builder().set_and(Some(all)).build()),
    }
}

fn expression(restriction: &Restriction) -> Expression {
    let (absent, values): (Vec<_>, Vec<_>) = restriction.values.iter().partition(|value| value.is_empty());
    let mut any = Vec::new();
    if !values.is_empty() {
        any.push(one_of(
            &restriction.group,
            Some(values.into_iter().cloned().collect()),
        ));
    }
    if !absent.is_empty() {
        any.push(one_of(&restriction.group, None));
    }
    let any = match any.len() {
        1 => any.remove(0),
        _ => Expression::builder().set_or(Some(any)).build(),
    };
    match restriction.left_out {
        true => Expression::builder().not(any).build(),
        false => any,
    }
}

/// One of these values; without any, a tag or category that is absent.
fn one_of(group: &Group, values: Option<Vec<String>>) -> Expression {
    let expression = Expression::builder();
    let absent = values.is_none().then(|| vec![MatchOption::Absent]);
    match group {
        Group::Dimension(name) => {
            let key = Dimension::from(*name);
            let values = DimensionValues::builder().key(key).set_values(values);
            expression.dimensions(values.build()).build()
        }
        Group::Tag(key) => {
            let of = TagValues::builder().key(key).set_values(values);
            expression.tags(of.set_match_options(absent).build()).build()
        }
        Group::CostCategory(key) => {
            let of = CostCategoryValues::builder().key(key).set_values(values);
            expression
                .cost_categories(of.set_match_options(absent).build())
                .build()
        }
    }
}

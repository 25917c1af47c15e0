//! GetCostForecast: each day to come is its weekday's mean over eight weeks, plus what came on that day of
//! last month by date; the interval follows from how far the past was from such a mean.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::expression::Expression;
use super::period::{Asked, Granularity, Period};
use super::usage::Metric;
use super::{Desk, invalid};
use crate::sim::billing::Amount;
use crate::sim::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    time_period: Option<Asked>,
    metric: Option<String>,
    granularity: Option<String>,
    filter: Option<Expression>,
    prediction_interval_level: Option<i64>,
}

const WEEKS: i32 = 8;
/// Fewer days with costs than this are too few.
const LEAST_DAYS: usize = 14;

pub fn answer(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    let period = Period::parse(request.time_period)?;
    let today = desk.ledger.today;
    if period.start < today {
        return Err(invalid(format!(
            "Start date {} must be equal to or later than the current date",
            period.start
        )));
    }
    let granularity = Granularity::parse(request.granularity.as_deref())?;
    let (most, says) = match granularity {
        Granularity::Daily => (3.months(), "3 months for DAILY granularity"),
        Granularity::Monthly => (18.months(), "18 months for MONTHLY granularity"),
    };
    if period.end > period.start.saturating_add(most) {
        return Err(invalid(format!("The forecast period must not exceed {says}")));
    }
    let name = request.metric.unwrap_or_default();
    let metric = Metric::parse_cost(&name)
        .ok_or_else(|| Refusal::constraint(&name, "metric", "Member must be one of the cost metrics"))?;
    let level = request.prediction_interval_level.unwrap_or(80);
    if !(51..=99).contains(&level) {
        let rule = "Member must have value between 51 and 99";
        return Err(Refusal::constraint(
            &level.to_string(),
            "predictionIntervalLevel",
            rule,
        ));
    }
    let past = Past::collect(desk, &desk.admitted(request.filter.as_ref())?, metric);
    if past.daily.iter().filter(|amount| **amount != 0.0).count() < LEAST_DAYS {
        let message = "Insufficient amount of historical data to generate forecast";
        return Err(Refusal::new("DataUnavailableException", message));
    }
    let width = normal_quantile(0.5 + level as f64 / 200.0) * past.deviation();
    let results: Vec<Value> = period
        .buckets(granularity)
        .into_iter()
        .map(|bucket| {
            let mean: f64 = days(bucket).map(|date| past.expect(date)).sum();
            let spread = width * f64::from(bucket.days()).sqrt();
            json!({
                "TimePeriod": bucket.to_json(),
                "MeanValue": Amount::from_dollars(mean).to_string(),
                "PredictionIntervalLowerBound": Amount::from_dollars(mean - spread).to_string(),
                "PredictionIntervalUpperBound": Amount::from_dollars(mean + spread).to_string(),
            })
        })
        .collect();
    let total: f64 = days(period).map(|date| past.expect(date)).sum();
    Ok(json!({
        "Total": { "Amount": Amount::from_dollars(total).to_string(), "Unit": "USD" },
        "ForecastResultsByTime": results,
    }))
}

fn days(period: Period) -> impl Iterator<Item = Date> {
    (0..period.days()).map(move |index| period.start.saturating_add(index.days()))
}

/// What the forecast learns from.
struct Past {
    /// Use on the last eight weeks' days, the oldest first; the last is yesterday.
    daily: Vec<f64>,
    by_weekday: [f64; 7],
    /// Charges by date, on each day of the last whole month.
    dated: BTreeMap<i8, f64>,
}

impl Past {
    fn collect(desk: &Desk<'_>, admitted: &[bool], metric: Metric) -> Past {
        let today = desk.ledger.today;
        let from = today.saturating_sub((WEEKS * 7).days());
        let last_month = today.first_of_month().saturating_sub(1.month());
        let mut past = Past {
            daily: vec![0.0; (WEEKS * 7) as usize],
            by_weekday: [0.0; 7],
            dated: BTreeMap::new(),
        };
        let cells = desk.ledger.cells_between(last_month.min(from), today);
        for cell in cells.iter().filter(|cell| admitted[cell.line as usize]) {
            let line = &desk.ledger.lines[cell.line as usize];
            let date = desk.ledger.date(cell.day);
            let amount = metric.of(line, cell).to_f64();
            if line.record.is_usage() {
                if (from..today).contains(&date) {
                    past.daily[(date - from).get_days() as usize] += amount;
                }
            } else if date.first_of_month() == last_month {
                *past.dated.entry(day_of_month(date)).or_default() += amount;
            }
        }
        for (index, amount) in past.daily.iter().enumerate() {
            let date = from.saturating_add((index as i32).days());
            past.by_weekday[weekday(date)] += amount / f64::from(WEEKS);
        }
        past
    }

    fn expect(&self, date: Date) -> f64 {
        self.by_weekday[weekday(date)] + self.dated.get(&day_of_month(date)).copied().unwrap_or_default()
    }

    /// The standard deviation of a day from its weekday's mean; the days are whole weeks.
    fn deviation(&self) -> f64 {
        let start = self.daily.len();
        let squares: f64 = (0..start)
            .map(|index| {
                let mean = (index % 7..start)
                    .step_by(7)
                    .map(|same| self.daily[same])
                    .sum::<f64>()
                    / f64::from(WEEKS);
                (self.daily[index] - mean).powi(2)
            })
            .sum();
        (squares / start as f64).sqrt()
    }
}

/// The last day of every month is the 31st.
fn day_of_month(date: Date) -> i8 {
    if date == date.last_of_month() {
        31
    } else {
        date.day()
    }
}

fn weekday(date: Date) -> usize {
    date.weekday().to_monday_zero_offset() as usize
}

/// The point below which a normal variable stays with probability `p`, for 0.5 < p < 1, to about 1e-3
/// (Abramowitz and Stegun 26.2.22 rounds worse; this is 26.2.23).
fn normal_quantile(p: f64) -> f64 {
    let t = (-2.0 * (1.0 - p).ln()).sqrt();
    t - (2.515_517 + 0.802_853 * t + 0.010_328 * t * t)
        / (1.0 + 1.432_788 * t + 0.189_269 * t * t + 0.001_308 * t * t * t)
}

#[cfg(test)]
mod tests {
    #[test]
    fn quantiles_agree_with_tables() {
        for (p, z) in [(0.9, 1.2816), (0.975, 1.96), (0.995, 2.5758)] {
            assert!((super::normal_quantile(p) - z).abs() < 1e-3);
        }
    }
}

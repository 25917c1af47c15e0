//! GetAnomalies and GetAnomalyMonitors: the leak and the forgotten machine, measured in the ledger against the weeks
//! before them. A managed monitor watches services, late by a day; the end of the interval is inclusive.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Desk, invalid};
use crate::sim::billing::{Amount, GPU_DAYS, LEAK_DAYS, Line};
use crate::sim::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    monitor_arn: Option<String>,
    date_interval: Interval,
    total_impact: Option<Impact>,
    next_page_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Interval {
    start_date: String,
    /// The last day, not the one after it.
    end_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Impact {
    numeric_operator: String,
    start_value: f64,
    end_value: Option<f64>,
}

impl Impact {
    fn admits(&self, impact: f64) -> bool {
        match self.numeric_operator.as_str() {
            "EQUAL" => impact == self.start_value,
            "GREATER_THAN" => impact > self.start_value,
            "GREATER_THAN_OR_EQUAL" => impact >= self.start_value,
            "LESS_THAN" => impact < self.start_value,
            "LESS_THAN_OR_EQUAL" => impact <= self.start_value,
            _ => (self.start_value..=self.end_value.unwrap_or(f64::MAX)).contains(&impact),
        }
    }
}

/// Days that anomalies are kept.
const KEPT_DAYS: i32 = 90;
/// Days before an anomaly that say what was to be expected.
const BEFORE_DAYS: i32 = 28;

pub fn list(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    let date = |text: &str| {
        text.parse::<Date>()
            .map_err(|_| invalid(format!("Date {text} is invalid. Valid format is: yyyy-MM-dd.")))
    };
    let today = desk.ledger.today;
    let start = date(&request.date_interval.start_date)?;
    let end = match &request.date_interval.end_date {
        Some(text) => date(text)?,
        None => today,
    };
    if start > end {
        return Err(invalid("Start date should be before or equal to end date"));
    }
    if start < today.saturating_sub(KEPT_DAYS.days()) {
        return Err(invalid("Start date must be within the last 90 days"));
    }
    let wanted_monitor = |arn: &str| request.monitor_arn.as_deref().is_none_or(|wanted| wanted == arn);
    let found: Vec<Value> = stories(desk)
        .into_iter()
        .filter(|story| (start..=end).contains(&story.end))
        .filter(|story| {
            let impact = (story.actual - story.expected).to_f64();
            request
                .total_impact
                .as_ref()
                .is_none_or(|wanted| wanted.admits(impact))
        })
        .map(|story| story.to_json(desk))
        .filter(|anomaly| wanted_monitor(anomaly["MonitorArn"].as_str().unwrap_or_default()))
        .collect();
    let offset = desk.offset(request.next_page_token.as_deref())?;
    let size = desk
        .world
        .faults
        .ce
        .page_rows(found.len())
        .min(request.max_results.unwrap_or(100));
    let page: Vec<&Value> = found.iter().skip(offset).take(size).collect();
    let mut reply = json!({ "Anomalies": page });
    if found.len() > offset + size {
        reply["NextPageToken"] = desk.token(offset + size).into();
    }
    Ok(reply)
}

pub fn monitors(desk: &Desk<'_>) -> Result<Value, Refusal> {
    Ok(json!({ "AnomalyMonitors": [{
        "MonitorArn": monitor(desk),
        "MonitorName": "Default-Services-Monitor",
        "MonitorType": "DIMENSIONAL",
        "MonitorDimension": "SERVICE",
        "CreationDate": desk.ledger.first.to_string(),
        "LastEvaluatedDate": desk.ledger.today.to_string(),
        "DimensionalValueCount": 24,
    }] }))
}

fn monitor(desk: &Desk<'_>) -> String {
    let account = &desk.call.caller.account_id;
    format!("arn:aws:ce::{account}:anomalymonitor/6f1a1f2e-0d3f-4a7b-9a3e-5d0c9f4b7c11")
}

/// A line that began to cost more on a day and has not stopped.
struct Story<'a> {
    line: &'a Line,
    start: Date,
    end: Date,
    actual: Amount,
    expected: Amount,
    /// The most that a day was above what was expected.
    most: Amount,
}

fn stories<'a>(desk: &'a Desk<'_>) -> Vec<Story<'a>> {
    let ledger = &desk.ledger;
    let yesterday = ledger.today.saturating_sub(1.day());
    let mut stories = Vec::new();
    for (index, line) in ledger
        .lines
        .iter()
        .enumerate()
        .filter(|(_, line)| desk.sees(line))
    {
        let since = if line.account == 0 && line.usage_type == "EU-NatGateway-Bytes" {
            LEAK_DAYS
        } else if line.usage_type.contains("BoxUsage:g5.12") && line.record.name() == "Usage" {
            GPU_DAYS
        } else {
            continue;
        };
        let start = ledger.today.saturating_sub(since.days());
        let daily = |from: Date, to: Date| {
            let cells = ledger.cells_between(from, to);
            cells.iter().filter(move |cell| cell.line as usize == index)
        };
        let before: Amount = daily(start.saturating_sub(BEFORE_DAYS.days()), start)
            .map(|cell| cell.unblended)
            .sum();
        let normal = before.share(0, BEFORE_DAYS as usize);
        let days = i64::from((ledger.today - start).get_days());
        let (mut actual, mut most) = (Amount::ZERO, Amount::ZERO);
        for cell in daily(start, ledger.today) {
            actual += cell.unblended;
            most = most.max(cell.unblended - normal);
        }
        if actual > normal.times(days) {
            stories.push(Story {
                line,
                start,
                end: yesterday,
                actual,
                expected: normal.times(days),
                most,
            });
        }
    }
    stories
}

impl Story<'_> {
    fn to_json(&self, desk: &Desk<'_>) -> Value {
        let account = desk.world.accounts.get(self.line.account);
        let impact = self.actual - self.expected;
        let mut sums = json!({
            "MaxImpact": self.most.to_f64(),
            "TotalImpact": impact.to_f64(),
            "TotalActualSpend": self.actual.to_f64(),
            "TotalExpectedSpend": self.expected.to_f64(),
        });
        // Nothing was expected: then there is no percentage either.
        if self.expected != Amount::ZERO {
            sums["TotalImpactPercentage"] = (100.0 * impact.to_f64() / self.expected.to_f64()).into();
        }
        json!({
            "AnomalyId": format!("{:08x}-{}", self.line.usage_type.len(), self.start),
            "AnomalyStartDate": format!("{}T00:00:00Z", self.start),
            "AnomalyEndDate": format!("{}T00:00:00Z", self.end),
            "DimensionValue": self.line.service,
            "RootCauses": [{
                "Service": self.line.service,
                "Region": self.line.region,
                "LinkedAccount": account.map(|account| &account.id),
                "LinkedAccountName": account.map(|account| &account.name),
                "UsageType": self.line.usage_type,
                "Impact": { "Contribution": impact.to_f64() },
            }],
            "AnomalyScore": { "MaxScore": 0.9, "CurrentScore": 0.7 },
            "Impact": sums,
            "MonitorArn": monitor(desk),
        })
    }
}

//! GetSavingsPlansPurchaseRecommendation: what the least busy day of a while would have used of a Compute Savings Plan, at
//! the plan's price. Of other kinds of plans nothing is advised.

use jiff::ToSpan;
use serde::Deserialize;
use serde_json::{Value, json};

use super::commitment::is_compute;
use super::{Desk, invalid};
use crate::sim::billing::{Amount, PLAN_RATE, Record};
use crate::sim::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    savings_plans_type: String,
    term_in_years: String,
    payment_option: String,
    lookback_period_in_days: String,
}

/// The same for three years: what costs 1 on demand.
const THREE_YEARS: f64 = 0.5;

pub fn answer(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    let days = match request.lookback_period_in_days.as_str() {
        "SEVEN_DAYS" => 7,
        "THIRTY_DAYS" => 30,
        "SIXTY_DAYS" => 60,
        other => return Err(unknown("lookbackPeriodInDays", other)),
    };
    let rate = match request.term_in_years.as_str() {
        "ONE_YEAR" => PLAN_RATE,
        "THREE_YEARS" => THREE_YEARS,
        other => return Err(unknown("termInYears", other)),
    };
    if !["NO_UPFRONT", "PARTIAL_UPFRONT", "ALL_UPFRONT"].contains(&request.payment_option.as_str()) {
        return Err(unknown("paymentOption", &request.payment_option));
    }
    let mut advice = json!({
        "AccountScope": "PAYER",
        "SavingsPlansType": request.savings_plans_type,
        "TermInYears": request.term_in_years,
        "PaymentOption": request.payment_option,
        "LookbackPeriodInDays": request.lookback_period_in_days,
        "SavingsPlansPurchaseRecommendationDetails": [],
    });
    let spent = on_demand(desk, days);
    let least = spent.iter().copied().fold(f64::INFINITY, f64::min);
    if request.savings_plans_type == "COMPUTE_SP" && least > 0.0 {
        advice["SavingsPlansPurchaseRecommendationSummary"] = summary(least, spent.iter().sum(), days, rate);
    }
    Ok(json!({
        "Metadata": { "GenerationTimestamp": desk.call.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() },
        "SavingsPlansPurchaseRecommendation": advice,
    }))
}

fn unknown(member: &str, value: &str) -> Refusal {
    invalid(format!("Invalid value '{value}' for {member}"))
}

/// Dollars of compute that nothing covered, on each of the last whole days.
fn on_demand(desk: &Desk<'_>, days: i64) -> Vec<f64> {
    let ledger = &desk.ledger;
    let of_day = |ago: i64| {
        let day = ledger.today.saturating_sub(ago.days());
        let cells = ledger.cells_between(day, day.saturating_add(1.day())).iter();
        let sum: Amount = cells
            .map(|cell| (&ledger.lines[cell.line as usize], cell))
            .filter(|(line, _)| line.record == Record::Usage && is_compute(line) && desk.sees(line))
            .map(|(_, cell)| cell.unblended)
            .sum();
        sum.to_f64()
    };
    (1..=days).map(of_day).collect()
}

/// `least` of a day and `whole` of `days` are dollars on demand; money is of the days looked at, unless it says otherwise.
fn summary(least: f64, whole: f64, days: i64, rate: f64) -> Value {
    let money = |dollars: f64| Amount::from_dollars(dollars).to_string();
    let daily = least * rate;
    let saved = (least - daily) * days as f64;
    json!({
        "CurrencyCode": "USD",
        "HourlyCommitmentToPurchase": format!("{:.3}", daily / 24.0),
        "DailyCommitmentToPurchase": money(daily),
        "CurrentOnDemandSpend": money(whole),
        "EstimatedTotalCost": money(whole - saved),
        "EstimatedOnDemandCostWithCurrentCommitment": money(whole),
        "EstimatedSavingsAmount": money(saved),
        "EstimatedMonthlySavingsAmount": money(saved / days as f64 * 365.0 / 12.0),
        "EstimatedSavingsPercentage": money(100.0 * saved / whole),
        "EstimatedROI": money(100.0 * (1.0 - rate) / rate),
        "TotalRecommendationCount": "1",
    })
}

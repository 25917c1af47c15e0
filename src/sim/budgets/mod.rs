//! AWS Budgets, as far as a reader needs it: DescribeBudgets in pages, with what is spent and foreseen taken from the
//! same ledger as the bill.

use jiff::ToSpan;
use serde::Deserialize;
use serde_json::{Value, json};

use super::billing::{Amount, Ledger};
use super::call::Call;
use super::refusal::Refusal;
use super::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    account_id: String,
    next_token: Option<String>,
    max_results: Option<usize>,
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    if call.operation != "DescribeBudgets" {
        let message = format!("The simulator has no operation {}", call.operation);
        return Err(Refusal::new("UnknownOperationException", message));
    }
    let request: Request = serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    if request.account_id != call.caller.account_id {
        let message = format!("Account {} is not the caller's", request.account_id);
        return Err(Refusal::new("AccessDeniedException", message));
    }
    let ledger = world.ledger(call.now);
    let all = budgets(world, call, &ledger);
    let who = format!("{}DescribeBudgets", call.caller.account);
    let offset = world
        .pager
        .offset(&who, request.next_token.as_deref())
        .map_err(|_| Refusal::new("InvalidNextTokenException", "The pagination token is invalid."))?;
    let size = request.max_results.unwrap_or(100).clamp(1, 1000);
    let page: Vec<&Value> = all.iter().skip(offset).take(size).collect();
    let mut reply = json!({ "Budgets": page });
    if all.len() > offset + size {
        reply["NextToken"] = world.pager.token(&who, offset + size).into();
    }
    Ok(reply.to_string())
}

/// One budget for everything that the caller sees, and one for its compute.
fn budgets(world: &World, call: &Call<'_>, ledger: &Ledger) -> Vec<Value> {
    let own = call.caller.account;
    let payer = world.accounts.get(own).is_some_and(|account| account.payer);
    let month = ledger.today.first_of_month();
    let before = month.saturating_sub(1.month());
    let spent = |from, to, service: Option<&str>| -> Amount {
        let cells = ledger.cells_between(from, to).iter();
        cells
            .filter(|cell| {
                let line = &ledger.lines[cell.line as usize];
                (payer || line.account == own) && service.is_none_or(|name| line.service == name)
            })
            .map(|cell| cell.unblended)
            .sum()
    };
    let budget = |name: &str, service: Option<&str>| {
        let actual = spent(month, ledger.today.saturating_add(1.day()), service);
        let last = spent(before, month, service);
        let days = f64::from(ledger.today.days_in_month());
        let foreseen = actual.to_f64() / f64::from(ledger.today.day()) * days;
        // Somebody once took last month, added something and rounded up.
        let limit = (last.to_f64() * 1.1 / 500.0).ceil() * 500.0;
        let money = |amount: Amount| json!({ "Amount": amount.to_string(), "Unit": "USD" });
        let filters = service.map_or(json!({}), |name| json!({ "Service": [name] }));
        json!({
            "BudgetName": name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "TimePeriod": { "Start": 1_577_836_800, "End": 3_706_473_600_i64 },
            "BudgetLimit": money(Amount::from_dollars(limit)),
            "CalculatedSpend": {
                "ActualSpend": money(actual),
                "ForecastedSpend": money(Amount::from_dollars(foreseen)),
            },
            "CostFilters": filters,
        })
    };
    vec![
        budget("everything", None),
        budget("compute", Some("Amazon Elastic Compute Cloud - Compute")),
    ]
}

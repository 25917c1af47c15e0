//! `qd costs commitments` and `qd costs budgets`: what is promised and what became of it. None is an answer, too.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{open, tell_spent, trouble};
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::{Budget, Commitment, Desk, Refresh};

#[derive(clap::Args)]
pub struct Args {
    /// Ask again although what is kept is younger than eight hours (each page is a paid request of $0.01)
    #[arg(long, conflicts_with = "no_spend")]
    refresh: bool,
    /// Make no paid request: only what is on this machine
    #[arg(long)]
    no_spend: bool,
}

impl Args {
    pub fn refresh(&self) -> Refresh {
        match (self.refresh, self.no_spend) {
            (true, _) => Refresh::Force,
            (_, true) => Refresh::Never,
            _ => Refresh::Auto,
        }
    }
}

pub async fn run(context: &Context, args: &Args, now: Timestamp) -> Outcome {
    let desk = open(context, args.refresh()).await?;
    let before = desk.spent(now).map_err(trouble)?;
    say_price(&desk, args.refresh(), now).await?;
    let found = desk.commitments(args.refresh(), now).await;
    let spent = desk.spent(now).map_err(trouble)?;
    tell_spent(&desk, spent.today.saturating_sub(before.today), now);
    let found = found.map_err(trouble)?;
    if context.json {
        let rows: Vec<Value> = found.rows.iter().map(of_commitment).collect();
        context.print_json(&json!({
            "from": found.period.from,
            "to": found.period.to,
            "currency": found.currency,
            "commitments": rows,
            "fetched_at": found.fetched_at,
        }))?;
        return Ok(Exit::Done);
    }
    if found.rows.is_empty() {
        notice(format_args!(
            "no Savings Plans and no reservations in {}",
            found.period
        ));
        return Ok(Exit::Done);
    }
    let headers = [
        "COMMITMENT",
        "UNIT",
        "COMMITTED",
        "USED",
        "USED %",
        "UNUSED",
        "COVERS %",
        "SAVED",
    ];
    let percent = |percent: Option<f64>| percent.map_or("-".into(), |percent| format!("{percent:.1}"));
    let rows: Vec<Vec<String>> = found
        .rows
        .iter()
        .map(|row| {
            vec![
                row.what.clone(),
                row.unit.clone(),
                row.committed.rounded(2),
                row.used.rounded(2),
                percent(row.utilization_percent()),
                row.unused.rounded(2),
                percent(row.coverage_percent()),
                row.net_savings.rounded(2),
            ]
        })
        .collect();
    context.print_table(&headers, &rows)?;
    Ok(Exit::Done)
}

/// All of it, before the first request; what is refused says its price itself.
async fn say_price(desk: &Desk, refresh: Refresh, now: Timestamp) -> Result<(), Error> {
    if refresh == Refresh::Never {
        return Ok(());
    }
    let price = desk.price_of_commitments(refresh, now).await.map_err(trouble)?;
    if let Some(price) = price
        && desk.afford("", price.requests, now).is_ok()
    {
        notice(format_args!(
            "what became of commitments asks Cost Explorer: {}",
            price.says
        ));
    }
    Ok(())
}

fn of_commitment(row: &Commitment) -> Value {
    json!({
        "what": row.what,
        "unit": row.unit,
        "committed": row.committed.to_string(),
        "used": row.used.to_string(),
        "unused": row.unused.to_string(),
        "covered": row.covered.to_string(),
        "on_demand": row.on_demand.to_string(),
        "net_savings": row.net_savings.to_string(),
        "utilization_percent": row.utilization_percent(),
        "coverage_percent": row.coverage_percent(),
    })
}

pub async fn budgets(context: &Context, args: &Args, now: Timestamp) -> Outcome {
    let desk = open(context, args.refresh()).await?;
    let budgets = desk.budgets(args.refresh(), now).await.map_err(trouble)?;
    if context.json {
        let rows: Vec<Value> = budgets.iter().map(of_budget).collect();
        context.print_json(&json!({ "budgets": rows }))?;
        return Ok(Exit::Done);
    }
    if budgets.is_empty() {
        notice("this account has no budgets of money");
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = budgets
        .iter()
        .map(|budget| {
            let amount =
                |amount: Option<crate::cost::Amount>| amount.map_or("-".into(), |amount| amount.rounded(2));
            let percent = |amount: Option<crate::cost::Amount>| {
                let percent = amount.and_then(|amount| budget.percent(amount));
                percent.map_or("-".into(), |percent| format!("{percent:.1}"))
            };
            vec![
                budget.name.clone(),
                budget.every.to_lowercase(),
                budget.limit.rounded(2),
                amount(budget.actual),
                percent(budget.actual),
                amount(budget.forecast),
                percent(budget.forecast),
                budget.currency.clone(),
            ]
        })
        .collect();
    let headers = [
        "BUDGET",
        "EVERY",
        "LIMIT",
        "SPENT",
        "SPENT %",
        "FORECAST",
        "FORECAST %",
        "CURRENCY",
    ];
    context.print_table(&headers, &rows)?;
    Ok(Exit::Done)
}

pub fn of_budget(budget: &Budget) -> Value {
    json!({
        "name": budget.name,
        "every": budget.every.to_lowercase(),
        "currency": budget.currency,
        "limit": budget.limit.to_string(),
        "actual": budget.actual.map(|amount| amount.to_string()),
        "forecast": budget.forecast.map(|amount| amount.to_string()),
        "whole": budget.whole,
    })
}

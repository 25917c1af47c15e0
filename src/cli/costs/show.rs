//! How costs are shown: as tables for people and as the JSON that scripts rely on.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Asked, ask, bad_dimension, trouble};
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::cost::{self, Answer, Breakdown, Desk, Question, Trouble};

pub async fn breakdown(
    context: &Context,
    desk: &Desk,
    asked: &Asked,
    question: Question,
    csv: bool,
    now: Timestamp,
) -> Outcome {
    let answer = ask(desk, asked, &question, now).await?;
    print(context, asked, &question, &answer, csv)
}

/// The table or the document of an answer.
pub fn print(context: &Context, asked: &Asked, question: &Question, answer: &Answer, csv: bool) -> Outcome {
    if csv {
        super::breakdown::print_csv(&question.by, &answer.breakdowns)?;
        return Ok(Exit::Done);
    }
    if context.json {
        let documents = answer
            .breakdowns
            .iter()
            .map(|breakdown| document(breakdown, asked, answer));
        print_currencies(context, documents.collect())?;
        return Ok(Exit::Done);
    }
    print_tables(context, question, &answer.breakdowns)?;
    Ok(Exit::Done)
}

/// A table for each currency.
pub fn print_tables(context: &Context, question: &Question, breakdowns: &[Breakdown]) -> Result<(), Error> {
    for breakdown in breakdowns {
        let mut headers: Vec<String> = question
            .by
            .iter()
            .map(|dim| dim.to_string().to_uppercase())
            .collect();
        headers.push(breakdown.currency.clone());
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let mut rows: Vec<Vec<String>> = breakdown
            .rows
            .iter()
            .map(|row| cells(&row.key, &row.cost.rounded(2)))
            .collect();
        let mut total = vec!["total".to_owned()];
        total.resize(question.by.len().max(1), String::new());
        rows.push(cells(&total[..question.by.len()], &breakdown.total.rounded(2)));
        context.print_table(&headers, &rows)?;
        if !breakdown.complete {
            notice("the period is not complete: some of its days are estimates or to come");
        }
    }
    Ok(())
}

fn cells(key: &[String], cost: &str) -> Vec<String> {
    let shown = |text: &String| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.clone()
        }
    };
    key.iter().map(shown).chain([cost.to_owned()]).collect()
}

fn document(breakdown: &Breakdown, asked: &Asked, answer: &Answer) -> Value {
    let rows = breakdown.rows.iter().map(|row| {
        json!({
            "key": row.key,
            "cost": row.cost.to_string(),
            "quantity": row.quantity.map(|quantity| quantity.to_string()),
        })
    });
    json!({
        "source": "ce",
        "metric": asked.lens.to_string(),
        "currency": breakdown.currency,
        "from": breakdown.period.from,
        "to": breakdown.period.to,
        "complete": breakdown.complete,
        "rows": rows.collect::<Vec<_>>(),
        "total": breakdown.total.to_string(),
        "fetched_at": answer.fetched_at,
        "stale_because": answer.stale_because.as_ref().map(Trouble::to_string),
    })
}

/// One document, or all of them under one name where there are several currencies.
pub fn print_currencies(context: &Context, mut documents: Vec<Value>) -> Result<(), Error> {
    match documents.pop() {
        Some(only) if documents.is_empty() => context.print_json(&only),
        last => {
            documents.extend(last);
            context.print_json(&json!({ "currencies": documents }))
        }
    }
}

pub async fn summary(
    context: &Context,
    desk: &Desk,
    asked: &Asked,
    question: Question,
    now: Timestamp,
) -> Outcome {
    let answer = ask(desk, asked, &question, now).await?;
    let summaries =
        cost::summary(&answer.cube, cost::today(now), 1, asked.lens, &asked.filter).map_err(bad_dimension)?;
    let budgets = match desk.budgets(asked.refresh, now).await {
        Ok(budgets) => budgets,
        // The headline stands without them; nobody asked for budgets by name.
        Err(trouble) => {
            notice(format_args!("no budgets: {trouble}"));
            Vec::new()
        }
    };
    let budget = |currency: &str| cost::Budget::of_month(&budgets, currency).filter(|_| asked.is_whole());
    if !context.json {
        for summary in &summaries {
            let mut says = summary.says();
            if let Some(budget) = budget(&summary.currency) {
                says += &format!("; {}", quote(&budget.says()));
            }
            context.print_table(&[says.as_str()], &[] as &[Vec<String>])?;
        }
        return Ok(Exit::Done);
    }
    let spent = desk.spent(now).map_err(trouble)?;
    let documents = summaries.iter().map(|summary| {
        let cost::Comparison { current, previous } = summary.comparison;
        json!({
            "source": "ce",
            "metric": asked.lens.to_string(),
            "currency": summary.currency,
            "current": { "from": current.from, "to": current.to, "cost": summary.current.to_string() },
            "previous": { "from": previous.from, "to": previous.to, "cost": summary.previous.to_string() },
            "change": (summary.current - summary.previous).to_string(),
            "change_percent": summary.change_percent,
            "complete": summary.complete,
            "says": summary.says(),
            "budget": budget(&summary.currency).map(super::commitments::of_budget),
            "fetched_at": answer.fetched_at,
            "requests": { "today": spent.today, "month": spent.month, "cap": context.config.costs.cap_per_day_cents },
        })
    });
    print_currencies(context, documents.collect())?;
    Ok(Exit::Done)
}

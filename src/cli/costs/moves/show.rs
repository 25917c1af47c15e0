//! The board on paper: a table for people, JSON, or CSV; what it comes to, each resource counted once.

use serde_json::{Value, json};

use super::super::sheet::{self, Column};
use super::gather::Lacks;
use crate::cli::{Context, Error, notice};
use crate::cost::Amount;
use crate::cost::advice::{Board, Book, Confidence, Counted, Finding, Move, Place};

/// `lacks` is why the board may lack something or have list prices.
pub fn print(context: &Context, board: &Board, book: &Book, lacks: &Lacks, csv: bool) -> Result<(), Error> {
    if context.json {
        let rows: Vec<_> = board.rows.iter().map(document).collect();
        let accepted: Vec<_> = book.accepted().map(|(id, _)| id).collect();
        return context.print_json(&json!({
            "currency": "USD",
            "low": board.low.to_string(),
            "high": board.high.to_string(),
            "rows": rows,
            "snoozed": snoozed(book),
            "accepted": accepted,
            "bill_unknown": lacks.bill,
            "unanswered": lacks.answers,
        }));
    }
    if csv {
        return print_rows(board);
    }
    let rows = board.rows.iter().map(|row| {
        let finding = &row.finding;
        [
            finding.id(),
            step(finding.rule.step()).into(),
            finding.rule.name().into(),
            finding.name.clone().unwrap_or_else(|| finding.resource.clone()),
            place(&finding.place),
            finding.team.clone().unwrap_or_else(|| "-".into()),
            range(finding.saving.low, finding.saving.high),
            row.high.rounded(2),
            sure(finding).into(),
            finding.price.name().into(),
            finding.evidence.clone(),
        ]
    });
    let rows: Vec<[String; 11]> = rows.collect();
    let headers = [
        "ID",
        "MOVE",
        "RULE",
        "RESOURCE",
        "WHERE",
        "TEAM",
        "USD/MONTH",
        "COUNTED",
        "SURE",
        "PRICE",
        "EVIDENCE",
    ];
    context.print_table(&headers, &rows)?;
    let parts = [Move::Stop, Move::Reduce, Move::Rightsize, Move::Shift].map(|of| {
        let (low, high) = board.of(of);
        format!("{} {}", step(of), range(low, high))
    });
    let among = match lacks.answers.is_empty() {
        true => "",
        false => " in what answered",
    };
    notice(format_args!(
        "{} findings{among}, together {} USD a month, every resource counted once: {}",
        board.rows.len(),
        range(board.low, board.high),
        parts.join(", ")
    ));
    Ok(())
}

/// What was put off, with what has come back since; of what was put off long ago only its id is known.
pub fn snoozed(book: &Book) -> Vec<Value> {
    let each = book.snoozed().map(|(id, snoozed)| {
        json!({
            "id": id,
            "rule": snoozed.rule,
            "resource": snoozed.resource,
            "until": snoozed.until,
            "reason": snoozed.reason,
        })
    });
    each.collect()
}

fn place(place: &Place) -> String {
    [place.account.as_str(), place.region.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

pub fn step(step: Move) -> &'static str {
    match step {
        Move::Stop => "stop",
        Move::Reduce => "reduce",
        Move::Rightsize => "rightsize",
        Move::Shift => "shift",
    }
}

fn sure(finding: &Finding) -> &'static str {
    match finding.confidence {
        Confidence::A => "A",
        Confidence::B => "B",
        Confidence::C => "C",
    }
}

/// A move may bring more when the ones before it bring less.
fn range(low: Amount, high: Amount) -> String {
    let (low, high) = (low.min(high), high.max(low));
    if low == high {
        high.rounded(2)
    } else {
        format!("{}–{}", low.rounded(2), high.rounded(2))
    }
}

/// The same of estimates.
pub fn about(low: f64, high: f64) -> String {
    let [low, high] = [low, high].map(|value| Amount::from_double(value).map(|read| read.amount));
    match (low, high) {
        (Some(low), Some(high)) => range(low, high),
        _ => "-".into(),
    }
}

fn document(row: &Counted) -> Value {
    let finding = &row.finding;
    let (adds_low, adds_high) = row.range();
    let parameters: serde_json::Map<_, _> = finding
        .action
        .parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone().into()))
        .collect();
    json!({
        "id": finding.id(),
        "move": step(finding.rule.step()),
        "rule": finding.rule.name(),
        "account": finding.place.account,
        "region": finding.place.region,
        "resource": finding.resource,
        "name": finding.name,
        "team": finding.team,
        "evidence": finding.evidence,
        "low": finding.saving.low.to_string(),
        "high": finding.saving.high.to_string(),
        // Parts of the sums, of which that of the least one can be the larger.
        "counted_low": row.low.to_string(),
        "counted_high": row.high.to_string(),
        "adds_low": adds_low.to_string(),
        "adds_high": adds_high.to_string(),
        "cost": finding.cost.to_string(),
        "price": finding.price.name(),
        "confidence": sure(finding),
        "effort": finding.effort.name(),
        "reversible": finding.reversible,
        "runbook": finding.action.runbook,
        "parameters": parameters,
    })
}

const COLUMNS: [&str; 20] = [
    "id",
    "move",
    "rule",
    "account",
    "region",
    "resource",
    "name",
    "team",
    "low",
    "high",
    "counted_low",
    "counted_high",
    "adds_low",
    "adds_high",
    "cost",
    "price",
    "confidence",
    "effort",
    "reversible",
    "evidence",
];

fn print_rows(board: &Board) -> Result<(), Error> {
    let documents: Vec<Value> = board.rows.iter().map(document).collect();
    sheet::print(&Column::of(&COLUMNS), &documents)
}

//! `qd costs moves`: what to stop, reduce, rightsize and shift, each with its evidence and what it saves after
//! discounts; decisions about them, and what those really saved.

mod gather;
mod ledger;

use clap::Subcommand;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::desk;
use super::{Asked, Common};
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::advice::{
    self, Accepted, Board, Book, Confidence, Counted, Decision, Effort, Finding, Move, Taste, findings,
};
use crate::cost::{self, Amount, Desk};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    spend: Spend,
}

#[derive(clap::Args)]
pub struct Spend {
    /// Ask again for everything that can still change (each page is a paid request of $0.01)
    #[arg(long, conflicts_with = "no_spend", global = true)]
    refresh: bool,
    /// Make no paid request: only what is on this machine
    #[arg(long, global = true)]
    no_spend: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Hide a finding until a day, for a reason
    Snooze {
        /// As listed, or the beginning of it
        id: String,
        /// It comes back on this day
        #[arg(long, value_name = "DAY")]
        until: Date,
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take a finding on: prints the runbook with its parameters, and books what it saves
    Accept {
        /// As listed, or the beginning of it
        id: String,
    },
    /// What accepted findings really saved, by team
    Ledger,
}

impl Spend {
    fn asked(&self) -> Result<Asked, Error> {
        Asked::read(&Common {
            metric: "amortized".into(),
            filter: String::new(),
            source: Some("ce".into()),
            refresh: self.refresh,
            no_spend: self.no_spend,
        })
    }
}

pub async fn run(args: Args, context: &Context, now: Timestamp) -> Outcome {
    let asked = args.spend.asked()?;
    if let Some(Verb::Ledger) = args.verb {
        return ledger::run(context, &asked, now).await;
    }
    let desk = desk(context, &asked).await?;
    let seen = gather::gather(context, &desk, &asked, now).await?;
    let all = findings(&seen.inventory, &seen.rates, &Taste::default());
    match args.verb {
        Some(Verb::Snooze { id, until, reason }) => {
            let today = cost::today(now);
            if until <= today {
                return Err(Error::usage(format!("{until} is not after today, {today}")));
            }
            let finding = find(&all, &id)?;
            decide(
                context,
                finding,
                Decision::Snoozed {
                    until,
                    reason,
                    at: now,
                },
            )?;
            notice(format_args!("{} comes back on {until}", finding.id()));
            Ok(Exit::Done)
        }
        Some(Verb::Accept { id }) => accept(context, find(&all, &id)?, now),
        _ => {
            let book = Book::load(&context.paths.data_dir).map_err(trouble)?;
            print(context, &book.board(all, cost::today(now)))
        }
    }
}

/// What is open today, for others that tell of it.
pub async fn board(context: &Context, desk: &Desk, asked: &Asked, now: Timestamp) -> Result<Board, Error> {
    let seen = gather::gather(context, desk, asked, now).await?;
    let all = findings(&seen.inventory, &seen.rates, &Taste::default());
    let book = Book::load(&context.paths.data_dir).map_err(trouble)?;
    Ok(book.board(all, cost::today(now)))
}

fn trouble(trouble: advice::Trouble) -> Error {
    Error::failed(trouble.to_string()).hint("the decisions are in costs/decisions.json of the data directory")
}

fn find<'a>(all: &'a [Finding], id: &str) -> Result<&'a Finding, Error> {
    let mut found = all
        .iter()
        .filter(|finding| !id.is_empty() && finding.id().starts_with(id));
    match (found.next(), found.next()) {
        (Some(finding), None) => Ok(finding),
        (None, _) => {
            Err(Error::usage(format!("no finding is called {id:?}")).hint("`qd costs moves` lists them"))
        }
        (Some(_), Some(_)) => {
            Err(Error::usage(format!("{id:?} begins several findings")).hint("write more of it"))
        }
    }
}

fn decide(context: &Context, finding: &Finding, decision: Decision) -> Result<(), Error> {
    let change = |book: &mut Book| {
        book.decisions.insert(finding.id(), decision);
    };
    Book::change(&context.paths.data_dir, change).map_err(trouble)
}

fn accept(context: &Context, finding: &Finding, now: Timestamp) -> Outcome {
    let accepted = Accepted {
        at: now,
        rule: finding.rule.name().into(),
        resource: finding.resource.clone(),
        team: finding.team.clone(),
        key: vec![
            ledger::service_of(finding.rule).into(),
            finding.place.account.clone(),
        ],
        promised: finding.saving.high.to_string(),
        run: None,
    };
    decide(context, finding, Decision::Accepted(accepted))?;
    let action = &finding.action;
    if context.json {
        let parameters: serde_json::Map<_, _> = action
            .parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone().into()))
            .collect();
        context.print_json(
            &json!({ "id": finding.id(), "runbook": action.runbook, "parameters": parameters }),
        )?;
        return Ok(Exit::Done);
    }
    let rows: Vec<[String; 2]> = action
        .parameters
        .iter()
        .map(|(name, value)| [(*name).to_owned(), value.clone()])
        .collect();
    notice(format_args!("runbook {} with", action.runbook));
    context.print_table(&["PARAMETER", "VALUE"], &rows)?;
    Ok(Exit::Done)
}

pub fn step(step: Move) -> &'static str {
    match step {
        Move::Stop => "stop",
        Move::Reduce => "reduce",
        Move::Rightsize => "rightsize",
        Move::Shift => "shift",
    }
}

fn range(low: Amount, high: Amount) -> String {
    if low == high {
        high.rounded(2)
    } else {
        format!("{}–{}", low.rounded(2), high.rounded(2))
    }
}

fn print(context: &Context, board: &Board) -> Outcome {
    if context.json {
        let rows: Vec<_> = board.rows.iter().map(document).collect();
        context.print_json(&json!({
            "currency": "USD",
            "low": board.low.to_string(),
            "high": board.high.to_string(),
            "rows": rows,
        }))?;
        return Ok(Exit::Done);
    }
    let rows = board.rows.iter().map(|row| {
        let finding = &row.finding;
        [
            finding.id(),
            step(finding.rule.step()).into(),
            finding.rule.name().into(),
            finding.name.clone().unwrap_or_else(|| finding.resource.clone()),
            finding.team.clone().unwrap_or_else(|| "-".into()),
            range(finding.saving.low, finding.saving.high),
            row.high.rounded(2),
            format!("{:?}", finding.confidence),
            finding.price.name().into(),
            finding.evidence.clone(),
        ]
    });
    let rows: Vec<[String; 10]> = rows.collect();
    let headers = [
        "ID",
        "MOVE",
        "RULE",
        "RESOURCE",
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
    notice(format_args!(
        "together {} USD a month, every resource counted once: {}",
        range(board.low, board.high),
        parts.join(", ")
    ));
    Ok(Exit::Done)
}

fn document(row: &Counted) -> serde_json::Value {
    let finding = &row.finding;
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
        "counted_low": row.low.to_string(),
        "counted_high": row.high.to_string(),
        "cost": finding.cost.to_string(),
        "price": finding.price.name(),
        "confidence": match finding.confidence {
            Confidence::A => "A",
            Confidence::B => "B",
            Confidence::C => "C",
        },
        "effort": match finding.effort {
            Effort::Minutes => "minutes",
            Effort::Hours => "hours",
            Effort::Days => "days",
        },
        "reversible": finding.reversible,
        "runbook": finding.action.runbook,
        "parameters": parameters,
    })
}

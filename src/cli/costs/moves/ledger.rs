//! `qd costs moves ledger`: what each accepted finding saved after one, two and four weeks, by the band of the day
//! it was accepted on.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::super::{Asked, ask, bad_dimension, desk};
use super::trouble;
use crate::cli::{Context, Error, Exit, Outcome};
use crate::cost::advice::ledger::{BOOKED_AFTER_DAYS, by_team, realised};
use crate::cost::advice::{Book, Rule};
use crate::cost::anomaly::{Series, Survey};
use crate::cost::band::Setting;
use crate::cost::{self, Dimension, Period};

/// Days before a decision that its expectation is learnt from.
const LEARNT_DAYS: i64 = 90;

/// Where a saving shows, as Cost Explorer names services.
pub fn service_of(rule: Rule) -> &'static str {
    match rule {
        Rule::UnattachedVolume
        | Rule::StoppedInstance
        | Rule::OrphanSnapshot
        | Rule::NewerVolume
        | Rule::NatHotSpot
        | Rule::TransferHotSpot => "EC2 - Other",
        Rule::UnusedAddress | Rule::PublicAddress | Rule::IdleGateway => "Amazon Virtual Private Cloud",
        Rule::EndlessLogs => "AmazonCloudWatch",
        _ => "Amazon Elastic Compute Cloud - Compute",
    }
}

struct Line {
    id: String,
    rule: String,
    resource: String,
    team: Option<String>,
    on: Date,
    promised: String,
    /// After each of the days that are booked; `None` while they have not passed or cannot be told.
    saved: Vec<Option<f64>>,
}

pub async fn run(context: &Context, asked: &Asked, now: Timestamp) -> Outcome {
    let book = Book::load(&context.paths.data_dir).map_err(trouble)?;
    let accepted: Vec<_> = book.accepted().collect();
    let series = match accepted
        .iter()
        .map(|(_, accepted)| cost::today(accepted.at))
        .min()
    {
        Some(first) => series(context, asked, first, now).await?,
        None => Vec::new(),
    };
    let setting = Setting {
        holidays: context.config.costs.holidays.clone(),
        ..Setting::default()
    };
    let lines: Vec<Line> = accepted
        .into_iter()
        .map(|(id, accepted)| {
            let on = cost::today(accepted.at);
            let of = series.iter().find(|series| series.key == accepted.key);
            let after = |days: &i64| of.and_then(|of| realised(&of.days, on, *days, &setting));
            Line {
                id: id.clone(),
                rule: accepted.rule.clone(),
                resource: accepted.resource.clone(),
                team: accepted.team.clone(),
                on,
                promised: accepted.promised.clone(),
                saved: BOOKED_AFTER_DAYS.iter().map(after).collect(),
            }
        })
        .collect();
    print(context, &lines)
}

async fn series(context: &Context, asked: &Asked, first: Date, now: Timestamp) -> Result<Vec<Series>, Error> {
    let desk = desk(context, asked).await?;
    let to = cost::today(now).saturating_sub(1.day());
    let period = Period {
        from: first.saturating_sub(LEARNT_DAYS.days()),
        to,
    };
    let survey = Survey::new(period, "").map_err(|bad| Error::usage(bad.to_string()))?;
    let mut categories = survey.services();
    categories.by.push(Dimension::Category);
    let services = ask(&desk, asked, &categories, now).await?.cube;
    let accounts = ask(&desk, asked, &survey.cells(Dimension::Account), now)
        .await?
        .cube;
    let watched = survey.watched(&services, &accounts).map_err(bad_dimension)?;
    let dollars = watched.into_iter().find(|watched| watched.currency == "USD");
    Ok(dollars.map(|watched| watched.series).unwrap_or_default())
}

/// The longest span that has passed.
fn booked(line: &Line) -> Option<f64> {
    line.saved.iter().rev().find_map(|saved| *saved)
}

fn print(context: &Context, lines: &[Line]) -> Outcome {
    let teams: BTreeMap<&str, f64> = by_team(
        lines
            .iter()
            .filter_map(|line| Some((line.team.as_deref(), booked(line)?))),
    );
    let money = |saved: &Option<f64>| saved.map(|saved| format!("{saved:.2}"));
    if context.json {
        let rows = lines.iter().map(|line| {
            let saved: serde_json::Map<_, _> = BOOKED_AFTER_DAYS
                .iter()
                .zip(&line.saved)
                .map(|(days, saved)| (days.to_string(), money(saved).into()))
                .collect();
            json!({
                "id": line.id,
                "rule": line.rule,
                "resource": line.resource,
                "team": line.team,
                "accepted_on": line.on,
                "promised_a_month": line.promised,
                "saved_after_days": saved,
            })
        });
        let rows: Vec<_> = rows.collect();
        let teams: BTreeMap<_, _> = teams
            .iter()
            .map(|(team, saved)| (team, format!("{saved:.2}")))
            .collect();
        context.print_json(&json!({ "currency": "USD", "rows": rows, "teams": teams }))?;
        return Ok(Exit::Done);
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in lines {
        let mut row = vec![
            line.id.clone(),
            line.on.to_string(),
            line.rule.clone(),
            line.resource.clone(),
        ];
        row.push(line.team.clone().unwrap_or_else(|| "-".into()));
        row.push(line.promised.clone());
        row.extend(
            line.saved
                .iter()
                .map(|saved| money(saved).unwrap_or_else(|| "-".into())),
        );
        rows.push(row);
    }
    for (team, saved) in teams {
        let team = if team.is_empty() { "no team" } else { team };
        let mut row = vec![String::new(); 8];
        row[4] = team.into();
        row.push(format!("{saved:.2}"));
        rows.push(row);
    }
    let headers = [
        "ID", "ACCEPTED", "RULE", "RESOURCE", "TEAM", "PROMISED", "7 DAYS", "14 DAYS", "28 DAYS",
    ];
    context.print_table(&headers, &rows)?;
    Ok(Exit::Done)
}

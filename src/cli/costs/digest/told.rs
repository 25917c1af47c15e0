//! A digest to a file, to standard output, or as the document that scripts read.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::show::print_currencies;
use crate::cli::context::print;
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::Amount;
use crate::cost::digest::{Digest, Team};

/// `beside` is what stands beside the totals in every document.
pub fn tell(context: &Context, output: &Path, digests: &[Digest], beside: &Map<String, Value>) -> Outcome {
    if digests.is_empty() {
        return Err(Error::failed("there are no costs in that week").hint("name another with --week"));
    }
    for digest in digests {
        for doubt in digest.doubts() {
            notice(format_args!("not final: {doubt}"));
        }
    }
    if context.json {
        let documents = digests.iter().map(|digest| {
            let mut document = document(digest);
            document.extend(beside.clone());
            Value::Object(document)
        });
        print_currencies(context, documents.collect())?;
        return Ok(Exit::Done);
    }
    let pages: Vec<String> = digests.iter().map(Digest::markdown).collect();
    let text = pages.join("\n");
    if output == Path::new("-") {
        print(&text)?;
    } else {
        std::fs::write(output, text).map_err(|cause| {
            Error::failed(format!("cannot write {}: {cause}", output.display()))
                .hint("name a file in a directory that is there and writable")
        })?;
        notice(format_args!("written to {}", output.display()));
    }
    Ok(Exit::Done)
}

fn document(digest: &Digest) -> Map<String, Value> {
    let money = |amount: Amount| amount.to_string();
    let of = digest.week.comparison;
    let ([known, known_before], is_compared) = (digest.known_days(), digest.is_compared());
    let is_whole = digest.is_whole();
    let team = |team: &Team| {
        let drivers = team.drivers.rows.iter().filter(|_| is_compared).map(|of| {
            let part = |amount: Amount| of.is_whole.then(|| money(amount));
            json!({
                "key": of.key,
                "change": of.change().map(money),
                "usage": part(of.usage),
                "rate": part(of.rate),
                "other": part(of.fee),
            })
        });
        let moves = team
            .moves
            .iter()
            .map(|of| json!({ "says": of.says, "low": money(of.low), "high": money(of.high) }));
        json!({
            "name": team.name,
            "cost": money(team.current),
            "before": is_compared.then(|| money(team.previous)),
            "change": is_whole.then(|| money(team.current - team.previous)),
            "drivers": drivers.collect::<Vec<_>>(),
            "anomalies": team.anomalies,
            "moves": moves.collect::<Vec<_>>(),
        })
    };
    let document = json!({
        "week": digest.week.to_string(),
        "by": digest.by,
        "currency": digest.currency,
        "from": of.current.from,
        "to": of.current.to,
        "against_from": of.previous.from,
        "against_to": of.previous.to,
        "cost": money(digest.current),
        "before": is_compared.then(|| money(digest.previous)),
        "known_days": known,
        "against_known_days": known_before,
        "says": digest.says(),
        "complete": digest.is_complete(),
        "not_final": digest.doubts(),
        "untagged_percent": digest.untagged_percent(),
        "teams": digest.teams.iter().map(team).collect::<Vec<_>>(),
        "others": digest.others,
        "lacks": digest.lacks,
        "cautions": digest.cautions,
    });
    match document {
        Value::Object(document) => document,
        _ => Map::new(),
    }
}

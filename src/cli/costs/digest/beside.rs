//! What belongs into a digest beside the sums: what was unusual, and what could be saved. What could not be had is a
//! sentence in the digest, never nothing.

use jiff::Timestamp;

use super::super::books::Books;
use super::super::{Asked, Common, anomalies, moves};
use super::Args;
use crate::cli::{Context, Error, quote};
use crate::cost::advice::{Board, Counted};
use crate::cost::digest::{Digest, Step, Team};
use crate::cost::{self, Dimension, Filter, Refresh};

/// What was unusual: of each team where the source can tell, else of the whole bill.
pub async fn judge(
    digests: &mut [Digest],
    context: &Context,
    books: &Books,
    asked: &Asked,
    (filter, by): (&str, &Dimension),
    now: Timestamp,
) -> Result<(), Error> {
    let Some(shown) = digests.first().map(|digest| digest.week.comparison.current) else {
        return Ok(());
    };
    if let Books::CostExplorer(_) = books {
        let found = match anomalies::lines(context, books, asked, shown, filter, now).await {
            Ok(found) => found,
            Err(why) if asked.refresh == Refresh::Never => {
                lack(digests, &format!("anomalies, {why}"));
                return Ok(());
            }
            Err(why) => return Err(why),
        };
        lack(
            digests,
            "anomalies by team, which Cost Explorer does not tell apart; those of the whole bill are below",
        );
        for digest in digests {
            let ours = found.iter().filter(|(currency, _)| *currency == digest.currency);
            digest.others = ours.map(|(_, line)| line.clone()).collect();
        }
        return Ok(());
    }
    for digest in digests {
        for team in &mut digest.teams {
            let inside = format!("{filter} {}", term(by, &team.name));
            if Filter::parse(&inside).is_err() {
                let says = format!("anomalies of {:?}, whose name no filter can hold", team.name);
                digest.lacks.push(says);
                continue;
            }
            let found = anomalies::lines(context, books, asked, shown, &inside, now).await?;
            let ours = found
                .into_iter()
                .filter(|(currency, _)| *currency == digest.currency);
            team.anomalies = ours.map(|(_, line)| line).collect();
        }
    }
    Ok(())
}

/// The filter's term for one value.
fn term(by: &Dimension, value: &str) -> String {
    let name = by.to_string().replacen(':', ".", 1);
    format!("{name}:\"{value}\"")
}

fn lack(digests: &mut [Digest], says: &str) {
    for digest in digests {
        digest.lacks.push(says.to_owned());
    }
}

/// What could be saved, to the team that each finding names.
pub async fn advise(
    digests: &mut [Digest],
    context: &Context,
    books: &Books,
    asked: &Asked,
    (args, by): (&Args, &Dimension),
    now: Timestamp,
) {
    match books {
        _ if args.no_moves => return lack(digests, "what could be saved: --no-moves was given"),
        Books::Files(_) => {
            return lack(
                digests,
                "what could be saved; qd costs moves --source files asks the accounts beside the bill",
            );
        }
        Books::CostExplorer(_) => {}
    }
    // The week stands without it: what failed is told where the savings would be.
    match board(context, &args.common, asked, now).await {
        Ok(board) => spread(digests, &board, *by == Dimension::Tag("team".into())),
        Err(why) => lack(digests, &format!("what could be saved: {why}")),
    }
}

async fn board(context: &Context, common: &Common, asked: &Asked, now: Timestamp) -> Result<Board, Error> {
    let amortized = Asked {
        lens: cost::Lens::Amortized,
        filter: Filter::default(),
        refresh: asked.refresh,
    };
    moves::board(context, common, &amortized, now).await
}

/// Findings are in dollars and know the tag `team` alone.
fn spread(digests: &mut [Digest], board: &Board, by_team: bool) {
    let Some(digest) = digests.iter_mut().find(|digest| digest.currency == "USD") else {
        return;
    };
    for row in &board.rows {
        let step = of_row(row);
        let name = row.finding.team.clone().unwrap_or_default();
        let team = digest.teams.iter_mut().find(|team| by_team && team.name == name);
        match team {
            Some(team) => team.moves.push(step),
            None if by_team => digest.teams.push(Team {
                name,
                moves: vec![step],
                ..Team::default()
            }),
            None => digest.others.push(format!(
                "{}: {} to {} USD a month",
                step.says,
                step.low.grouped(2),
                step.high.grouped(2)
            )),
        }
    }
}

fn of_row(row: &Counted) -> Step {
    let finding = &row.finding;
    let name = finding.name.as_ref().unwrap_or(&finding.resource);
    Step {
        says: format!(
            "{} {} ({}, {}), {}",
            moves::step(finding.rule.step()),
            quote(name),
            finding.place.account,
            finding.place.region,
            quote(&finding.evidence)
        ),
        low: row.low,
        high: row.high,
    }
}

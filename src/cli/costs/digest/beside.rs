//! What belongs into a digest beside the sums: what was unusual, and what could be saved. What could not be had is a
//! sentence in the digest, never nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::books::Books;
use super::super::{Asked, anomalies, moves};
use super::{Args, teams};
use crate::cli::{Context, Error, quote};
use crate::cost::advice::{Board, Counted, Place};
use crate::cost::digest::{Digest, Step, Team};
use crate::cost::{self, Dimension, Filter, Refresh};

/// Why nothing was judged at all.
const UNUSED: &str = "anomalies: no charge is one of use, and fees, taxes and credits are not judged";

/// What was unusual in each team; of Cost Explorer also in the whole bill, for what it does not tell of teams.
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
        if !found.is_charged {
            lack(digests, UNUSED);
        }
        for digest in digests.iter_mut() {
            digest.others = of_currency(&found.lines, &digest.currency);
            let unjudged = of_currency(&found.unjudged, &digest.currency).into_iter();
            digest
                .lacks
                .extend(unjudged.map(|says| format!("anomalies of the whole bill: {says}")));
        }
        return match teams::judge(digests, context, books, asked, (filter, by), now).await {
            Err(why) if asked.refresh == Refresh::Never => {
                lack(digests, &format!("anomalies by team, {why}"));
                Ok(())
            }
            done => done,
        };
    }
    // Whatever the week is told by, use is told by amortized costs where there are any.
    let survey = anomalies::survey(filter, shown)?.through(books.lens_of_use());
    if let Some(says) = survey.says_lens() {
        digests
            .iter_mut()
            .for_each(|digest| digest.cautions.push(says.clone()));
    }
    for digest in digests {
        // Most days that are not judged are so in every team, and are named once.
        let mut unjudged: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut is_charged = digest.teams.is_empty();
        for team in &mut digest.teams {
            let inside = format!("{filter} {}", term(by, &team.name));
            if Filter::parse(&inside).is_err() {
                let says = format!("anomalies of {:?}, whose name no filter can hold", team.name);
                digest.lacks.push(says);
                continue;
            }
            let found = anomalies::lines(context, books, asked, shown, &inside, now).await?;
            team.anomalies = of_currency(&found.lines, &digest.currency);
            is_charged |= found.is_charged;
            for says in of_currency(&found.unjudged, &digest.currency) {
                unjudged.entry(says).or_default().push(team.name.clone());
            }
        }
        if !is_charged {
            digest.lacks.push(UNUSED.to_owned());
        }
        let all = digest.teams.len();
        let says = |(says, teams): (String, Vec<String>)| match teams.len() == all {
            true => unjudged_says(&[], &says),
            false => unjudged_says(&teams, &says),
        };
        digest.lacks.extend(unjudged.into_iter().map(says));
    }
    Ok(())
}

/// Of sentences with their currency those of one.
fn of_currency(all: &[(String, String)], currency: &str) -> Vec<String> {
    let ours = all.iter().filter(|(of, _)| of == currency);
    ours.map(|(_, says)| says.clone()).collect()
}

/// That days were not judged, in some teams or in all.
fn unjudged_says(teams: &[String], says: &str) -> String {
    let name = |team: &String| match team.is_empty() {
        true => "what has no team".to_owned(),
        false => format!("{team:?}"),
    };
    match teams.is_empty() {
        true => format!("anomalies: {says}"),
        false => format!(
            "anomalies of {}: {says}",
            teams.iter().map(name).collect::<Vec<_>>().join(", ")
        ),
    }
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
    asked: &Asked,
    (args, by): (&Args, &Dimension),
    now: Timestamp,
) {
    if args.no_moves {
        return lack(digests, "what could be saved: --no-moves was given");
    }
    let amortized = Asked {
        lens: cost::Lens::Amortized,
        filter: Filter::default(),
        refresh: asked.refresh,
    };
    // The week stands without it: what failed is told where the savings would be.
    match moves::board(context, &args.common, &amortized, now).await {
        Ok((board, unknown)) => {
            if let Some((first, others)) = unknown.split_first() {
                let others = match others.len() {
                    0 => String::new(),
                    count => format!(" (and {count} more, which qd costs moves tells)"),
                };
                lack(
                    digests,
                    &format!("what could be saved beyond this, since {first}{others}"),
                );
            }
            spread(digests, &board, by);
        }
        Err(why) => lack(digests, &format!("what could be saved: {why}")),
    }
}

/// Findings are in dollars, and know the tag `team` and the account.
fn spread(digests: &mut [Digest], board: &Board, by: &Dimension) {
    let Some(digest) = digests.iter_mut().find(|digest| digest.currency == "USD") else {
        return;
    };
    for row in &board.rows {
        let step = of_row(row);
        let name = match by {
            Dimension::Tag(key) if key == "team" => Some(row.finding.team.clone().unwrap_or_default()),
            // What is of every account at once has none.
            Dimension::Account => Some(row.finding.place.account.clone()).filter(|of| !of.is_empty()),
            _ => None,
        };
        let mut teams = digest.teams.iter_mut();
        let team = teams.find(|team| Some(&team.name) == name.as_ref());
        match (team, name) {
            (Some(team), _) => team.moves.push(step),
            (None, Some(name)) => digest.teams.push(Team {
                name,
                moves: vec![step],
                ..Team::default()
            }),
            (None, None) => digest.others.push(format!(
                "{}: {} to {} USD a month",
                step.says,
                step.low.grouped(2),
                step.high.grouped(2)
            )),
        }
    }
}

/// What is of every account has no place.
fn at(place: &Place) -> String {
    let parts = [place.account.as_str(), place.region.as_str()];
    let known: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    match known.is_empty() {
        true => String::new(),
        false => format!(" ({})", known.join(", ")),
    }
}

fn of_row(row: &Counted) -> Step {
    let finding = &row.finding;
    let name = finding.name.as_ref().unwrap_or(&finding.resource);
    let (low, high) = row.range();
    Step {
        says: format!(
            "{} {}{}, {}",
            moves::step(finding.rule.step()),
            quote(name),
            at(&finding.place),
            quote(&finding.evidence)
        ),
        low,
        high,
    }
}

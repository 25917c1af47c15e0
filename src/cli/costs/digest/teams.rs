//! What was unusual in each team by Cost Explorer, which tells teams apart beside services and beside nothing else.

use jiff::Timestamp;

use super::super::anomalies::{Told, accuse, setting, survey};
use super::super::books::Books;
use super::super::{Asked, bad_dimension};
use crate::cli::{Context, Error};
use crate::cost::anomaly::{causes, find};
use crate::cost::digest::Digest;
use crate::cost::driver::others;
use crate::cost::{Dimension, Period, Question};

/// Services that are named as not watched; the others are counted.
const NAMED: usize = 3;

/// What is asked beside the whole bill; nothing for services, which the whole bill tells apart.
pub fn question(filter: &str, shown: Period, by: Option<&Dimension>) -> Result<Option<Question>, Error> {
    let by = by.filter(|by| **by != Dimension::Service).cloned();
    by.map(|by| Ok(survey(filter, shown)?.cells(by))).transpose()
}

/// Puts to each team what began in it in these days.
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
    let Some(cells) = question(filter, shown, Some(by))? else {
        return Ok(());
    };
    let survey = survey(filter, shown)?;
    let mut categories = survey.services();
    categories.by.push(Dimension::Category);
    let services = books.cube(asked, &categories, now).await?;
    let cells = books.cube(asked, &cells, now).await?;
    let teams = survey.teams(&services, &cells, by).map_err(bad_dimension)?;
    let setting = setting(context);
    for digest in digests {
        digest
            .lacks
            .extend(unwatched(teams.mixed.iter().map(String::as_str)));
        for team in &mut digest.teams {
            let mut ours = teams.watched.iter();
            let ours = ours.find(|of| of.currency == digest.currency && of.name == team.name);
            let Some(ours) = ours else { continue };
            let found = find(&ours.series, &setting).into_iter();
            let found = found.filter(|of| of.material && shown.contains(of.since));
            let mut told: Vec<Told> = found
                .map(|anomaly| Told {
                    causes: causes(&anomaly, &[("service", ours.parts(&anomaly))]),
                    anomaly,
                    currency: digest.currency.clone(),
                    deeds: Vec::new(),
                    aws: None,
                })
                .collect();
            if !told.is_empty() {
                accuse(&mut told, context)?;
            }
            team.anomalies = told.iter().map(Told::line).collect();
        }
    }
    Ok(())
}

/// What no team's days tell, as a sentence.
fn unwatched<'a>(mixed: impl ExactSizeIterator<Item = &'a str>) -> Option<String> {
    let count = mixed.len();
    let mut named: Vec<String> = mixed.take(NAMED).map(str::to_owned).collect();
    if count > NAMED {
        named.push(others(count - NAMED));
    }
    let why = "where Cost Explorer tells no team's usage from fees and credits";
    (count > 0).then(|| format!("anomalies by team in {}, {why}", named.join(", ")))
}

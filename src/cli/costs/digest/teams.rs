//! What was unusual in each team by Cost Explorer, which tells teams apart beside services and beside nothing else.

use jiff::Timestamp;

use super::super::anomalies::{accuse, setting, survey};
use super::super::books::Books;
use super::super::{Asked, bad_dimension};
use crate::cli::{Context, Error};
use crate::cost::anomaly::{Told, USAGE, causes, find, of_kinds};
use crate::cost::digest::Digest;
use crate::cost::{Dimension, Period, Question};

/// What is asked beside the whole bill, by kind of charge; nothing for services, which the whole bill tells apart.
pub fn questions(
    filter: &str,
    shown: Period,
    by: Option<&Dimension>,
) -> Result<Vec<(&'static str, Question)>, Error> {
    let Some(by) = by.filter(|by| **by != Dimension::Service) else {
        return Ok(Vec::new());
    };
    let survey = survey(filter, shown)?;
    let of = |kind| (kind, survey.cells_of_kind(by.clone(), kind));
    Ok(USAGE.into_iter().map(of).collect())
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
    let questions = questions(filter, shown, Some(by))?;
    if questions.is_empty() {
        return Ok(());
    }
    let survey = survey(filter, shown)?;
    let mut categories = survey.services();
    categories.by.push(Dimension::Category);
    let services = books.cube(asked, &categories, now).await?;
    let mut answers = Vec::new();
    for (kind, question) in questions {
        // What the whole bill does not have is not paid for.
        if services.values(&Dimension::Category).contains(kind) {
            answers.push((kind, books.answer(asked, &question, now).await?));
        }
    }
    let cells = of_kinds(by, answers, &services).map_err(|day| {
        Error::failed(format!("Cost Explorer answered with {day:?} for a day"))
            .hint("ask again with --refresh")
    })?;
    let teams = survey.teams(&services, &cells, by).map_err(bad_dimension)?;
    let setting = setting(context);
    for digest in digests {
        for team in &mut digest.teams {
            let mut ours = teams.iter();
            let ours = ours.find(|of| of.currency == digest.currency && of.name == team.name);
            let Some(ours) = ours else { continue };
            let found = find(&ours.series, &setting).into_iter();
            let found = found.filter(|of| of.material && shown.contains(of.since));
            let mut told: Vec<Told> = found
                .map(|anomaly| Told {
                    causes: causes(&anomaly, &[("service", ours.parts(&anomaly))]),
                    ..Told::bare(anomaly, digest.currency.clone())
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

//! Charges that do not follow use, each by itself: a credit of one service, the tax of one account. Each is expected by what it
//! did before, so that the whole of a bill expects what its parts expect together: of a sum nobody could tell which of them
//! comes every month.

use std::collections::HashMap;

use jiff::civil::Date;

use crate::cost::anomaly::{USAGE, series_of};
use crate::cost::service::{is_beside, plain};
use crate::cost::{Cube, Dimension, Question};

/// What a charge came to on each of some days.
pub type Fee = Vec<f64>;

/// What a question asks for, but for use, on these days: by the value of `row`, or all of it under an empty name; nothing where
/// the cube does not tell use from the rest.
pub fn fees(
    cube: &Cube,
    question: &Question,
    row: Option<&Dimension>,
    currency: &str,
    days: &[Date],
) -> HashMap<String, Vec<Fee>> {
    let mut fees: HashMap<String, Vec<Fee>> = HashMap::new();
    let kinds = [
        vec![Dimension::Service, Dimension::Account, Dimension::Category],
        vec![Dimension::Service, Dimension::Category],
    ];
    let answers = kinds.into_iter().find_map(|mut by| {
        by.extend(row.filter(|row| !by.contains(row)).cloned());
        let nth = row.and_then(|row| by.iter().position(|of| of == row));
        by.push(Dimension::Day);
        let others = Question {
            by,
            filter: question.filter.clone().and_none(Dimension::Category, &USAGE),
            ..question.clone()
        };
        Some((nth, cube.answer(&others).ok()?))
    });
    let (nth, answers) = answers.unwrap_or_default();
    for breakdown in answers.iter().filter(|of| of.currency == currency) {
        for series in series_of(&breakdown.rows, days) {
            let name = nth.and_then(|nth| series.key.get(nth)).cloned();
            let costs = series.days.iter().map(|(_, cost)| cost.unwrap_or_default());
            fees.entry(name.unwrap_or_default())
                .or_default()
                .push(costs.collect());
        }
    }
    fees
}

/// What of a question follows use on these days, each service by itself; nothing where the cube does not tell.
pub fn uses(cube: &Cube, question: &Question, currency: &str, days: &[Date]) -> Vec<Fee> {
    let used = Question {
        by: vec![Dimension::Service, Dimension::Day],
        filter: question.filter.clone().and_any(Dimension::Category, &USAGE),
        ..question.clone()
    };
    let answers = cube.answer(&used).unwrap_or_default();
    let of = answers.iter().filter(|of| of.currency == currency);
    let services = of.flat_map(|of| series_of(&of.rows, days));
    let costs = services.map(|service| {
        service
            .days
            .iter()
            .map(|(_, cost)| cost.unwrap_or_default())
            .collect()
    });
    costs.collect()
}

/// A bill whose source does not tell kinds of charges apart, by the names of its services.
#[derive(Debug, Default)]
pub struct Named {
    /// What is left of each day without the fees.
    pub usage: Vec<f64>,
    /// The same, each service by itself.
    pub uses: Vec<Fee>,
    /// What comes beside use whatever is used, tax and support, with its name.
    pub fees: Vec<(String, Fee)>,
}

/// The same of a question on these days; `None` where nothing comes beside use, or a day of the rest is below nothing, so that
/// it holds a credit.
pub fn named(cube: &Cube, question: &Question, currency: &str, days: &[Date]) -> Option<Named> {
    let services = Question {
        by: vec![Dimension::Service, Dimension::Day],
        ..question.clone()
    };
    let answers = cube.answer(&services).ok()?;
    let of = answers.iter().find(|of| of.currency == currency)?;
    let mut named = Named::of(days);
    for mut series in series_of(&of.rows, days) {
        let costs: Fee = series
            .days
            .iter()
            .map(|(_, cost)| cost.unwrap_or_default())
            .collect();
        named.take(series.key.pop().unwrap_or_default(), costs);
    }
    named.is_told().then_some(named)
}

/// The same of each value of a dimension that has such a charge: what is laid on a region or a team grows in it as in the
/// whole.
pub fn named_by(
    cube: &Cube,
    question: &Question,
    row: &Dimension,
    currency: &str,
    days: &[Date],
) -> HashMap<String, Named> {
    let mut by = vec![Dimension::Service, row.clone()];
    by.dedup();
    by.push(Dimension::Day);
    let services = Question {
        by,
        ..question.clone()
    };
    let answers = cube.answer(&services).unwrap_or_default();
    let of = answers.iter().find(|of| of.currency == currency);
    let mut rows: HashMap<String, Named> = HashMap::new();
    for series in of.map(|of| series_of(&of.rows, days)).unwrap_or_default() {
        let [Some(service), Some(name)] = [series.key.first(), series.key.last()] else {
            continue;
        };
        let row = rows.entry(name.clone()).or_insert_with(|| Named::of(days));
        let costs = series.days.iter().map(|(_, cost)| cost.unwrap_or_default());
        row.take(service.clone(), costs.collect());
    }
    rows.retain(|_, row| row.is_told());
    rows
}

impl Named {
    /// Of so many days, on which nothing was charged yet.
    fn of(days: &[Date]) -> Named {
        Named {
            usage: vec![0.0; days.len()],
            ..Named::default()
        }
    }

    fn take(&mut self, service: String, costs: Fee) {
        if !service.is_empty() && is_beside(&plain(&service)) {
            self.fees.push((service, costs));
        } else {
            let sums = self.usage.iter_mut().zip(&costs);
            sums.for_each(|(sum, cost)| *sum += cost);
            self.uses.push(costs);
        }
    }

    fn is_told(&self) -> bool {
        !self.fees.is_empty() && self.usage.iter().all(|used| *used >= 0.0)
    }
}

//! A question about costs and its answer: rows by any number of dimensions, with a total that is exactly
//! their sum. Negative rows (credits, refunds) count like any other.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::amount::Amount;
use super::cube::{Cube, Fold};
use super::dataset::{BadDimension, Dimension, Lens};
use super::filter::Filter;
use super::lacking::{Days, is_final, is_whole};
use super::period::Period;

/// Days before the first known one of a period that are rows of their own; more of them are one sentence.
const MOST_LISTED: usize = 31;

#[derive(Clone, Debug)]
pub struct Question {
    pub period: Period,
    pub by: Vec<Dimension>,
    pub lens: Lens,
    pub filter: Filter,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// One text for each dimension asked for; `""` where a charge has no value.
    pub key: Vec<String>,
    pub cost: Amount,
    /// Only where the rows are split by usage type: other sums would mix units.
    pub quantity: Option<Amount>,
}

impl Row {
    /// For people and scripts: charges without a quantity add up to none, and that is not known rather than nothing.
    pub fn known_quantity(&self) -> Option<Amount> {
        self.quantity.filter(|quantity| *quantity != Amount::ZERO)
    }
}

/// The answer in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakdown {
    pub currency: String,
    pub period: Period,
    /// Every day is there and none is an estimate.
    pub complete: bool,
    /// Largest cost first, or in the order of time.
    pub rows: Vec<Row>,
    pub total: Amount,
    /// Where days are the rows, those of the period that have none because nobody knows what they cost.
    pub unknown: Vec<Date>,
}

impl Question {
    /// The dimensions that days have to be known by. Usage types beside another dimension are there for their units.
    pub fn about(&self) -> impl Iterator<Item = &Dimension> {
        let is_meant = |(nth, by): &(usize, &Dimension)| *nth == 0 || **by != Dimension::UsageType;
        let by = self.by.iter().enumerate().filter(is_meant);
        by.map(|(_, by)| by).chain(self.filter.dimensions())
    }
}

impl Breakdown {
    /// The days that the period begins with and nobody knows, where those are too many for rows.
    pub fn unlisted(&self) -> Option<Period> {
        let days = self.period.from.series(1.day());
        let run = days
            .zip(&self.unknown)
            .take_while(|(day, unknown)| day == *unknown);
        let (last, count) = run.fold((None, 0), |(_, count), (day, _)| (Some(day), count + 1));
        let to = last.filter(|_| count > MOST_LISTED)?.tomorrow().ok()?;
        Period::new(self.period.from, to)
    }

    /// The keys in the order of the rows, each with its row; `None`: a day that nobody knows, which is not nothing.
    pub fn told(&self) -> Vec<(Vec<String>, Option<&Row>)> {
        let rows = self.rows.iter().map(|row| (row.key.clone(), Some(row)));
        let unlisted = self.unlisted();
        let is_listed = |day: &&Date| unlisted.is_none_or(|unlisted| !unlisted.contains(**day));
        let unknown = self
            .unknown
            .iter()
            .filter(is_listed)
            .map(|day| (vec![day.to_string()], None));
        let mut told: Vec<_> = rows.chain(unknown).collect();
        if !self.unknown.is_empty() {
            told.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        told
    }

    /// The same without days to come: of those there is nothing to know yet.
    pub fn until(mut self, today: Date) -> Breakdown {
        let last = self
            .rows
            .iter()
            .filter_map(|row| row.key.first()?.parse().ok())
            .max();
        self.unknown
            .retain(|day| *day <= today || last.is_some_and(|last: Date| *day < last));
        self
    }

    /// Names the days of the period that were not answered, if days alone are its rows.
    pub(super) fn knowing(mut self, by: &[Dimension], known: &Days) -> Breakdown {
        if by == [Dimension::Day] {
            let charged: BTreeSet<Date> = self
                .rows
                .iter()
                .filter_map(|row| row.key.first()?.parse().ok())
                .collect();
            let Period { from, to } = self.period;
            let days = from.series(1.day()).take_while(|day| *day < to);
            self.unknown = days
                .filter(|day| !known.contains_key(day) && !charged.contains(day))
                .collect();
        }
        self
    }
}

impl Cube {
    /// Answers a question, one breakdown for each currency (one even when nothing was spent).
    pub fn answer(&self, question: &Question) -> Result<Vec<Breakdown>, BadDimension> {
        let mut fold = Fold::new(self, question.period, &question.filter)?;
        for dimension in &question.by {
            fold.split(dimension)?;
        }
        let by_unit = question.by.contains(&Dimension::UsageType);
        let mut rows: Vec<Vec<Row>> = vec![Vec::new(); self.currencies.len().max(1)];
        for (group, (cost, quantity)) in fold.sums(question.lens)?.into_iter().enumerate() {
            if let Some(rows) = rows.get_mut(fold.currency(group)) {
                rows.push(Row {
                    key: fold.keys.iter().map(|key| fold.text(group, key)).collect(),
                    cost,
                    quantity: by_unit.then_some(quantity),
                });
            }
        }
        let time = question.by.iter().position(Dimension::is_time);
        let breakdowns = rows.into_iter().enumerate().map(|(nth, mut rows)| {
            match time {
                Some(at) => rows.sort_by(|a, b| {
                    a.key
                        .get(at)
                        .cmp(&b.key.get(at))
                        .then_with(|| b.cost.cmp(&a.cost))
                }),
                None => rows.sort_by(|a, b| b.cost.cmp(&a.cost).then_with(|| a.key.cmp(&b.key))),
            }
            let currency = self.currencies.get(nth).cloned().unwrap_or_else(|| "USD".into());
            Breakdown {
                complete: is_final(
                    &self.days_about(&currency, question.filter.dimensions()),
                    question.period,
                ),
                currency,
                period: question.period,
                total: rows.iter().map(|row| row.cost).sum(),
                rows,
                unknown: Vec::new(),
            }
        });
        let breakdowns = breakdowns.map(|of: Breakdown| {
            let known = self.days_about(&of.currency, question.filter.dimensions());
            of.knowing(&question.by, &known)
        });
        Ok(breakdowns.collect())
    }

    /// Days of a period that were answered in a currency.
    pub fn answered(&self, currency: &str, period: Period) -> Vec<Date> {
        let days = self.days_in(currency);
        days.range(period.from..period.to).map(|(day, _)| *day).collect()
    }

    /// The same of the days of a question, by what its filter is about.
    pub fn answered_of(&self, currency: &str, question: &Question) -> Vec<Date> {
        let days = self.days_about(currency, question.filter.dimensions());
        let Period { from, to } = question.period;
        days.range(from..to).map(|(day, _)| *day).collect()
    }

    /// Whether every day of a question is known in a currency by what it is about.
    pub fn is_whole_of(&self, currency: &str, question: &Question) -> bool {
        is_whole(&self.days_about(currency, question.about()), question.period)
    }

    /// Whether every day of a period was answered in a currency.
    pub fn is_whole(&self, currency: &str, period: Period) -> bool {
        is_whole(&self.days_in(currency), period)
    }
}

#[cfg(test)]
mod tests;

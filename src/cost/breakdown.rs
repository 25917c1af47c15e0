//! A question about costs and its answer: rows by any number of dimensions, with a total that is exactly
//! their sum. Negative rows (credits, refunds) count like any other.

use jiff::civil::Date;

use super::amount::Amount;
use super::cube::{Cube, Fold};
use super::dataset::{BadDimension, Dimension, Lens};
use super::filter::Filter;
use super::period::Period;

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
                complete: self.is_complete(&currency, question.period),
                currency,
                period: question.period,
                total: rows.iter().map(|row| row.cost).sum(),
                rows,
            }
        });
        Ok(breakdowns.collect())
    }

    /// Days of a period that were answered in a currency.
    pub fn answered(&self, currency: &str, period: Period) -> Vec<Date> {
        let days = self.days_in(currency);
        days.range(period.from..period.to).map(|(day, _)| *day).collect()
    }

    fn is_complete(&self, currency: &str, period: Period) -> bool {
        let known = self.days_in(currency);
        let days = known.range(period.from..period.to);
        days.clone().count() == period.days() as usize && days.into_iter().all(|(_, estimated)| !estimated)
    }
}

#[cfg(test)]
mod tests;

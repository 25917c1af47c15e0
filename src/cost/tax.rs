//! Tax of a month that is not over. It is written on the first of its month and grows with use until the month ends, so that
//! the same days of the month before, which hold all of theirs, are no fair comparison.

use jiff::civil::Date;

use super::amount::Amount;
use super::breakdown::Question;
use super::cube::Cube;
use super::dataset::Dimension;
use super::period::Period;
use super::summary::Summary;

/// The category of a charge that it is, and the service of Cost Explorer.
const NAME: &str = "Tax";
/// Points of a percentage from which on a change is told without it.
const MUCH: f64 = 5.0;
/// The same where it is on the other side of nothing.
const SOME: f64 = 1.0;

/// What of a headline is tax, where the change is another without it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tax {
    /// In the open month, so far.
    pub current: Amount,
    /// In the period before.
    pub previous: Amount,
    /// The change of all else; `None` where there is nothing else.
    pub change_percent: Option<f64>,
}

impl Tax {
    /// Of a headline with its question, on a day that is still being billed; `None` where the tax is final, the source does not
    /// tell it from the rest, or the change is much the same without it.
    pub(super) fn unfinished(
        cube: &Cube,
        summary: &Summary,
        question: &Question,
        today: Date,
    ) -> Option<Tax> {
        let compared = summary.comparison;
        let with = summary.change_percent?;
        if !Period::month_of(today).contains(compared.current.from) {
            return None;
        }
        let of = |period: Period| {
            let taxed = |dimension| Question {
                period,
                by: Vec::new(),
                filter: question.filter.clone().and_any(dimension, &[NAME]),
                ..question.clone()
            };
            let by_kind = cube.answer(&taxed(Dimension::Category));
            let answers = by_kind
                .or_else(|_| cube.answer(&taxed(Dimension::Service)))
                .ok()?;
            let mine = answers.iter().find(|of| of.currency == summary.currency);
            Some(mine.map_or(Amount::ZERO, |of| of.total))
        };
        let (current, previous) = (of(compared.current)?, of(compared.previous)?);
        let rest = [summary.current - current, summary.previous - previous];
        let is_alone = rest == [Amount::ZERO; 2];
        let [now, before] = rest;
        let change_percent = now.change_percent(before);
        let is_other = change_percent.map_or(is_alone, |without| {
            let least = match with.signum() == without.signum() {
                true => MUCH,
                false => SOME,
            };
            (with - without).abs() >= least
        });
        (current < previous && is_other).then_some(Tax {
            current,
            previous,
            change_percent,
        })
    }

    /// One clause, with the name of the period before.
    pub(super) fn says(&self, before: String) -> String {
        let [current, previous] = [self.current, self.previous].map(|tax| tax.grouped(2));
        let says = format!("tax grows until the month ends, {current} so far and {previous} in {before}");
        match self.change_percent {
            Some(change) => format!("{says}: {change:+.1} % without it"),
            None => says,
        }
    }
}

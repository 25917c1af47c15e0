//! The headline: the finished days of this month against the same days of the month before.

use jiff::ToSpan;
use jiff::civil::Date;

use super::amount::Amount;
use super::breakdown::{Breakdown, Question};
use super::cube::Cube;
use super::dataset::{BadDimension, Lens};
use super::filter::Filter;
use super::lacking::known;
use super::period::{Comparison, Period};
use super::tax::Tax;

#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub currency: String,
    pub comparison: Comparison,
    pub current: Amount,
    pub previous: Amount,
    /// `None` when the month before cost nothing, or not every day of both is known: a part is no percentage of a whole.
    pub change_percent: Option<f64>,
    /// Days of the period that are known.
    pub known: u32,
    /// Days of the period before that are known; none of them: there is nothing to compare with.
    pub known_before: u32,
    /// Every day compared is there and none is an estimate.
    pub complete: bool,
    /// That exports begin between these days, each in words: their accounts may be older.
    pub begun: Vec<String>,
    /// Tax that is not final; `None` where the change would not be another without it.
    pub tax: Option<Tax>,
}

impl Summary {
    /// The days that must be asked for: both periods, and this month up to and with today.
    pub fn period(today: Date, lag_days: u8) -> Period {
        let comparison = Comparison::same_days(today, lag_days);
        Period {
            from: comparison.previous.from,
            to: today.saturating_add(1.day()),
        }
    }

    /// One sentence, the days named, for readers of today.
    pub fn says(&self, today: Date) -> String {
        let (now, then) = (self.comparison.current, self.comparison.previous);
        let [current, previous] = [now, then].map(|period| period.in_year(today.year()));
        if self.is_unknown() {
            let currency = &self.currency;
            let mut text = format!("{current}: nothing is known in {currency}; {previous} ");
            match (self.known_before, partly_known(then, self.known_before, today)) {
                (0, _) => text.push_str("is not known either"),
                (_, None) => text.push_str(&self.previous.grouped(2)),
                (_, Some(doubt)) => text.push_str(&format!("{}; {doubt}", self.previous.grouped(2))),
            }
            return text;
        }
        if self.known_before == 0 {
            let mut text = format!(
                "{current} {} {}  nothing is known of {previous} to compare with",
                self.current.grouped(2),
                self.currency,
            );
            if let Some(doubt) = self.alone_in_doubt(today) {
                text.push_str(&format!("; {doubt}"));
            }
            return text;
        }
        if self.known == 0 {
            let doubt = self.doubt(today).unwrap_or_default();
            let (sum, currency) = (self.current.grouped(2), &self.currency);
            return format!("{current} {sum} {currency}  not compared with {previous}; {doubt}");
        }
        let change = match self.change_percent {
            Some(percent) => format!("{percent:+.1} %"),
            None if !self.is_whole() => "no percentage".into(),
            None => "no base".into(),
        };
        let mut text = format!(
            "{current} {} {}  {change} vs {previous} ({})",
            self.current.grouped(2),
            self.currency,
            self.previous.grouped(2)
        );
        if self.is_whole() && !self.comparison.is_even() {
            let (now, then) = (now.days(), then.days());
            text.push_str(&format!(
                "; {now} vs {then} days, {} vs {} a day",
                self.current.per(now).grouped(2),
                self.previous.per(then).grouped(2)
            ));
        }
        if let Some(doubt) = self.doubt(today) {
            text.push_str(&format!("; {doubt}"));
        }
        text
    }

    /// Nothing was charged that is known of, and no day is known: not a bill of nothing.
    pub fn is_unknown(&self) -> bool {
        self.known == 0 && self.current == Amount::ZERO
    }

    /// Whether something is known of both periods: else there is no change.
    pub fn is_compared(&self) -> bool {
        self.known > 0 && self.known_before > 0
    }

    /// Whether every day of both periods is known: else one is no percentage of the other.
    pub fn is_whole(&self) -> bool {
        is_whole(self.comparison, [self.known, self.known_before])
    }

    /// What the change comes to; `None` where not every day of both is known: those that are missing did not cost nothing.
    pub fn change(&self) -> Option<Amount> {
        self.is_whole().then(|| self.current - self.previous)
    }

    /// That what is shown is of a part of its days, in a few words, of which of the two where they are compared; `None` where
    /// both are whole, and where nothing is shown.
    pub fn partly(&self) -> Option<String> {
        let Comparison { current, previous } = self.comparison;
        let of = |known: u32, period: Period| {
            let days = period.days();
            (known < days).then(|| format!("{known} of {days} days"))
        };
        if !self.is_compared() {
            return match self.known {
                _ if self.is_unknown() => None,
                0 => Some("no day of it known in full".to_owned()),
                known => of(known, current).map(|now| format!("only {now} known")),
            };
        }
        match (of(self.known, current), of(self.known_before, previous)) {
            (None, None) => None,
            (Some(now), None) => Some(format!("only {now} known")),
            (None, Some(then)) => Some(format!("only {then} before known")),
            (Some(now), Some(then)) => Some(format!("only {now} known, {then} before")),
        }
    }

    /// That what is shown alone, with nothing to compare it with, is of a part of its days: less than the time cost.
    pub fn alone_in_doubt(&self, today: Date) -> Option<String> {
        let is_shown = self.known_before == 0 && !self.is_unknown();
        is_shown
            .then(|| partly_known(self.comparison.current, self.known, today))
            .flatten()
    }

    /// That either period is not wholly known, or what is known of it not final.
    pub fn doubt(&self, today: Date) -> Option<String> {
        let Comparison { current, previous } = self.comparison;
        let doubts = [
            partly_known(current, self.known, today),
            partly_known(previous, self.known_before, today),
        ];
        let doubts = doubts.into_iter().flatten();
        let tax = self
            .tax
            .as_ref()
            .map(|tax| tax.says(previous.in_year(today.year())));
        let doubts: Vec<String> = doubts.chain(self.begun.iter().cloned()).chain(tax).collect();
        (!doubts.is_empty()).then(|| doubts.join("; "))
    }
}

/// That so many days of a period are not all of them. A total may hold charges of the others too: of a day that one export
/// lacks another knows its own.
pub fn partly_known(period: Period, known: u32, today: Date) -> Option<String> {
    let (days, name) = (period.days(), period.in_year(today.year()));
    match known {
        0 => Some(format!("no day of {name} is known in full")),
        _ if known < days => Some(format!("only {known} of {days} days of {name} are known in full")),
        _ => None,
    }
}

/// The headline in each currency.
pub fn summary(
    cube: &Cube,
    today: Date,
    lag_days: u8,
    lens: Lens,
    filter: &Filter,
) -> Result<Vec<Summary>, BadDimension> {
    let comparison = Comparison::same_days(today, lag_days);
    let question = |period| Question {
        period,
        by: Vec::new(),
        lens,
        filter: filter.clone(),
    };
    let current = cube.answer(&question(comparison.current))?;
    let previous = cube.answer(&question(comparison.previous))?;
    let pairs = current.into_iter().zip(previous);
    let summary = |(current, previous): (Breakdown, Breakdown)| {
        let days = cube.days_about(&current.currency, filter.dimensions());
        let [known, known_before] =
            [comparison.current, comparison.previous].map(|period| known(&days, period));
        let begun = cube.begun(comparison, &current.currency);
        let mut summary = Summary {
            change_percent: current
                .total
                .change_percent(previous.total)
                .filter(|_| is_whole(comparison, [known, known_before])),
            complete: current.complete && previous.complete,
            begun,
            known,
            known_before,
            currency: current.currency,
            comparison,
            current: current.total,
            previous: previous.total,
            tax: None,
        };
        summary.tax = Tax::unfinished(cube, &summary, &question(comparison.current), today);
        summary
    };
    Ok(pairs.map(summary).collect())
}

/// Whether so many known days are all of the two periods.
pub(super) fn is_whole(comparison: Comparison, [known, known_before]: [u32; 2]) -> bool {
    known == comparison.current.days() && known_before == comparison.previous.days()
}

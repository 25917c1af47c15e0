//! The days that the bill is read of: so many days before its last finished one, and which of those are known. A month is
//! reckoned from the days that are known, and from no others.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::bill::DAYS;
use super::billed::MONTH;
use crate::cost::lacking::Days;
use crate::cost::{Period, Question};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Days that are not known, counted back from the last.
    lacking: BTreeSet<i64>,
}

impl Window {
    /// By the days that are known. Of a bill that knows none of them, what there is of it is taken for all.
    pub fn of(period: Period, known: &Days) -> Window {
        let lacks = |back: &i64| !known.contains_key(&period.last_day().saturating_sub(back.days()));
        let lacking: BTreeSet<i64> = (0..DAYS).filter(lacks).collect();
        match lacking.len() as i64 {
            DAYS => Window::default(),
            _ => Window { lacking },
        }
    }

    /// How many are known.
    pub fn days(&self) -> i64 {
        self.within(DAYS)
    }

    /// How many of the last so many are known.
    pub fn within(&self, last: i64) -> i64 {
        let known = (0..last.min(DAYS)).filter(|back| !self.lacking.contains(back));
        known.count() as i64
    }

    /// What the days that are known come to a month.
    pub(super) fn month(&self, cost: f64) -> f64 {
        cost * MONTH / self.days() as f64
    }

    /// The same question of the days that are known, once for each run of them: of the others one export may tell what it
    /// has, and another nothing.
    pub fn each(&self, question: &Question) -> Vec<Question> {
        let last = question.period.last_day();
        let mut known: Vec<Period> = Vec::new();
        for back in (0..DAYS).rev().filter(|back| !self.lacking.contains(back)) {
            let day: Date = last.saturating_sub(back.days());
            let next = day.saturating_add(1.day());
            match known.last_mut() {
                Some(run) if run.to == day => run.to = next,
                _ => known.extend(Period::new(day, next)),
            }
        }
        let of = |period| Question {
            period,
            ..question.clone()
        };
        known.into_iter().map(of).collect()
    }

    /// That some of them are not known; nothing where all are.
    pub fn says(&self) -> Option<String> {
        (!self.lacking.is_empty()).then(|| {
            format!(
                "the bill knows {} of {DAYS} days: what it comes to a month is reckoned from those",
                self.days()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Filter, Lens};
    use jiff::civil::date;

    #[test]
    fn a_month_is_reckoned_from_the_days_that_are_known() {
        let period = Period::new(date(2026, 10, 23), date(2026, 11, 22)).unwrap();
        let of = |is_known: &dyn Fn(i64) -> bool| {
            let known = (0..DAYS).filter(|nth| is_known(*nth));
            let known: Days = known.map(|nth| (period.from + nth.days(), false)).collect();
            Window::of(period, &known)
        };
        assert_eq!(of(&|_| true), Window::default());
        assert_eq!(of(&|_| false), Window::default(), "nobody knows");
        let late = of(&|nth| nth >= 20);
        assert_eq!((late.days(), late.within(5), late.within(40)), (10, 5, 10));
        assert_eq!(late.month(10.0), MONTH);
        let question = Question {
            period,
            by: Vec::new(),
            lens: Lens::Amortized,
            filter: Filter::default(),
        };
        let runs = |window: &Window| -> Vec<String> {
            let each = window.each(&question).into_iter();
            each.map(|of| of.period.to_string()).collect()
        };
        assert_eq!(runs(&Window::default()), [period.to_string()]);
        assert_eq!(
            runs(&of(&|nth| !(5..20).contains(&nth))),
            ["Oct 23–27", "Nov 12–21"]
        );
        assert!(late.says().unwrap().starts_with("the bill knows 10 of 30 days"));
    }
}

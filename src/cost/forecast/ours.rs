//! Our own forecast of the month, from a cube: the whole bill or what a filter leaves of it, every kind of charge, no request
//! beyond the days.

use jiff::civil::Date;

use super::fees::{Fee, fees, named, uses};
use super::part::{Foreseen, Series, foresee};
use super::projection::window;
use crate::cost::anomaly::USAGE;
use crate::cost::band::Setting;
use crate::cost::{Amount, BadDimension, Breakdown, Cube, Dimension, Filter, Lens, Period, Question};

/// The month's end by the days before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    pub month: Period,
    pub currency: String,
    /// Days of the month before this one are finished.
    pub until: Date,
    /// `None` while no day of the month is known.
    pub so_far: Option<Amount>,
    /// `None` while there are too few days to tell.
    pub end: Option<End>,
    /// Days before `until` that are known.
    pub known_days: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    pub mean: Amount,
    /// Holds the end in 80 of 100 months; `None` without enough past months.
    pub interval: Option<(Amount, Amount)>,
    /// Month ends of the past that it was calibrated with.
    pub misses: usize,
}

impl Outlook {
    pub const INTERVAL_PERCENT: u8 = 80;

    /// What must be asked for: this month up to `until` and the year before it, by service and day.
    pub fn question(until: Date, lens: Lens, filter: Filter) -> Question {
        Question {
            period: window(until),
            by: vec![Dimension::Service, Dimension::Day],
            lens,
            filter,
        }
    }

    /// One outlook for each currency.
    pub fn of(
        cube: &Cube,
        until: Date,
        question: &Question,
        setting: &Setting,
    ) -> Result<Vec<Outlook>, BadDimension> {
        let month = Period::month_of(until);
        // Not every source tells use from other charges.
        let of_usage = Question {
            filter: question.filter.clone().and_any(Dimension::Category, &USAGE),
            ..question.clone()
        };
        let usage = cube.answer(&of_usage).unwrap_or_default();
        let mut outlooks = Vec::new();
        for breakdown in cube.answer(question)? {
            let mut days = cube.answered_of(&breakdown.currency, question);
            days.retain(|day| *day < until);
            let charged = totals(&breakdown, &days);
            let usage = usage.iter().find(|of| of.currency == breakdown.currency);
            let mut usage: Option<Vec<f64>> = usage.map(|of| {
                let days = totals(of, &days).into_iter();
                days.map(|(_, cost)| cost.unwrap_or_default()).collect()
            });
            let so_far = breakdown.rows.iter().filter(|row| {
                let day = row.key.last().and_then(|day| day.parse::<Date>().ok());
                day.is_some_and(|day| month.contains(day) && day < until)
            });
            let so_far: Amount = so_far.map(|row| row.cost).sum();
            let is_begun = days.iter().any(|day| month.contains(*day));
            let fees = fees(cube, question, None, &breakdown.currency, &days);
            let mut uses = uses(cube, question, &breakdown.currency, &days);
            let mut fees: Vec<Fee> = fees.into_values().next().unwrap_or_default();
            if usage.is_none()
                && let Some(named) = named(cube, question, &breakdown.currency, &days)
            {
                (usage, uses) = (Some(named.usage), named.uses);
                fees = named.fees.into_iter().map(|(_, fee)| fee).collect();
            }
            let end = foresee(&charged, usage.as_deref(), &uses, &fees, until, setting)
                .and_then(|foreseen| end(so_far, &foreseen));
            outlooks.push(Outlook {
                month,
                currency: breakdown.currency,
                until,
                so_far: is_begun.then_some(so_far),
                end,
                known_days: days.len(),
            });
        }
        Ok(outlooks)
    }
}

/// What each of these days cost.
fn totals(breakdown: &Breakdown, days: &[Date]) -> Series {
    let services = crate::cost::anomaly::series_of(&breakdown.rows, days);
    let sum = |at: usize| services.iter().filter_map(|series| series.days[at].1).sum();
    days.iter()
        .enumerate()
        .map(|(at, day)| (*day, Some(sum(at))))
        .collect()
}

/// Cents are enough for what is to come.
fn end(so_far: Amount, foreseen: &Foreseen) -> Option<End> {
    let after = |rest: f64| {
        Amount::parse(&format!("{rest:.2}"))
            .ok()
            .map(|rest| so_far + rest.amount)
    };
    let interval = foreseen
        .interval
        .map(|(lower, upper)| Some((after(lower - foreseen.so_far)?, after(upper - foreseen.so_far)?)));
    Some(End {
        mean: after(foreseen.rest)?,
        interval: interval.flatten(),
        misses: foreseen.months,
    })
}

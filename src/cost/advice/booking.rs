//! What has to be read of a bill to book what accepted findings saved, and the series that come of it. Nothing is asked
//! about what is too young to be booked.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::bill::foreign;
use super::book::{Book, Snoozed};
use super::committed::Committed;
use super::ledger::{BOOKED_AFTER_DAYS, Cell, LEARNT_DAYS, Line, lines};
use crate::cost::Files;
use crate::cost::anomaly::{Series, Survey, cells};
use crate::cost::band::Setting;
use crate::cost::breakdown::Question;
use crate::cost::cube::Cube;
use crate::cost::dataset::{BadDimension, Dimension, Lens};
use crate::cost::filter::{BadFilter, Filter};
use crate::cost::period::Period;
use crate::cost::today as day_of;

/// What was promised is in dollars.
const CURRENCY: &str = "USD";

/// Which parts of a bill are needed, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    first: Date,
    types: bool,
    services: bool,
}

impl Booking {
    /// `None` while nothing accepted is old enough to be booked.
    pub fn of(book: &Book, today: Date) -> Option<Booking> {
        let ripe = today.saturating_sub(BOOKED_AFTER_DAYS[0].days());
        let on = |(_, accepted): (&String, &super::Accepted)| {
            let on = day_of(accepted.at);
            (on < ripe).then(|| (on, Cell::parse(&accepted.key)))
        };
        let old: Vec<(Date, Option<Cell>)> = book.accepted().filter_map(on).collect();
        let has = |is: fn(&Cell) -> bool| old.iter().any(|(_, cell)| cell.as_ref().is_some_and(is));
        Some(Booking {
            first: old.iter().map(|(on, _)| *on).min()?,
            types: has(|cell| matches!(cell, Cell::UsageType { .. })),
            services: has(|cell| matches!(cell, Cell::Service { .. })),
        })
    }

    /// Until yesterday, whose bill still grows.
    fn period(&self, today: Date) -> Period {
        Period {
            from: self.first.saturating_sub(LEARNT_DAYS.days()),
            to: today.saturating_sub(1.day()),
        }
    }

    /// Usage types by account, where something is booked on one.
    pub fn types(&self, today: Date) -> Option<Question> {
        self.types.then(|| Question {
            period: self.period(today),
            by: vec![Dimension::UsageType, Dimension::Account, Dimension::Day],
            lens: Lens::Amortized,
            filter: Filter::default(),
        })
    }

    /// Services, where something is booked on one: by kind of charge, and by account. `of_export`: it is split by more, which
    /// tells commitments where kinds of charge do not.
    ///
    /// # Errors
    /// The survey's filter does not parse; it has none.
    pub fn services(
        &self,
        today: Date,
        of_export: bool,
    ) -> Result<Option<(Survey, [Question; 2])>, BadFilter> {
        if !self.services {
            return Ok(None);
        }
        let survey = Survey::new(self.period(today), "")?;
        let mut categories = survey.services();
        categories.by.push(Dimension::Category);
        if of_export {
            categories.by.push(Dimension::Pricing);
        }
        let accounts = survey.cells(Dimension::Account);
        Ok(Some((survey, [categories, accounts])))
    }
}

/// Series of the cells that something is booked on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Booked {
    pub series: Vec<Series>,
    /// Currencies that are left out.
    pub others: Vec<String>,
    /// What tells whether a commitment was bought.
    pub committed: Committed,
    /// Months that more than one export has, such as `2026-11`, and that they may be counted twice.
    pub(super) twice: Option<(BTreeSet<String>, String)>,
}

impl Booked {
    /// # Errors
    /// The cube is not split by usage type and account.
    pub fn take_types(&mut self, cube: &Cube, question: &Question) -> Result<(), BadDimension> {
        self.leave_out(foreign(&cube.answer(question)?));
        for mut one in cells(cube, question)? {
            one.key.insert(0, "usage_type".into());
            self.series.push(one);
        }
        Ok(())
    }

    /// # Errors
    /// The cubes are not split as the survey asks.
    pub fn take_services(
        &mut self,
        survey: &Survey,
        services: &Cube,
        accounts: &Cube,
    ) -> Result<(), BadDimension> {
        self.committed = Committed::read(services, survey)?;
        for watched in survey.watched(services, accounts)? {
            match watched.currency == CURRENCY {
                true => self.series.extend(watched.series),
                false => self.leave_out(vec![watched.currency]),
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, others: Vec<String>) {
        for other in others {
            if !self.others.contains(&other) {
                self.others.push(other);
            }
        }
    }

    /// Takes days of months that more than one export has for days that are not known, once all series are taken.
    pub fn leave_overlaps(&mut self, files: &Files) {
        if let Some((says, hint)) = files.overlap() {
            let months = files.overlaps().into_iter().map(|(month, _)| month);
            self.leave_months(
                months.collect(),
                format!("{says}: nothing is booked of those days; {hint}"),
            );
        }
    }

    pub(super) fn leave_months(&mut self, months: BTreeSet<String>, says: String) {
        let is_left = |day: Date| !months.contains(&month_of(day));
        let days = self.series.iter_mut().flat_map(|series| &mut series.days);
        for (_, cost) in days.filter(|(day, _)| !is_left(*day)) {
            *cost = None;
        }
        self.committed.leave(is_left);
        self.twice = Some((months, says));
    }

    /// That days of some time may be counted twice.
    pub(super) fn twice_within(&self, from: Date, to: Date) -> Option<String> {
        let (months, says) = self.twice.as_ref()?;
        let within = month_of(from)..=month_of(to);
        months
            .iter()
            .any(|month| within.contains(month))
            .then(|| says.clone())
    }

    /// What is left out, as a sentence.
    pub fn says(&self) -> Option<String> {
        let others = self.others.join(" and ");
        let others = (!others.is_empty())
            .then(|| format!("charges in {others} are left out: what was promised is in dollars"));
        let twice = self.twice.as_ref().map(|(_, says)| says.clone());
        let says: Vec<String> = [others, twice].into_iter().flatten().collect();
        (!says.is_empty()).then(|| says.join("; "))
    }
}

/// As imports name it.
fn month_of(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}

/// What was decided and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    pub lines: Vec<Line>,
    /// How many of them are old enough to be booked.
    pub ripe: usize,
    /// What they brought is still to be asked for.
    pub is_open: bool,
    /// Put off, by the id of its finding.
    pub asleep: Vec<(String, Snoozed)>,
    /// Taken back: what, when, and why.
    pub withdrawn: Vec<(String, Date, String)>,
}

impl Ledger {
    pub fn of(book: &Book, booked: &Booked, setting: &Setting, now: jiff::Timestamp) -> Ledger {
        let asleep = book.asleep(day_of(now));
        let asleep = asleep.map(|(id, snoozed)| (id.clone(), snoozed.clone()));
        let ripe = day_of(now).saturating_sub(BOOKED_AFTER_DAYS[0].days());
        Ledger {
            is_open: false,
            ripe: book
                .accepted()
                .filter(|(_, accepted)| day_of(accepted.at) < ripe)
                .count(),
            lines: lines(book, booked, setting, day_of(now)),
            asleep: asleep.collect(),
            withdrawn: book
                .withdrawn
                .iter()
                .map(|of| (of.accepted.says(&of.id), day_of(of.at), of.reason.clone()))
                .collect(),
        }
    }

    /// Dollars a month that were promised at most.
    pub fn promised(&self) -> f64 {
        self.lines.iter().map(Line::promised).sum()
    }

    /// The same at least.
    pub fn at_least(&self) -> f64 {
        self.lines.iter().map(Line::at_least).sum()
    }
}

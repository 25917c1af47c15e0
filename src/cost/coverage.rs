//! Which days an export answers for. A day without a single charge cost nothing where charges are rare, and is a hole in
//! the bill where they come daily: a file that is missing must not pass for days that were free.

mod charged;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::civil::Date;

use charged::Charged;

use super::cube::day;
use super::period::Period;

/// What one export says of its days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Days with charges, and those between them that cost nothing.
    pub answered: BTreeSet<Date>,
    /// Days without any charge among others that have them daily.
    pub holes: Vec<Period>,
    /// Charges come daily up to the last of them: what follows is not there, and did not cost nothing.
    pub ends_daily: bool,
}

impl Coverage {
    /// By the days with charges, and the months whose bills were taken in; each as the cells number it. A late charge
    /// for a month that was not taken in says nothing of that month.
    pub fn of(charged: &BTreeSet<i32>, months: &BTreeSet<i32>) -> Coverage {
        let is_billed = |number: &i32| months.contains(&day::month(day::date(*number)));
        let mut known: Vec<i32> = charged.iter().copied().filter(is_billed).collect();
        if known.is_empty() {
            known = charged.iter().copied().collect();
        }
        let mut coverage = Coverage::default();
        coverage
            .answered
            .extend(known.iter().map(|number| day::date(*number)));
        let bill = Charged::on(&known);
        // A bill that begins in the middle of a month is cut where charges come daily, and begins with it where they are rare.
        let begins = months.first().map(|month| day::number(day::first(*month)));
        if let (Some(first), Some(begins)) = (known.first(), begins)
            && bill.begins_daily() == Some(false)
        {
            let before = (begins..*first).filter(is_billed).map(day::date);
            coverage.answered.extend(before);
        }
        coverage.ends_daily = bill.ends_daily() == Some(true);
        for pause in &bill.pauses {
            let between = (pause.before + 1..pause.after).filter(is_billed).map(day::date);
            match bill.has_lost(*pause) {
                true => between.for_each(|missing| coverage.miss(missing)),
                false => coverage.answered.extend(between),
            }
        }
        coverage
    }

    fn miss(&mut self, missing: Date) {
        let next = missing.tomorrow().unwrap_or(missing);
        match self.holes.last_mut() {
            Some(hole) if hole.to == missing => hole.to = next,
            _ => self.holes.extend(Period::new(missing, next)),
        }
    }
}

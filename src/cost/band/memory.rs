//! Jobs and fees that come on the same day of every month, or on its last: alarming twice, expected from then on. They are
//! remembered as amounts beside what the day usually costs: a fee does not double with use. What is long past is forgotten.

use std::ops::RangeInclusive;

use jiff::ToSpan;
use jiff::civil::Date;

/// How far back a monthly job is remembered.
const REMEMBERED_DAYS: i64 = 100;
/// Times that make a habit.
pub const HABIT: usize = 2;
/// Months that are looked through for the last times: one of them may not be known.
const MONTHS: i32 = 3;
/// Days of the longest month.
const LONGEST: i8 = 31;

/// Days so far outside of what was usual, with what they cost beyond it, in the currency of their series: below nothing where
/// a credit made them cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    days: Vec<(Date, f64)>,
}

impl Memory {
    pub fn keep(&mut self, day: Date, excess: f64) {
        self.days.push((day, excess));
    }

    /// The highest excess of this day of the month, once it is a habit, however often it failed to come.
    pub fn highest(&self, day: Date) -> Option<f64> {
        let since = day.saturating_sub(REMEMBERED_DAYS.days());
        let recent = self.days.iter().rev().take_while(|(past, _)| *past >= since);
        let same = recent.filter(|(past, excess)| past.day() == day.day() && *excess > 0.0);
        let same: Vec<f64> = same.map(|(_, excess)| *excess).collect();
        (same.len() >= HABIT).then(|| same.into_iter().fold(0.0, f64::max))
    }

    /// What came beyond the usual on a day.
    pub fn excess(&self, day: Date) -> Option<f64> {
        let at = self.days.binary_search_by_key(&day, |(past, _)| *past).ok()?;
        self.days.get(at).map(|(_, excess)| *excess)
    }
}

/// Which days of the months before stand where a day stands in its own: the same day of the month, and for the last of a
/// month also those that it is too short for, up to the last of those months.
pub fn places(day: Date) -> impl Iterator<Item = Vec<Date>> {
    ordinals(day).map(move |of| (1..=MONTHS).map(|nth| in_month(day, -nth, of)).collect())
}

/// The days of the next months that a day is looked back on from, as many as make a habit of it.
pub fn coming(day: Date) -> impl Iterator<Item = Date> {
    let months = 1..=HABIT as i32;
    ordinals(day).flat_map(move |of| months.clone().map(move |nth| in_month(day, nth, of)))
}

/// The days of the month that come on a day: on the last of a short month all that it lacks, too.
fn ordinals(day: Date) -> RangeInclusive<i8> {
    let is_last = day == day.last_of_month();
    day.day()..=if is_last { LONGEST } else { day.day() }
}

/// The day of another month, its last where it has not as many.
fn in_month(day: Date, months: i32, of: i8) -> Date {
    let first = day.first_of_month().saturating_add(months.months());
    first.saturating_add((of.min(first.days_in_month()) - 1).days())
}

/// What is expected on a day by the last times that a day like it was known, where something came each of those times.
pub fn expected(
    day: Date,
    is_known: impl Fn(Date) -> bool,
    came: impl Fn(Date) -> Option<f64>,
    of: impl Fn(Vec<f64>) -> Option<f64>,
) -> Option<f64> {
    let each = places(day).filter_map(|place| {
        let known = place.into_iter().filter(|then| is_known(*then)).take(HABIT);
        let came: Option<Vec<f64>> = known.map(&came).collect();
        came.filter(|came| came.len() == HABIT).and_then(&of)
    });
    each.reduce(|one, other| one + other)
}

/// The one nearest to nothing of what is all on one side of it.
pub fn least(costs: Vec<f64>) -> Option<f64> {
    let is_one_side = costs.iter().all(|cost| *cost > 0.0) || costs.iter().all(|cost| *cost < 0.0);
    let nearest = |one: f64, other: f64| if other.abs() < one.abs() { other } else { one };
    costs.into_iter().reduce(nearest).filter(|_| is_one_side)
}

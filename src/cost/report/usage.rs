//! What of a row follows use, and what comes by the calendar: a credit or a fee is no noise of use, widens no band and
//! makes no anomaly. It is expected again on the days of the month on which it came twice.

use std::collections::{BTreeMap, HashMap};

use jiff::ToSpan;
use jiff::civil::Date;

use super::Report;
use super::make::since;
use crate::cost::cells::Cells;
use crate::cost::period::Period;

pub(super) type Series = Vec<(Date, Option<f64>)>;

/// Less is rounding.
const NOTHING: f64 = 0.005;
/// Months in which a charge must have come on a day to be expected on it again.
const MONTHS: i64 = 2;

impl Report {
    /// Takes what of the rows follows use, from cells of usage alone.
    pub fn tell_usage(&mut self, cells: &Cells) {
        let main = cells.currencies.iter().position(|name| name == self.currency());
        let (Some(main), Some(first)) = (main, self.days.first().map(|day| day.day)) else {
            return;
        };
        let rows = self.rows.iter().filter(|row| !row.days.is_empty());
        let mut usage: HashMap<String, Vec<f64>> = rows
            .map(|row| (row.name.clone(), vec![0.0; row.days.len()]))
            .collect();
        for cell in cells.rows.iter().filter(|cell| cell.currency == main) {
            let days = cells.names.get(cell.name).and_then(|name| usage.get_mut(name));
            if let Some(sum) = days.and_then(|days| days.get_mut(since(first, cell.day))) {
                *sum += cell.cost.approximate();
            }
        }
        self.usage = Some(usage);
    }
}

/// The days of a row, taken apart.
pub(super) struct Parted {
    /// What its band is learnt from.
    pub usage: Series,
    /// What else was charged, where there was anything.
    others: BTreeMap<Date, f64>,
}

impl Parted {
    /// By what follows use on each day; where the source does not tell, a day below nothing holds a credit, since use costs
    /// something, and used as much as the day before it.
    pub fn of(charged: &Series, usage: Option<&Vec<f64>>) -> Parted {
        let (mut parted, mut others) = (Series::new(), BTreeMap::new());
        let mut last = 0.0;
        for (nth, (day, cost)) in charged.iter().enumerate() {
            let used = cost.map(|cost| match usage.and_then(|usage| usage.get(nth)) {
                Some(used) => *used,
                None if cost < 0.0 => last,
                None => cost,
            });
            if let (Some(cost), Some(used)) = (cost, used) {
                last = used;
                if (cost - used).abs() >= NOTHING {
                    others.insert(*day, cost - used);
                }
            }
            parted.push((*day, used));
        }
        // What comes every day keeps to no calendar.
        match others.len() * 2 > charged.iter().filter(|(_, cost)| cost.is_some()).count() {
            true => Parted {
                usage: charged.clone(),
                others: BTreeMap::new(),
            },
            false => Parted {
                usage: parted,
                others,
            },
        }
    }

    /// What does not follow use of the month that a day lies in: what has come before the day, and what comes from it on.
    pub fn others(&self, until: Date) -> f64 {
        let month = Period::month_of(until);
        let come = self.others.range(month.from..until).map(|(_, cost)| cost);
        let days = (0..month.days()).map(|nth| month.from.saturating_add(i64::from(nth).days()));
        let to_come = days.filter(|day| *day >= until).map(|day| self.expected(day));
        come.sum::<f64>() + to_come.sum::<f64>()
    }

    /// The least of what came on the same day of the months before, all of them on one side of nothing.
    fn expected(&self, day: Date) -> f64 {
        let before = (1..=MONTHS).map(|months| {
            let then = day.checked_sub(months.months()).unwrap_or(day);
            self.others.get(&then).copied().unwrap_or_default()
        });
        let before: Vec<f64> = before.collect();
        let least = |one: f64, other: f64| if other.abs() < one.abs() { other } else { one };
        let is_one_side = before.iter().all(|cost| *cost > 0.0) || before.iter().all(|cost| *cost < 0.0);
        match is_one_side {
            true => before.into_iter().reduce(least).unwrap_or_default(),
            false => 0.0,
        }
    }
}

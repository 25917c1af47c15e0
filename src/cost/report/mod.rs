//! What the costs panel shows: the headline, the rows of one dimension in two periods, the days. Made of cells alone, so
//! that any source gives the same report; what takes longer to work out comes after it, as a [`Prospect`].

mod make;
mod prospect;
#[cfg(test)]
mod tests;
mod usage;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;

use super::amount::Amount;
use super::budget::Budget;
use super::forecast::fees::Fee;
use super::meter::Spent;
use super::origin::Source;
use super::period::Comparison;
use super::price::Price;
use super::query::Query;
use super::summary::Summary;
use super::trouble::Trouble;

pub use prospect::{Prospect, RowProspect};

/// Values that get a colour of their own in the days; the others share one.
pub const SERIES: usize = 5;
/// Rows whose days are kept; what is smaller shows its sums alone.
const SERIES_KEPT: usize = 400;
/// What rounds to less is nothing.
const CENT: f64 = 0.005;

/// A row in the two periods.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// As the source spells it; `""`: the charges without a value.
    pub name: String,
    /// What the name stands for, where that is known.
    pub label: Option<String>,
    pub cost: Amount,
    pub before: Amount,
    /// Whether anything is known of what it cost: else it is not nothing.
    pub is_known: bool,
    /// Whether what it cost before is known: else there is no change, and nothing is new.
    pub is_compared: bool,
    /// Whether all days compared are known: those that are missing did not cost nothing.
    pub is_whole: bool,
    /// It cost nothing in either period, and is here since something of it is foreseen.
    pub is_expected: bool,
    /// Cost of each of the report's days; `None` where there was no answer. Empty for the smallest rows.
    pub days: Vec<Option<f64>>,
    /// The same with what is charged on days that are not known whole; empty where there are none.
    pub charged: Vec<Option<f64>>,
}

impl Line {
    /// What is charged on each of the report's days, known whole or not.
    pub fn shown(&self) -> &[Option<f64>] {
        match self.charged.is_empty() {
            true => &self.days,
            false => &self.charged,
        }
    }

    /// `None` where not every day of both periods is known: a part of one is no less than the whole of the other.
    pub fn change(&self) -> Option<Amount> {
        (self.is_compared && self.is_whole).then(|| self.cost - self.before)
    }

    /// The same in percent of what it cost before; `None` as well where that was nothing.
    pub fn change_percent(&self) -> Option<f64> {
        self.change()?;
        self.cost.change_percent(self.before)
    }
}

/// A day of the bill.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    pub day: Date,
    /// The largest rows, then all others together; `None`: no answer.
    pub parts: Option<Vec<f64>>,
    /// The same of a day without an answer on which something is charged all the same: some exports have it, and some not.
    pub in_part: Option<Vec<f64>>,
    /// Today and later: more is to come.
    pub unfinished: bool,
    /// The bill of it may still move.
    pub estimated: bool,
}

impl Day {
    pub fn cost(&self) -> Option<f64> {
        Some(self.parts.as_ref()?.iter().sum())
    }

    /// What is charged on it, known whole or in part, by its parts.
    pub fn shown(&self) -> Option<&[f64]> {
        self.parts.as_deref().or(self.in_part.as_deref())
    }
}

/// Where it comes from, and how old that is.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    pub source: Source,
    /// The account that pays, or the name of the import.
    pub account: String,
    pub read_at: Timestamp,
    /// Paid requests so far; `None` where the source asks for none.
    pub spent: Option<Spent>,
    /// Paid requests that this report took.
    pub requests: u32,
    /// What asking again now would cost; `None` where that is nothing.
    pub price: Option<Price>,
    /// Why what is shown is older than it should be.
    pub stale_because: Option<Trouble>,
    /// What the totals may lack, or have twice where two exports are of one bill; and what to do about it.
    pub doubts: Option<(String, String)>,
    /// What the export lacks, and how that is made good.
    pub without: Option<&'static str>,
    /// The budget of the whole account by month; why there is none.
    pub budget: Result<Option<Budget>, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub query: Query,
    pub origin: Origin,
    /// The day that is still being billed.
    pub today: Date,
    pub comparison: Comparison,
    pub summary: Summary,
    /// What makes days known that are not; `None` where all that are compared are.
    pub remedy: Option<String>,
    /// The headlines of the other currencies: amounts of two are never added.
    pub others: Vec<Summary>,
    pub rows: Vec<Line>,
    /// What cost nothing in either period and did not long before: it may be foreseen again.
    pub silent: Vec<Line>,
    /// What accounts are called, as far as the source tells.
    pub accounts: BTreeMap<String, String>,
    pub days: Vec<Day>,
    /// The rows that have a colour in the days, largest first, by their index.
    pub series: Vec<usize>,
    /// What of each row's days follows use, by its name; `None` where the source does not tell.
    pub usage: Option<HashMap<String, Vec<f64>>>,
    /// What is left of the days of a row that holds tax or support, without that, by its name; where the source tells such
    /// charges by the names of services alone.
    pub named: HashMap<String, Vec<f64>>,
    /// What follows use of all rows together.
    pub usage_of_all: Option<Vec<f64>>,
    /// What else was charged on each row's days, each charge by itself, by its name.
    pub fees: HashMap<String, Vec<Fee>>,
    /// The same of all rows together.
    pub fees_of_all: Vec<Fee>,
    /// What follows use of all rows together, each service by itself.
    pub uses_of_all: Vec<Fee>,
}

impl Report {
    pub fn currency(&self) -> &str {
        &self.summary.currency
    }

    pub fn total(&self) -> Amount {
        self.summary.current
    }

    /// Takes in what is foreseen though nothing of it is booked yet, so that the rows come to what the whole does.
    pub fn expect(&mut self, prospect: &Prospect) {
        let end = |row: &Line| prospect.rows.get(&row.name).and_then(|row| row.end);
        let silent = std::mem::take(&mut self.silent);
        let (expected, silent) = silent
            .into_iter()
            .partition(|row| end(row).is_some_and(|end| end.abs() >= CENT));
        self.silent = silent;
        self.rows.extend::<Vec<Line>>(expected);
    }

    pub fn row(&self, name: &str) -> Option<&Line> {
        self.rows.iter().find(|row| row.name == name)
    }
}

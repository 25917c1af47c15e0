//! What of a report's rows follows use, as far as its source tells.

use std::collections::HashMap;

use jiff::civil::Date;

use super::Report;
use super::make::since;
use crate::cost::cells::Cells;
use crate::cost::forecast::fees::{fees, named, named_by, uses};
use crate::cost::tax::Tax;
use crate::cost::{Cube, Question};

impl Report {
    /// Takes what was charged, each service's use and each other charge by itself, from a cube that tells one from the other;
    /// by the report's own question.
    pub fn tell_fees(&mut self, cube: &Cube, question: &Question) {
        let days: Vec<Date> = self.days.iter().map(|day| day.day).collect();
        let of = |row| fees(cube, question, row, self.currency(), &days);
        let row = Some(&self.query.by).filter(|by| !by.is_time());
        let (each, mut all) = (row.map_or_else(HashMap::new, |row| of(Some(row))), of(None));
        self.fees = each;
        self.fees_of_all = all.remove("").unwrap_or_default();
        self.uses_of_all = uses(cube, question, self.currency(), &days);
        self.summary.tax = Tax::unfinished(cube, &self.summary, question, self.today);
    }

    /// Takes what comes beside use by the names of services, from a cube that does not tell kinds of charges apart; by the
    /// report's own question.
    pub fn tell_named(&mut self, cube: &Cube, question: &Question) {
        self.summary.tax = Tax::unfinished(cube, &self.summary, question, self.today);
        let days: Vec<Date> = self.days.iter().map(|day| day.day).collect();
        let Some(named) = named(cube, question, self.currency(), &days) else {
            return;
        };
        (self.usage_of_all, self.uses_of_all) = (Some(named.usage), named.uses);
        self.fees_of_all = named.fees.iter().map(|(_, fee)| fee.clone()).collect();
        if self.query.by.is_time() {
            return;
        }
        for (name, named) in named_by(cube, question, &self.query.by, self.currency(), &days) {
            let fees = named.fees.into_iter().map(|(_, fee)| fee).collect();
            self.fees.insert(name.clone(), fees);
            self.named.insert(name, named.usage);
        }
    }

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
        let mut whole = vec![0.0; self.days.len()];
        for cell in cells.rows.iter().filter(|cell| cell.currency == main) {
            let nth = since(first, cell.day);
            if let Some(sum) = whole.get_mut(nth) {
                *sum += cell.cost.approximate();
            }
            let days = cells.names.get(cell.name).and_then(|name| usage.get_mut(name));
            if let Some(sum) = days.and_then(|days| days.get_mut(nth)) {
                *sum += cell.cost.approximate();
            }
        }
        self.usage = Some(usage);
        self.usage_of_all = Some(whole);
    }
}

//! Cells with their own names: what an import makes of one billing period, what is kept on disk of it, and what a cube
//! takes in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::column::{Codes, Sums};
use super::label::{Kind, Pair};
use crate::cost::dataset::Dimension;
use crate::cost::gap::{Bill, Bills};
use crate::cost::service;

/// Amounts of a cell: as billed, amortized, net, at list price, and the quantity.
pub const MEASURES: usize = 5;

/// Names of the codes in the columns; the code 0 is the empty text or set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tables {
    /// A dimension as the command line names it, and its names.
    pub axes: Vec<(String, Vec<String>)>,
    pub currencies: Vec<String>,
    pub keys: Vec<(Kind, String)>,
    pub values: Vec<String>,
    pub sets: Vec<Vec<Pair>>,
}

/// Cells sorted by day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slab {
    pub tables: Tables,
    /// Days since 1970.
    pub days: Vec<i32>,
    pub currency: Codes,
    pub label: Codes,
    /// One column for each axis of the tables.
    pub codes: Vec<Codes>,
    pub money: [Sums; MEASURES],
}

impl Slab {
    /// The currencies of its cells.
    pub fn currencies(&self) -> BTreeSet<String> {
        let codes: BTreeSet<u32> = (0..self.days.len()).map(|cell| self.currency.get(cell)).collect();
        codes.into_iter().map(|code| self.currency_name(code)).collect()
    }

    /// The names of an axis; none where it is absent.
    pub fn names(&self, dimension: &Dimension) -> &[String] {
        let name = dimension.to_string();
        let axis = self.tables.axes.iter().find(|(axis, _)| *axis == name);
        axis.map_or(&[], |(_, names)| names)
    }

    /// Who was charged how much for which services, in which currency.
    pub fn bills(&self) -> Bills {
        let axis = |dimension: Dimension| {
            let name = dimension.to_string();
            let at = self.tables.axes.iter().position(|(axis, _)| *axis == name)?;
            Some((&self.tables.axes.get(at)?.1, self.codes.get(at)?))
        };
        let (accounts, services) = (axis(Dimension::Account), axis(Dimension::Service));
        let code = |axis: Option<(&Vec<String>, &Codes)>, cell| axis.map_or(0, |(_, codes)| codes.get(cell));
        let name = |axis: Option<(&Vec<String>, &Codes)>, code: u32| {
            let name = axis.and_then(|(names, _)| names.get(code as usize));
            name.cloned().unwrap_or_default()
        };
        let cells = 0..self.days.len();
        let mut told: BTreeMap<(u32, u32, u32), i128> = BTreeMap::new();
        for cell in cells {
            let of = (
                code(accounts, cell),
                self.currency.get(cell),
                code(services, cell),
            );
            let billed = self.money.first().map_or(0, |sums| sums.get(cell));
            *told.entry(of).or_default() += billed;
        }
        let mut bills = Bills::new();
        for ((account, currency, service), billed) in told {
            let bill = Bill {
                account: name(accounts, account),
                currency: self.currency_name(currency),
            };
            let service = service::plain(&name(services, service));
            *bills.entry(bill).or_default().entry(service).or_default() += billed as f64;
        }
        bills
    }

    fn currency_name(&self, code: u32) -> String {
        self.tables
            .currencies
            .get(code as usize)
            .cloned()
            .unwrap_or_default()
    }
}

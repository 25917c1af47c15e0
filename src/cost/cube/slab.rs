//! Cells with their own names: what an import makes of one billing period, what is kept on disk of it, and what a cube
//! takes in.

use serde::{Deserialize, Serialize};

use super::column::{Codes, Sums};
use super::label::{Kind, Pair};
use crate::cost::dataset::Dimension;

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
    /// The values of an axis.
    pub fn names(&self, dimension: &Dimension) -> Vec<String> {
        let name = dimension.to_string();
        let mut axes = self.tables.axes.iter();
        axes.find(|(axis, _)| *axis == name)
            .map_or(Vec::new(), |(_, names)| names.clone())
    }
}

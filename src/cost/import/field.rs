//! What is read of a charge, whatever the file calls it, and blocks of rows in which readers hand it over.

use crate::cost::cube::{Labels, MixMap, Names, label_of};
use crate::cost::dataset::Dimension;
use std::collections::HashMap;

/// Texts of a charge. The first [`AXES`] of them are axes of a cube.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Service,
    Account,
    Region,
    Category,
    UsageType,
    Pricing,
    Commitment,
    Class,
    Resource,
    Currency,
    AccountName,
    /// A short name of the service, where the long one is absent.
    ServiceCode,
    Operation,
    /// The reservation that a fee is for.
    Reservation,
}

pub const TEXTS: usize = 14;

pub const ALL_TEXTS: [Text; TEXTS] = [
    Text::Service,
    Text::Account,
    Text::Region,
    Text::Category,
    Text::UsageType,
    Text::Pricing,
    Text::Commitment,
    Text::Class,
    Text::Resource,
    Text::Currency,
    Text::AccountName,
    Text::ServiceCode,
    Text::Operation,
    Text::Reservation,
];

pub const AXES: usize = 9;

/// The dimension of an axis.
pub const DIMENSIONS: [Dimension; AXES] = [
    Dimension::Service,
    Dimension::Account,
    Dimension::Region,
    Dimension::Category,
    Dimension::UsageType,
    Dimension::Pricing,
    Dimension::Commitment,
    Dimension::Class,
    Dimension::Resource,
];

/// Amounts of a charge; those from `PlanEffective` on are what amortization of a Cost and Usage Report is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    Billed,
    Effective,
    Net,
    List,
    Quantity,
    PlanEffective,
    PlanNetEffective,
    PlanCommitment,
    PlanUsed,
    ReservedEffective,
    ReservedNetEffective,
    UnusedUpfront,
    UnusedRecurring,
    NetUnusedUpfront,
    NetUnusedRecurring,
}

pub const MONEYS: usize = 15;

/// Amounts that every charge should have: rows without are counted.
pub const COUNTED: [Money; 4] = [Money::Billed, Money::Effective, Money::List, Money::Net];

/// Rows of one file, column by column. A column that the file does not have is empty.
#[derive(Debug, Default)]
pub struct Block {
    /// Number of the first row in its file, from 1.
    pub first_row: u64,
    /// Days since 1970, one a row.
    pub days: Vec<i32>,
    /// Months since the year 0 that bill the rows.
    pub months: Vec<i32>,
    pub text: [Vec<u32>; TEXTS],
    /// In units of 1e-12.
    pub money: [Vec<i128>; MONEYS],
    pub labels: Vec<u32>,
    /// Amounts that had digits beyond the twelfth place.
    pub rounded: u64,
    /// Rows without one of [`COUNTED`].
    pub blank: [u64; COUNTED.len()],
}

impl Block {
    pub fn clear(&mut self, first_row: u64) {
        self.first_row = first_row;
        self.rounded = 0;
        self.blank = Default::default();
        self.days.clear();
        self.months.clear();
        self.labels.clear();
        self.text.iter_mut().for_each(Vec::clear);
        self.money.iter_mut().for_each(Vec::clear);
    }

    pub fn text(&self, text: Text, at: usize) -> u32 {
        self.text[text as usize].get(at).copied().unwrap_or(0)
    }

    pub fn money(&self, money: Money, at: usize) -> i128 {
        self.money[money as usize].get(at).copied().unwrap_or(0)
    }
}

/// Names that the codes of blocks stand for, across all files of an import.
#[derive(Debug, Default)]
pub struct Books {
    pub names: [Names; TEXTS],
    pub labels: Labels,
    /// Sets that were met as JSON.
    pub by_text: HashMap<String, u32>,
    /// Sets that were met as pairs of codes.
    pub by_pairs: MixMap<Vec<(u32, u32)>, u32>,
}

/// More sets than this are not remembered.
const REMEMBERED: usize = 1 << 16;

impl Books {
    pub fn keeping(dimensions: &[Dimension]) -> Books {
        let keys = dimensions.iter().filter_map(label_of);
        Books {
            labels: Labels::only(keys.map(|(kind, name)| (kind, name.to_owned())).collect()),
            ..Books::default()
        }
    }

    /// The set of labels of a row, from pairs that may repeat or be empty.
    pub fn set(&mut self, pairs: &[(u32, u32)]) -> u32 {
        if let Some(set) = self.by_pairs.get(pairs) {
            return *set;
        }
        let set = self.labels.set(pairs.to_vec());
        if self.by_pairs.len() >= REMEMBERED {
            self.by_pairs.clear();
        }
        self.by_pairs.insert(pairs.to_vec(), set);
        set
    }

    pub fn remember(&mut self, text: &str, set: u32) {
        if self.by_text.len() >= REMEMBERED {
            self.by_text.clear();
        }
        self.by_text.insert(text.to_owned(), set);
    }

    /// Leaves out labels with too many values, and says what the codes of sets became.
    pub fn drop_wide(&mut self, most: usize) -> Option<Vec<u32>> {
        let became = self.labels.drop_wide(most)?;
        self.by_text.clear();
        self.by_pairs.clear();
        Some(became)
    }
}

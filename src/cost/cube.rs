//! One dataset in memory: a cell a day and pair of keys, keys interned. Every question is one pass.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;

use super::amount::{Amount, BadAmount};
use super::dataset::{Dataset, Dimension, Lens};
use crate::aws::CostRow;

/// What one pair of keys cost on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub day: Date,
    /// Index into the cube's names, one a dimension.
    pub keys: [u32; 2],
    pub currency: u8,
    pub unblended: Amount,
    pub amortized: Amount,
    pub net: Amount,
    pub quantity: Amount,
}

impl Cell {
    pub fn cost(&self, lens: Lens) -> Amount {
        match lens {
            Lens::Unblended => self.unblended,
            Lens::Amortized => self.amortized,
            Lens::Net => self.net,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Cube {
    pub dataset: Dataset,
    pub cells: Vec<Cell>,
    pub currencies: Vec<String>,
    /// Days that were answered, and whether the bill for them may still move.
    pub days: BTreeMap<Date, bool>,
    /// Amounts with digits beyond the twelfth decimal place.
    pub rounded: u64,
    /// Names of accounts, as far as they are known.
    pub account_names: BTreeMap<String, String>,
    names: [Names; 2],
}

#[derive(Clone, Debug, Default)]
struct Names {
    texts: Vec<String>,
    codes: HashMap<String, u32>,
}

impl Names {
    fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        // A key is a service or an account: four billion of them do not fit into memory anyway.
        let code = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.to_owned());
        self.codes.insert(text.to_owned(), code);
        code
    }
}

impl Cube {
    pub fn new(dataset: Dataset) -> Cube {
        Cube {
            dataset,
            cells: Vec::new(),
            currencies: Vec::new(),
            days: BTreeMap::new(),
            rounded: 0,
            account_names: BTreeMap::new(),
            names: Default::default(),
        }
    }

    /// Adds rows as Cost Explorer gave them. A row without its keys is the total of an empty day.
    pub fn extend(&mut self, rows: &[CostRow]) -> Result<(), BadAmount> {
        for row in rows {
            let estimated = self.days.entry(row.from).or_default();
            *estimated |= row.estimated;
            let [first, second] = row.keys.as_slice() else {
                continue;
            };
            let unblended = self.amount(row.unblended.as_deref())?.unwrap_or_default();
            let amortized = self.amount(row.amortized.as_deref())?.unwrap_or(unblended);
            // Payers without private discounts have no net metric: it equals the amortized one.
            let net = self.amount(row.net_amortized.as_deref())?.unwrap_or(amortized);
            let cell = Cell {
                day: row.from,
                keys: [
                    self.names[0].code(key_value(&self.dataset.first, first)),
                    self.names[1].code(key_value(&self.dataset.second, second)),
                ],
                currency: self.currency(row.currency.as_deref().unwrap_or("USD")),
                unblended,
                amortized,
                net,
                quantity: self.amount(row.quantity.as_deref())?.unwrap_or_default(),
            };
            self.cells.push(cell);
        }
        Ok(())
    }

    fn amount(&mut self, text: Option<&str>) -> Result<Option<Amount>, BadAmount> {
        let Some(text) = text else { return Ok(None) };
        let parsed = Amount::parse(text)?;
        self.rounded += u64::from(parsed.rounded);
        Ok(Some(parsed.amount))
    }

    fn currency(&mut self, name: &str) -> u8 {
        let at = self
            .currencies
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                self.currencies.push(name.to_owned());
                self.currencies.len() - 1
            });
        u8::try_from(at).unwrap_or(u8::MAX)
    }

    /// What stands for a code in the first (0) or second (1) dimension.
    pub fn name(&self, dimension: usize, code: u32) -> &str {
        self.try_name(dimension, code).unwrap_or_default()
    }

    pub(super) fn try_name(&self, dimension: usize, code: u32) -> Option<&str> {
        self.names[dimension].texts.get(code as usize).map(String::as_str)
    }

    /// Every value of a dimension, sorted; none when this cube does not have the dimension.
    pub fn values(&self, dimension: &Dimension) -> BTreeSet<&str> {
        let names = self
            .axis(dimension)
            .map(|axis| self.names[axis].texts.as_slice())
            .unwrap_or_default();
        names.iter().map(String::as_str).collect()
    }

    /// 0 or 1, when the cube has the dimension.
    pub fn axis(&self, dimension: &Dimension) -> Option<usize> {
        [&self.dataset.first, &self.dataset.second]
            .into_iter()
            .position(|known| known == dimension)
    }
}

/// Tags come as `key$value`; nothing after the sign means that the tag is absent.
fn key_value<'a>(dimension: &Dimension, key: &'a str) -> &'a str {
    match dimension {
        Dimension::Tag(tag) => key
            .strip_prefix(tag.as_str())
            .and_then(|rest| rest.strip_prefix('$'))
            .unwrap_or(key),
        // Charges outside any region, such as tax.
        Dimension::Region if key == "NoRegion" => "",
        _ => key,
    }
}

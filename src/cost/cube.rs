//! Costs in memory: a cell for each day and combination of what charges have in common, in columns of codes. What Cost
//! Explorer answered has two axes, an import has all of them; a question does not notice.

mod column;
pub(super) mod day;
mod fold;
mod label;
mod mix;
mod names;
mod rows;
mod slab;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::amount::{Amount, BadAmount};
use super::dataset::{BadDimension, Dataset, Dimension, Lens};
use super::lacking::{Days, Lacking};
use super::naming::Naming;
use super::period::{Comparison, Period};
use crate::aws::CostRow;

pub(super) use column::{Codes, Sums};
pub(super) use fold::Fold;
pub(super) use label::{Kind, Labels, label_of};
pub(super) use mix::MixMap;
pub(super) use names::Names;
pub(super) use slab::{MEASURES, Slab, Tables};

#[derive(Clone, Debug)]
struct Axis {
    dimension: Dimension,
    names: Names,
    codes: Codes,
}

#[derive(Clone, Debug)]
pub struct Cube {
    /// The pair that Cost Explorer's rows are split by.
    pub dataset: Dataset,
    pub currencies: Vec<String>,
    /// Days that were answered, and whether the bill for them may still move.
    pub days: Days,
    /// What of them is not known in one currency.
    pub(super) lacking: Lacking,
    /// Amounts with digits beyond the twelfth decimal place.
    pub rounded: u64,
    /// Rows without the cost that a lens is made of, by what files call that: they count as nothing.
    pub(super) blank: BTreeMap<Lens, BTreeMap<&'static str, u64>>,
    /// Names of accounts, as far as they are known.
    pub account_names: BTreeMap<String, String>,
    /// Services that exports name differently.
    pub(super) naming: Naming,
    axes: Vec<Axis>,
    labels: Labels,
    label: Codes,
    currency: Codes,
    day: Vec<i32>,
    money: [Sums; MEASURES],
    /// Lenses that cannot be looked through, and why.
    without: BTreeMap<Lens, String>,
}

impl Cube {
    pub fn new(dataset: Dataset) -> Cube {
        let mut cube = Cube::over(&[dataset.first.clone(), dataset.second.clone()], dataset);
        cube.do_without(Lens::List, "Cost Explorer knows no list prices".into());
        cube
    }

    /// A cube for [`Cube::absorb`]: any axes, and the months that billed.
    pub(super) fn of_files(axes: &[Dimension]) -> Cube {
        let pair = Dataset {
            first: Dimension::Service,
            second: Dimension::Account,
        };
        let mut axes = axes.to_vec();
        axes.push(Dimension::Month);
        Cube::over(&axes, pair)
    }

    fn over(axes: &[Dimension], dataset: Dataset) -> Cube {
        let axis = |dimension: &Dimension| Axis {
            dimension: dimension.clone(),
            names: Names::default(),
            codes: Codes::default(),
        };
        Cube {
            dataset,
            currencies: Vec::new(),
            days: Days::new(),
            lacking: Lacking::default(),
            rounded: 0,
            blank: BTreeMap::new(),
            account_names: BTreeMap::new(),
            naming: Naming::default(),
            axes: axes.iter().map(axis).collect(),
            labels: Labels::default(),
            label: Codes::default(),
            currency: Codes::default(),
            day: Vec::new(),
            money: Default::default(),
            without: BTreeMap::new(),
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
            let quantity = self.amount(row.quantity.as_deref())?.unwrap_or_default();
            let currency = self.currency_code(row.currency.as_deref().unwrap_or("USD"));
            self.day.push(day::number(row.from));
            self.currency.push(currency);
            for (axis, key) in self.axes.iter_mut().zip([first, second]) {
                let code = axis.names.code(key_value(&axis.dimension, key));
                axis.codes.push(code);
            }
            let amounts = [unblended, amortized, net, Amount::ZERO, quantity];
            for (sums, amount) in self.money.iter_mut().zip(amounts) {
                sums.push(amount.units());
            }
        }
        Ok(())
    }

    /// Adds cells of one billing month.
    pub(super) fn absorb(&mut self, slab: &Slab, month: i32) {
        let Tables {
            axes,
            currencies,
            keys,
            values,
            sets,
        } = &slab.tables;
        for axis in &mut self.axes {
            let name = axis.dimension.to_string();
            let at = axes.iter().position(|(known, _)| *known == name);
            let column = at.and_then(|at| Some((&axes[at].1, slab.codes.get(at)?)));
            match column {
                Some((names, codes)) => {
                    let is_service = axis.dimension == Dimension::Service;
                    let one = |name: &String| match is_service {
                        true => axis.names.code(self.naming.one(name)),
                        false => axis.names.code(name),
                    };
                    let map: Vec<u32> = names.iter().map(one).collect();
                    append(&mut axis.codes, codes, slab.days.len(), &map);
                }
                None => {
                    let code = match axis.dimension {
                        Dimension::Month => axis.names.code(&day::month_name(month)),
                        _ => 0,
                    };
                    (0..slab.days.len()).for_each(|_| axis.codes.push(code));
                }
            }
        }
        let map: Vec<u32> = currencies.iter().map(|name| self.currency_code(name)).collect();
        append(&mut self.currency, &slab.currency, slab.days.len(), &map);
        let keys: Vec<u32> = keys
            .iter()
            .map(|(kind, name)| self.labels.key(*kind, name))
            .collect();
        let values: Vec<u32> = values
            .iter()
            .map(|value| self.labels.values.code(value))
            .collect();
        let pair =
            |(key, value): &(u32, u32)| Some((*keys.get(*key as usize)?, *values.get(*value as usize)?));
        let map: Vec<u32> = sets
            .iter()
            .map(|set| self.labels.set(set.iter().filter_map(pair).collect()))
            .collect();
        append(&mut self.label, &slab.label, slab.days.len(), &map);
        self.day.extend_from_slice(&slab.days);
        for (sums, more) in self.money.iter_mut().zip(&slab.money) {
            (0..slab.days.len()).for_each(|cell| sums.push(more.get(cell)));
        }
    }

    /// Makes labels known of which no cell has a value.
    pub(super) fn know_labels(&mut self, labels: &Labels) {
        for (kind, name) in labels.keys() {
            self.labels.key(*kind, name);
        }
    }

    /// The same of all that another cube knows.
    pub(super) fn know_labels_of(&mut self, other: &Cube) {
        self.know_labels(&other.labels);
    }

    fn amount(&mut self, text: Option<&str>) -> Result<Option<Amount>, BadAmount> {
        let Some(text) = text else { return Ok(None) };
        let parsed = Amount::parse(text)?;
        self.rounded += u64::from(parsed.rounded);
        Ok(Some(parsed.amount))
    }

    fn currency_code(&mut self, name: &str) -> u32 {
        let at = self.currencies.iter().position(|known| known == name);
        let at = at.unwrap_or_else(|| {
            self.currencies.push(name.to_owned());
            self.currencies.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    pub(super) fn do_without(&mut self, lens: Lens, why: String) {
        self.without.entry(lens).or_insert(why);
    }

    /// Every value of a dimension, sorted; none when this cube does not have the dimension.
    pub fn values(&self, dimension: &Dimension) -> BTreeSet<&str> {
        if let Some((kind, name)) = label_of(dimension).filter(|_| self.axis(dimension).is_none()) {
            let codes = self.labels.project(kind, name).into_iter();
            return codes.map(|code| self.labels.values.text(code)).collect();
        }
        let Some(axis) = self.axis(dimension).and_then(|at| self.axes.get(at)) else {
            return BTreeSet::new();
        };
        let used: BTreeSet<u32> = (0..self.cells()).map(|cell| axis.codes.get(cell)).collect();
        used.into_iter().map(|code| axis.names.text(code)).collect()
    }

    /// The place of the axis, when the cube has the dimension as one.
    pub fn axis(&self, dimension: &Dimension) -> Option<usize> {
        self.axes.iter().position(|axis| axis.dimension == *dimension)
    }

    /// Whether questions about a dimension can be answered.
    pub fn has(&self, dimension: &Dimension) -> bool {
        let label = |(kind, name): (Kind, &str)| {
            self.labels
                .keys()
                .iter()
                .any(|(of, key)| *of == kind && key == name)
        };
        dimension.is_time() || self.axis(dimension).is_some() || label_of(dimension).is_some_and(label)
    }

    /// What questions can be about: axes, then tags and cost categories by their names.
    pub fn dimensions(&self) -> Vec<Dimension> {
        let mut labels: Vec<Dimension> = self
            .labels
            .keys()
            .iter()
            .map(|(kind, name)| kind.dimension(name))
            .collect();
        labels.sort();
        let axes = self.axes.iter().map(|axis| axis.dimension.clone());
        axes.chain(labels).collect()
    }

    /// Days that were answered in a currency.
    pub fn days_in(&self, currency: &str) -> Cow<'_, Days> {
        self.lacking.known(&self.days, currency)
    }

    /// Those of which the dimensions of a question are known too.
    pub fn days_about<'a>(
        &self,
        currency: &str,
        dimensions: impl IntoIterator<Item = &'a Dimension>,
    ) -> Cow<'_, Days> {
        match self.lacking.about(dimensions) {
            Cow::Borrowed(lacking) => lacking.known(&self.days, currency),
            Cow::Owned(lacking) => Cow::Owned(lacking.known(&self.days, currency).into_owned()),
        }
    }

    /// That exports begin within the time of a comparison, in words.
    pub fn begun(&self, comparison: Comparison, currency: &str) -> Vec<String> {
        self.lacking.begun(comparison, currency)
    }

    /// Takes a period out of what is known in some currencies.
    pub(super) fn lack(&mut self, period: Period, is_in: impl Fn(&str) -> bool) {
        self.lacking.lack(&mut self.days, period, &self.currencies, is_in);
    }

    /// The first and the day after the last on which something was charged.
    pub fn span(&self) -> Option<Period> {
        let (first, last) = (self.day.iter().min()?, self.day.iter().max()?);
        Period::new(day::date(*first), day::date(last.checked_add(1)?))
    }

    /// Rows without the cost that a lens is made of; `None`: nobody has counted them.
    pub fn blank(&self, lens: Lens) -> Option<u64> {
        Some(self.blank.get(&lens)?.values().sum())
    }

    /// The same in words.
    pub fn blank_says(&self, lens: Lens) -> Option<String> {
        let costs = self.blank.get(&lens)?.iter();
        let says: Vec<String> = costs.filter_map(|(cost, rows)| blank_says(*rows, cost)).collect();
        (!says.is_empty()).then(|| says.join("; "))
    }

    pub fn cells(&self) -> usize {
        self.day.len()
    }

    /// All that will be in it is: its columns give back the room for more.
    pub fn shrink(&mut self) {
        self.axes.iter_mut().for_each(|axis| axis.codes.shrink());
        self.money.iter_mut().for_each(Sums::shrink);
        self.label.shrink();
        self.currency.shrink();
        self.day.shrink_to_fit();
    }

    /// Bytes of the columns.
    pub fn bytes(&self) -> usize {
        let axes: usize = self.axes.iter().map(|axis| axis.codes.bytes()).sum();
        let money: usize = self.money.iter().map(Sums::bytes).sum();
        axes + money + self.day.capacity() * 4 + self.currency.bytes() + self.label.bytes()
    }

    /// What use is told by: amortized costs, or what was billed where there are none.
    pub fn lens_of_use(&self) -> Lens {
        match self.without.contains_key(&Lens::Amortized) {
            true => Lens::Unblended,
            false => Lens::Amortized,
        }
    }

    fn measure(&self, lens: Lens) -> Result<&Sums, BadDimension> {
        if let Some(why) = self.without.get(&lens) {
            return Err(BadDimension {
                says: format!("there are no {} costs here: {why}", lens.file_name()),
                hint: "choose another --metric, or import an export that has them".into(),
            });
        }
        Ok(match lens {
            Lens::Unblended => &self.money[0],
            Lens::Amortized => &self.money[1],
            Lens::Net => &self.money[2],
            Lens::List => &self.money[3],
        })
    }

    fn quantity(&self) -> &Sums {
        &self.money[4]
    }
}

/// That rows of files have no cost of a kind; `None` where all have it.
pub fn blank_says(rows: u64, cost: &str) -> Option<String> {
    match rows {
        0 => None,
        1 => Some(format!(
            "1 row has no {cost} cost and counts as nothing: totals may lack it"
        )),
        _ => Some(format!(
            "{rows} rows have no {cost} cost and count as nothing: totals may lack them"
        )),
    }
}

fn append(to: &mut Codes, from: &Codes, cells: usize, map: &[u32]) {
    for cell in 0..cells {
        to.push(map.get(from.get(cell) as usize).copied().unwrap_or(0));
    }
}

/// Tags and cost categories come as `key$value`; nothing after the sign means that there is none.
fn key_value<'a>(dimension: &Dimension, key: &'a str) -> &'a str {
    match dimension {
        Dimension::Tag(name) | Dimension::CostCategory(name) => key
            .strip_prefix(name.as_str())
            .and_then(|rest| rest.strip_prefix('$'))
            .unwrap_or(key),
        // Charges outside any region, such as tax; those of a service that are nobody's resource.
        _ if dimension.nothing() == Some(key) => "",
        _ => key,
    }
}

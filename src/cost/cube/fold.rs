//! The one pass behind every question: which cells are wanted, and which of them belong together. Groups are numbered
//! axis by axis and renumbered after each, so that any depth of grouping costs a pass an axis and no long keys.

use jiff::civil::Date;

use super::day;
use super::label::label_of;
use super::mix::MixMap;
use super::{Codes, Cube};
use crate::cost::amount::Amount;
use crate::cost::dataset::{BadDimension, Dimension, Lens};
use crate::cost::filter::Filter;
use crate::cost::period::Period;

/// Tables up to this many entries number the groups; beyond it a hash does.
const DENSE: u64 = 1 << 21;

/// Where a part of a key comes from.
pub enum Key<'a> {
    Axis(usize),
    /// The value for the code of every set of labels.
    Label(Vec<u32>),
    Day,
    Month,
    /// Of the bill's currency.
    Currency(&'a Codes),
}

/// Wanted cells, numbered by group.
pub struct Fold<'a> {
    cube: &'a Cube,
    pub keys: Vec<Key<'a>>,
    cells: Vec<u32>,
    groups: Vec<u32>,
    /// The first cell of each group, which has its key.
    firsts: Vec<u32>,
}

impl<'a> Fold<'a> {
    /// The wanted cells as one group.
    pub fn new(cube: &'a Cube, period: Period, filter: &Filter) -> Result<Fold<'a>, BadDimension> {
        let (from, to) = (day::number(period.from), day::number(period.to));
        let mut masks: Vec<(&Codes, Vec<bool>)> = Vec::new();
        let mut dimensions: Vec<&Dimension> = filter.dimensions().collect();
        dimensions.sort();
        dimensions.dedup();
        for dimension in dimensions {
            masks.push(match cube.key(dimension)? {
                Key::Label(values) => {
                    let texts = values.iter().map(|value| cube.labels.values.text(*value));
                    (
                        &cube.label,
                        texts.map(|text| filter.wants(dimension, text)).collect(),
                    )
                }
                Key::Axis(at) => {
                    let axis = &cube.axes[at];
                    let wants = |text: &str| match dimension {
                        Dimension::Service => filter.wants_named(dimension, &cube.naming.all(text)),
                        _ => filter.wants(dimension, text),
                    };
                    (&axis.codes, axis.names.texts().map(wants).collect())
                }
                // A filter's own parser refuses days and months.
                Key::Day | Key::Month | Key::Currency(_) => continue,
            });
        }
        let wants = |(codes, mask): &(&Codes, Vec<bool>), cell: usize| {
            mask.get(codes.get(cell) as usize).copied().unwrap_or(false)
        };
        let cells: Vec<u32> = (0_u32..)
            .zip(&cube.day)
            .filter(|(cell, day)| {
                from <= **day && **day < to && masks.iter().all(|mask| wants(mask, *cell as usize))
            })
            .map(|(cell, _)| cell)
            .collect();
        let mut fold = Fold {
            cube,
            keys: Vec::new(),
            groups: vec![0; cells.len()],
            firsts: cells.first().copied().into_iter().collect(),
            cells,
        };
        if cube.currencies.len() > 1 {
            fold.number(&Key::Currency(&cube.currency));
        }
        Ok(fold)
    }

    /// Splits every group by one more dimension.
    pub fn split(&mut self, dimension: &Dimension) -> Result<(), BadDimension> {
        let key = self.cube.key(dimension)?;
        self.number(&key);
        self.keys.push(key);
        Ok(())
    }

    fn number(&mut self, key: &Key) {
        let cube = self.cube;
        match key {
            Key::Axis(at) => {
                let axis = &cube.axes[*at];
                self.renumber(axis.names.len(), |cell| axis.codes.get(cell));
            }
            Key::Label(values) => self.renumber(cube.labels.values.len(), |cell| {
                values.get(cube.label.get(cell) as usize).copied().unwrap_or(0)
            }),
            Key::Currency(codes) => self.renumber(cube.currencies.len(), |cell| codes.get(cell)),
            Key::Day | Key::Month => {
                let days = || self.cells.iter().map(|cell| cube.day[*cell as usize]);
                let (first, last) = (days().min().unwrap_or(0), days().max().unwrap_or(0));
                let since =
                    |cell: usize| u32::try_from(i64::from(cube.day[cell]) - i64::from(first)).unwrap_or(0);
                let span = usize::try_from(i64::from(last) - i64::from(first) + 1).unwrap_or(1);
                if matches!(key, Key::Day) {
                    return self.renumber(span, since);
                }
                let month = |number: i32| day::month(day::date(number));
                let start = month(first);
                let months: Vec<u32> = (first..=last)
                    .map(|number| u32::try_from(month(number) - start).unwrap_or(0))
                    .collect();
                let count = months.last().map_or(1, |last| *last as usize + 1);
                self.renumber(count, |cell| {
                    months.get(since(cell) as usize).copied().unwrap_or(0)
                });
            }
        }
    }

    /// Numbers the groups anew, in the order in which they first come.
    fn renumber(&mut self, count: usize, code: impl Fn(usize) -> u32) {
        let count = count.max(1) as u64;
        let possible = self.firsts.len() as u64 * count;
        self.firsts.clear();
        let mut dense = vec![u32::MAX; if possible <= DENSE { possible as usize } else { 0 }];
        let mut sparse: MixMap<u64, u32> = MixMap::default();
        for (group, cell) in self.groups.iter_mut().zip(&self.cells) {
            let key = u64::from(*group) * count + u64::from(code(*cell as usize));
            let next = u32::try_from(self.firsts.len()).unwrap_or(u32::MAX);
            let number = match dense.get_mut(key as usize) {
                Some(number) => {
                    if *number == u32::MAX {
                        *number = next;
                    }
                    *number
                }
                None => *sparse.entry(key).or_insert(next),
            };
            if number == next {
                self.firsts.push(*cell);
            }
            *group = number;
        }
    }

    /// Cost and quantity of each group.
    pub fn sums(&self, lens: Lens) -> Result<Vec<(Amount, Amount)>, BadDimension> {
        let (costs, quantities) = (self.cube.measure(lens)?, self.cube.quantity());
        let mut sums = vec![(0_i128, 0_i128); self.firsts.len()];
        for (group, cell) in self.groups.iter().zip(&self.cells) {
            let sum = &mut sums[*group as usize];
            sum.0 = sum.0.saturating_add(costs.get(*cell as usize));
            sum.1 = sum.1.saturating_add(quantities.get(*cell as usize));
        }
        let amounts = |(cost, quantity)| (Amount::from_units(cost), Amount::from_units(quantity));
        Ok(sums.into_iter().map(amounts).collect())
    }

    /// The currency of a group, as an index.
    pub fn currency(&self, group: usize) -> usize {
        self.cube.currency.get(self.firsts[group] as usize) as usize
    }

    /// The day of a group's first cell.
    pub fn day(&self, group: usize) -> Date {
        day::date(self.cube.day[self.firsts[group] as usize])
    }

    /// One part of a group's key.
    pub fn text(&self, group: usize, key: &Key) -> String {
        let (cube, cell) = (self.cube, self.firsts[group] as usize);
        match key {
            Key::Axis(at) => cube.axes[*at]
                .names
                .text(cube.axes[*at].codes.get(cell))
                .to_owned(),
            Key::Label(values) => {
                let value = values.get(cube.label.get(cell) as usize).copied().unwrap_or(0);
                cube.labels.values.text(value).to_owned()
            }
            Key::Day => day::date(cube.day[cell]).to_string(),
            Key::Month => day::month_name(day::month(day::date(cube.day[cell]))),
            Key::Currency(codes) => cube
                .currencies
                .get(codes.get(cell) as usize)
                .cloned()
                .unwrap_or_default(),
        }
    }
}

impl Cube {
    fn key(&self, dimension: &Dimension) -> Result<Key<'_>, BadDimension> {
        if let Some(at) = self.axis(dimension) {
            return Ok(Key::Axis(at));
        }
        match dimension {
            Dimension::Day => return Ok(Key::Day),
            Dimension::Month => return Ok(Key::Month),
            _ => {}
        }
        match label_of(dimension) {
            Some((kind, name)) if self.has(dimension) => Ok(Key::Label(self.labels.project(kind, name))),
            _ => Err(self.not_split(dimension)),
        }
    }

    /// Why there is no breakdown by a dimension, and what there is; files tell resources, too.
    pub(in crate::cost) fn not_split(&self, dimension: &Dimension) -> BadDimension {
        let is_of_files = self.has(&Dimension::Commitment) && self.axis(&Dimension::Resource).is_none();
        if *dimension == Dimension::Resource && is_of_files {
            return BadDimension {
                says: "single resources are not told here".into(),
                hint: "`qd costs breakdown` and `qd costs drivers` read them from the files themselves"
                    .into(),
            };
        }
        let mut known: Vec<Dimension> = self.axes.iter().map(|axis| axis.dimension.clone()).collect();
        known.push(Dimension::Day);
        if is_of_files {
            known.push(Dimension::Resource);
        }
        let labels = self.labels.keys().iter();
        known.extend(labels.map(|(kind, name)| kind.dimension(name)));
        let known: Vec<String> = known.iter().take(40).map(Dimension::to_string).collect();
        BadDimension {
            says: format!("these costs are not split by {dimension}"),
            hint: format!("they are split by {}", known.join(", ")),
        }
    }
}

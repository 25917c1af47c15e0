//! A question about costs and its answer: rows by up to two dimensions and a span of time, with a total
//! that is exactly their sum. Negative rows (credits, refunds) count like any other.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::amount::Amount;
use super::cube::{Cell, Cube};
use super::dataset::{BadDimension, Dataset, Dimension, Lens};
use super::filter::Filter;
use super::period::Period;

#[derive(Clone, Debug)]
pub struct Question {
    pub period: Period,
    pub by: Vec<Dimension>,
    pub lens: Lens,
    pub filter: Filter,
}

impl Question {
    /// The dataset that can answer it.
    pub fn dataset(&self) -> Result<Dataset, BadDimension> {
        Dataset::for_dimensions(self.by.iter().chain(self.filter.dimensions()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// One text for each dimension asked for; `""` where a charge has no value.
    pub key: Vec<String>,
    pub cost: Amount,
    /// Only where the rows are split by usage type: other sums would mix units.
    pub quantity: Option<Amount>,
}

/// The answer in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakdown {
    pub currency: String,
    pub period: Period,
    /// Every day is there and none is an estimate.
    pub complete: bool,
    /// Largest cost first, or in the order of time.
    pub rows: Vec<Row>,
    pub total: Amount,
}

impl Cube {
    /// Answers a question, one breakdown for each currency (one even when nothing was spent).
    pub fn answer(&self, question: &Question) -> Result<Vec<Breakdown>, BadDimension> {
        let wanted = Wanted::new(self, question)?;
        let mut groups: Vec<BTreeMap<[u64; 3], (Amount, Amount)>> =
            vec![BTreeMap::new(); self.currencies.len().max(1)];
        for cell in self.cells.iter().filter(|cell| wanted.cell(cell)) {
            let Some(group) = groups.get_mut(usize::from(cell.currency)) else {
                continue;
            };
            let sums = group.entry(wanted.group(cell)).or_default();
            sums.0 += cell.cost(question.lens);
            sums.1 += cell.quantity;
        }
        let complete = self.is_complete(question.period);
        let breakdowns = groups.into_iter().enumerate().map(|(nth, group)| {
            let mut rows: Vec<Row> = group
                .iter()
                .map(|(group, sums)| wanted.row(group, *sums))
                .collect();
            if question.by.iter().any(Dimension::is_time) {
                rows.sort_by(|a, b| wanted.time(a).cmp(&wanted.time(b)).then(b.cost.cmp(&a.cost)));
            } else {
                rows.sort_by(|a, b| b.cost.cmp(&a.cost).then_with(|| a.key.cmp(&b.key)));
            }
            Breakdown {
                currency: self.currencies.get(nth).cloned().unwrap_or_else(|| "USD".into()),
                period: question.period,
                complete,
                total: rows.iter().map(|row| row.cost).sum(),
                rows,
            }
        });
        Ok(breakdowns.collect())
    }

    /// Cost of each day of a period, days that were never answered left out; `true` marks an estimate.
    pub fn series(&self, question: &Question) -> Result<Vec<(Date, Amount, bool)>, BadDimension> {
        let wanted = Wanted::new(self, question)?;
        let mut days: BTreeMap<Date, (Amount, bool)> = self
            .days
            .range(question.period.from..question.period.to)
            .map(|(day, estimated)| (*day, (Amount::ZERO, *estimated)))
            .collect();
        for cell in self.cells.iter().filter(|cell| wanted.cell(cell)) {
            if let Some((sum, _)) = days.get_mut(&cell.day) {
                *sum += cell.cost(question.lens);
            }
        }
        Ok(days
            .into_iter()
            .map(|(day, (sum, estimated))| (day, sum, estimated))
            .collect())
    }

    fn is_complete(&self, period: Period) -> bool {
        let days = self.days.range(period.from..period.to);
        days.clone().count() == period.days() as usize && days.into_iter().all(|(_, estimated)| !estimated)
    }
}

/// A question resolved against a cube: which codes are wanted, and where each key comes from.
struct Wanted<'a> {
    cube: &'a Cube,
    question: &'a Question,
    codes: [Vec<bool>; 2],
    sources: Vec<Source>,
}

#[derive(Clone, Copy)]
enum Source {
    Axis(usize),
    Day,
    Month,
}

impl<'a> Wanted<'a> {
    fn new(cube: &'a Cube, question: &'a Question) -> Result<Wanted<'a>, BadDimension> {
        let absent = |dimension: &Dimension| BadDimension {
            says: format!("these costs are not split by {dimension}"),
            hint: format!("ask for the dataset that has {dimension}"),
        };
        let mut sources = Vec::new();
        for dimension in &question.by {
            sources.push(match dimension {
                Dimension::Day => Source::Day,
                Dimension::Month => Source::Month,
                _ => Source::Axis(cube.axis(dimension).ok_or_else(|| absent(dimension))?),
            });
        }
        if sources.len() > 3 {
            return Err(BadDimension {
                says: "a breakdown has at most two dimensions and a span of time".into(),
                hint: "leave one out of --by".into(),
            });
        }
        if let Some(dimension) = question
            .filter
            .dimensions()
            .find(|dimension| cube.axis(dimension).is_none())
        {
            return Err(absent(dimension));
        }
        let codes = |axis: usize, dimension: &Dimension| {
            (0..)
                .map_while(|code| cube.try_name(axis, code))
                .map(|name| question.filter.wants(dimension, name))
                .collect()
        };
        let codes = [codes(0, &cube.dataset.first), codes(1, &cube.dataset.second)];
        Ok(Wanted {
            cube,
            question,
            codes,
            sources,
        })
    }

    fn cell(&self, cell: &Cell) -> bool {
        let wants = |axis: usize| {
            self.codes[axis]
                .get(cell.keys[axis] as usize)
                .copied()
                .unwrap_or(false)
        };
        self.question.period.contains(cell.day) && wants(0) && wants(1)
    }

    fn group(&self, cell: &Cell) -> [u64; 3] {
        let mut group = [0; 3];
        for (place, source) in group.iter_mut().zip(&self.sources) {
            *place = match source {
                Source::Axis(axis) => u64::from(cell.keys[*axis]),
                Source::Day => number(cell.day),
                Source::Month => number(cell.day.first_of_month()),
            };
        }
        group
    }

    fn row(&self, group: &[u64; 3], (cost, quantity): (Amount, Amount)) -> Row {
        let key = self.sources.iter().zip(group).map(|(source, code)| match source {
            Source::Axis(axis) => self
                .cube
                .name(*axis, u32::try_from(*code).unwrap_or(u32::MAX))
                .to_owned(),
            Source::Day => format!("{:04}-{:02}-{:02}", code / 10_000, code / 100 % 100, code % 100),
            Source::Month => format!("{:04}-{:02}", code / 10_000, code / 100 % 100),
        });
        let by_unit = self.question.by.contains(&Dimension::UsageType);
        Row {
            key: key.collect(),
            cost,
            quantity: by_unit.then_some(quantity),
        }
    }

    fn time<'r>(&self, row: &'r Row) -> Option<&'r str> {
        let at = self
            .sources
            .iter()
            .position(|source| !matches!(source, Source::Axis(_)))?;
        row.key.get(at).map(String::as_str)
    }
}

/// A day as a number that sorts and reads as year, month and day; years before 0 are no billing years.
fn number(day: Date) -> u64 {
    let part = |part: i32| u64::try_from(part).unwrap_or(0);
    part(i32::from(day.year())) * 10_000 + part(i32::from(day.month())) * 100 + part(i32::from(day.day()))
}

#[cfg(test)]
mod tests;

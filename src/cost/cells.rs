//! Costs of one dimension by day, in a form that a report is made of: from the cube in one pass, or from rows that were
//! summed elsewhere. Sums stay exact.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::amount::Amount;
use super::breakdown::{Breakdown, Question};
use super::cube::{Cube, Fold};
use super::dataset::{BadDimension, Dimension};
use super::lacking::{Days, Lacking};

#[derive(Clone, Debug, Default)]
pub struct Cells {
    pub currencies: Vec<String>,
    /// Values of the dimension.
    pub names: Vec<String>,
    /// What each name stands for, where that is known: accounts.
    pub labels: BTreeMap<String, String>,
    pub rows: Vec<Cell>,
    /// Days that were answered, and whether the bill for them may still move.
    pub days: Days,
    /// What of them is not known in one currency.
    pub(super) lacking: Lacking,
}

/// Currency and name are indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub currency: usize,
    pub name: usize,
    pub day: Date,
    pub cost: Amount,
}

impl Cells {
    /// Of the question's first dimension; of the whole where it has none or asks for days.
    pub fn of(cube: &Cube, question: &Question) -> Result<Cells, BadDimension> {
        let by = question.by.first().filter(|by| **by != Dimension::Day);
        let mut fold = Fold::new(cube, question.period, &question.filter)?;
        if let Some(by) = by {
            fold.split(by)?;
        }
        fold.split(&Dimension::Day)?;
        let mut cells = Cells {
            currencies: cube.currencies.clone(),
            days: cube
                .days
                .range(question.period.from..question.period.to)
                .map(|(day, estimated)| (*day, *estimated))
                .collect(),
            lacking: cube.lacking.about(question.about()).into_owned(),
            ..Cells::default()
        };
        if by == Some(&Dimension::Account) {
            cells.labels.clone_from(&cube.account_names);
        }
        let mut codes = HashMap::new();
        for (group, (cost, _)) in fold.sums(question.lens)?.into_iter().enumerate() {
            let name = match (by, fold.keys.first()) {
                (Some(_), Some(key)) => fold.text(group, key),
                _ => String::new(),
            };
            let name = cells.code(&mut codes, name);
            cells.rows.push(Cell {
                currency: fold.currency(group),
                name,
                day: fold.day(group),
                cost,
            });
        }
        Ok(cells)
    }

    /// Of breakdowns whose keys end with a day. Every day of the span between the first and the last is answered.
    pub fn read(breakdowns: &[Breakdown], days: Days) -> Cells {
        let mut cells = Cells {
            days,
            ..Cells::default()
        };
        let mut codes = HashMap::new();
        for breakdown in breakdowns {
            let currency = cells.currencies.len();
            cells.currencies.push(breakdown.currency.clone());
            for row in &breakdown.rows {
                let Some((day, key)) = row.key.split_last() else {
                    continue;
                };
                let Ok(day) = day.parse() else { continue };
                let name = cells.code(&mut codes, key.first().cloned().unwrap_or_default());
                cells.rows.push(Cell {
                    currency,
                    name,
                    day,
                    cost: row.cost,
                });
            }
        }
        cells
    }

    /// The same with what of a cube's days is not known in one currency, or not by what a question is about.
    pub fn lacking_as(self, cube: &Cube, question: &Question) -> Cells {
        Cells {
            lacking: cube.lacking.about(question.about()).into_owned(),
            ..self
        }
    }

    /// Days that were answered in a currency.
    pub fn days_in(&self, currency: &str) -> Cow<'_, Days> {
        self.lacking.known(&self.days, currency)
    }

    fn code(&mut self, codes: &mut HashMap<String, usize>, name: String) -> usize {
        *codes.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.names.len() - 1
        })
    }
}

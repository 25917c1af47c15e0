//! Texts and maps of Parquet as codes of the books: each entry of a file's dictionary is looked at once, and rows only
//! pass its code on.

use std::sync::Arc;

use parking_lot::Mutex;

use super::csv::present;
use super::field::Books;
use super::json;
use super::layout::Dialect;
use super::leaf::{Column, Values};
use super::meaning::Type;
use super::plain::Texts;
use super::source::Source;
use super::trouble::Flaw;
use super::value::{each_number, row, texts};
use crate::cost::cube::{Kind, Names};

/// An entry of a dictionary that no row has named yet.
const UNKNOWN: u32 = u32::MAX;

/// A column of texts, and what its current dictionary's codes are called in the books.
#[derive(Default)]
pub struct Coded {
    texts: Option<Arc<Mutex<Texts>>>,
    codes: Vec<u32>,
}

impl Coded {
    /// The codes of a column's rows; a whole number has at least so many digits.
    pub fn codes(
        &mut self,
        column: &Column,
        out: &mut Vec<u32>,
        digits: usize,
        mut name: impl FnMut(&str) -> u32,
    ) -> Result<(), Flaw> {
        match (column.of, &column.values) {
            // Account numbers that a tool took for numbers, and cut their leading zeros.
            (Type::Integer | Type::Natural | Type::Decimal(0), _) => each_number(column, |_, number| {
                out.push(number.map_or(0, |number| name(&format!("{number:0digits$}"))));
                Ok(())
            }),
            (_, Values::Texts(codes, texts)) => {
                self.turn_to(texts);
                let texts = texts.lock();
                self.codes.resize(texts.words.len(), UNKNOWN);
                column.each(codes, |_, code| {
                    let Some(code) = code else {
                        out.push(0);
                        return Ok(());
                    };
                    let mut named = || Ok(name(present(texts.text(*code)?)));
                    let place = usize::try_from(*code).ok().and_then(|at| self.codes.get_mut(at));
                    out.push(match place {
                        Some(known) if *known == UNKNOWN => {
                            *known = named()?;
                            *known
                        }
                        Some(known) => *known,
                        None => named()?,
                    });
                    Ok(())
                })
            }
            _ => Err(column.wrong("text")),
        }
    }

    /// Batches of one row group share a dictionary.
    fn turn_to(&mut self, texts: &Arc<Mutex<Texts>>) {
        if !self.texts.as_ref().is_some_and(|known| Arc::ptr_eq(known, texts)) {
            self.texts = Some(texts.clone());
            self.codes.clear();
        }
    }
}

/// A column of maps, or of the values of one label, opened for a batch.
#[derive(Default)]
pub struct MapReader {
    keys: Coded,
    values: Coded,
    starts: Vec<usize>,
    key_codes: Vec<u32>,
    value_codes: Vec<u32>,
}

impl MapReader {
    pub fn open(
        &mut self,
        source: &Source,
        kind: Kind,
        dialect: Dialect,
        books: &mut Books,
    ) -> Result<(), Flaw> {
        self.clear();
        let Source::Map(keys, values) = source else {
            return texts(source.leaf()?, |at, text| {
                let found =
                    json::pairs(text, kind, dialect, books).map_err(|says| Flaw::row(row(at), says))?;
                for (key, value) in found {
                    self.key_codes.push(key);
                    self.value_codes.push(value);
                }
                self.starts.push(self.key_codes.len());
                Ok(())
            });
        };
        self.starts.clear();
        keys.starts(&mut self.starts);
        let labels = &mut books.labels;
        self.keys.codes(keys, &mut self.key_codes, 0, |key| {
            labels.key(kind, dialect.tag_key(key))
        })?;
        let names = &mut books.labels.values;
        self.values
            .codes(values, &mut self.value_codes, 0, |value| names.code(value))
    }

    pub fn open_value(
        &mut self,
        column: &Column,
        kind: Kind,
        name: &str,
        books: &mut Books,
    ) -> Result<(), Flaw> {
        self.clear();
        let key = books.labels.key(kind, name);
        let values = &mut books.labels.values;
        self.values
            .codes(column, &mut self.value_codes, 0, |value| values.code(value))?;
        self.key_codes.resize(self.value_codes.len(), key);
        self.starts.extend(1..=self.value_codes.len());
        Ok(())
    }

    fn clear(&mut self) {
        self.key_codes.clear();
        self.value_codes.clear();
        self.starts.clear();
        self.starts.push(0);
    }

    /// A row's labels, after those that are there already.
    pub fn pairs(&self, row: usize, books: &mut Books, pairs: &mut Vec<(u32, u32)>) {
        let (Some(from), Some(to)) = (self.starts.get(row), self.starts.get(row + 1)) else {
            return;
        };
        let keys = self.key_codes.get(*from..*to).into_iter().flatten();
        let values = self.value_codes.get(*from..*to).into_iter().flatten();
        let kept = keys.zip(values).filter(|(key, _)| books.labels.keeps(**key));
        pairs.extend(kept.map(|(key, value)| (*key, *value)));
    }

    /// The value under one key, for every row.
    pub fn entry(
        &mut self,
        source: &Source,
        wanted: &str,
        out: &mut Vec<u32>,
        names: &mut Names,
    ) -> Result<(), Flaw> {
        let Source::Map(keys, values) = source else {
            return texts(source.leaf()?, |at, text| {
                let value = json::entry(text, wanted).map_err(|says| Flaw::row(row(at), says))?;
                out.push(names.code(&value));
                Ok(())
            });
        };
        self.clear();
        self.starts.clear();
        keys.starts(&mut self.starts);
        let is_wanted = |key: &str| u32::from(key == wanted);
        self.keys.codes(keys, &mut self.key_codes, 0, is_wanted)?;
        texts(values, |at, text| {
            let is_wanted = self.key_codes.get(at) == Some(&1);
            self.value_codes
                .push(if is_wanted { names.code(text) } else { 0 });
            Ok(())
        })?;
        for span in self.starts.windows(2) {
            let found = (span[0]..span[1]).find(|at| self.key_codes.get(*at) == Some(&1));
            out.push(
                found
                    .and_then(|at| self.value_codes.get(at).copied())
                    .unwrap_or(0),
            );
        }
        Ok(())
    }
}

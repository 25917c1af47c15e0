//! Texts and maps of Parquet as codes of the books: each entry of a file's dictionary is looked at once, and rows only
//! pass its code on.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, MapArray};
use arrow_schema::DataType;

use super::array::{row, texts};
use super::csv::present;
use super::field::Books;
use super::json;
use super::layout::Dialect;
use super::trouble::Flaw;
use crate::cost::cube::{Kind, Names};

/// An entry of a dictionary that no row has named yet.
const UNKNOWN: u32 = u32::MAX;

/// A column of texts, and what its current dictionary's codes are called in the books.
#[derive(Default)]
pub struct Coded {
    values: Option<ArrayRef>,
    codes: Vec<u32>,
}

impl Coded {
    /// The codes of a column's rows.
    pub fn codes(
        &mut self,
        array: &ArrayRef,
        out: &mut Vec<u32>,
        mut name: impl FnMut(&str) -> u32,
    ) -> Result<(), Flaw> {
        if let DataType::Int64 = array.data_type() {
            // Account numbers that a tool took for numbers.
            let numbers = array.as_primitive::<Int64Type>();
            out.extend(
                numbers
                    .iter()
                    .map(|number| number.map_or(0, |number| name(&number.to_string()))),
            );
            return Ok(());
        }
        let coded = array.as_dictionary_opt::<Int32Type>();
        let Some((coded, values)) =
            coded.and_then(|coded| Some((coded, coded.values().as_string_opt::<i32>()?)))
        else {
            return texts(array, |_, text| {
                out.push(name(text));
                Ok(())
            });
        };
        self.turn_to(coded.values());
        out.reserve(coded.len());
        for code in coded.keys() {
            let place = code.and_then(|code| self.codes.get_mut(usize::try_from(code).ok()?));
            out.push(match (place, code) {
                (Some(known), Some(code)) => {
                    if *known == UNKNOWN {
                        *known = name(present(values.value(code as usize)));
                    }
                    *known
                }
                _ => 0,
            });
        }
        Ok(())
    }

    /// Batches of one row group share a dictionary.
    fn turn_to(&mut self, values: &ArrayRef) {
        if !self
            .values
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, values))
        {
            self.values = Some(values.clone());
            self.codes.clear();
            self.codes.resize(values.len(), UNKNOWN);
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
        array: &ArrayRef,
        kind: Kind,
        dialect: Dialect,
        books: &mut Books,
    ) -> Result<(), Flaw> {
        self.clear();
        let Some(map) = array.as_map_opt() else {
            return texts(array, |at, text| {
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
        self.spans(map);
        let labels = &mut books.labels;
        self.keys.codes(map.keys(), &mut self.key_codes, |key| {
            labels.key(kind, dialect.tag_key(key))
        })?;
        let values = &mut books.labels.values;
        self.values
            .codes(map.values(), &mut self.value_codes, |value| values.code(value))
    }

    pub fn open_value(
        &mut self,
        array: &ArrayRef,
        kind: Kind,
        name: &str,
        books: &mut Books,
    ) -> Result<(), Flaw> {
        self.clear();
        let key = books.labels.key(kind, name);
        let values = &mut books.labels.values;
        self.values
            .codes(array, &mut self.value_codes, |value| values.code(value))?;
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

    fn spans(&mut self, map: &MapArray) {
        let offsets = map.value_offsets();
        let place = |offset: &i32| usize::try_from(*offset).unwrap_or(0);
        self.starts.clear();
        self.starts.extend(offsets.iter().map(place));
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
        array: &ArrayRef,
        wanted: &str,
        out: &mut Vec<u32>,
        names: &mut Names,
    ) -> Result<(), Flaw> {
        let Some(map) = array.as_map_opt() else {
            return texts(array, |at, text| {
                let value = json::entry(text, wanted).map_err(|says| Flaw::row(row(at), says))?;
                out.push(names.code(&value));
                Ok(())
            });
        };
        self.clear();
        self.spans(map);
        self.keys
            .codes(map.keys(), &mut self.key_codes, |key| u32::from(key == wanted))?;
        let mut values = Vec::new();
        texts(map.values(), |_, text| {
            values.push(text);
            Ok(())
        })?;
        for span in self.starts.windows(2) {
            let found = (span[0]..span[1]).find(|at| self.key_codes.get(*at) == Some(&1));
            out.push(
                found
                    .and_then(|at| values.get(at))
                    .map_or(0, |text| names.code(text)),
            );
        }
        Ok(())
    }
}

//! Arrow arrays as columns of a block, whatever type the export chose: numbers as doubles, decimals or text, days as
//! timestamps, dates or text, texts plain or as codes of a dictionary.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, MapArray};
use arrow_schema::{DataType, TimeUnit};

use super::csv::present;
use super::field::{Block, Books};
use super::json;
use super::layout::Dialect;
use super::moment::parse_day;
use super::trouble::Flaw;
use crate::cost::amount::{Amount, Parsed};
use crate::cost::cube::{Kind, Names, day};

const UNKNOWN: u32 = u32::MAX;

/// Calls with each row's text, nothing for a null; refuses what is no text.
fn texts<'a>(
    array: &'a ArrayRef,
    mut each: impl FnMut(usize, &'a str) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    let mut give = |row: usize, text: Option<&'a str>| each(row, text.map_or("", present));
    match array.data_type() {
        DataType::Utf8 => {
            let mut all = array.as_string::<i32>().iter().enumerate();
            all.try_for_each(|(row, text)| give(row, text))
        }
        DataType::LargeUtf8 => {
            let mut all = array.as_string::<i64>().iter().enumerate();
            all.try_for_each(|(row, text)| give(row, text))
        }
        DataType::Utf8View => {
            let mut all = array.as_string_view().iter().enumerate();
            all.try_for_each(|(row, text)| give(row, text))
        }
        DataType::Dictionary(_, _) => {
            let coded = array
                .as_dictionary_opt::<Int32Type>()
                .and_then(|coded| Some((coded, coded.values().as_string_opt::<i32>()?)));
            let (coded, values) = coded.ok_or_else(|| wrong(array, "text"))?;
            let mut all = coded.keys().iter().enumerate();
            all.try_for_each(|(row, code)| {
                let at = code
                    .and_then(|code| usize::try_from(code).ok())
                    .filter(|at| *at < values.len());
                give(row, at.map(|at| values.value(at)))
            })
        }
        _ => Err(wrong(array, "text")),
    }
}

fn wrong(array: &ArrayRef, wanted: &str) -> Flaw {
    Flaw::whole(
        format!(
            "the column is of type {}, which is no {wanted}",
            array.data_type()
        ),
        "export it with the types that FOCUS and CUR prescribe",
    )
}

fn row(at: usize) -> u64 {
    at as u64 + 1
}

/// Days and, until a billing period says otherwise, the months of these days.
pub fn days(array: &ArrayRef, block: &mut Block) -> Result<(), Flaw> {
    each_day(array, |at, number| {
        let number = number.ok_or_else(|| Flaw::row(row(at), "there is no day"))?;
        block.days.push(number);
        Ok(())
    })?;
    let mut last = (i32::MIN, 0);
    for number in &block.days {
        if *number != last.0 {
            last = (*number, day::month(day::date(*number)));
        }
        block.months.push(last.1);
    }
    Ok(())
}

/// Months of the billing periods, over those of the days.
pub fn months(array: &ArrayRef, block: &mut Block) -> Result<(), Flaw> {
    let mut last = (i32::MIN, 0);
    each_day(array, |at, number| {
        let Some(number) = number else { return Ok(()) };
        if number != last.0 {
            last = (number, day::month(day::date(number)));
        }
        block.months[at] = last.1;
        Ok(())
    })
}

fn each_day(
    array: &ArrayRef,
    mut each: impl FnMut(usize, Option<i32>) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    let mut stamp = |at: usize, ticks: Option<i64>, a_day: i64| {
        let number = ticks.map(|ticks| i32::try_from(ticks.div_euclid(a_day)));
        let number = number
            .transpose()
            .ok()
            .filter(|number| number.is_none_or(|number| number.abs() < 4_000_000));
        each(
            at,
            number.ok_or_else(|| Flaw::row(row(at), "a day that no calendar has"))?,
        )
    };
    const SECONDS: i64 = 86_400;
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            let mut all = array.as_primitive::<TimestampSecondType>().iter().enumerate();
            all.try_for_each(|(at, ticks)| stamp(at, ticks, SECONDS))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            let mut all = array
                .as_primitive::<TimestampMillisecondType>()
                .iter()
                .enumerate();
            all.try_for_each(|(at, ticks)| stamp(at, ticks, SECONDS * 1_000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let mut all = array
                .as_primitive::<TimestampMicrosecondType>()
                .iter()
                .enumerate();
            all.try_for_each(|(at, ticks)| stamp(at, ticks, SECONDS * 1_000_000))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            let mut all = array.as_primitive::<TimestampNanosecondType>().iter().enumerate();
            all.try_for_each(|(at, ticks)| stamp(at, ticks, SECONDS * 1_000_000_000))
        }
        DataType::Date32 => {
            let mut all = array.as_primitive::<Date32Type>().iter().enumerate();
            all.try_for_each(|(at, days)| stamp(at, days.map(i64::from), 1))
        }
        _ => texts(array, |at, text| match (text, parse_day(text)) {
            ("", _) => each(at, None),
            (_, Some(date)) => each(at, Some(day::number(date))),
            (text, None) => Err(Flaw::row(row(at), format!("{text:?} is no day"))),
        }),
    }
}

/// Amounts in units of 1e-12, nothing for a null; returns how many were rounded.
pub fn amounts(array: &ArrayRef, units: &mut Vec<i128>) -> Result<u64, Flaw> {
    let mut rounded = 0;
    let mut take = |at: usize, parsed: Option<Parsed>, shown: &dyn Fn() -> String| {
        let parsed =
            parsed.ok_or_else(|| Flaw::row(row(at), format!("{} is no amount of money", shown())))?;
        rounded += u64::from(parsed.rounded);
        units.push(parsed.amount.units());
        Ok(())
    };
    match array.data_type() {
        DataType::Float64 => {
            let doubles = array.as_primitive::<Float64Type>();
            for (at, value) in doubles.iter().enumerate() {
                let value = value.unwrap_or(0.0);
                take(at, Amount::from_double(value), &|| value.to_string())?;
            }
        }
        DataType::Float32 => {
            for (at, value) in array.as_primitive::<Float32Type>().iter().enumerate() {
                let value = f64::from(value.unwrap_or(0.0));
                take(at, Amount::from_double(value), &|| value.to_string())?;
            }
        }
        DataType::Int64 => {
            for (at, value) in array.as_primitive::<Int64Type>().iter().enumerate() {
                let text = value.unwrap_or(0).to_string();
                take(at, Amount::parse(&text).ok(), &|| text.clone())?;
            }
        }
        DataType::Int32 => {
            for (at, value) in array.as_primitive::<Int32Type>().iter().enumerate() {
                let text = value.unwrap_or(0).to_string();
                take(at, Amount::parse(&text).ok(), &|| text.clone())?;
            }
        }
        DataType::Decimal128(_, _) => {
            let decimals = array.as_primitive::<Decimal128Type>();
            for at in 0..decimals.len() {
                let text = match decimals.is_null(at) {
                    true => "0".to_owned(),
                    false => decimals.value_as_string(at),
                };
                take(at, Amount::parse(&text).ok(), &|| text.clone())?;
            }
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
            texts(array, |at, text| {
                let text = if text.is_empty() { "0" } else { text };
                take(at, Amount::parse(text).ok(), &|| format!("{text:?}"))
            })?;
        }
        _ => return Err(wrong(array, "number")),
    }
    Ok(rounded)
}

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

//! Arrow arrays as columns of a block, whatever type the export chose: numbers as doubles, decimals or text, days as
//! timestamps, dates or text, texts plain or as codes of a dictionary.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};

use super::csv::present;
use super::field::Block;
use super::moment::parse_day;
use super::trouble::Flaw;
use crate::cost::amount::{Amount, Parsed};
use crate::cost::cube::day;

/// Calls with each row's text, nothing for a null; refuses what is no text.
pub fn texts<'a>(
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

pub fn row(at: usize) -> u64 {
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

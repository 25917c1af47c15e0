//! Values of Parquet as columns of a block, whatever type the export chose: numbers as doubles, decimals or text, days as
//! timestamps, dates or text.

use super::csv::present;
use super::field::Block;
use super::leaf::{Column, Values};
use super::meaning::Type;
use super::moment::parse_day;
use super::trouble::Flaw;
use crate::cost::amount::{Amount, Parsed};
use crate::cost::cube::day;

/// The day of 1970-01-01 as the oldest kind of timestamp counts them.
const JULIAN: i64 = 2_440_588;

/// Calls with each row's text, nothing for a null; refuses what is no text.
pub fn texts(column: &Column, mut each: impl FnMut(usize, &str) -> Result<(), Flaw>) -> Result<(), Flaw> {
    let Values::Texts(codes, texts) = &column.values else {
        return Err(column.wrong("text"));
    };
    let texts = texts.lock();
    column.each(codes, |row, code| match code {
        Some(code) => each(row, present(texts.text(*code)?)),
        None => each(row, ""),
    })
}

pub fn row(at: usize) -> u64 {
    at as u64 + 1
}

/// Days and, until a billing period says otherwise, the months of these days.
pub fn days(column: &Column, block: &mut Block) -> Result<(), Flaw> {
    each_day(column, |at, number| {
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
pub fn months(column: &Column, block: &mut Block) -> Result<(), Flaw> {
    let mut last = (i32::MIN, 0);
    each_day(column, |at, number| {
        let Some(number) = number else { return Ok(()) };
        if number != last.0 {
            last = (number, day::month(day::date(number)));
        }
        block.months[at] = last.1;
        Ok(())
    })
}

fn each_day(
    column: &Column,
    mut each: impl FnMut(usize, Option<i32>) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    let mut stamp = |at: usize, ticks: Option<i64>, a_day: i64| {
        let number = ticks.map(|ticks| i32::try_from(ticks.div_euclid(a_day)));
        let number = number
            .transpose()
            .ok()
            .filter(|number| number.is_none_or(|number| number.unsigned_abs() < 4_000_000));
        each(
            at,
            number.ok_or_else(|| Flaw::row(row(at), "a day that no calendar has"))?,
        )
    };
    match (column.of, &column.values) {
        (Type::Time(_), Values::Int96(times)) => column.each(times, |at, time| {
            let day = time.and_then(|time| time.data().get(2));
            stamp(at, day.map(|day| i64::from(*day as i32) - JULIAN), 1)
        }),
        (Type::Time(a_day), Values::Int64(ticks)) => {
            column.each(ticks, |at, ticks| stamp(at, ticks.copied(), a_day))
        }
        (Type::Date, Values::Int32(days)) => {
            column.each(days, |at, days| stamp(at, days.map(|days| i64::from(*days)), 1))
        }
        _ => texts(column, |at, text| match (text, parse_day(text)) {
            ("", _) => each(at, None),
            (_, Some(date)) => each(at, Some(day::number(date))),
            (text, None) => Err(Flaw::row(row(at), format!("{text:?} is no day"))),
        }),
    }
}

/// Amounts in units of 1e-12, nothing for a null; returns how many were rounded.
pub fn amounts(column: &Column, units: &mut Vec<i128>) -> Result<u64, Flaw> {
    let mut rounded = 0;
    let mut take = |at: usize, parsed: Option<Parsed>, shown: &dyn Fn() -> String| {
        let parsed =
            parsed.ok_or_else(|| Flaw::row(row(at), format!("{} is no amount of money", shown())))?;
        rounded += u64::from(parsed.rounded);
        units.push(parsed.amount.units());
        Ok(())
    };
    match (column.of, &column.values) {
        (_, Values::Double(doubles)) => column.each(doubles, |at, value| {
            let value = value.copied().unwrap_or(0.0);
            take(at, Amount::from_double(value), &|| format!("{value:?}"))
        })?,
        (_, Values::Float(floats)) => column.each(floats, |at, value| {
            let value = value.map_or(0.0, |value| f64::from(*value));
            take(at, Amount::from_double(value), &|| format!("{value:?}"))
        })?,
        (Type::Integer | Type::Natural, _) => each_number(column, |at, number| {
            let text = number.unwrap_or(0).to_string();
            take(at, Amount::parse(&text).ok(), &|| text.clone())
        })?,
        (Type::Decimal(scale), _) => each_number(column, |at, number| {
            let text = format!("{}e{}", number.unwrap_or(0), -i64::from(scale));
            take(at, Amount::parse(&text).ok(), &|| text.clone())
        })?,
        (Type::Text, _) => texts(column, |at, text| {
            let text = if text.is_empty() { "0" } else { text };
            take(at, Amount::parse(text).ok(), &|| {
                format!("{:?}", text.chars().take(40).collect::<String>())
            })
        })?,
        _ => return Err(column.wrong("number")),
    }
    Ok(rounded)
}

/// Whole numbers, however many bytes they have.
pub fn each_number(
    column: &Column,
    mut each: impl FnMut(usize, Option<i128>) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    let is_natural = column.of == Type::Natural;
    let mut give = |at: usize, number: Option<Option<i128>>| match number {
        Some(None) => Err(Flaw::row(row(at), "a number of more than 16 bytes")),
        number => each(at, number.flatten()),
    };
    match &column.values {
        Values::Int32(all) => column.each(all, |at, number| {
            let of = |number: i32| {
                if is_natural {
                    number.cast_unsigned().into()
                } else {
                    number.into()
                }
            };
            give(at, number.map(|number| Some(of(*number))))
        }),
        Values::Int64(all) => column.each(all, |at, number| {
            let of = |number: i64| {
                if is_natural {
                    number.cast_unsigned().into()
                } else {
                    number.into()
                }
            };
            give(at, number.map(|number| Some(of(*number))))
        }),
        Values::Bytes(all) => column.each(all, |at, bytes| give(at, bytes.map(|bytes| whole(bytes.data())))),
        Values::Fixed(all) => column.each(all, |at, bytes| give(at, bytes.map(|bytes| whole(bytes.data())))),
        _ => Err(column.wrong("number")),
    }
}

/// Highest byte first, the sign in its highest bit; of a wider one, such as a decimal of 32 bytes, what is beyond the
/// sixteenth may repeat the sign alone.
fn whole(bytes: &[u8]) -> Option<i128> {
    let is_negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let (beyond, bytes) = bytes.split_at(bytes.len().saturating_sub(16));
    let sign = if is_negative { 0xff } else { 0 };
    let keeps_sign = bytes.first().is_none_or(|first| (*first >= 0x80) == is_negative);
    if beyond.iter().any(|byte| *byte != sign) || !keeps_sign {
        return None;
    }
    let mut all = [sign; 16];
    all.get_mut(16_usize.checked_sub(bytes.len())?..)?
        .copy_from_slice(bytes);
    Some(i128::from_be_bytes(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_whole_as_long_as_sixteen_bytes_hold_it_however_wide_its_column_is() {
        let wide = |first: u8, last: u8| {
            let mut bytes = [first; 32];
            bytes[31] = last;
            bytes
        };
        assert_eq!(whole(&wide(0, 7)), Some(7));
        assert_eq!(whole(&wide(0xff, 0xfe)), Some(-2));
        assert_eq!(whole(&[0xfe]), Some(-2));
        let mut beyond = wide(0, 7);
        beyond[16] = 0x80;
        assert_eq!(whole(&beyond), None, "the sign would be another");
        beyond[15] = 1;
        assert_eq!(whole(&beyond), None);
    }
}

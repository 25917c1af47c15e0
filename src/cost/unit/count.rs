//! Counts in a file: a day and a number on each line, a header or not. A line that is neither is an error with its number,
//! never a day without counts.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::cost::amount::Amount;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {says}")]
pub struct BadCount {
    /// Counts from 1, a header included.
    pub row: u64,
    pub says: String,
}

/// Reads `2026-11-09,1234`; a day that comes twice counts twice.
pub fn parse_counts(text: &str) -> Result<BTreeMap<Date, Amount>, BadCount> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut days: BTreeMap<Date, Amount> = BTreeMap::new();
    for (row, record) in (1..).zip(reader.records()) {
        let bad = |says: String| BadCount { row, says };
        let record = record.map_err(|cause| bad(cause.to_string()))?;
        let (first, second) = (
            record.get(0).unwrap_or_default(),
            record.get(1).unwrap_or_default(),
        );
        let day = match first.parse::<Date>() {
            Ok(day) => day,
            // Names of the columns.
            Err(_) if row == 1 && Amount::parse(second).is_err() => continue,
            Err(_) => return Err(bad(format!("{first:?} is no day"))),
        };
        let count = Amount::parse(second).map_err(|_| bad(format!("{second:?} is no count")))?;
        if count.amount.is_negative() {
            return Err(bad(format!("{second} is less than nothing")));
        }
        *days.entry(day).or_default() += count.amount;
    }
    Ok(days)
}

//! A Parquet file a day, in folders that DuckDB, Trino and Athena take for partitions. The name follows from the day's
//! first event, so that writing a day again replaces it and another machine's log of that day stays beside it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::parser::parse_message_type;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::column::Column;
use super::{COLUMNS, Cell, Row};
use crate::store;

const ROW_GROUP: usize = 100_000;

/// Why a day was not written.
#[derive(Debug, thiserror::Error)]
pub enum BadExport {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("cannot write {}: {says}", .path.display())]
    Write { path: PathBuf, says: String },
}

/// What was written of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    pub day: Date,
    pub rows: usize,
    pub path: PathBuf,
}

/// Writes whole days below `dir`, sorted by time. A row that comes again is written once.
pub fn write_days(dir: &Path, rows: Vec<Row>) -> Result<Vec<Day>, BadExport> {
    let mut days: BTreeMap<Date, Vec<Row>> = BTreeMap::new();
    for row in rows {
        let day = row.at.to_zoned(TimeZone::UTC).date();
        days.entry(day).or_default().push(row);
    }
    let written = days.into_iter().map(|(day, rows)| write_day(dir, day, rows));
    written.collect()
}

fn write_day(dir: &Path, day: Date, mut rows: Vec<Row>) -> Result<Day, BadExport> {
    rows.sort_by_key(|row| (row.at, row.entry.seq));
    rows.dedup_by(|a, b| a.entry.uid == b.entry.uid);
    // The first by sequence: the clock may have been set back within the day.
    let first = rows.iter().min_by_key(|row| row.entry.seq);
    let name = first.map(|row| safe(&row.entry.uid)).unwrap_or_default();
    let folder = dir.join(format!("dt={day}"));
    store::create_private_dir(&folder)?;
    let path = folder.join(format!("part-{name}.parquet"));
    let failed = |says: String| BadExport::Write {
        path: path.clone(),
        says,
    };
    let beside = tempfile::Builder::new().prefix(".part-").tempfile_in(&folder);
    let beside = beside.map_err(|cause| failed(cause.to_string()))?;
    let file = beside.reopen().map_err(|cause| failed(cause.to_string()))?;
    write(file, &rows).map_err(|cause| failed(cause.to_string()))?;
    beside
        .as_file()
        .sync_all()
        .and_then(|()| beside.persist(&path).map(drop).map_err(|refused| refused.error))
        .map_err(|cause| failed(cause.to_string()))?;
    store::sync_dir(&folder)?;
    Ok(Day {
        day,
        rows: rows.len(),
        path,
    })
}

/// A hand may have written anything there.
fn safe(uid: &str) -> String {
    uid.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(64)
        .collect()
}

fn write(file: File, rows: &[Row]) -> Result<(), ParquetError> {
    let fields: String = COLUMNS.iter().map(|column| field(column, rows)).collect();
    let schema = Arc::new(parse_message_type(&format!("message event {{ {fields} }}"))?);
    let span = |seq: Option<u64>| seq.map(|seq| seq.to_string());
    let seqs = || rows.iter().map(|row| row.entry.seq);
    let note = |key: &str, value: Option<String>| KeyValue::new(key.to_owned(), value);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(format!("quarterdeck {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(vec![
            note("quarterdeck.first_seq", span(seqs().min())),
            note("quarterdeck.last_seq", span(seqs().max())),
        ]))
        .build();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
    for rows in rows.chunks(ROW_GROUP) {
        let mut group = writer.next_row_group()?;
        for column in COLUMNS {
            if let Some(mut writer) = group.next_column()? {
                fill(&mut writer, column, rows)?;
                writer.close()?;
            }
        }
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

/// The type follows from the column's first value: every value of a column is of one kind.
fn field((name, value): &Column, rows: &[Row]) -> String {
    match rows.first().map(value) {
        Some(Cell::Number(_)) => format!("optional int64 {name};"),
        // Without a zone: UTC by agreement, which all three read the same way.
        Some(Cell::At(_)) => format!("optional int64 {name} (TIMESTAMP(MICROS, false));"),
        Some(Cell::Text(_)) | None => format!("optional binary {name} (STRING);"),
    }
}

fn fill(
    writer: &mut SerializedColumnWriter<'_>,
    (_, value): &Column,
    rows: &[Row],
) -> Result<(), ParquetError> {
    let (mut numbers, mut texts, mut levels) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let before = numbers.len() + texts.len();
        match value(row) {
            Cell::Number(number) => numbers.extend(number),
            Cell::At(time) => numbers.push(time.as_microsecond()),
            Cell::Text(text) => texts.extend(text.map(ByteArray::from)),
        }
        levels.push(i16::from(numbers.len() + texts.len() > before));
    }
    match rows.first().map(value) {
        Some(Cell::Number(_) | Cell::At(_)) => {
            let column = writer.typed::<Int64Type>();
            column.write_batch(&numbers, Some(&levels), None)?
        }
        Some(Cell::Text(_)) | None => {
            let column = writer.typed::<ByteArrayType>();
            column.write_batch(&texts, Some(&levels), None)?
        }
    };
    Ok(())
}

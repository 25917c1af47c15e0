//! A Parquet file a day, in folders that DuckDB, Trino and Athena take for partitions. The name follows from the day's
//! first event, so that writing a day again replaces it and another machine's log of that day stays beside it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
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

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn write(file: File, rows: &[Row]) -> Result<(), Trouble> {
    let fields: Vec<Field> = COLUMNS.iter().map(|column| field(column, rows)).collect();
    let schema = Arc::new(Schema::new(fields));
    let span = |seq: Option<u64>| seq.map(|seq| seq.to_string());
    let seqs = || rows.iter().map(|row| row.entry.seq);
    let note = |key: &str, value: Option<String>| KeyValue::new(key.to_owned(), value);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_created_by(format!("quarterdeck {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(vec![
            note("quarterdeck.first_seq", span(seqs().min())),
            note("quarterdeck.last_seq", span(seqs().max())),
        ]))
        .build();
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
    for rows in rows.chunks(ROW_GROUP) {
        let arrays = COLUMNS.iter().map(|column| array(column, rows)).collect();
        writer.write(&RecordBatch::try_new(schema.clone(), arrays)?)?;
    }
    writer.close()?;
    Ok(())
}

/// The type follows from the column's first value: every value of a column is of one kind.
fn field((name, value): &Column, rows: &[Row]) -> Field {
    let kind = match rows.first().map(value) {
        Some(Cell::Number(_)) => DataType::Int64,
        // Without a zone: UTC by agreement, which all three read the same way.
        Some(Cell::At(_)) => DataType::Timestamp(TimeUnit::Microsecond, None),
        Some(Cell::Text(_)) | None => DataType::Utf8,
    };
    Field::new(*name, kind, true)
}

fn array((_, value): &Column, rows: &[Row]) -> ArrayRef {
    match rows.first().map(value) {
        Some(Cell::Number(_)) => {
            let numbers = rows.iter().map(|row| match value(row) {
                Cell::Number(number) => number,
                _ => None,
            });
            Arc::new(numbers.collect::<Int64Array>())
        }
        Some(Cell::At(_)) => {
            let times = rows.iter().map(|row| Some(row.at.as_microsecond()));
            Arc::new(times.collect::<TimestampMicrosecondArray>())
        }
        Some(Cell::Text(_)) | None => {
            let texts = rows.iter().map(|row| match value(row) {
                Cell::Text(text) => text,
                _ => None,
            });
            Arc::new(texts.collect::<StringArray>())
        }
    }
}

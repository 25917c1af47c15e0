//! What is written is read back: every row once, in order, a day again is the same file.

use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::RowAccessor;

use super::*;
use crate::audit::{Actor, Event, Kind, Log, Range};

fn rows(log: &Log) -> Vec<Row> {
    let lines = log.read_raw(Range::default()).unwrap();
    lines
        .map(|line| line.unwrap())
        .filter_map(|(entry, raw)| Row::of(entry, raw))
        .collect()
}

fn log(dir: &std::path::Path, count: usize) -> Log {
    let log = Log::open(dir).unwrap();
    for number in 0..count {
        let event = Event::new(Kind::SessionCommand, Actor::local())
            .with("command", format!("echo {number}, \"x\""))
            .with("exit_code", number);
        log.append(event).unwrap();
    }
    log
}

#[test]
fn a_day_is_read_back_and_written_again_is_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path(), 5);
    let out = dir.path().join("out");
    let first = write_days(&out, rows(&log)).unwrap();
    let bytes: Vec<_> = first
        .iter()
        .map(|day| std::fs::read(&day.path).unwrap())
        .collect();
    // A row that is given twice is one row.
    let twice = rows(&log).into_iter().chain(rows(&log)).collect();
    let second = write_days(&out, twice).unwrap();
    assert_eq!(first, second);
    let again: Vec<_> = second
        .iter()
        .map(|day| std::fs::read(&day.path).unwrap())
        .collect();
    assert!(bytes == again);

    let mut raws = Vec::new();
    let mut last = i64::MIN;
    for day in &first {
        assert!(
            day.path
                .to_string_lossy()
                .contains(&format!("dt={}/part-", day.day))
        );
        let file = std::fs::File::open(&day.path).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        let at = |name: &str| names.iter().position(|of| *of == name).unwrap();
        let schema = reader.metadata().file_metadata().schema_descr();
        let found: Vec<&str> = schema.columns().iter().map(|column| column.name()).collect();
        assert_eq!(found, names);
        assert_eq!(schema.column(at("raw")).converted_type(), ConvertedType::UTF8);
        let time = schema.column(at("time"));
        assert!(matches!(
            time.logical_type_ref(),
            Some(LogicalType::Timestamp(of)) if of.unit == TimeUnit::MICROS && !of.is_adjusted_to_u_t_c
        ));
        for row in reader.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            let time = row.get_timestamp_micros(at("time")).unwrap();
            assert!(time >= last);
            last = time;
            assert!(row.get_string(at("command")).unwrap().starts_with("echo "));
            assert!(row.get_long(at("exit_code")).is_ok() && row.get_string(at("reason")).is_err());
            raws.push(row.get_string(at("raw")).unwrap().clone());
        }
    }
    let lines: Vec<String> = rows(&log).into_iter().map(|row| row.raw).collect();
    assert_eq!(raws, lines);
}

#[test]
fn a_cell_can_neither_break_a_line_of_csv_nor_be_taken_for_a_formula() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path()).unwrap();
    for command in ["=cmd|' /C calc'!A0", "a,b\r\n\"c\"", "plain"] {
        let event = Event::new(Kind::SessionCommand, Actor::local()).with("command", command);
        log.append(event).unwrap();
    }
    let lines: Vec<String> = rows(&log).iter().map(csv_line).collect();
    assert!(lines[0].contains(",'=cmd|' /C calc'!A0,"));
    assert!(lines[1].contains(",\"a,b\r\n\"\"c\"\"\","));
    let commas = csv_header().matches(',').count();
    assert_eq!(lines[2].matches(',').count(), commas);
    assert!(!csv_header().contains("raw"));
}

#[test]
fn every_kind_has_a_class_whose_type_follows_from_its_activity() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path()).unwrap();
    for kind in Kind::ALL {
        log.append(Event::new(*kind, Actor::local())).unwrap();
    }
    for row in rows(&log) {
        let said = project(&row);
        let number = |key: &str| said[key].as_u64().unwrap();
        assert_eq!(
            number("type_uid"),
            number("class_uid") * 100 + number("activity_id")
        );
        assert_eq!(number("category_uid"), number("class_uid") / 1000);
    }
}

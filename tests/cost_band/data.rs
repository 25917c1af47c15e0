//! The labelled series, where they are on this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::types::Type;
use serde_json::Value;

use super::score::Event;

pub type Series = Vec<(Date, Option<f64>)>;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
const FOCUS: &str = "focus/synthetic_focus_1_2_aws_14mo.parquet";

fn text(path: &str) -> Option<String> {
    let text = fs::read_to_string(format!("{DATA}/{path}")).ok();
    if text.is_none() {
        eprintln!("skipped: {path} is not here");
    }
    text
}

fn json(path: &str) -> Option<Value> {
    Some(serde_json::from_str(&text(path)?).unwrap())
}

fn day(value: &Value) -> Date {
    value.as_str().unwrap()[..10].parse().unwrap()
}

pub fn csv_series(name: &str) -> Option<Vec<(String, Series)>> {
    let mut all: BTreeMap<String, Series> = BTreeMap::new();
    for line in text(&format!("anomaly/{name}"))?.lines().skip(1) {
        let [series, day, cost] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let entry = (day.parse().unwrap(), Some(cost.parse().unwrap()));
        all.entry(series.to_owned()).or_default().push(entry);
    }
    Some(all.into_iter().collect())
}

pub fn labels(name: &str) -> Option<Vec<Event>> {
    let labels = json(&format!("anomaly/{name}"))?;
    let event = |label: &Value| Event {
        series: label["series"].as_str().unwrap().to_owned(),
        kind: label["kind"].as_str().unwrap().to_owned(),
        start: day(&label["start"]),
        detect_by: day(&label["detect_by"]),
        grace_until: day(&label["grace_until"]),
    };
    Some(labels.as_array().unwrap().iter().map(event).collect())
}

/// Taxi rides of New York, half hours added up to days, with the windows that were labelled.
pub fn taxi() -> Option<(Series, Vec<Event>)> {
    let mut days: BTreeMap<Date, f64> = BTreeMap::new();
    for line in text("anomaly/nab/data/realKnownCause/nyc_taxi.csv")?
        .lines()
        .skip(1)
    {
        let (at, rides) = line.split_once(',').unwrap();
        *days.entry(at[..10].parse().unwrap()).or_default() += rides.parse::<f64>().unwrap();
    }
    let windows = json("anomaly/nab/labels/combined_windows.json")?;
    let windows = windows["realKnownCause/nyc_taxi.csv"].as_array().unwrap().iter();
    let windows = windows.map(|window| Event {
        series: "taxi".into(),
        kind: "window".into(),
        start: day(&window[0]),
        detect_by: day(&window[1]),
        grace_until: day(&window[1]),
    });
    Some((
        days.into_iter().map(|(day, rides)| (day, Some(rides))).collect(),
        windows.collect(),
    ))
}

/// Usage of the FOCUS fixture a day, by `service / account`, days without a charge being zero.
pub fn focus() -> Option<BTreeMap<String, Series>> {
    let Ok(file) = File::open(format!("{DATA}/{FOCUS}")) else {
        eprintln!("skipped: {FOCUS} is not here");
        return None;
    };
    let reader = SerializedFileReader::new(file).unwrap();
    let columns = [
        "ChargePeriodStart",
        "ServiceName",
        "SubAccountName",
        "ChargeCategory",
        "CommitmentDiscountStatus",
        "EffectiveCost",
    ];
    let schema = reader.metadata().file_metadata().schema();
    let mut fields = schema.get_fields().to_vec();
    fields.retain(|field| columns.contains(&field.name()));
    let wanted = Type::group_type_builder(schema.name()).with_fields(fields);
    let mut cells: BTreeMap<(String, Date), f64> = BTreeMap::new();
    for row in reader.get_row_iter(Some(wanted.build().unwrap())).unwrap() {
        let row: BTreeMap<String, Field> = row.unwrap().into_columns().into_iter().collect();
        let text = |name: &str| match &row[name] {
            Field::Str(text) => text.clone(),
            Field::Null => String::new(),
            other => panic!("{other}"),
        };
        // What a commitment left unused is nobody's usage.
        if text("ChargeCategory") == "Usage" && text("CommitmentDiscountStatus") != "Unused" {
            let key = format!("{} / {}", text("ServiceName"), text("SubAccountName"));
            let Field::Double(cost) = row["EffectiveCost"] else {
                panic!("{}", row["EffectiveCost"])
            };
            *cells
                .entry((key, charge_day(&row["ChargePeriodStart"])))
                .or_default() += cost;
        }
    }
    let days: BTreeSet<Date> = cells.keys().map(|(_, day)| *day).collect();
    let keys: BTreeSet<String> = cells.keys().map(|(key, _)| key.clone()).collect();
    let series = keys.into_iter().map(|key| {
        let on = |day: &Date| {
            (
                *day,
                Some(cells.get(&(key.clone(), *day)).copied().unwrap_or_default()),
            )
        };
        let series = days.iter().map(on).collect();
        (key, series)
    });
    Some(series.collect())
}

fn charge_day(start: &Field) -> Date {
    let at = match start {
        Field::TimestampMicros(at) => Timestamp::from_microsecond(*at),
        Field::TimestampMillis(at) => Timestamp::from_millisecond(*at),
        other => panic!("{other}"),
    };
    at.unwrap().to_zoned(TimeZone::UTC).date()
}

pub fn focus_events() -> Option<Vec<Event>> {
    let labels = json(&format!("{FOCUS}.labels.json"))?;
    let event = |label: &Value| {
        let start = day(&label["start"]);
        let end = start + label["days"].as_i64().unwrap().days();
        Event {
            series: format!(
                "{} / {}",
                label["service"].as_str().unwrap(),
                label["account"].as_str().unwrap()
            ),
            kind: label["kind"].as_str().unwrap().to_owned(),
            start,
            detect_by: start,
            grace_until: end,
        }
    };
    Some(labels.as_array().unwrap().iter().map(event).collect())
}

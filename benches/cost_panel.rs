//! How long a key of the costs panel takes until its report is there: `cargo bench --bench cost_panel`.
//!
//! A pivot, a filter and a way in over 300,000 cells, one walk each; and thirteen months of
//! sixty services, with its bands.

#![allow(clippy::unwrap_used)]

mod bill;

use std::hint::black_box;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use quarterdeck::cost::band::Setting;
use quarterdeck::cost::{Cells, Dimension, Files, Origin, Prospect, Query, Report, Source};

fn main() {
    let dir = tempfile::tempdir().unwrap_or_else(|error| stop(&format!("no temporary directory: {error}")));
    let whole = |name: &str, days: u32, services: u32, cells_a_day: u32| {
        let (file, data) = (dir.path().join(format!("{name}.csv")), dir.path().join(name));
        bill::write(&file, days, services, cells_a_day);
        bill::take_in(&file, &data);
        Files::load(&data, None).unwrap_or_else(|error| stop(&error.to_string()))
    };
    let files = whole("large", 400, 25, 750);
    println!("reports over {} cells:", files.cube.cells());
    for (by, inside, filter) in [
        ("service", "", ""),
        ("account", "", ""),
        ("usage_type", "Service 3", ""),
        ("region", "", "-category:Tax service:*1*"),
        ("tag:team", "", "account:1*,2*"),
    ] {
        report(&files, by, inside, filter);
    }
    let files = whole("year", 396, 60, 60);
    println!("thirteen months of sixty services, {} cells:", files.cube.cells());
    let report = report(&files, "service", "", "");
    let began = Instant::now();
    black_box(Prospect::of(&report, &Setting::default()));
    println!(
        "  bands and month ends of every row: {:.1} ms",
        ms(began.elapsed())
    );
}

fn stop(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(1)
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

fn report(files: &Files, by: &str, inside: &str, filter: &str) -> Report {
    let by = Dimension::parse(by).unwrap_or_else(|error| stop(&error.to_string()));
    let inside = match inside {
        "" => Vec::new(),
        value => vec![(Dimension::Service, value.to_owned())],
    };
    let query = Query {
        by,
        inside,
        filter: filter.to_owned(),
        ..Query::default()
    };
    let today = files.span().map_or(Date::MIN, |span| span.last_day());
    let mut spans = Vec::new();
    let mut last = None;
    for _ in 0..30 {
        let began = Instant::now();
        last = Some(one(files, &query, today));
        spans.push(began.elapsed());
    }
    spans.sort();
    let report = last.unwrap_or_else(|| stop("no report"));
    println!(
        "  by {} where {filter:?}: {} rows, best {:.2}, median {:.2}, worst {:.2} ms",
        query.by,
        report.rows.len(),
        ms(spans[0]),
        ms(spans[spans.len() / 2]),
        ms(spans[spans.len() - 1])
    );
    report
}

fn one(files: &Files, query: &Query, today: Date) -> Report {
    let Some(period) = files.span() else {
        stop("nothing was charged")
    };
    let question = query.question(period, vec![query.by.clone()], true);
    let question = question.unwrap_or_else(|error| stop(&error.to_string()));
    let cells = Cells::of(&files.cube, &question).unwrap_or_else(|error| stop(&error.to_string()));
    let origin = Origin {
        source: Source::Files(None),
        account: String::new(),
        read_at: Timestamp::UNIX_EPOCH,
        spent: None,
        requests: 0,
        price: None,
        stale_because: None,
        doubts: None,
        without: None,
        budget: Ok(None),
    };
    black_box(Report::of(&cells, query.clone(), origin, today))
}

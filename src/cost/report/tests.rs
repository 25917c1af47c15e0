//! Reports over a few days with a credit, a second currency and a day without an answer.

mod foreseen;
mod laid;

use std::collections::BTreeMap;

use super::*;
use crate::cost::band::Setting;
use crate::cost::breakdown::{Breakdown, Row};
use crate::cost::cells::Cells;
use crate::cost::cube::Cube;
use crate::cost::dataset::{Dimension, Lens};
use crate::cost::forecast::Outlook;
use crate::cost::period::Period;
use crate::cost::span::Span;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn origin() -> Origin {
    of_source(Source::CostExplorer("payer".into()))
}

fn of_source(source: Source) -> Origin {
    Origin {
        source,
        account: "111122223333".into(),
        read_at: Timestamp::UNIX_EPOCH,
        spent: None,
        requests: 0,
        price: None,
        stale_because: None,
        doubts: None,
        without: None,
        budget: Ok(None),
    }
}

fn breakdown(currency: &str, rows: &[(&str, &str, &str)]) -> Breakdown {
    let row = |(name, day, cost): &(&str, &str, &str)| Row {
        key: vec![(*name).into(), (*day).into()],
        cost: Amount::parse(cost).unwrap().amount,
        quantity: None,
    };
    Breakdown {
        currency: currency.into(),
        period: Period::new(day("2026-10-01"), day("2026-11-04")).unwrap(),
        complete: true,
        rows: rows.iter().map(row).collect(),
        total: Amount::ZERO,
        unknown: Vec::new(),
    }
}

fn cells() -> Cells {
    let dollars = breakdown(
        "USD",
        &[
            ("EC2", "2026-10-01", "10"),
            ("EC2", "2026-10-02", "10"),
            ("EC2", "2026-11-01", "30"),
            ("EC2", "2026-11-02", "1e-12"),
            ("S3", "2026-10-01", "5"),
            ("Credits", "2026-11-01", "-4.5"),
            ("S3", "2026-11-03", "100"),
        ],
    );
    let euros = breakdown("EUR", &[("EC2", "2026-11-01", "1")]);
    let answered = [
        "2026-10-01",
        "2026-10-02",
        "2026-11-01",
        "2026-11-02",
        "2026-11-03",
    ];
    let days: BTreeMap<Date, bool> = answered.map(|text| (day(text), text > "2026-11")).into();
    Cells::read(&[dollars, euros], days)
}

fn report(query: Query) -> Report {
    Report::of(&cells(), query, origin(), day("2026-11-03"))
}

#[test]
fn the_total_is_exactly_the_sum_of_its_rows_and_of_one_currency() {
    let report = report(Query::default());
    assert_eq!(report.currency(), "USD");
    assert_eq!(report.total().to_string(), "25.500000000001");
    let sum: Amount = report.rows.iter().map(|row| row.cost).sum();
    let before: Amount = report.rows.iter().map(|row| row.before).sum();
    assert_eq!((sum, before), (report.total(), report.summary.previous));
    assert_eq!(report.others[0].current.to_string(), "1");
}

#[test]
fn today_counts_for_no_comparison_and_what_is_gone_keeps_its_row() {
    let report = report(Query::default());
    let shown: Vec<(&str, String)> = report
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.change().unwrap().to_string()))
        .collect();
    assert_eq!(
        shown,
        [
            ("EC2", "10.000000000001".into()),
            ("S3", "-5".into()),
            ("Credits", "-4.5".into())
        ]
    );
}

#[test]
fn a_day_without_an_answer_has_no_cost_and_not_zero() {
    let report = report(Query::default());
    let of = |text: &str| report.days.iter().find(|it| it.day == day(text)).unwrap();
    assert_eq!(of("2026-10-20").cost(), None);
    assert_eq!(of("2026-11-01").cost(), Some(25.5));
    assert!(of("2026-11-03").unfinished && of("2026-11-02").unfinished);
    assert!(of("2026-11-01").estimated && !of("2026-11-01").unfinished);
    let ec2 = report.row("EC2").unwrap();
    assert_eq!(ec2.days.len(), report.days.len());
    assert_eq!(ec2.days[5], None);
}

#[test]
fn the_last_day_of_a_file_is_finished_unless_the_file_was_young() {
    let of = |open: bool| {
        let rows = [("EC2", "2026-10-30", "10"), ("EC2", "2026-10-31", "10")];
        let days = [(day("2026-10-30"), false), (day("2026-10-31"), open)];
        let cells = Cells::read(&[breakdown("USD", &rows)], days.into());
        Report::of(
            &cells,
            Query::default(),
            of_source(Source::Files(None)),
            day("2026-11-01"),
        )
    };
    let unfinished = |report: &Report| report.days.iter().map(|day| day.unfinished).collect::<Vec<_>>();
    assert_eq!(unfinished(&of(false)), [false, false]);
    assert_eq!(unfinished(&of(true)), [false, true]);
}

#[test]
fn a_row_is_held_against_nothing_where_nothing_is_known() {
    let of = |query: Query, today: &str| Report::of(&cells(), query, origin(), day(today));
    let report = of(Query::default(), "2026-10-03");
    assert!(
        report.rows.iter().all(|row| !row.is_compared),
        "{:?}",
        report.rows
    );
    assert!(
        of(Query::default(), "2026-11-03")
            .rows
            .iter()
            .all(|row| row.is_compared)
    );
    let by_day = Query {
        by: Dimension::Day,
        ..Query::default()
    };
    // The third of October was never answered.
    let compared: Vec<bool> = of(by_day, "2026-11-04")
        .rows
        .iter()
        .map(|row| row.is_compared)
        .collect();
    assert_eq!(compared, [true, true, false]);
}

#[test]
fn days_as_rows_are_held_against_the_day_at_the_same_place() {
    let report = report(Query {
        by: Dimension::Day,
        ..Query::default()
    });
    let rows: Vec<(&str, String, String)> = report
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.cost.to_string(), row.before.to_string()))
        .collect();
    assert_eq!(
        rows,
        [
            ("2026-11-01", "25.5".into(), "15".into()),
            ("2026-11-02", "0.000000000001".into(), "10".into())
        ]
    );
}

#[test]
fn a_day_among_the_rows_that_nobody_answered_for_is_not_known_and_not_nothing() {
    let by_day = Query {
        by: Dimension::Day,
        ..Query::default()
    };
    let report = Report::of(&cells(), by_day, origin(), day("2026-11-06"));
    let known: Vec<(bool, bool)> = report
        .rows
        .iter()
        .map(|row| (row.is_known, row.is_compared))
        .collect();
    assert_eq!(
        known,
        [
            (true, true),
            (true, true),
            (true, false),
            (false, false),
            (false, false)
        ]
    );
}

#[test]
fn a_part_is_no_percentage_of_a_whole() {
    let of = |today: &str| Report::of(&cells(), Query::default(), origin(), day(today));
    let whole = of("2026-11-03");
    assert!(whole.summary.change_percent.is_some() && whole.rows.iter().all(|row| row.is_whole));
    let part = of("2026-11-05");
    assert_eq!(part.summary.change_percent, None);
    assert!(part.rows.iter().all(|row| row.is_compared && !row.is_whole));
    let says = part.summary.says(day("2026-11-05"));
    assert!(
        says.contains("no percentage vs Oct 1–4 (25.00); only 3 of 4 days"),
        "{says}"
    );
}

#[test]
fn days_that_are_missing_are_no_change_of_any_row() {
    let part = Report::of(&cells(), Query::default(), origin(), day("2026-11-05"));
    assert_eq!(part.summary.change(), None);
    let told = |report: &Report| report.rows.iter().any(|row| row.change().is_some());
    assert!(!told(&part), "{:?}", part.rows);
    let partly = part.summary.partly();
    assert_eq!(
        partly.as_deref(),
        Some("only 3 of 4 days known, 2 of 4 days before")
    );
    let costs: Vec<Amount> = part.rows.iter().map(|row| row.cost).collect();
    assert!(costs.is_sorted_by(|a, b| a >= b), "the largest first: {costs:?}");
    let whole = Report::of(&cells(), Query::default(), origin(), day("2026-11-03"));
    assert!(told(&whole) && whole.summary.partly().is_none());
    // A day stands against its own day, whatever is known of the others.
    let by_day = Query {
        by: Dimension::Day,
        ..Query::default()
    };
    let days = Report::of(&cells(), by_day, origin(), day("2026-11-05"));
    let known: Vec<bool> = days.rows.iter().map(|row| row.change().is_some()).collect();
    assert_eq!(known, [true, true, false, false]);
}

/// October is answered, and of November one export has charges that another lacks.
fn lagging(october: [&str; 2], today: &str) -> Report {
    let rows = [
        ("EC2", october[0], "10"),
        ("EC2", october[1], "10"),
        ("EC2", "2026-11-01", "30"),
        ("S3", "2026-11-02", "5"),
    ];
    let days = october.map(|text| (day(text), false)).into();
    let cells = Cells::read(&[breakdown("USD", &rows)], days);
    Report::of(
        &cells,
        Query::default(),
        of_source(Source::Files(None)),
        day(today),
    )
}

#[test]
fn the_days_that_are_shown_are_those_of_the_headline_known_whole_or_in_part() {
    let report = lagging(["2026-10-01", "2026-10-02"], "2026-11-04");
    let last = report.days.last().unwrap();
    assert_eq!(last.day, report.comparison.current.last_day());
    let of = |text: &str| report.days.iter().find(|it| it.day == day(text)).unwrap();
    assert_eq!(of("2026-11-01").cost(), None, "it is not known whole");
    let sum = |text: &str| of(text).shown().map(|parts| parts.iter().sum::<f64>());
    assert_eq!(
        ["2026-10-02", "2026-11-01", "2026-11-02", "2026-11-03"].map(sum),
        [Some(10.0), Some(30.0), Some(5.0), None]
    );
    let ec2 = report.row("EC2").unwrap();
    let at = report.days.len() - 3;
    assert_eq!((ec2.days[at], ec2.shown()[at]), (None, Some(30.0)));
    let whole = report.days.iter().flat_map(Day::shown).flatten().sum::<f64>();
    let told = report.total().approximate() + report.summary.previous.approximate();
    assert!((whole - told).abs() < 1e-9, "{whole} {told}");
}

#[test]
fn a_bill_of_years_before_is_no_part_of_the_days_that_are_shown() {
    let report = lagging(["2023-11-01", "2023-11-14"], "2026-11-04");
    let ends = [report.days.first(), report.days.last()].map(|it| it.unwrap().day);
    assert_eq!(ends, [day("2026-10-01"), day("2026-11-03")]);
    // Less than that is part of it.
    let near = lagging(["2026-08-01", "2026-08-02"], "2026-11-04");
    assert_eq!(near.days[0].day, day("2026-08-01"));
}

#[test]
fn another_span_compares_other_days_of_the_same_cells() {
    let report = report(Query {
        span: Span::Days(1),
        ..Query::default()
    });
    assert_eq!(report.comparison.current.from, day("2026-11-02"));
    assert_eq!(report.summary.previous.to_string(), "25.5");
}

#[test]
fn a_period_that_was_never_answered_is_nothing_to_compare_with_and_no_zero() {
    let of = |today: &str| Report::of(&cells(), Query::default(), origin(), day(today)).summary;
    let partly = of("2026-11-03");
    assert_eq!((partly.known_before, partly.doubt(day("2026-11-03"))), (2, None));
    let more = of("2026-11-05");
    assert_eq!(more.known_before, 2);
    assert!(
        more.says(day("2026-11-05")).ends_with(
            "only 3 of 4 days of Nov 1–4 are known in full; only 2 of 4 days of Oct 1–4 are known in full"
        ),
        "{}",
        more.says(day("2026-11-05"))
    );
    let none = of("2026-10-03");
    assert_eq!(none.known_before, 0);
    assert!(
        none.says(day("2026-10-03"))
            .ends_with("nothing is known of Sep 1–2 to compare with"),
        "{}",
        none.says(day("2026-10-03"))
    );
}

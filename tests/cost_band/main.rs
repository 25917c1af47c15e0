//! The band and the forecast on labelled data: what is found, what is raised for nothing, how far month ends
//! are missed. The labels are read by the scoring alone.

#![allow(clippy::unwrap_used, clippy::panic)]

mod data;
mod month;
mod score;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use quarterdeck::config::Holiday;
use quarterdeck::cost::band::{self, Setting, TOTAL_WIDTH, WIDTH};

use score::{Event, Score};

/// The first sixty days are for learning and not scored.
const WARM_UP_DAYS: i64 = 60;

/// What a user in the United States would configure: the synthetic series were made with these dips.
fn holidays() -> Vec<Holiday> {
    ["12-25", "12-26", "01-01", "07-04", "2026-05-25", "2026-09-07"]
        .map(|day| Holiday::parse(day).unwrap())
        .to_vec()
}

fn breaches(series: &data::Series, setting: &Setting) -> Vec<Date> {
    let scored = series[0].0 + WARM_UP_DAYS.days();
    let readings = band::read(series, setting);
    let raised = readings
        .iter()
        .filter(|reading| reading.breach.is_some() && reading.day >= scored);
    raised.map(|reading| reading.day).collect()
}

fn score_synthetic(series: &str, labels: &str, width: f64) -> Option<Score> {
    let setting = Setting {
        width,
        holidays: holidays(),
        ..Setting::default()
    };
    let all = data::csv_series(series)?;
    let labels = data::labels(labels)?;
    let mut score = Score::default();
    for (name, series) in &all {
        let events: Vec<Event> = labels
            .iter()
            .filter(|event| event.series == *name)
            .cloned()
            .collect();
        score.add(&breaches(series, &setting), &events);
        score.days += series.len() as i64 - WARM_UP_DAYS;
    }
    eprintln!("{width}: {score}");
    Some(score)
}

#[test]
fn the_portfolio_with_fees_reaches_its_precision_and_recall() {
    let Some(score) = score_synthetic("synthetic_daily.csv", "synthetic_labels.json", TOTAL_WIDTH) else {
        return;
    };
    assert!(score.precision() >= 0.55 && score.recall() >= 0.93, "{score}");
}

#[test]
fn usage_alone_is_found_with_hardly_a_false_alarm() {
    let Some(score) = score_synthetic(
        "synthetic_usage_only_daily.csv",
        "synthetic_usage_only_labels.json",
        WIDTH,
    ) else {
        return;
    };
    assert!(score.precision() >= 0.90 && score.recall() >= 0.90, "{score}");
    assert!(score.false_per_month() <= 0.02, "{score}");
}

#[test]
fn four_of_the_five_taxi_windows_are_found_with_one_false_alarm() {
    let Some((series, windows)) = data::taxi() else {
        return;
    };
    let mut score = Score::default();
    score.add(&breaches(&series, &Setting::default()), &windows);
    assert!(score.found >= 4 && score.false_alarms <= 1, "{score}");
}

#[test]
fn the_events_of_the_focus_fixture_are_found_on_their_day_without_a_false_alarm() {
    let (Some(cells), Some(events)) = (data::focus(), data::focus_events()) else {
        return;
    };
    for width in [TOTAL_WIDTH, WIDTH] {
        let setting = Setting {
            width,
            ..Setting::default()
        };
        assert_eq!(cells.len(), 35);
        for (key, series) in &cells {
            let raised = breaches(series, &setting);
            let ours: Vec<Event> = events
                .iter()
                .filter(|event| event.series == *key)
                .cloned()
                .collect();
            for event in &ours {
                let first = raised.iter().find(|day| **day >= event.start);
                let latest = if event.kind == "s3-ramp" {
                    event.start + 3.days()
                } else {
                    event.start
                };
                assert!(
                    first.is_some_and(|day| *day <= latest),
                    "{width} {} {first:?}",
                    event.kind
                );
            }
            let mut score = Score::default();
            score.add(&raised, &ours);
            assert_eq!(score.false_alarms, 0, "{width} {key}: {raised:?}");
        }
    }
}

#[test]
fn a_fixed_threshold_raises_far_more_for_nothing() {
    let Some(all) = data::csv_series("synthetic_usage_only_daily.csv") else {
        return;
    };
    let labels = data::labels("synthetic_usage_only_labels.json").unwrap();
    let mut fixed = Score::default();
    for (name, series) in &all {
        let costs: Vec<f64> = series.iter().map(|(_, cost)| cost.unwrap()).collect();
        let raised: Vec<Date> = (60..costs.len())
            .filter(|at| {
                let mean = costs[at - 7..*at].iter().sum::<f64>() / 7.0;
                (costs[*at] / mean - 1.0).abs() > 0.3
            })
            .map(|at| series[at].0)
            .collect();
        let events: Vec<Event> = labels
            .iter()
            .filter(|event| event.series == *name)
            .cloned()
            .collect();
        fixed.add(&raised, &events);
        fixed.days += series.len() as i64 - WARM_UP_DAYS;
    }
    // The scoring itself is checked by this: 1.07 was measured elsewhere with the same rule.
    assert!((0.9..1.3).contains(&fixed.false_per_month()), "{fixed}");
    assert_eq!(all[0].1[0].0, date(2025, 10, 1));
}

#[test]
fn month_ends_are_foreseen_on_day_ten_and_the_interval_holds_what_it_says() {
    let setting = Setting {
        holidays: holidays(),
        ..Setting::default()
    };
    let usage = data::csv_series("synthetic_usage_only_daily.csv");
    let fees = data::csv_series("synthetic_daily.csv");
    let (Some(usage), Some(fees), Some(focus)) = (usage, fees, data::focus()) else {
        return;
    };
    let sources: [(&str, Vec<&data::Series>); 3] = [
        ("usage", usage.iter().map(|(_, series)| series).collect()),
        ("fees", fees.iter().map(|(_, series)| series).collect()),
        ("focus", focus.values().collect()),
    ];
    for (name, series) in sources {
        let mut missed = month::Missed::default();
        missed.add(&series, 10, &setting);
        let (error, coverage) = (missed.median_error(), missed.coverage());
        eprintln!(
            "{name}: median error {error:.4}, coverage {coverage:.3} of {}",
            missed.intervals
        );
        assert!(error <= 0.04, "{name} {error}");
        assert!((0.75..=0.85).contains(&coverage), "{name} {coverage}");
    }
}

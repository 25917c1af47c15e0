//! What is booked of a fall: once, by whoever can have saved it, and nothing of what would have come anyway.

use super::ledger::{accepted, of};
use super::*;
use crate::cost::advice::committed::Committed;
use crate::cost::advice::ledger::{Line, lines};
use crate::cost::advice::{Booked, Ledger};
use crate::cost::anomaly::{Series, Survey};
use crate::cost::{Cube, Dataset, Dimension, Period};
use jiff::civil::Date;

const COMPUTE: &str = "Amazon Elastic Compute Cloud - Compute";
const MACHINES: [&str; 3] = ["usage_type", "BoxUsage:m5.large", "1"];

fn decided() -> Date {
    date(2026, 3, 16)
}

fn late() -> Date {
    date(2026, 5, 1)
}

/// So much on each day before and after the decision, by the days from it.
fn series(key: &[&str], cost: impl Fn(i64) -> f64) -> Series {
    Series {
        key: key.iter().map(|part| (*part).to_owned()).collect(),
        days: (-69..40)
            .map(|nth: i64| (decided().saturating_add(nth.days()), Some(cost(nth))))
            .collect(),
    }
}

/// Accepted on that day: a rule, its key, and what it promises at least and at most a month.
fn taken_on(all: &[(&str, &[&str], [&str; 2])]) -> Book {
    let mut book = Book::default();
    for (rule, key, [least, most]) in all {
        let mut decision = accepted(None, key, "2026-03-16", most);
        if let Decision::Accepted(accepted) = &mut decision {
            accepted.rule = (*rule).into();
            accepted.resource = format!("of {rule}");
            accepted.at_least = Some((*least).into());
        }
        book.decisions.insert((*rule).into(), decision);
    }
    book
}

fn lines_of(book: &Book, booked: &Booked) -> Vec<Line> {
    lines(book, booked, &Setting::default(), late())
}

fn saved(lines: &[Line]) -> Vec<Option<f64>> {
    lines.iter().map(|line| line.booked().map(f64::round)).collect()
}

/// Forty less a day from the decision on.
fn fell(nth: i64) -> f64 {
    if nth > 0 { 60.0 } else { 100.0 }
}

/// A bill on which commitments come to so much on each day.
fn committed(booked: &mut Booked, cost: impl Fn(i64) -> f64) {
    let by = [Dimension::Service, Dimension::Category];
    let mut cube = Cube::new(Dataset::for_dimensions(&by).unwrap());
    let day = |nth: i64| decided().saturating_add(nth.days());
    let row = |(nth, category, cost): (i64, &str, f64)| crate::aws::CostRow {
        from: day(nth),
        keys: vec![COMPUTE.into(), category.into()],
        unblended: Some("0".into()),
        amortized: Some(cost.to_string()),
        net_amortized: None,
        quantity: None,
        currency: Some("USD".into()),
        estimated: false,
    };
    let rows = (-69..40).flat_map(|nth| [(nth, "SavingsPlanCoveredUsage", cost(nth)), (nth, "Usage", 50.0)]);
    cube.extend(&rows.map(row).collect::<Vec<_>>()).unwrap();
    let survey = Survey::new(Period::new(day(-69), day(40)).unwrap(), "").unwrap();
    booked.committed = Committed::read(&cube, &survey).unwrap();
}

#[test]
fn a_commitment_that_nobody_bought_saves_nothing() {
    let book = taken_on(&[("savings-plan", &[COMPUTE, ""], ["1000", "1300"])]);
    let of_plan = |cost: fn(i64) -> f64| {
        let mut booked = Booked::default();
        committed(&mut booked, cost);
        booked.series = vec![series(&[COMPUTE], fell)];
        lines_of(&book, &booked).remove(0)
    };
    for there_before in [|_: i64| 0.0, |_: i64| 12.0] {
        let line = of_plan(there_before);
        assert_eq!(line.saved, [None; 3]);
        let why = line.why.unwrap_or_default();
        assert!(why.starts_with("no Savings Plan was bought since"), "{why}");
    }
    let bought = |nth: i64| if nth > 0 { 20.0 } else { 12.0 };
    assert_eq!(saved(&[of_plan(bought)]), [Some(1_120.0)]);
    // Bought after two weeks: what fell before is none of its own.
    let later = of_plan(|nth: i64| if nth > 14 { 20.0 } else { 12.0 });
    assert_eq!(
        later.saved.map(|saved| saved.map(f64::round)),
        [None, None, Some(560.0)]
    );
}

#[test]
fn a_commitment_is_booked_on_the_service_however_an_export_calls_it() {
    let book = taken_on(&[("savings-plan", &[COMPUTE, ""], ["1000", "1300"])]);
    for (service, booked_there) in [
        (COMPUTE, true),
        ("Amazon Elastic Compute Cloud", true),
        ("AmazonEC2", true),
        ("EC2 - Other", false),
        ("Amazon Simple Storage Service", false),
    ] {
        let mut booked = Booked::default();
        committed(&mut booked, |nth| if nth > 0 { 20.0 } else { 12.0 });
        booked.series = vec![series(&[service, "1"], fell), series(&[service], fell)];
        let wanted = booked_there.then_some(1_120.0);
        assert_eq!(saved(&lines_of(&book, &booked)), [wanted], "{service}");
    }
}

#[test]
fn one_fall_is_booked_by_the_narrower_part_and_the_rest_of_it_by_the_wider() {
    let whole = |nth: i64| 300.0 + fell(nth) - if nth > 0 { 5.0 } else { 0.0 };
    let mut booked = Booked::default();
    committed(&mut booked, |nth: i64| if nth > 0 { 10.0 } else { 0.0 });
    booked.series = vec![
        series(&[COMPUTE], whole),
        series(&[COMPUTE, "1"], whole),
        series(&MACHINES, fell),
    ];
    let plan: (&str, &[&str], [&str; 2]) = ("savings-plan", &[COMPUTE, ""], ["1000", "1400"]);
    let machine: (&str, &[&str], [&str; 2]) = ("graviton", &MACHINES, ["1300", "1300"]);
    let both = taken_on(&[plan, machine]);
    // 40 a day fell in the usage type, 45 in the service.
    assert_eq!(saved(&lines_of(&both, &booked)), [Some(1_120.0), Some(140.0)]);
    let three = taken_on(&[plan, machine, ("idle-instance", &[COMPUTE, "1"], ["100", "1400"])]);
    let told = lines_of(&three, &booked);
    assert_eq!(saved(&told), [Some(1_120.0), Some(140.0), Some(0.0)]);
    let why = told[2].why.as_deref().unwrap_or_default();
    assert!(why.contains("booked by moves on narrower parts of it"), "{why}");
    // Another account's fall is not within it, nor is another service's.
    let elsewhere = taken_on(&[machine, ("idle-instance", &[COMPUTE, "2"], ["100", "1400"])]);
    booked.series.push(series(&[COMPUTE, "2"], fell));
    assert_eq!(saved(&lines_of(&elsewhere, &booked)), [Some(1_120.0); 2]);
}

#[test]
fn nothing_is_booked_of_noise_nor_of_the_good_days_alone() {
    // Up and down by up to six, with nothing done.
    let noise = |nth: i64| 100.0 + ((nth * 37).rem_euclid(13) - 6) as f64;
    let book = taken_on(&[("graviton", &MACHINES, ["100", "1300"])]);
    let line = |cost: &dyn Fn(i64) -> f64| lines_of(&book, &of(vec![series(&MACHINES, cost)])).remove(0);
    let idle = line(&noise);
    assert_eq!(saved(std::slice::from_ref(&idle)), [Some(0.0)], "{idle:?}");
    assert!(idle.why.is_some());
    let less = |tenths: i64| line(&|nth: i64| noise(nth) - if nth > 0 { tenths as f64 / 10.0 } else { 0.0 });
    let slight: Vec<Line> = (0..60).map(less).collect();
    let is_noise = |line: &Line| {
        line.why
            .as_ref()
            .is_some_and(|why| why.contains("not told apart from noise"))
    };
    assert!(slight.iter().any(is_noise), "{slight:?}");
    let is_one_of_both = |line: &Line| (line.booked() == Some(0.0)) == line.why.is_some();
    assert!(slight.iter().all(is_one_of_both), "{slight:?}");
    let real = less(300);
    let booked = real.booked().unwrap();
    assert!((700.0..980.0).contains(&booked), "{booked}");
    let same = lines_of(&book, &of(vec![series(&MACHINES, |_| 100.0)])).remove(0);
    let why = same.why.unwrap_or_default();
    assert!(why.contains("cost what was expected in 28 days"), "{why}");
    // Three days a week cost less, and the others far more.
    let more = line(&|nth: i64| {
        noise(nth)
            + if nth > 0 {
                if nth % 7 < 3 { -20.0 } else { 80.0 }
            } else {
                0.0
            }
    });
    assert_eq!(more.booked(), Some(0.0));
    let why = more.why.unwrap_or_default();
    assert!(why.contains("more than expected in 28 days"), "{why}");
}

#[test]
fn nothing_is_booked_of_days_that_may_be_counted_twice() {
    let book = taken_on(&[("graviton", &MACHINES, ["100", "1300"])]);
    let mut booked = of(vec![series(&MACHINES, fell)]);
    assert_eq!(saved(&lines_of(&book, &booked)), [Some(1_120.0)]);
    let says = "2 exports have 2026-04: a, b: nothing is booked of those days";
    booked.leave_months(["2026-04".to_owned()].into(), says.into());
    let told = lines_of(&book, &booked).remove(0);
    assert_eq!(
        told.saved.map(|saved| saved.map(f64::round)),
        [Some(280.0), Some(560.0), None]
    );
    assert_eq!(booked.says().as_deref(), Some(says));
    booked.leave_months(["2026-03".to_owned()].into(), says.into());
    assert_eq!(lines_of(&book, &booked)[0].why.as_deref(), Some(says));
}

#[test]
fn both_ends_of_a_promise_are_summed() {
    let book = taken_on(&[
        (
            "nat-hot-spot",
            &["usage_type", "NatGateway-Bytes", "1"],
            ["0", "2688"],
        ),
        ("graviton", &MACHINES, ["10", "20"]),
    ]);
    let now = "2026-03-17T09:00:00Z".parse().unwrap();
    let ledger = Ledger::of(&book, &Booked::default(), &Setting::default(), now);
    assert_eq!((ledger.at_least(), ledger.promised()), (10.0, 2_708.0));
}

//! Pivots over a small month with a credit, an untagged charge and an estimated day.

use super::*;
use crate::aws::CostRow;
use crate::cost::Dataset;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn row(on: &str, keys: [&str; 2], cost: &str, estimated: bool) -> CostRow {
    CostRow {
        from: day(on),
        keys: keys.map(str::to_owned).to_vec(),
        unblended: Some(cost.into()),
        amortized: Some("1".into()),
        net_amortized: None,
        quantity: Some("2".into()),
        currency: Some("USD".into()),
        estimated,
    }
}

fn cube() -> Cube {
    let mut cube = Cube::new(Dataset::for_dimensions(&[Dimension::Tag("team".into())]).unwrap());
    let rows = [
        row("2026-01-30", ["EC2", "team$pay"], "10.10", false),
        row("2026-01-30", ["EC2", "team$"], "0.20", false),
        row("2026-01-31", ["Credits", "team$"], "-5.05", false),
        row("2026-02-01", ["EC2", "team$pay"], "3E-1", true),
    ];
    cube.extend(&rows).unwrap();
    cube
}

fn ask(by: &[&str], filter: &str) -> Breakdown {
    let question = Question {
        period: Period::new(day("2026-01-30"), day("2026-02-02")).unwrap(),
        by: by.iter().map(|name| Dimension::parse(name).unwrap()).collect(),
        lens: Lens::Unblended,
        filter: Filter::parse(filter).unwrap(),
    };
    cube().answer(&question).unwrap().remove(0)
}

fn rows(breakdown: &Breakdown) -> Vec<(String, String)> {
    breakdown
        .rows
        .iter()
        .map(|row| (row.key.join("/"), row.cost.to_string()))
        .collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted
        .iter()
        .map(|(key, cost)| ((*key).to_owned(), (*cost).to_owned()))
        .collect()
}

#[test]
fn credits_count_and_rows_add_up_to_the_total() {
    let breakdown = ask(&["service"], "");
    assert_eq!(rows(&breakdown), pairs(&[("EC2", "10.6"), ("Credits", "-5.05")]));
    assert_eq!(breakdown.total.to_string(), "5.55");
    assert!(breakdown.rows.iter().all(|row| row.quantity.is_none()));
}

#[test]
fn a_charge_without_the_tag_has_an_empty_key() {
    assert_eq!(
        rows(&ask(&["tag:team"], "")),
        pairs(&[("pay", "10.4"), ("", "-4.85")])
    );
}

#[test]
fn days_and_months_come_in_the_order_of_time() {
    let days = ask(&["day"], "");
    assert_eq!(
        rows(&days),
        pairs(&[
            ("2026-01-30", "10.3"),
            ("2026-01-31", "-5.05"),
            ("2026-02-01", "0.3")
        ])
    );
    assert_eq!(
        rows(&ask(&["month", "service"], "service:EC2")),
        pairs(&[("2026-01/EC2", "10.3"), ("2026-02/EC2", "0.3")])
    );
}

#[test]
fn an_estimated_or_absent_day_is_not_complete() {
    assert!(!ask(&[], "").complete);
    let is_complete = |from: &str| {
        let question = Question {
            period: Period::new(day(from), day("2026-02-01")).unwrap(),
            by: Vec::new(),
            lens: Lens::Unblended,
            filter: Filter::default(),
        };
        cube().answer(&question).unwrap().remove(0).complete
    };
    assert!(is_complete("2026-01-30") && !is_complete("2026-01-29"));
}

#[test]
fn a_filter_on_a_dimension_that_is_not_there_is_an_error_and_not_nothing() {
    let question = Question {
        period: Period::new(day("2026-01-01"), day("2026-02-01")).unwrap(),
        by: Vec::new(),
        lens: Lens::Net,
        filter: Filter::parse("region:eu-*").unwrap(),
    };
    assert!(cube().answer(&question).unwrap_err().says.contains("region"));
}

#[test]
fn without_net_amounts_the_net_lens_is_the_amortized_one() {
    let question = |lens| Question {
        period: Period::new(day("2026-01-01"), day("2026-03-01")).unwrap(),
        by: Vec::new(),
        lens,
        filter: Filter::default(),
    };
    let total = |lens| cube().answer(&question(lens)).unwrap()[0].total;
    assert_eq!(total(Lens::Net), total(Lens::Amortized));
}

#[test]
fn a_day_that_is_lacking_in_one_currency_is_answered_in_the_others() {
    let period = Period::new(day("2026-01-01"), day("2026-03-01")).unwrap();
    let answered = ["2026-01-30", "2026-01-31", "2026-02-01"].map(day);
    assert_eq!(cube().answered("USD", period), answered);
    let mut both = cube();
    both.currencies.push("EUR".into());
    let lost = Period::new(day("2026-01-31"), day("2026-02-02")).unwrap();
    both.lack(lost, |currency| currency == "EUR");
    assert_eq!(both.answered("USD", period), answered);
    assert_eq!(both.answered("EUR", period), answered[..1]);
    let question = Question {
        period: Period::new(day("2026-01-30"), day("2026-02-01")).unwrap(),
        by: Vec::new(),
        lens: Lens::Unblended,
        filter: Filter::default(),
    };
    let complete: Vec<bool> = both
        .answer(&question)
        .unwrap()
        .iter()
        .map(|of| of.complete)
        .collect();
    assert_eq!(complete, [true, false]);
}

#[test]
fn days_before_the_first_known_one_are_named_and_no_endless_list() {
    let by_day = |from: &str| {
        let question = Question {
            period: Period::new(day(from), day("2026-02-02")).unwrap(),
            by: vec![Dimension::Day],
            lens: Lens::Unblended,
            filter: Filter::default(),
        };
        cube().answer(&question).unwrap().remove(0)
    };
    let few = by_day("2026-01-28");
    let told: Vec<(String, bool)> = few
        .told()
        .into_iter()
        .map(|(key, row)| (key.concat(), row.is_some()))
        .collect();
    assert_eq!(
        told[..2],
        [("2026-01-28".into(), false), ("2026-01-29".into(), false)]
    );
    assert_eq!((told.len(), few.unlisted(), few.complete), (5, None, false));
    let many = by_day("2025-06-01");
    assert_eq!(many.unlisted(), Period::new(day("2025-06-01"), day("2026-01-30")));
    assert_eq!(many.told().len(), 3);
    assert!(!many.complete && many.unknown.len() > 200);
}

//! What came of decisions, over simulated time.

use super::*;
use crate::cost::Dimension;
use crate::cost::advice::{Booked, Booking, Ledger, ledger};
use crate::cost::anomaly::Series;

pub(super) fn accepted(team: Option<&str>, key: &[&str], on: &str, promised: &str) -> Decision {
    Decision::Accepted(Accepted {
        at: format!("{on}T09:00:00Z").parse().unwrap(),
        rule: "off-hours".into(),
        resource: "i-1".into(),
        team: team.map(str::to_owned),
        key: key.iter().map(|part| (*part).to_owned()).collect(),
        promised: promised.into(),
        at_least: None,
        run: None,
    })
}

pub(super) fn of(series: Vec<Series>) -> Booked {
    Booked {
        series,
        ..Booked::default()
    }
}

/// A hundred a day until the decision, sixty after, told up to `today`.
fn told_until(today: jiff::civil::Date, decided: jiff::civil::Date) -> Vec<Series> {
    let first = decided.saturating_sub(70.days());
    let count = (today - first).get_days();
    let cost = |nth: i32| {
        let day = first.saturating_add(nth.days());
        (day, Some(if day > decided { 60.0 } else { 100.0 }))
    };
    vec![Series {
        key: ["usage_type", "BoxUsage:m5.large", "1"].map(str::to_owned).into(),
        days: (0..count).map(cost).collect(),
    }]
}

#[test]
fn each_span_is_booked_on_the_day_it_has_passed_and_stays() {
    let decided = date(2026, 3, 16);
    let mut book = Book::default();
    let key = ["usage_type", "BoxUsage:m5.large", "1"];
    book.decisions
        .insert("a".into(), accepted(Some("pay"), &key, "2026-03-16", "1300"));
    book.decisions.insert(
        "b".into(),
        accepted(None, &["AmazonCloudWatch", "1"], "2026-03-16", "1300"),
    );
    for after in 0..40 {
        let today = decided.saturating_add(after.days());
        let lines = ledger::lines(&book, &of(told_until(today, decided)), &Setting::default(), today);
        let saved = lines[0].saved.map(|saved| saved.map(f64::round));
        let expected = |days: i32, sum: f64| (after > days).then_some(sum);
        assert_eq!(
            saved,
            [expected(7, 280.0), expected(14, 560.0), expected(28, 1_120.0)],
            "{after} days after"
        );
        assert_eq!(lines[1].saved, [None; 3], "nobody told of that cell");
        let teams = ledger::by_team(&lines);
        assert_eq!(teams.contains_key("pay"), after > 7);
        assert_eq!(teams.get(""), None);
    }
}

#[test]
fn only_what_is_old_enough_asks_for_its_part_of_the_bill() {
    let decided = date(2026, 3, 16);
    let mut book = Book::default();
    let key = ["usage_type", "BoxUsage:m5.large", "1"];
    book.decisions
        .insert("a".into(), accepted(Some("pay"), &key, "2026-03-16", "1300"));
    assert_eq!(Booking::of(&book, decided.saturating_add(7.days())), None);
    let today = decided.saturating_add(8.days());
    let booking = Booking::of(&book, today).unwrap();
    let question = booking.types(today).unwrap();
    assert_eq!(
        question.period.from,
        decided.saturating_sub(ledger::LEARNT_DAYS.days())
    );
    assert_eq!(question.period.to, today.saturating_sub(1.day()));
    assert!(
        booking.services(today, false).unwrap().is_none(),
        "nothing is booked on a service"
    );
    let service = accepted(None, &["AmazonCloudWatch", "1"], "2026-03-01", "10");
    book.decisions.insert("b".into(), service);
    let both = Booking::of(&book, today).unwrap();
    let (_, [categories, accounts]) = both.services(today, false).unwrap().unwrap();
    assert!(categories.period.from < question.period.from && accounts.by.contains(&Dimension::Account));
    let now = "2026-03-24T09:00:00Z".parse().unwrap();
    let told = Ledger::of(&book, &Booked::default(), &Setting::default(), now);
    assert_eq!((told.ripe, told.lines.len()), (2, 2));
    assert!((told.promised() - 1_310.0).abs() < 1e-9);
}

#[test]
fn what_one_cell_saves_is_booked_once_by_what_was_promised_and_never_beyond_it() {
    let decided = date(2026, 3, 16);
    let series = told_until(date(2026, 5, 1), decided);
    let key = ["usage_type", "BoxUsage:m5.large", "1"];
    let booked = |promises: &[(&str, &str)]| -> Vec<f64> {
        let mut book = Book::default();
        for (nth, (on, promised)) in promises.iter().enumerate() {
            let id = nth.to_string();
            book.decisions.insert(id, accepted(None, &key, on, promised));
        }
        let lines = ledger::lines(&book, &of(series.clone()), &Setting::default(), date(2026, 5, 1));
        lines.iter().map(|line| line.saved[2].unwrap().round()).collect()
    };
    let day = "2026-03-16";
    assert_eq!(booked(&[(day, "2600")]), [1_120.0]);
    assert_eq!(booked(&[(day, "3900"), (day, "1300")]), [840.0, 280.0]);
    assert_eq!(booked(&[(day, "365")]), [336.0], "28 days of 365 a month");
    let late = booked(&[(day, "2600"), ("2026-03-30", "2600")]);
    assert!(late[0] + late[1] <= 1_121.0 && late[0] > 800.0, "{late:?}");
}

#[test]
fn what_was_taken_on_twice_before_that_was_refused_is_booked_once() {
    let decided = date(2026, 3, 16);
    let key = ["usage_type", "BoxUsage:m5.large", "1"];
    let mut book = Book::default();
    for (id, rule, on) in [
        ("a", "gp2-to-gp3", "2026-03-17"),
        ("b", "unattached-volume", "2026-03-16"),
    ] {
        let mut decision = accepted(None, &key, on, "1300");
        if let Decision::Accepted(accepted) = &mut decision {
            accepted.rule = rule.into();
        }
        book.decisions.insert(id.into(), decision);
    }
    let late = date(2026, 5, 1);
    let lines = ledger::lines(&book, &of(told_until(late, decided)), &Setting::default(), late);
    let booked = lines
        .iter()
        .map(|line| (line.booked().map(f64::round), line.promised()));
    assert_eq!(
        booked.collect::<Vec<_>>(),
        [(None, 0.0), (Some(1_120.0), 1_300.0)]
    );
    let why = lines[0].why.as_deref().unwrap_or_default();
    assert!(
        why.starts_with("unattached-volume of i-1 (b) is taken on already"),
        "{why}"
    );
}

#[test]
fn what_is_not_booked_says_why_and_of_too_much_the_least_is_booked() {
    let decided = date(2026, 3, 16);
    let key = ["usage_type", "BoxUsage:m5.large", "1"];
    let line = |promised: [&str; 2], series: &[Series], today| {
        let mut book = Book::default();
        let mut decision = accepted(None, &key, "2026-03-16", promised[1]);
        if let Decision::Accepted(accepted) = &mut decision {
            accepted.at_least = Some(promised[0].into());
        }
        book.decisions.insert("a".into(), decision);
        ledger::lines(&book, &of(series.to_vec()), &Setting::default(), today).remove(0)
    };
    let (day, late) = (|nth: i32| decided.saturating_add(nth.days()), date(2026, 5, 1));
    let said = |series: &[Series], today| line(["10", "1300"], series, today).why.unwrap_or_default();
    let told = told_until(late, decided);
    for young in [0, 5, 7] {
        let why = said(&told_until(day(young), decided), day(young));
        assert!(
            why.contains("first week") && why.contains("2026-03-23"),
            "{young}: {why}"
        );
    }
    assert!(said(&[], late).contains("was not read"));
    let other = Series {
        key: vec!["other".into()],
        ..told[0].clone()
    };
    assert!(said(&[other], late).contains("nothing is charged for BoxUsage:m5.large in account 1"));
    let mut short = told.clone();
    short[0].days.retain(|(of, _)| *of > day(-3));
    assert!(
        said(&short, late).contains("only 3 days"),
        "{}",
        said(&short, late)
    );
    let mut torn = told.clone();
    torn[0].days.retain(|(of, _)| *of != day(3));
    assert!(
        said(&torn, late).contains("not every day"),
        "{}",
        said(&torn, late)
    );
    // 40 a day fell: within the range it is booked as it was measured, beyond it at the lower end.
    let booked = |promised| {
        let line = line(promised, &told, late);
        (line.booked().unwrap().round(), line.why.is_some())
    };
    assert_eq!(booked(["10", "1300"]), (1_120.0, false));
    assert_eq!(booked(["100", "365"]), (92.0, true));
}

#[test]
fn what_all_accounts_share_is_booked_on_the_whole_service() {
    let (decided, late) = (date(2026, 3, 16), date(2026, 5, 1));
    let compute = "Amazon Elastic Compute Cloud - Compute";
    let mut book = Book::default();
    let decision = accepted(None, &[compute, ""], "2026-03-16", "1300");
    book.decisions.insert("a".into(), decision);
    let line = |key: &[&str]| {
        let series = Series {
            key: key.iter().map(|part| (*part).to_owned()).collect(),
            ..told_until(late, decided).remove(0)
        };
        ledger::lines(&book, &of(vec![series]), &Setting::default(), late).remove(0)
    };
    assert_eq!(line(&[compute]).booked().map(f64::round), Some(1_120.0));
    let other = line(&["Amazon Simple Storage Service"]).why.unwrap_or_default();
    assert!(
        other.contains("nothing is charged for Amazon Elastic Compute Cloud - Compute,"),
        "{other}"
    );
}

#[test]
fn a_cell_is_the_narrowest_part_of_the_bill_that_a_finding_is_about() {
    let inventory = Inventory {
        volumes: vec![volume(VolumeKind::Gp2, 100.0)],
        instances: vec![instance()],
        ..Inventory::default()
    };
    let all = findings(&inventory, &rates(), &Taste::default());
    let cell = |rule: Rule| {
        let found = all.iter().find(|finding| finding.rule == rule);
        ledger::Cell::of(found.unwrap())
    };
    let key = |cell: &ledger::Cell| cell.key().join(" ");
    let of_volume = cell(Rule::NewerVolume);
    assert_eq!(key(&of_volume), "usage_type EBS:VolumeUsage.gp2 111122223333");
    let of_instance = cell(Rule::Graviton);
    assert_eq!(key(&of_instance), "usage_type BoxUsage:c5n.xlarge 111122223333");
    for cell in [of_volume, of_instance] {
        assert_eq!(ledger::Cell::parse(&cell.key()), Some(cell));
    }
    let old = ["AmazonCloudWatch".to_owned(), "1".to_owned()];
    assert!(matches!(
        ledger::Cell::parse(&old),
        Some(ledger::Cell::Service { .. })
    ));
}

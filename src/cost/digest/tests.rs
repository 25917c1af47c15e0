//! Weeks and digests of rows that are made here.

use super::*;
use crate::cost::driver;
use jiff::civil::date;

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap().amount
}

fn breakdown(rows: &[(&str, &str, &str)]) -> Breakdown {
    let row = |(team, service, cost): &(&str, &str, &str)| Row {
        key: vec![(*team).into(), (*service).into()],
        cost: amount(cost),
        quantity: None,
    };
    let rows: Vec<Row> = rows.iter().map(row).collect();
    Breakdown {
        currency: "USD".into(),
        period: Period::new(date(2026, 11, 9), date(2026, 11, 16)).unwrap(),
        complete: true,
        total: rows.iter().map(|row| row.cost).sum(),
        unknown: Vec::new(),
        rows,
    }
}

fn digest(today: Date, known: impl Fn(Date) -> Option<bool>) -> Digest {
    let after = breakdown(&[
        ("pay", "EC2", "30"),
        ("pay", "S3", "5"),
        ("", "Tax", "15"),
        ("a|b*", "S3", "1"),
    ]);
    let before = breakdown(&[("pay", "EC2", "20"), ("pay", "S3", "9"), ("", "Tax", "15")]);
    let week = Week::parse("2026-W46", today).unwrap();
    let mut days = BTreeMap::new();
    for day in date(2026, 11, 1).series(jiff::Span::new().days(1)).take(20) {
        days.extend(known(day).map(|open| (day, open)));
    }
    Digest::new(
        week,
        "tag:team".into(),
        "unblended, from files".into(),
        [&after, &before],
        &days,
    )
}

#[test]
fn a_week_is_named_as_iso_counts_and_compared_with_its_own_weekdays() {
    let week = Week::before(date(2026, 11, 21)).unwrap();
    assert_eq!(week.to_string(), "2026-W46");
    assert_eq!(week.comparison.current.to_string(), "Nov 9–15");
    assert_eq!(week.comparison.previous.to_string(), "Nov 2–8");
    assert!(week.to_come.is_empty());
    let now = Week::parse("2026-W47", date(2026, 11, 19)).unwrap();
    assert_eq!(now.comparison.current.to_string(), "Nov 16–18");
    assert_eq!(now.comparison.previous.to_string(), "Nov 9–11");
    assert_eq!(now.to_come.len(), 4);
    // The last days of a year may be in the first week of the next.
    assert_eq!(Week::before(date(2026, 1, 8)).unwrap().to_string(), "2026-W01");
    for wrong in ["2026-46", "2026-W00", "2026-W54", "W46", "2027-W01"] {
        assert_eq!(Week::parse(wrong, date(2026, 11, 21)), None, "{wrong}");
    }
}

#[test]
fn teams_add_up_to_the_week_and_what_changed_is_told_in_a_line() {
    let digest = digest(date(2026, 11, 21), |_| Some(false));
    assert_eq!(
        digest.teams.iter().map(|team| team.current).sum::<Amount>(),
        digest.current
    );
    let pay = digest.teams.iter().find(|team| team.name == "pay").unwrap();
    assert_eq!(markdown::changed(pay), "EC2 +10.00; S3 -4.00");
    assert!(digest.is_complete() && digest.doubts().is_empty());
    assert!((digest.untagged_percent().unwrap() - 15.0 / 51.0 * 100.0).abs() < 1e-9);
    let text = digest.markdown();
    assert!(
        text.starts_with("# Costs of week 2026-W46 (Nov 9–15), by tag:team\n\n**51.00 USD, +15.9 % against"),
        "{text}"
    );
    assert!(
        text.contains("| a\\|b\\* | 1.00 | 0.00 | +1.00 | new |"),
        "{text}"
    );
    assert!(
        text.contains("| total | 51.00 | 44.00 | +7.00 | +15.9 |"),
        "{text}"
    );
}

#[test]
fn days_that_are_not_final_are_named() {
    let mut digest = digest(date(2026, 11, 15), |day| match day.day() {
        3 => None,
        14 => Some(true),
        _ => Some(false),
    });
    assert_eq!(
        digest.doubts(),
        [
            "Sun 15 Nov: not over, and left out of both weeks",
            "Sat 14 Nov: still an estimate",
            "Tue 3 Nov: no answer, so that totals lack it"
        ]
    );
    assert!(!digest.is_complete() && digest.markdown().contains("- Not final: Sun 15 Nov"));
    digest
        .lacks
        .push("what could be saved: check your permissions.".into());
    assert!(digest.markdown().contains("check your permissions.\n"));
}

#[test]
fn a_day_that_is_missing_is_no_change_in_a_team() {
    let digest = digest(date(2026, 11, 21), |day| (day.day() != 3).then_some(false));
    assert_eq!(digest.known_days(), [7, 6]);
    let text = digest.markdown();
    assert!(text.contains("| total | 51.00 | 44.00 | – | – |"), "{text}");
    assert!(!text.contains("Changed") && !text.contains("new |"), "{text}");
    let drivers = digest.teams.iter().flat_map(|team| &team.drivers.rows);
    assert!(drivers.clone().count() > 0 && drivers.clone().all(|of| of.change().is_none()));
}

#[test]
fn a_week_before_that_nobody_knows_makes_nothing_new() {
    let digest = digest(date(2026, 11, 21), |day| (day.day() >= 9).then_some(false));
    assert_eq!(digest.known_days(), [7, 0]);
    let text = digest.markdown();
    assert!(
        text.contains("**51.00 USD, nothing is known of Nov 2–8 to compare with, unblended"),
        "{text}"
    );
    assert!(text.contains("| total | 51.00 | – | – | – |"), "{text}");
    assert!(
        text.contains("35.00 USD; nothing is known of the week before."),
        "{text}"
    );
    assert!(!text.contains("new |") && !text.contains("Changed"), "{text}");
}

#[test]
fn usage_and_rate_are_told_apart_where_they_are_known() {
    let row = |cost: &str, quantity: &str| Row {
        key: vec!["EC2".into()],
        cost: amount(cost),
        quantity: Some(amount(quantity)),
    };
    let team = Team {
        drivers: driver::drivers(&[row("10", "10")], &[row("30", "20")]),
        ..Team::default()
    };
    assert_eq!(markdown::changed(&team), "EC2 +20.00 (usage +10.00, rate +10.00)");
}

#[test]
fn a_team_that_nothing_was_charged_to_is_neither_new_nor_a_row() {
    let mut digest = digest(date(2026, 11, 21), |_| Some(false));
    digest.teams.push(Team {
        name: "idle".into(),
        moves: vec![Step {
            says: "stop it".into(),
            low: amount("1"),
            high: amount("2"),
        }],
        ..Team::default()
    });
    let text = digest.markdown();
    assert!(!text.contains("| idle |"), "{text}");
    assert!(text.contains("## idle\n\nNothing was charged to it.\n"), "{text}");
    assert!(text.contains("- Could save 1.00 to 2.00 USD a month:"), "{text}");
    // Charges that come to nothing in both weeks are no news either.
    let mut free = digest.teams[0].clone();
    (free.name, free.current, free.previous) = ("free".into(), Amount::ZERO, Amount::ZERO);
    digest.teams.push(free);
    let text = digest.markdown();
    assert!(text.contains("| free | 0.00 | 0.00 | +0.00 |  |"), "{text}");
}

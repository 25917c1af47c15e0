//! Bills that lost days, and bills that have none on some.

use super::*;

/// What days of a year leave known, where those of `gone` have no charge.
fn of(gone: impl Fn(Date) -> bool, months: &[i8]) -> Coverage {
    let first: Date = "2026-07-01".parse().unwrap();
    let days = first.series(jiff::Span::new().days(1)).take(123);
    let charged = days.filter(|day| months.contains(&day.month()) && !gone(*day));
    let charged = charged.map(day::number).collect();
    let months = months.iter().map(|month| 2026 * 12 + i32::from(*month) - 1);
    Coverage::of(&charged, &months.collect())
}

fn named(coverage: &Coverage) -> Vec<String> {
    coverage.holes.iter().map(Period::to_string).collect()
}

#[test]
fn a_week_without_a_charge_among_daily_ones_is_a_hole_and_not_free() {
    let coverage = of(
        |day| day.month() == 9 && (8..15).contains(&day.day()),
        &[7, 8, 9, 10],
    );
    assert_eq!(named(&coverage), ["Sep 8–14"]);
    assert_eq!(coverage.answered.len(), 123 - 7);
    let cut = of(|day| day.month() == 7 && day.day() < 15, &[7, 8]);
    assert_eq!(
        (cut.answered.len(), cut.holes.len()),
        (17 + 31, 0),
        "where it begins nobody knows"
    );
    let edge = of(|day| (day.month(), day.day()) == (10, 1), &[7, 8, 9, 10]);
    assert_eq!(named(&edge), ["Oct 1"]);
}

#[test]
fn where_charges_are_rare_a_day_without_one_cost_nothing() {
    let coverage = of(|day| ![3, 17, 29].contains(&day.day()), &[7, 8, 9, 10]);
    assert!(coverage.holes.is_empty());
    // From the first of the first month to the last charge, over the ends of months.
    assert_eq!(coverage.answered.len(), 121);
    let office = of(|day| day.weekday().to_monday_zero_offset() >= 5, &[7, 8]);
    let sundays = of(|day| day.weekday().to_monday_zero_offset() == 6, &[7, 8]);
    assert!(office.holes.is_empty() && sundays.holes.is_empty());
}

#[test]
fn sundays_of_a_short_bill_are_quiet_and_a_lost_day_is_not() {
    let sunday = |day: Date| day.weekday().to_monday_zero_offset() == 6;
    let short = |last, gone: &dyn Fn(Date) -> bool| of(|day| day.day() > last || gone(day), &[9]);
    let quiet = short(20, &sunday);
    assert!(quiet.holes.is_empty() && quiet.answered.len() == 19, "{quiet:?}");
    let fee = short(21, &|day| sunday(day) && day.day() != 6);
    assert!(fee.holes.is_empty(), "a fee came on one of three: {fee:?}");
    assert_eq!(named(&short(20, &|day| day.day() == 9)), ["Sep 9"]);
    let two = short(20, &|day| [9, 14].contains(&day.day()));
    assert_eq!(named(&two), ["Sep 9", "Sep 14"]);
    let week = short(30, &|day| sunday(day) || (7..13).contains(&day.day()));
    assert_eq!(named(&week), ["Sep 6–13"]);
}

#[test]
fn what_is_gone_for_weeks_is_no_proof_that_nothing_was_charged() {
    let only = |day: Date, days: &[(i8, std::ops::RangeInclusive<i8>)]| {
        days.iter()
            .any(|(month, days)| day.month() == *month && days.contains(&day.day()))
    };
    let edges = of(|day| !only(day, &[(9, 1..=7), (10, 1..=7)]), &[9, 10]);
    assert_eq!(named(&edges), ["Sep 8–30"]);
    let weeks = of(
        |day| !only(day, &[(9, 1..=7), (9, 29..=30), (10, 1..=5)]),
        &[9, 10],
    );
    assert_eq!(named(&weeks), ["Sep 8–28"]);
    let wednesdays = of(|day| day.day() > 20 || [9, 16].contains(&day.day()), &[9]);
    assert_eq!(named(&wednesdays), ["Sep 9", "Sep 16"]);
    let fridays = of(|day| day.day() > 20 || [4, 11, 18].contains(&day.day()), &[9]);
    assert!(fridays.holes.is_empty(), "three are a habit: {fridays:?}");
}

#[test]
fn days_that_are_lost_now_and_then_are_no_habit() {
    let lost = of(
        |day| [(7, 20), (8, 25), (9, 9)].contains(&(day.month(), day.day())),
        &[7, 8, 9, 10],
    );
    assert_eq!(named(&lost), ["Jul 20", "Aug 25", "Sep 9"]);
    let weeks = of(
        |day| [7, 8, 9].contains(&day.month()) && (8..15).contains(&day.day()),
        &[7, 8, 9, 10],
    );
    assert_eq!(named(&weeks), ["Jul 8–14", "Aug 8–14", "Sep 8–14"]);
}

#[test]
fn of_a_bill_of_office_days_a_week_that_is_gone_is_a_hole_and_a_holiday_is_none() {
    let office = |gone: &dyn Fn(Date) -> bool| {
        of(
            |day| day.weekday().to_monday_zero_offset() >= 5 || gone(day),
            &[7, 8, 9, 10],
        )
    };
    let week = office(&|day| day.month() == 9 && (14..19).contains(&day.day()));
    assert_eq!(named(&week), ["Sep 12–20"]);
    let holiday = office(&|day| day.month() == 9 && [14, 15].contains(&day.day()));
    assert!(holiday.holes.is_empty(), "{holiday:?}");
    let mondays = of(|day| day.weekday().to_monday_zero_offset() != 0, &[7, 8]);
    let thirds = of(|day| day::number(day) % 3 != 0, &[7, 8, 9]);
    let every_other_week = of(|day| day::number(day) / 7 % 2 == 0, &[7, 8, 9]);
    for rare in [mondays, thirds, every_other_week] {
        assert!(rare.holes.is_empty(), "{rare:?}");
    }
}

#[test]
fn two_weeks_that_are_lost_within_three_are_holes_both() {
    let lost =
        |day: Date| day.month() == 10 && ((2..9).contains(&day.day()) || (11..18).contains(&day.day()));
    assert_eq!(named(&of(lost, &[8, 9, 10])), ["Oct 2–8", "Oct 11–17"]);
    let ends = of(
        |day| lost(day) || (day.month() == 10 && day.day() > 25),
        &[8, 9, 10],
    );
    assert_eq!(named(&ends), ["Oct 2–8", "Oct 11–17"]);
}

#[test]
fn a_day_that_is_lost_near_a_lost_week_is_a_hole_as_well() {
    for (gone, wanted) in [
        (vec![7..=14, 20..=20], ["Oct 7–14", "Oct 20"]),
        (vec![7..=14, 20..=23], ["Oct 7–14", "Oct 20–23"]),
        (vec![3..=3, 7..=13], ["Oct 3", "Oct 7–13"]),
    ] {
        let lost = |day: Date| day.month() == 10 && gone.iter().any(|days| days.contains(&day.day()));
        assert_eq!(named(&of(lost, &[7, 8, 9, 10])), wanted);
    }
}

#[test]
fn of_a_bill_of_office_days_two_in_the_middle_of_a_week_are_lost() {
    let office = |gone: &dyn Fn(Date) -> bool, months: &[i8]| {
        of(
            |day| day.weekday().to_monday_zero_offset() >= 5 || gone(day),
            months,
        )
    };
    let days = |month: i8, days: std::ops::RangeInclusive<i8>| {
        move |day: Date| day.month() == month && days.contains(&day.day())
    };
    let two = office(&days(9, 15..=16), &[7, 8, 9, 10]);
    assert_eq!(named(&two), ["Sep 15–16"]);
    assert_eq!(named(&office(&days(9, 15..=17), &[9])), ["Sep 15–17"]);
    let holiday = office(&days(9, 16..=16), &[7, 8, 9, 10]);
    assert!(holiday.holes.is_empty(), "a single day is one: {holiday:?}");
    // Two days on and two off are no office.
    let turns = of(|day| day::number(day).rem_euclid(4) < 2, &[7, 8, 9]);
    assert!(turns.holes.is_empty(), "{turns:?}");
}

#[test]
fn a_month_that_was_not_taken_in_is_neither_answered_nor_missed() {
    let coverage = of(|_| false, &[8, 10]);
    assert!(coverage.holes.is_empty());
    assert_eq!(coverage.answered.len(), 62);
    let mut charged: BTreeSet<i32> = (0..30)
        .map(|nth| nth + day::number("2026-10-01".parse().unwrap()))
        .collect();
    charged.insert(day::number("2026-08-10".parse().unwrap()));
    let late = Coverage::of(&charged, &[2026 * 12 + 9].into());
    assert_eq!(late.answered.len(), 30, "a correction is no month");
}

//! What comes every month on a day and has not come yet when that day is over: bills are written late.

use super::*;

const NOVEMBER: Date = date(2026, 11, 1);

/// A bill until so many days of November are known, whose fee of the first came on this day of it.
fn bill(known: i64, came: Option<i8>) -> Bill {
    let others = move |day: Date| {
        let on = if day < NOVEMBER { Some(1) } else { came };
        if Some(day.day()) == on { FEE } else { 0.0 }
    };
    Bill::new(NOVEMBER + known.days(), |_| USE, others)
}

#[test]
fn what_is_late_is_foreseen_and_may_not_come() {
    for known in [1, 3, 7] {
        let bill = bill(known, None);
        let (whole, [used, others]) = (bill.whole(), bill.parts());
        assert!((whole.end() - (30.0 * USE + FEE)).abs() < 0.01, "{whole:?}");
        assert!(
            (used.end() + others.end() - whole.end()).abs() < 0.01,
            "{others:?}"
        );
        let (lower, upper) = whole.interval.unwrap();
        assert!(lower <= 30.0 * USE && upper >= 30.0 * USE + FEE, "{whole:?}");
        assert!(lower >= whole.so_far, "{whole:?}");
    }
}

#[test]
fn what_is_late_for_longer_than_a_week_is_not_foreseen() {
    for known in [8, 20] {
        bill(known, None).ends_at(&known.to_string(), 30.0 * USE);
    }
}

#[test]
fn what_came_on_another_day_is_not_late() {
    for came in [1, 2, 3] {
        let bill = bill(4, Some(came));
        bill.ends_at(&came.to_string(), 30.0 * USE + FEE);
        let (lower, upper) = bill.whole().interval.unwrap();
        assert!(upper - lower < 1.0, "{came}: {lower} {upper}");
    }
}

#[test]
fn a_credit_that_is_late_is_foreseen_on_its_side() {
    let credit = |day: Date| match day < NOVEMBER && day.day() == 1 {
        true => -150.0,
        false => 0.0,
    };
    let whole = Bill::new(date(2026, 11, 4), |_| USE, |day| credit(day) + fee(2)(day)).whole();
    assert!(
        (whole.end() - (30.0 * USE + FEE - 150.0)).abs() < 0.01,
        "{whole:?}"
    );
    let (lower, upper) = whole.interval.unwrap();
    assert!(lower < whole.end() && upper >= 30.0 * USE + FEE, "{whole:?}");
}

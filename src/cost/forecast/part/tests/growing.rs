//! Tax: written on the first of its month, and as much as was used of it so far until the month ends.

use super::*;

const NOVEMBER: Date = date(2026, 11, 1);
const TAX: f64 = 2150.0;

/// A bill until so many days of November are known, of whose tax such a share has come.
fn bill(known: i64, share: f64) -> Bill {
    let tax = move |day: Date| match day.day() {
        1 if day < NOVEMBER => TAX,
        1 => TAX * share,
        _ => 0.0,
    };
    Bill::new(NOVEMBER + known.days(), |_| 100.0, tax)
}

#[test]
fn tax_that_grows_with_the_month_is_foreseen_whole_and_may_be_all() {
    // As much of it as of the month, then more: what else is taxed is charged on the first.
    for (known, share) in [
        (1, 0.03),
        (3, 0.1),
        (3, 0.5),
        (14, 0.5),
        (22, 0.73),
        (22, 0.88),
        (28, 0.94),
    ] {
        let bill = bill(known, share);
        let (whole, [used, tax]) = (bill.whole(), bill.parts());
        assert!((tax.end() - TAX).abs() < 0.01, "{known}: {tax:?}");
        assert!(
            (used.end() + tax.end() - whole.end()).abs() < 0.01,
            "{known}: {whole:?}"
        );
        for (foreseen, use_of_it) in [(whole, 3000.0), (tax, 0.0)] {
            let (lower, upper) = foreseen.interval.unwrap();
            assert!(lower >= foreseen.so_far, "{known}: {foreseen:?}");
            assert!(lower <= use_of_it + TAX * share + 0.01, "{known}: {foreseen:?}");
            assert!(upper >= use_of_it + TAX - 0.01, "{known}: {foreseen:?}");
        }
    }
}

#[test]
fn what_is_somewhat_less_than_before_is_all_of_it() {
    for (known, share) in [(3, 0.8), (14, 0.8), (29, 0.96), (3, 1.1)] {
        let tax = bill(known, share).parts()[1];
        assert!((tax.end() - TAX * share).abs() < 0.01, "{known}: {tax:?}");
    }
}

#[test]
fn a_credit_that_is_used_up_is_not_foreseen_to_grow() {
    let credit = |day: Date| match day.day() {
        3 if day < NOVEMBER => -500.0,
        3 => -100.0,
        _ => 0.0,
    };
    let [_, credits] = Bill::new(NOVEMBER + 9.days(), |_| 100.0, credit).parts();
    assert!((credits.end() + 100.0).abs() < 0.01, "{credits:?}");
}

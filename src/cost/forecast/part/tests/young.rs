//! What was never charged before and is now: it goes on as it began, as far as anybody knows.

use super::*;

const UNTIL: Date = date(2026, 11, 23);
const EACH: f64 = 40.0;

/// Use of this month that began so many days ago.
fn begun(days: i64) -> Bill {
    let first = UNTIL - days.days();
    Bill::new(UNTIL, |day| if day >= first { EACH } else { 0.0 }, |_| 0.0)
}

#[test]
fn what_has_come_for_some_days_goes_on() {
    for days in [3, 4, 5, 6, 7, 9, 11, 13, 18] {
        let bill = begun(days);
        for foreseen in [bill.whole(), bill.untold(), bill.parts()[0]] {
            let cost = EACH * (days as f64 + 8.0);
            assert!((foreseen.end() - cost).abs() < 0.01, "{days}: {foreseen:?}");
            assert_eq!(foreseen.interval, None, "no month of it is known");
        }
    }
}

#[test]
fn what_was_tried_for_next_to_nothing_before_it_went_live_goes_on() {
    for (tried, live) in [(11, 10), (5, 3), (7, 5), (15, 10)] {
        let first = UNTIL - i64::from(tried + live).days();
        let went_live = UNTIL - i64::from(live).days();
        let cost = |day: Date| match day {
            day if day >= went_live => EACH,
            day if day >= first => 0.01,
            _ => 0.0,
        };
        let end = Bill::new(UNTIL, cost, |_| 0.0).whole().end();
        let this_month = first.series(1.day()).take_while(|day| *day < UNTIL);
        let so_far: f64 = this_month.filter(|day| day.month() == 11).map(cost).sum();
        let whole = so_far + EACH * 8.0;
        assert!((end - whole).abs() < 0.01, "{tried} {live}: {end} for {whole}");
    }
}

#[test]
fn what_has_come_on_some_weekdays_goes_on_with_its_weekends() {
    let is_workday = |day: Date| day.weekday().to_monday_zero_offset() < 5;
    for first in [date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)] {
        // On the days behind a weekend.
        for until in [UNTIL, date(2026, 11, 24), date(2026, 11, 26)] {
            let cost = |day: Date| {
                let is_used = day >= first && is_workday(day);
                if is_used { EACH } else { 0.0 }
            };
            let bill = Bill::new(until, cost, |_| 0.0);
            let days = first.series(1.day()).take_while(|day| day.month() == 11);
            let whole: f64 = days.map(cost).sum();
            let end = bill.whole().end();
            assert!(
                (end - whole).abs() < 0.15 * whole,
                "{first} {until}: {end} for {whole}"
            );
        }
    }
}

#[test]
fn a_charge_of_one_day_does_not_go_on() {
    for (days, most) in [(1, EACH / 4.0), (2, EACH / 2.0)] {
        let foreseen = begun(days).whole();
        assert!(foreseen.rest < most, "{days}: {foreseen:?}");
    }
}

#[test]
fn a_bill_holds_what_its_services_come_to_by_themselves() {
    // A service that is too small beside the others to be outside of their band.
    for days in [3, 5, 6, 8] {
        let young = begun(days).usage;
        let bill = Bill::new(UNTIL, |_| 10.0 * USE, |_| 0.0);
        let all: Vec<f64> = bill
            .usage
            .iter()
            .zip(&young)
            .map(|(old, new)| old + new)
            .collect();
        let charged: Series = bill
            .days
            .iter()
            .zip(&all)
            .map(|(day, cost)| (*day, Some(*cost)))
            .collect();
        let uses = [bill.usage.clone(), young];
        let setting = Setting::default();
        let ends = uses.iter().map(|used| {
            let charged: Series = bill
                .days
                .iter()
                .zip(used)
                .map(|(day, cost)| (*day, Some(*cost)))
                .collect();
            end(&charged, Some(used), &[], UNTIL, &setting).unwrap()
        });
        let sum: f64 = ends.sum();
        assert!(
            (sum - 300.0 * USE - EACH * (days as f64 + 8.0)).abs() < 0.01,
            "{days}: {sum}"
        );
        let whole = foresee(&charged, Some(&all), &uses, &[], UNTIL, &setting).unwrap();
        let (lower, upper) = whole.interval.unwrap();
        assert!(lower <= sum && sum <= upper, "{days}: {whole:?} for {sum}");
    }
}

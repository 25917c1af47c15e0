//! A fee by the month that comes alone: once, and nothing beside it on other days.

use super::*;

const FEE: f64 = 2400.0;

#[test]
fn a_fee_of_any_day_of_the_month_is_foreseen_once_on_every_date_of_two_years() {
    for of in [1, 15, 27, 28, 29, 30, 31] {
        let mut tracker = Tracker::new(Setting::default());
        let mut so_far = 0.0;
        let dates = date(2026, 1, 1).series(1.day());
        for day in dates.take_while(|day| *day < date(2028, 4, 1)) {
            if day.day() == 1 {
                so_far = 0.0;
            }
            let left = day.series(1.day());
            let left: Vec<Date> = left.take_while(|left| left.month() == day.month()).collect();
            if day >= date(2026, 4, 1) {
                let end = so_far + tracker.foresee(&left).unwrap().iter().sum::<f64>();
                assert!((end - FEE).abs() < 0.01, "of the {of}. on {day}: {end}");
            }
            // A month that has not as many days is charged on its last.
            let cost = if day.day() == day.days_in_month().min(of) {
                FEE
            } else {
                0.0
            };
            so_far += cost;
            tracker.observe(day, cost);
        }
    }
}

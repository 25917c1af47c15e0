//! What comes once in the learning days is no habit of its weekday.

use super::*;

/// What a hundred a day costs on a day, weekends `weekend` times as much, with next to no noise.
fn usual(nth: i64, day: Date, weekend: f64) -> f64 {
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let noise = 1.0 + 0.005 * ((nth * 37 % 11) as f64 / 5.0 - 1.0);
    100.0 * noise * if is_weekend { weekend } else { 1.0 }
}

/// Whether a job of this day of the month comes: in a shorter month on its last day.
fn is_due(day: Date, due: i8) -> bool {
    day.day() == due.min(day.days_in_month())
}

fn made(first: Date, count: i64, cost: impl Fn(i64, Date) -> f64) -> Vec<(Date, Option<f64>)> {
    let days = (0..count).map(|nth| (nth, first + nth.days()));
    days.map(|(nth, day)| (day, Some(cost(nth, day)))).collect()
}

fn breaches(series: &[(Date, Option<f64>)]) -> Vec<(Date, Side)> {
    let readings = read(series, &Setting::default()).into_iter();
    readings
        .filter_map(|reading| Some((reading.day, reading.breach?)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_month_is_foreseen_dearer_than_the_dearest_day_each_day(
        start in 0..7_i64,
        nearly_free in prop::collection::vec(0.0..1e-3, 0..16),
        live in prop::collection::vec(prop_oneof![0.0..1e-3, 0.1..2.0], 7..24),
    ) {
        let mut tracker = Tracker::new(Setting::default());
        let first = date(2026, 9, 1) + start.days();
        let all = [nearly_free, live].concat();
        for (day, cost) in first.series(1.day()).zip(&all) {
            tracker.observe(day, *cost);
        }
        let next = first + (all.len() as i64).days();
        let month: Vec<Date> = next.series(1.day()).take(31).collect();
        if let Some(foreseen) = tracker.foresee(&month) {
            let foreseen: f64 = foreseen.iter().sum();
            let dearest = all.iter().copied().fold(0.0, f64::max);
            prop_assert!(foreseen <= 31.0 * dearest * 1.5, "{foreseen} of {all:?}");
        }
    }

    #[test]
    fn a_monthly_job_makes_no_usual_day_cheap_and_hides_no_doubling(
        start in 0..366_i64,
        due in 1..=31_i8,
        weekend in prop_oneof![Just(1.0), 0.5..1.3],
        job in 100.0..1_000.0,
        doubled in 60..200_i64,
    ) {
        let first = date(2026, 1, 1) + start.days();
        let doubled = first + doubled.days();
        // What comes on a day of the month that a job comes on is expected there; in short months it came on their last one.
        let is_last_of_short = due > 28 && doubled.day() >= 28;
        prop_assume!(doubled.day() != due && !is_due(doubled, due) && !is_last_of_short);
        let series = made(first, 200, |nth, day| {
            let usual = usual(nth, day, weekend) * if day == doubled { 2.0 } else { 1.0 };
            usual + if is_due(day, due) { job } else { 0.0 }
        });
        let found = breaches(&series);
        prop_assert!(found.iter().all(|(_, side)| *side == Side::High), "{found:?}");
        prop_assert!(found.contains(&(doubled, Side::High)), "{found:?}");
    }
}

#[test]
fn a_job_of_the_learning_days_is_remembered_as_its_first_time() {
    let series = made(date(2026, 1, 1), 200, |nth, day| {
        usual(nth, day, 0.7) + if day.day() == 3 { 300.0 } else { 0.0 }
    });
    assert_eq!(breaches(&series), [(date(2026, 2, 3), Side::High)]);
}

#[test]
fn what_comes_each_week_of_the_learning_days_is_a_habit() {
    let mondays = made(date(2026, 1, 1), 60, |nth, day| match day.weekday() {
        Weekday::Monday => usual(nth, day, 0.7) * 4.0,
        _ => usual(nth, day, 0.7),
    });
    assert_eq!(breaches(&mondays), []);
}

#[test]
fn a_step_within_the_learning_days_is_the_level() {
    let stepped = |at: i64| {
        made(date(2026, 1, 1), 60, move |nth, day| {
            usual(nth, day, 0.7) * if nth < at { 1.0 } else { 2.0 }
        })
    };
    for at in [5, 6, 7] {
        assert_eq!(breaches(&stepped(at)), [], "{at}");
    }
}

#[test]
fn a_step_at_the_end_of_the_learning_days_makes_no_weekday_dear() {
    for (first, at) in [
        (date(2026, 9, 1), 11),
        (date(2026, 8, 31), 12),
        (date(2026, 9, 1), 10),
    ] {
        for times in [0.25, 0.5, 4.0] {
            let series = made(first, 90, |nth, day| {
                usual(nth, day, 1.0) * if nth < at { 1.0 } else { times }
            });
            let settled = first + 25.days();
            let late = breaches(&series).into_iter().filter(|(day, _)| *day >= settled);
            assert_eq!(late.collect::<Vec<_>>(), [], "{first} {at} {times}");
        }
    }
}

#[test]
fn a_cheap_holiday_of_the_learning_days_makes_no_usual_day_expensive() {
    let series = made(date(2026, 1, 1), 60, |nth, day| match nth {
        7 => 20.0,
        _ => usual(nth, day, 0.7),
    });
    assert_eq!(breaches(&series), []);
}

#[test]
fn a_day_is_judged_alike_wherever_the_history_of_it_begins() {
    let last = date(2026, 11, 22);
    let shown = |begun: i64| {
        let first = last - begun.days();
        let series = made(first, begun, |_, day| {
            let nth = i64::from((day - date(2025, 1, 1)).get_days());
            let usual = usual(nth, day, 0.7) * if day == date(2026, 11, 18) { 2.0 } else { 1.0 };
            usual + if day.day() == 3 { 300.0 } else { 0.0 }
        });
        let mut found = breaches(&series);
        found.retain(|(day, _)| *day >= date(2026, 10, 23));
        found
    };
    for begun in 150..190 {
        assert_eq!(shown(begun), [(date(2026, 11, 18), Side::High)], "{begun}");
    }
}

#[test]
fn days_nearly_free_before_a_service_went_live_make_no_later_day_many_times_dearer() {
    let live = [
        1.6, 1.1, 0.0004, 0.00001, 0.04, 0.00006, 2.0, 0.3, 0.5, 0.5, 1.6, 0.003, 0.2, 0.6, 0.7, 1.8, 0.02,
        1.8, 0.8,
    ];
    let mut tracker = Tracker::new(Setting::default());
    let first = date(2026, 9, 1);
    for nth in 0..11 {
        tracker.observe(first + nth.days(), 0.000_01 * f64::from((nth * 37 % 11) as u8));
    }
    for (day, cost) in (first + 11.days()).series(1.day()).zip(live) {
        tracker.observe(day, cost);
    }
    let month: Vec<Date> = (first + 30.days()).series(1.day()).take(31).collect();
    let foreseen: f64 = tracker.foresee(&month).unwrap().iter().sum();
    let dearest = live.into_iter().fold(0.0, f64::max);
    assert!(foreseen < dearest * 31.0 * 0.6, "{foreseen}");
}

//! What a band must do with weekdays, jumps, holidays and days that were never answered; series are made here, day by
//! day, so that each names the rule that it tries.

mod learning;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;

use super::*;
use crate::config::Holiday;

mod monthly;

fn days(costs: &[f64]) -> Vec<(Date, Option<f64>)> {
    let first = date(2026, 1, 5);
    (0..)
        .zip(costs)
        .map(|(nth, cost)| (first + i64::from(nth).days(), Some(*cost)))
        .collect()
}

/// Weeks with cheap weekends and a little noise.
fn weeks(count: usize) -> Vec<f64> {
    (0..count * 7)
        .map(|day| {
            let usual = if day % 7 < 5 { 100.0 } else { 60.0 };
            usual * (1.0 + 0.02 * ((day * 37 % 11) as f64 / 5.0 - 1.0))
        })
        .collect()
}

#[test]
fn a_fortnight_is_learnt_before_anything_is_said() {
    let readings = read(&days(&weeks(3)), &Setting::default());
    let learning = readings.iter().take_while(|reading| reading.band.is_none());
    assert_eq!(
        learning.map(|reading| reading.learnt_days).collect::<Vec<_>>(),
        (0..14).collect::<Vec<_>>()
    );
    assert_eq!(readings[14].learnt_days, 14);
}

#[test]
fn weekends_are_expected_to_be_cheap() {
    let readings = read(&days(&weeks(12)), &Setting::default());
    assert!(readings.iter().all(|reading| reading.breach.is_none()));
    for reading in &readings[56..] {
        let expected = reading.band.unwrap().expected;
        let usual = match reading.day.weekday() {
            Weekday::Saturday | Weekday::Sunday => 60.0,
            _ => 100.0,
        };
        assert!(
            (expected / usual - 1.0).abs() < 0.05,
            "{} {expected}",
            reading.day
        );
    }
}

#[test]
fn a_spike_is_found_at_once_seconded_and_does_not_widen_the_band() {
    let mut costs = weeks(12);
    costs[71] = 320.0;
    let readings = read(&days(&costs), &Setting::default());
    assert_eq!(readings[71].breach, Some(Side::High));
    assert!(readings[71].seconded);
    let breaches = readings.iter().filter(|reading| reading.breach.is_some());
    assert_eq!(breaches.count(), 1);
    let width = |at: usize| readings[at].band.map(|band| band.upper / band.expected).unwrap();
    assert!(width(72) < width(71) * 1.1);
}

#[test]
fn the_fourth_breach_on_one_side_becomes_the_new_normal() {
    let mut costs = weeks(14);
    costs[70..].iter_mut().for_each(|cost| *cost *= 1.8);
    let readings = read(&days(&costs), &Setting::default());
    let breaches: Vec<usize> = (0..costs.len())
        .filter(|at| readings[*at].breach.is_some())
        .collect();
    assert_eq!(breaches, [70, 71, 72, 73]);
    let factor = readings[73].new_normal.unwrap();
    assert!((factor - 1.8).abs() < 0.1, "{factor}");
}

#[test]
fn a_monthly_job_alarms_twice_and_is_expected_from_then_on() {
    let first = date(2026, 1, 1);
    let series: Vec<_> = (0..200)
        .map(|nth| {
            let day = first + i64::from(nth).days();
            (
                day,
                Some(if day.day() == 20 {
                    400.0
                } else {
                    100.0 + f64::from(nth % 3)
                }),
            )
        })
        .collect();
    let readings = read(&series, &Setting::default());
    let alarms: Vec<Date> = readings
        .iter()
        .filter(|reading| reading.breach.is_some())
        .map(|reading| reading.day)
        .collect();
    assert_eq!(alarms, [date(2026, 1, 20), date(2026, 2, 20)]);
}

#[test]
fn a_holiday_is_never_too_cheap_but_may_be_too_expensive() {
    let setting = Setting {
        holidays: vec![
            Holiday::parse("03-18").unwrap(),
            Holiday::parse("2026-03-19").unwrap(),
        ],
        ..Setting::default()
    };
    let mut costs = weeks(12);
    let at = |day: Date| usize::try_from((day - date(2026, 1, 5)).get_days()).unwrap();
    costs[at(date(2026, 3, 18))] = 20.0;
    costs[at(date(2026, 3, 19))] = 500.0;
    costs[at(date(2026, 3, 20))] = 20.0;
    let readings = read(&days(&costs), &setting);
    assert_eq!(readings[at(date(2026, 3, 18))].breach, None);
    assert_eq!(readings[at(date(2026, 3, 19))].breach, Some(Side::High));
    assert_eq!(readings[at(date(2026, 3, 20))].breach, Some(Side::Low));
}

#[test]
fn a_series_of_zeros_tells_its_first_charge_above_the_floor() {
    let mut costs = vec![0.0; 60];
    costs[30] = 4.0;
    costs[40] = 50.0;
    costs[41] = 50.0;
    let readings = read(&days(&costs), &Setting::default());
    let alarms: Vec<usize> = (0..60).filter(|at| readings[*at].breach.is_some()).collect();
    assert_eq!(alarms, [40]);
}

#[test]
fn days_without_an_answer_have_no_reading() {
    let mut series = days(&weeks(8));
    series[30].1 = None;
    let readings = read(&series, &Setting::default());
    assert_eq!(readings.len(), 55);
    assert!(readings.iter().all(|reading| reading.breach.is_none()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_day_is_judged_by_the_days_before_it_alone(
        costs in prop::collection::vec(prop_oneof![Just(0.0), 0.0..500.0, 90.0..110.0], 1..150),
        cut in 0..150_usize,
    ) {
        let series = days(&costs);
        let whole = read(&series, &Setting::default());
        let cut = cut.min(series.len());
        prop_assert_eq!(&whole[..cut], &read(&series[..cut], &Setting::default())[..]);
    }

    #[test]
    fn no_series_makes_a_bound_that_is_no_number(
        costs in prop::collection::vec(prop_oneof![Just(0.0), -50.0..500.0, 0.0..1e12], 1..120),
    ) {
        for reading in read(&days(&costs), &Setting::default()) {
            if let Some(band) = reading.band {
                prop_assert!(band.expected.is_finite() && band.lower <= band.upper, "{:?}", reading);
            }
        }
    }
}

/// A tracker that has seen these days, with the day after them.
fn seen(costs: &[f64]) -> (Tracker, Date) {
    let mut tracker = Tracker::new(Setting::default());
    let days = days(costs);
    for (day, cost) in &days {
        tracker.observe(*day, cost.unwrap());
    }
    (tracker, days.last().unwrap().0.tomorrow().unwrap())
}

#[test]
fn what_began_a_few_days_ago_may_stop() {
    let drift = |count| seen(&[vec![0.0; 60], vec![40.0; count]].concat()).0.drift(8);
    assert_eq!([3, 5, 10].map(drift), [320.0; 3]);
    assert_eq!(drift(11), 0.0);
}

#[test]
fn what_began_lately_and_comes_daily_is_expected_to_go_on() {
    let foreseen = |costs: &[f64]| {
        let (tracker, next) = seen(costs);
        tracker.foresee(&[next]).unwrap()[0]
    };
    let began = |count| [vec![0.0; 60], vec![40.0; count]].concat();
    assert_eq!(foreseen(&began(7)), 40.0);
    assert_eq!(foreseen(&began(3)), 40.0, "nothing was charged before");
    assert!(foreseen(&began(2)) < 15.0, "it may come once");
    let again = [vec![0.0; 30], vec![40.0], vec![0.0; 29], vec![40.0; 6]].concat();
    assert!(foreseen(&again) < 15.0, "less than a week may be a burst");
    assert!(foreseen(&[began(10), vec![0.0]].concat()) < 20.0, "it has ended");
}

//! Bills whose month's end is known by how they are made: use that follows a level, and what does not.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

mod growing;
mod late;
mod rise;
mod young;

/// A bill by its days: what follows use, and what does not.
struct Bill {
    days: Vec<Date>,
    usage: Vec<f64>,
    others: Vec<f64>,
}

impl Bill {
    fn new(until: Date, usage: impl Fn(Date) -> f64, others: impl Fn(Date) -> f64) -> Bill {
        let first = date(2026, 1, 1);
        let days: Vec<Date> = first.series(1.day()).take_while(|day| *day < until).collect();
        Bill {
            usage: days.iter().map(|day| usage(*day)).collect(),
            others: days.iter().map(|day| others(*day)).collect(),
            days,
        }
    }

    fn foresee(&self, cost: impl Fn(usize) -> f64, usage: Option<&[f64]>) -> Foreseen {
        let until = self.days.last().unwrap().tomorrow().unwrap();
        let days = self.days.iter().enumerate();
        let charged: Series = days.map(|(nth, day)| (*day, Some(cost(nth)))).collect();
        foresee(&charged, usage, &[], &[], until, &Setting::default()).unwrap()
    }

    fn whole(&self) -> Foreseen {
        self.foresee(|nth| self.usage[nth] + self.others[nth], Some(&self.usage))
    }

    /// The same where the source does not tell use from the rest.
    fn untold(&self) -> Foreseen {
        self.foresee(|nth| self.usage[nth] + self.others[nth], None)
    }

    /// Use alone, then all but use.
    fn parts(&self) -> [Foreseen; 2] {
        let none = vec![0.0; self.days.len()];
        [
            self.foresee(|nth| self.usage[nth], Some(&self.usage)),
            self.foresee(|nth| self.others[nth], Some(&none)),
        ]
    }

    /// Whole and parts are one, and within a hundredth of what the month costs by the rule of the bill.
    fn ends_at(&self, name: &str, cost: f64) {
        let (whole, parts) = (self.whole(), self.parts());
        let sum = parts[0].end() + parts[1].end();
        assert!((whole.end() - sum).abs() < 0.01, "{name}: {whole:?} {parts:?}");
        for (end, of) in [(whole.end(), "whole"), (self.untold().end(), "untold")] {
            assert!(
                (end - cost).abs() <= cost.abs() / 100.0,
                "{name}, {of}: {end} for {cost}"
            );
        }
    }
}

const FEE: f64 = 1000.0;
const USE: f64 = 45.58;

/// What comes on one day of each month.
fn fee(on: i8) -> impl Fn(Date) -> f64 {
    move |day| if day.day() == on { FEE } else { 0.0 }
}

/// Use from a day on is so many times as much as it was.
fn step(first: Date, factor: f64) -> impl Fn(Date) -> f64 {
    move |day| if day >= first { USE * factor } else { USE }
}

#[test]
fn a_fee_is_an_amount_whatever_use_does_beside_it() {
    let (until, changed) = (date(2026, 11, 21), date(2026, 11, 8));
    Bill::new(until, |_| USE, fee(25)).ends_at("flat", 30.0 * USE + FEE);
    for factor in [2.0, 3.0, 0.5, 0.1] {
        let cost = USE * (7.0 + 23.0 * factor) + FEE;
        Bill::new(until, step(changed, factor), fee(25)).ends_at(&format!("times {factor}"), cost);
    }
}

#[test]
fn a_fee_is_an_amount_beside_weeks_that_are_not_flat() {
    let week = |day: Date| {
        if day.weekday().to_monday_zero_offset() < 5 {
            100.0
        } else {
            40.0
        }
    };
    // November 2026 has 21 working days.
    let cost = 21.0 * 100.0 + 9.0 * 40.0 + FEE;
    Bill::new(date(2026, 11, 21), week, fee(25)).ends_at("weekly", cost);
}

#[test]
fn the_first_day_of_a_month_expects_each_fee_once() {
    let support = |day: Date| if day == day.last_of_month() { 300.0 } else { 0.0 };
    for until in [date(2026, 11, 1), date(2026, 12, 1), date(2027, 3, 1)] {
        let days = f64::from(until.days_in_month());
        let others = |day: Date| fee(1)(day) + support(day);
        Bill::new(until, |_| USE, others).ends_at(&until.to_string(), days * USE + FEE + 300.0);
    }
    // Use that has doubled shortly before.
    let bill = Bill::new(date(2026, 12, 1), step(date(2026, 11, 8), 2.0), fee(1));
    bill.ends_at("doubled", 31.0 * 2.0 * USE + FEE);
}

#[test]
fn a_fee_that_did_not_come_the_last_time_is_not_expected() {
    let ended = |day: Date| {
        if day < date(2026, 10, 1) {
            fee(25)(day)
        } else {
            0.0
        }
    };
    Bill::new(date(2026, 11, 21), |_| USE, ended).ends_at("ended", 30.0 * USE);
}

#[test]
fn a_credit_of_each_month_is_taken_off() {
    let credit = |day: Date| if day.day() == 25 { -150.0 } else { 0.0 };
    let bill = Bill::new(date(2026, 11, 21), step(date(2026, 11, 8), 2.0), credit);
    let (whole, [used, others]) = (bill.whole(), bill.parts());
    let cost = USE * (7.0 + 46.0) - 150.0;
    assert!((whole.end() - cost).abs() < cost / 100.0, "{whole:?}");
    assert!(
        (whole.end() - used.end() - others.end()).abs() < 0.01,
        "{used:?} {others:?}"
    );
}

#[test]
fn fees_of_most_days_are_foreseen_beside_use_and_not_by_its_level() {
    let until = date(2026, 11, 21);
    let plan = |day: Date| 20.0 + fee(25)(day);
    let cost = USE * (7.0 + 46.0) + 30.0 * 20.0 + FEE;
    Bill::new(until, step(date(2026, 11, 8), 2.0), plan).ends_at("plan", cost);
    // All that is used is credited, weekends being cheap.
    let week = |day: Date| {
        if day.weekday().to_monday_zero_offset() < 5 {
            100.0
        } else {
            40.0
        }
    };
    let end = Bill::new(until, week, |day| -week(day)).whole().end();
    assert!(end.abs() < 0.01, "{end}");
}

#[test]
fn a_fee_on_the_other_side_of_what_comes_each_day_is_foreseen() {
    // A plan gives back more each day than it costs, and tax and support come once a month.
    let until = date(2026, 12, 1);
    let others = |day: Date| -78.0 + fee(1)(day) + if day == day.last_of_month() { 300.0 } else { 0.0 };
    let cost = 31.0 * (10.0 * USE - 78.0) + FEE + 300.0;
    Bill::new(until, |_| 10.0 * USE, others).ends_at("plan", cost);
    // Of a part that nothing is used in.
    let [_, rest] = Bill::new(until, |_| USE, others).parts();
    let cost = FEE + 300.0 - 31.0 * 78.0;
    assert!((rest.end() - cost).abs() < 5.0, "{rest:?}");
}

#[test]
fn what_ended_is_not_foreseen() {
    let (until, ended) = (date(2026, 11, 21), date(2026, 10, 11));
    let service = |day: Date| if day < ended { 45.0 } else { 0.0 };
    for bill in [
        Bill::new(until, service, |_| 0.0),
        Bill::new(until, |_| 0.0, service),
    ] {
        assert_eq!((bill.whole().end(), bill.untold().end()), (0.0, 0.0));
    }
    // What has a pause each fortnight has not ended in one.
    let pausing = |day: Date| if day.day() % 14 < 4 { 45.0 } else { 0.0 };
    let end = Bill::new(until, pausing, |_| 0.0).whole();
    assert!(end.rest > 20.0, "{end:?}");
}

#[test]
fn a_month_ends_below_what_is_spent_only_where_something_was_ever_credited() {
    // Wild enough that its noise is more than what is to come.
    let wild = |day: Date| {
        let noise = f64::from(i32::from(day.day()) * 7 % 11);
        if day.month() % 2 == 0 { 4.0 * noise } else { noise }
    };
    let until = date(2026, 11, 21);
    let spends = Bill::new(until, wild, |_| 0.0).whole();
    let (lower, upper) = spends.interval.unwrap();
    assert!(
        spends.so_far <= lower && lower <= spends.end() && spends.end() <= upper,
        "{spends:?}"
    );
    let jumps = |day: Date| {
        if day.month() == 9 && day.day() > 22 {
            900.0
        } else {
            0.0
        }
    };
    let spends = Bill::new(until, wild, jumps).whole();
    assert!(spends.interval.unwrap().0 >= spends.so_far, "{spends:?}");
    let refunds = |day: Date| if day == date(2026, 9, 24) { -5000.0 } else { 0.0 };
    let refunded = Bill::new(until, wild, |day| jumps(day) + refunds(day)).whole();
    assert!(
        refunded.interval.unwrap().0 >= refunded.so_far - 5000.0,
        "{refunded:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn parts_come_to_the_whole_of_any_bill(
        (fee_day, fee_cost) in (1..=31_i8, -400.0..4000.0_f64),
        (daily, factor, changed) in (0.0..60.0_f64, 0.1..4.0_f64, 1..28_i8),
        (weekend, finished) in (0.2..1.2_f64, 0..30_i64),
    ) {
        let changed = date(2026, 11, changed);
        let usage = |day: Date| {
            let weekday = day.weekday().to_monday_zero_offset() < 5;
            step(changed, factor)(day) * if weekday { 1.0 } else { weekend }
        };
        let others = |day: Date| if day.day() == fee_day { fee_cost } else { 0.0 };
        let bill = Bill::new(date(2026, 11, 1) + finished.days(), usage, |day| daily + others(day));
        let (whole, [used, other]) = (bill.whole(), bill.parts());
        let sum = used.end() + other.end();
        prop_assert!((whole.end() - sum).abs() < 0.01, "{} {}", whole.end(), sum);
        if let Some((lower, upper)) = whole.interval {
            prop_assert!(lower <= whole.end() && whole.end() <= upper, "{whole:?}");
        }
    }
}

#[test]
fn a_daily_credit_that_ended_is_not_expected_on_the_days_of_the_month_it_had() {
    let (first, until) = (date(2026, 6, 1), date(2026, 11, 22));
    let days: Vec<Date> = first.series(1.day()).take_while(|day| *day < until).collect();
    let usage = vec![100.0; days.len()];
    let ends = |credits: &dyn Fn(Date) -> bool| {
        let cost = |day: &Date| 100.0 - if credits(*day) { 40.0 } else { 0.0 };
        let charged: Series = days.iter().map(|day| (*day, Some(cost(day)))).collect();
        end(&charged, Some(&usage), &[], until, &Setting::default()).unwrap()
    };
    let ended = ends(&|day| (date(2026, 9, 20)..date(2026, 11, 10)).contains(&day));
    assert!((ended - (3000.0 - 9.0 * 40.0)).abs() < 1.0, "{ended}");
    let monthly = ends(&|day| day.day() == 25);
    assert!((monthly - (3000.0 - 40.0)).abs() < 1.0, "{monthly}");
    let some_days = ends(&|day| (25..29).contains(&day.day()));
    assert!((some_days - (3000.0 - 4.0 * 40.0)).abs() < 1.0, "{some_days}");
}

#[test]
fn a_monthly_fee_beside_a_daily_charge_that_ended_is_expected_again() {
    let (first, until) = (date(2026, 6, 1), date(2026, 11, 22));
    let days: Vec<Date> = first.series(1.day()).take_while(|day| *day < until).collect();
    let usage = vec![100.0; days.len()];
    let ends = |fee: f64| {
        let daily = |day: &Date| (date(2026, 10, 12)..date(2026, 11, 11)).contains(day);
        let cost = |day: &Date| {
            let fee = if day.day() == 25 { fee } else { 0.0 };
            let daily = if daily(day) { 40.0 } else { 0.0 };
            100.0 + fee + daily
        };
        let charged: Series = days.iter().map(|day| (*day, Some(cost(day)))).collect();
        end(&charged, Some(&usage), &[], until, &Setting::default()).unwrap()
    };
    assert!((ends(1000.0) - 4400.0).abs() < 1.0, "{}", ends(1000.0));
    // A day of the run that was somewhat dearer is no fee.
    assert!((ends(15.0) - 3400.0).abs() < 1.0, "{}", ends(15.0));
}

#[test]
fn a_ramp_from_the_first_of_a_month_is_held_with_its_parts() {
    // As many a day on top of a level that noise has never touched: past months missed nothing.
    let first = date(2026, 11, 1);
    let others = |day: Date| match day.day() {
        1 | 3 => 385.0,
        5 => -165.0,
        28 => -35.0,
        _ => -15.0,
    };
    for share in [0.04, 0.08, -0.03] {
        let ramp = |day: Date| match day < first {
            true => 1000.0,
            false => 1000.0 * (1.0 + share * f64::from(day.day())),
        };
        for finished in 2..30 {
            let until = first + finished.days();
            let whole = Bill::new(until, |day| ramp(day) + 110.0, others).whole();
            let [used, _] = Bill::new(until, ramp, others).parts();
            let [beside, other] = Bill::new(until, |_| 110.0, others).parts();
            let sum = used.end() + beside.end() + other.end();
            let (lower, upper) = whole.interval.unwrap();
            assert!(
                lower <= sum && sum <= upper,
                "{share} {until}: {whole:?} for {sum}"
            );
        }
    }
}

#[test]
fn a_step_has_no_way_to_go_on() {
    let until = date(2026, 11, 21);
    let whole = Bill::new(until, step(date(2026, 11, 8), 1.3), |_| 0.0).whole();
    let (lower, upper) = whole.interval.unwrap();
    assert!(upper - lower < whole.end() / 100.0, "{whole:?}");
}

#[test]
fn a_wild_month_is_no_reason_to_foresee_more_than_it_cost() {
    // The machines of a published sample bill: new normals one upon another.
    let costs = [
        0.04, 0.01, 0.04, 0.06, 0.01, 0.06, 0.01, 0.01, 0.05, 0.02, 0.06, 1.70, 2.07, 0.00, 0.01, 0.45, 0.06,
        2.28, 0.37, 0.50, 0.49, 1.66, 0.03, 2.80, 0.62, 0.68, 1.84, 0.11, 1.77, 0.82,
    ];
    let days = date(2024, 9, 1).series(1.day());
    let charged: Series = days.zip(costs).map(|(day, cost)| (day, Some(cost))).collect();
    let end = end(
        &charged,
        Some(&costs),
        &[],
        date(2024, 10, 1),
        &Setting::default(),
    )
    .unwrap();
    let spent: f64 = costs.iter().sum();
    assert!(end > spent / 2.0 && end < 1.5 * spent, "{end} after {spent}");
    // Nothing for longer than ever, and it has ended.
    let quiet = costs.into_iter().chain([0.0; 10]).collect::<Vec<f64>>();
    let days = date(2024, 9, 1).series(1.day());
    let charged: Series = days.zip(&quiet).map(|(day, cost)| (day, Some(*cost))).collect();
    let ended = super::end(
        &charged,
        Some(&quiet),
        &[],
        date(2024, 10, 11),
        &Setting::default(),
    );
    assert_eq!(ended, Some(0.0));
}

#[test]
fn a_fee_is_expected_of_the_whole_as_it_is_of_itself() {
    // Two that come every month with other amounts, and a credit of every other month.
    let until = date(2026, 11, 1);
    fn first(day: Date, cost: f64) -> f64 {
        if day.day() == 1 { cost } else { 0.0 }
    }
    let tax = |day: Date| first(day, 3000.0 + 50.0 * f64::from(day.month()));
    let plan = |day: Date| first(day, 4400.0 - 10.0 * f64::from(day.month()));
    let credit = |day: Date| first(day, if day.month() % 2 == 0 { -950.0 } else { 0.0 });
    let bill = Bill::new(until, |_| USE, |day| tax(day) + plan(day) + credit(day));
    let kinds: [fn(Date) -> f64; 3] = [tax, plan, credit];
    let fees = kinds.map(|fee| -> Fee { bill.days.iter().map(|day| fee(*day)).collect() });
    let of = |costs: &[f64], usage: &[f64], fees: &[Fee]| {
        let days = bill.days.iter().copied();
        let charged: Series = days.zip(costs).map(|(day, cost)| (day, Some(*cost))).collect();
        let end = end(&charged, Some(usage), fees, until, &Setting::default()).unwrap();
        let whole = foresee(&charged, Some(usage), &[], fees, until, &Setting::default()).unwrap();
        assert!((end - whole.end()).abs() < 0.01, "{end} {whole:?}");
        end
    };
    let all: Vec<f64> = bill
        .usage
        .iter()
        .zip(&bill.others)
        .map(|(used, other)| used + other)
        .collect();
    let whole = of(&all, &bill.usage, &fees);
    let none = vec![0.0; bill.days.len()];
    let parts: f64 = fees
        .iter()
        .map(|fee| of(fee, &none, std::slice::from_ref(fee)))
        .sum();
    let sum = parts + of(&bill.usage, &bill.usage, &[]);
    assert!((whole - sum).abs() < 0.01, "{whole} for {sum}");
    assert!((whole - 30.0 * USE - 3450.0 - 4300.0).abs() < 1.0, "{whole}");
}

#[test]
fn a_fee_that_grows_is_foreseen_alike_whether_use_is_told_from_it_or_not() {
    let until = date(2026, 11, 1);
    let support = |day: Date| match day == day.last_of_month() {
        true => 2000.0 + 50.0 * f64::from(day.month()),
        false => 0.0,
    };
    let bill = Bill::new(until, |_| USE, support);
    // September's is the least of the last two.
    bill.ends_at("support", 30.0 * USE + 2450.0);
    let (told, untold) = (bill.whole().end(), bill.untold().end());
    assert!((told - untold).abs() < 1.0, "{told} {untold}");
    let alone = Bill::new(until, |_| 0.0, support).untold().end();
    assert!((alone - 2450.0).abs() < 0.01, "{alone}");
}

//! Days with costs and counts that are made here.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

fn days(cost: impl Fn(i64) -> i64, count: impl Fn(i64) -> Option<i64>) -> (Days, Period) {
    let period = Period::new(date(2026, 10, 1), date(2026, 10, 21)).unwrap();
    let mut days = Days::default();
    for nth in 0..20 {
        let day = period.from.saturating_add(jiff::Span::new().days(nth));
        days.costs.insert(day, (Amount::whole(cost(nth)), false));
        days.counts
            .extend(count(nth).map(|count| (day, Amount::whole(count))));
    }
    (days, period)
}

#[test]
fn costs_that_grow_with_their_units_are_growth() {
    let (days, period) = days(|nth| 100 + nth * 10, |nth| Some(50 + nth * 5));
    let found = verdict(&days, period, "orders", "USD");
    assert!(found.says.contains("growth and not waste"), "{found:?}");
    assert!(found.change_percent.unwrap().abs() < 1e-6);
}

#[test]
fn costs_that_outgrow_their_units_are_told_with_their_amount() {
    let (days, period) = days(|nth| if nth < 10 { 100 } else { 150 }, |_| Some(50));
    let found = verdict(&days, period, "orders", "USD");
    assert_eq!(found.excess, Some(Amount::whole(500)));
    assert!(
        found
            .says
            .contains("about 500.00 USD of it is not explained by more orders"),
        "{found:?}"
    );
}

#[test]
fn a_day_without_a_count_is_left_out_of_the_cost_too() {
    let (days, period) = days(|_| 100, |nth| (nth != 3).then_some(if nth == 4 { 0 } else { 10 }));
    let [point] = &days.points(period, true)[..] else {
        panic!()
    };
    assert_eq!(
        (point.days, point.cost, point.count),
        (19, Amount::whole(1_900), Some(Amount::whole(180)))
    );
    let each = days.points(period, false);
    assert_eq!(each.len(), 20);
    assert_eq!((each[3].days, each[3].count, each[3].each()), (0, None, None));
    assert_eq!(
        (each[4].days, each[4].each()),
        (1, None),
        "nothing divided by zero"
    );
}

#[test]
fn machines_are_counted_by_their_mean() {
    let (mut days, period) = days(|_| 30, |_| Some(10));
    days.mean = true;
    let [point] = &days.points(period, true)[..] else {
        panic!()
    };
    assert_eq!((point.count, point.each()), (Some(Amount::whole(10)), Some(60.0)));
}

#[test]
fn too_little_is_not_judged() {
    let (days, period) = days(|_| 100, |nth| (nth < 3).then_some(1));
    assert_eq!(verdict(&days, period, "orders", "USD").change_percent, None);
    let (none, period) = self::days(|_| 100, |_| None);
    assert!(verdict(&none, period, "orders", "USD").says.contains("no day of"));
}

#[test]
fn counts_are_read_with_a_header_or_without_and_mistakes_name_their_row() {
    let read = parse_counts("day,orders\n2026-10-01, 12\n2026-10-02,1.5e3\n2026-10-01,3\n").unwrap();
    let days: Vec<String> = read.iter().map(|(day, count)| format!("{day} {count}")).collect();
    assert_eq!(days, ["2026-10-01 15", "2026-10-02 1500"]);
    assert_eq!(parse_counts("2026-10-01,7").unwrap().len(), 1);
    for (text, row) in [
        ("a,b\nc,d", 2),
        ("2026-10-01,x", 1),
        ("2026-10-01,2\n2026-10-02", 2),
        ("2026-10-01,-2", 1),
    ] {
        assert_eq!(parse_counts(text).unwrap_err().row, row, "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_counts_or_an_error(text in "\\PC{0,60}") {
        let _ = parse_counts(&text);
    }

    #[test]
    fn months_add_up_to_the_days(costs in prop::collection::vec(0i64..1_000, 20), holes in prop::collection::vec(any::<bool>(), 20)) {
        let (days, period) = days(|nth| costs[nth as usize], |nth| holes[nth as usize].then_some(nth));
        let sum = |points: Vec<Point>| points.iter().map(|point| point.cost).sum::<Amount>();
        prop_assert_eq!(sum(days.points(period, true)), sum(days.points(period, false)));
    }
}

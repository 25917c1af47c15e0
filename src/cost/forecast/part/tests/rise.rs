//! Use that rose in the last days of a month, beside a plan that covers a steady part of it: whether it stays so is not known
//! when the next month begins.

use super::*;

/// The day that it rose on, and what it is times before from then on, day by day.
const ROSE: Date = date(2026, 11, 20);
const WAY: [f64; 6] = [1.10, 1.16, 1.26, 1.27, 1.36, 1.42];
const COVERED: f64 = 278.0;
const NEXT: Date = date(2026, 12, 1);

/// What is paid for by use: weekends are cheap, and days differ a little.
fn before(day: Date) -> f64 {
    let weekday = day.weekday().to_monday_zero_offset() < 5;
    let noise = f64::from((i32::from(day.day()) * 37 + i32::from(day.month()) * 11) % 13) / 13.0;
    (if weekday { 800.0 } else { 680.0 }) * (0.985 + 0.03 * noise)
}

fn risen(day: Date) -> f64 {
    let days = ROSE.until(day).map_or(0, |span| span.get_days());
    let nth = usize::try_from(days).map(|nth| nth.min(WAY.len() - 1));
    before(day) * nth.map_or(1.0, |nth| WAY[nth])
}

/// As much as before from the next month on.
fn returned(day: Date) -> f64 {
    if day < NEXT { risen(day) } else { before(day) }
}

/// A plan gives back what it covers and costs less; tax and support come once a month.
fn others(day: Date) -> f64 {
    let monthly = match day.day() {
        1 => 2500.0,
        _ if day == day.last_of_month() => 2300.0,
        _ => 0.0,
    };
    monthly - COVERED + 200.0
}

/// The whole of a bill, use that is paid for, what is covered of it, and all else.
fn foreseen(usage: impl Fn(Date) -> f64, known: i64) -> (Foreseen, [Foreseen; 3]) {
    let until = NEXT + known.days();
    let whole = Bill::new(until, |day| usage(day) + COVERED, others).whole();
    let [used, others] = Bill::new(until, &usage, others).parts();
    let [covered, _] = Bill::new(until, |_| COVERED, |_| 0.0).parts();
    (whole, [used, covered, others])
}

fn cost(usage: impl Fn(Date) -> f64) -> f64 {
    let days = Period::month_of(NEXT).each();
    days.map(|day| usage(day) + COVERED + others(day)).sum()
}

fn holds(foreseen: &Foreseen, cost: f64) -> bool {
    let (lower, upper) = foreseen.interval.unwrap();
    lower <= cost && cost <= upper
}

#[test]
fn a_rise_is_foreseen_of_the_whole_as_of_its_parts_and_not_to_go_on() {
    for known in [0, 1, 3, 10] {
        let (whole, parts) = foreseen(risen, known);
        let sum: f64 = parts.iter().map(Foreseen::end).sum();
        assert!(
            (whole.end() / sum - 1.0).abs() < 0.01,
            "{known}: {whole:?} for {sum}"
        );
        assert!(holds(&whole, sum), "{known}: {whole:?} for {sum}");
        let beside = sum - parts[0].end();
        assert!(
            holds(&parts[0], whole.end() - beside),
            "{known}: {whole:?} {parts:?}"
        );
        // It stays where it is: the month costs that much.
        let stays = cost(risen);
        assert!(
            (whole.end() / stays - 1.0).abs() < 0.02,
            "{known}: {whole:?} for {stays}"
        );
        assert!(holds(&whole, stays), "{known}: {whole:?} for {stays}");
    }
}

#[test]
fn a_rise_of_a_few_days_may_be_over_with_the_month() {
    for known in [0, 1, 3, 10] {
        let (whole, _) = foreseen(returned, known);
        let cost = cost(returned);
        assert!(holds(&whole, cost), "{known}: {whole:?} for {cost}");
    }
}

#[test]
fn a_rise_that_stayed_a_fortnight_is_the_new_normal() {
    let (whole, _) = foreseen(risen, 10);
    let (lower, upper) = whole.interval.unwrap();
    assert!(upper - lower < whole.end() / 10.0, "{whole:?}");
}

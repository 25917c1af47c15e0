//! Which days an export answers for. A day without a single charge cost nothing where charges are rare, and is a hole in
//! the bill where they come daily: a file that is missing must not pass for days that were free.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::cube::day;
use super::period::Period;

/// Days before and after a gap that tell whether charges come daily there, and how many of them must be known.
const AROUND: i32 = 14;
const FEWEST: i32 = 14;
/// Of ten days so many have charges where they come daily; of an office week it is seven.
const DAILY: usize = 8;
/// So many gaps of a length are a habit and no holes, if they come every fortnight.
const HABIT: usize = 3;
const FORTNIGHT: i32 = 14;
/// Where charges keep to so many weekdays, so many of those around a gap tell that they come on each.
const WEEKDAYS: usize = 4;
const FEWEST_WEEKDAYS: usize = 8;
/// So many times beside a gap a weekday has no charge, if more often than one, where nothing is charged on it as a rule.
const QUIET: usize = 2;
/// So many days are no weekend, however quiet.
const WEEK: i32 = 7;

/// What one export says of its days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Days with charges, and those between them that cost nothing.
    pub answered: BTreeSet<Date>,
    /// Days without any charge among others that have them daily.
    pub holes: Vec<Period>,
    /// Charges come daily up to the last of them: what follows is not there, and did not cost nothing.
    pub ends_daily: bool,
}

impl Coverage {
    /// By the days with charges, and the months whose bills were taken in; each as the cells number it. A late charge
    /// for a month that was not taken in says nothing of that month.
    pub fn of(charged: &BTreeSet<i32>, months: &BTreeSet<i32>) -> Coverage {
        let is_billed = |number: &i32| months.contains(&day::month(day::date(*number)));
        let mut known: Vec<i32> = charged.iter().copied().filter(is_billed).collect();
        if known.is_empty() {
            known = charged.iter().copied().collect();
        }
        let mut coverage = Coverage::default();
        coverage
            .answered
            .extend(known.iter().map(|number| day::date(*number)));
        // A bill that begins in the middle of a month is cut where charges come daily, and begins with it where they are rare.
        let begins = months.first().map(|month| day::number(day::first(*month)));
        if let (Some(first), Some(begins)) = (known.first(), begins)
            && daily_after(&known, *first) == Some(false)
        {
            let before = (begins..*first).filter(is_billed).map(day::date);
            coverage.answered.extend(before);
        }
        coverage.ends_daily = known.last().and_then(|last| daily_before(&known, *last)) == Some(true);
        let gaps: Vec<(i32, i32)> = known
            .windows(2)
            .map(|pair| (pair[0], pair[1]))
            .filter(|(before, after)| after - before > 1)
            .collect();
        for (before, after) in &gaps {
            let as_long = gaps.iter().filter(|(from, to)| to - from >= after - before);
            let as_long = as_long.count();
            let span = known.last().copied().unwrap_or_default() - known[0];
            let is_long = after - before > WEEK;
            let is_habit = !is_long && as_long >= HABIT && as_long as i32 * FORTNIGHT >= span;
            let between = (before + 1..*after).filter(is_billed).map(day::date);
            let is_lost = || is_daily(&known, *before, *after) && !is_quiet(&known, *before, *after);
            if !is_habit && (is_lost() || (is_long && keeps_weekdays(&known, *before, *after))) {
                between.for_each(|missing| coverage.miss(missing));
            } else {
                coverage.answered.extend(between);
            }
        }
        coverage
    }

    fn miss(&mut self, missing: Date) {
        let next = missing.tomorrow().unwrap_or(missing);
        match self.holes.last_mut() {
            Some(hole) if hole.to == missing => hole.to = next,
            _ => self.holes.extend(Period::new(missing, next)),
        }
    }
}

/// Whether charges come daily on both sides of a gap, as far as there are days to tell by.
fn is_daily(known: &[i32], before: i32, after: i32) -> bool {
    let (first, last) = (known.first().copied(), known.last().copied());
    let from = first.unwrap_or(before).max(before - AROUND + 1);
    let to = last.unwrap_or(after).min(after + AROUND - 1);
    let days = (before - from + 1) + (to - after + 1);
    let with = known
        .iter()
        .filter(|number| (from..=before).contains(*number) || (after..=to).contains(*number));
    days >= FEWEST && with.count() * 10 >= usize::try_from(days).unwrap_or(0) * DAILY
}

/// Whether charges come on each of some weekdays on both sides of a gap: those of an office, which is never closed for a
/// whole week without a word.
fn keeps_weekdays(known: &[i32], before: i32, after: i32) -> bool {
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return false;
    };
    let is_charged = |day: &i32| known.binary_search(day).is_ok();
    let beside = || (*first..=before).chain(after..=*last);
    let is_usual = |weekday: &i32| {
        let days = beside().filter(|day| day.rem_euclid(7) == *weekday);
        let (with, without): (Vec<i32>, Vec<i32>) = days.partition(is_charged);
        with.len() > without.len()
    };
    let usual: Vec<i32> = (0..7).filter(is_usual).collect();
    let around = beside().filter(|day| (before - AROUND < *day) && (*day < after + AROUND));
    let around: Vec<i32> = around.filter(|day| usual.contains(&day.rem_euclid(7))).collect();
    let with = around.iter().filter(|day| is_charged(day)).count();
    usual.len() >= WEEKDAYS && around.len() >= FEWEST_WEEKDAYS && with * 10 >= around.len() * DAILY
}

/// Whether a gap has none but weekdays on which nothing is charged as a rule. Its own days are no proof of it. Of a short
/// bill one other Sunday is enough, and a fee may come on another; two lost Wednesdays are no habit.
fn is_quiet(known: &[i32], before: i32, after: i32) -> bool {
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return false;
    };
    let is_quiet = |number: i32| {
        let beside = (*first..=before).chain(after..=*last);
        let weekday = beside.filter(|day| (day - number) % 7 == 0);
        let (with, without): (Vec<i32>, Vec<i32>) = weekday.partition(|day| known.binary_search(day).is_ok());
        match day::date(number).weekday().to_monday_zero_offset() {
            5 | 6 => !without.is_empty() && without.len() >= with.len(),
            _ => without.len() >= QUIET && without.len() > with.len(),
        }
    };
    after - before <= WEEK && (before + 1..after).all(is_quiet)
}

/// Whether charges come daily from a day on; `None` while there are too few days to tell by.
fn daily_after(known: &[i32], first: i32) -> Option<bool> {
    daily_within(known, first, (*known.last()?).min(first + AROUND - 1))
}

/// The same up to a day.
fn daily_before(known: &[i32], last: i32) -> Option<bool> {
    daily_within(known, (*known.first()?).max(last - AROUND + 1), last)
}

fn daily_within(known: &[i32], from: i32, to: i32) -> Option<bool> {
    let days = to - from + 1;
    let with = known
        .iter()
        .filter(|number| (from..=to).contains(*number))
        .count();
    (days >= FEWEST).then(|| with * 10 >= usize::try_from(days).unwrap_or(0) * DAILY)
}

#[cfg(test)]
mod tests {
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
}

//! The days on which an export has charges, and whether one that has none among them is lost: by how charges come beside
//! it, since its own days are no proof of anything.

use crate::cost::cube::day;

/// Days before and after a pause that tell whether charges come daily there, and how many of them must be known.
const AROUND: usize = 14;
const FEWEST: usize = 14;
/// Of ten days so many have charges where they come daily; of an office week it is seven.
const DAILY: usize = 8;
/// So many pauses of a length are a habit and no holes, if they come every fortnight.
const HABIT: usize = 3;
const FORTNIGHT: i32 = 14;
/// Where charges keep to so many weekdays, so many of those around a pause tell that they come on each.
const WEEKDAYS: usize = 4;
const FEWEST_WEEKDAYS: usize = 8;
/// So many times beside a pause a weekday has no charge, if more often than one, where nothing is charged on it as a rule.
const QUIET: usize = 2;
/// So many days are no weekend, however quiet.
const WEEK: i32 = 7;

/// Days without a charge: those between two that have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub before: i32,
    pub after: i32,
}

impl Pause {
    fn length(self) -> i32 {
        self.after - self.before
    }

    /// A week at least, which no weekend and no holiday is.
    fn is_long(self) -> bool {
        self.length() > WEEK
    }

    fn holds(self, day: i32) -> bool {
        self.before < day && day < self.after
    }
}

/// Days with charges, as the cells number them.
#[derive(Clone, Debug)]
pub struct Charged<'a> {
    days: &'a [i32],
    first: i32,
    last: i32,
    pub pauses: Vec<Pause>,
}

impl<'a> Charged<'a> {
    /// By days in their order.
    pub fn on(days: &'a [i32]) -> Charged<'a> {
        let pauses = days.windows(2).map(|pair| Pause {
            before: pair[0],
            after: pair[1],
        });
        Charged {
            days,
            first: days.first().copied().unwrap_or_default(),
            last: days.last().copied().unwrap_or_default(),
            pauses: pauses.filter(|pause| pause.length() > 1).collect(),
        }
    }

    /// Whether the days of a pause are lost, and did not cost nothing.
    pub fn has_lost(&self, pause: Pause) -> bool {
        if pause.is_long() {
            return self.is_daily(pause) || self.is_daily_beyond(pause) || self.keeps_weekdays(pause);
        }
        let is_free = self.is_habit(pause, |_| true) || self.is_quiet(pause);
        let is_daily = || self.is_daily(pause) || self.is_daily_beyond(pause);
        (!is_free && is_daily()) || self.has_lost_workdays(pause)
    }

    /// Whether charges come daily from the first of them on; `None` while there are too few days to tell by.
    pub fn begins_daily(&self) -> Option<bool> {
        self.daily_on(self.days_from(self.first).take(AROUND).collect())
    }

    /// The same up to the last.
    pub fn ends_daily(&self) -> Option<bool> {
        self.daily_on(self.days_to(self.last).take(AROUND).collect())
    }

    fn daily_on(&self, days: Vec<i32>) -> Option<bool> {
        (days.len() >= FEWEST).then(|| self.have_most(&days))
    }

    /// Backwards.
    fn days_to(&self, day: i32) -> impl Iterator<Item = i32> + use<> {
        (self.first..=day).rev()
    }

    fn days_from(&self, day: i32) -> impl Iterator<Item = i32> + use<> {
        day..=self.last
    }

    fn has(&self, day: i32) -> bool {
        self.days.binary_search(&day).is_ok()
    }

    /// Whether so many of these days have charges as where they come daily.
    fn have_most(&self, days: &[i32]) -> bool {
        days.iter().filter(|day| self.has(**day)).count() * 10 >= days.len() * DAILY
    }

    /// Whether charges come daily on both sides of a pause, as far as there are days to tell by.
    fn is_daily(&self, pause: Pause) -> bool {
        let before = self.days_to(pause.before).take(AROUND);
        self.daily_on(before.chain(self.days_from(pause.after).take(AROUND)).collect()) == Some(true)
    }

    /// The same of a pause with another long one near it: of days that are lost themselves nothing is told, but in a bill with
    /// charges on most of its days by those that lie beyond.
    fn is_daily_beyond(&self, pause: Pause) -> bool {
        let is_told = |day: &i32| {
            !self
                .pauses
                .iter()
                .any(|other| other.is_long() && other.holds(*day))
        };
        let before: Vec<i32> = self.days_to(pause.before).filter(is_told).take(AROUND).collect();
        let after: Vec<i32> = self.days_from(pause.after).filter(is_told).take(AROUND).collect();
        let is_daily = |days: &Vec<i32>| days.len() as i32 >= WEEK && self.have_most(days);
        let all = self.last - self.first + 1;
        self.days.len() as i32 * 3 >= all * 2 && [before, after].iter().all(is_daily)
    }

    /// Whether pauses of this length come so often that they are none; of those that count.
    fn is_habit(&self, pause: Pause, counts: impl Fn(&Pause) -> bool) -> bool {
        let as_long = |other: &&Pause| other.length() >= pause.length() && counts(other);
        let as_long = self.pauses.iter().filter(as_long).count();
        as_long >= HABIT && as_long as i32 * FORTNIGHT >= self.last - self.first
    }

    /// Two working days and more in the middle of a week, of a bill without weekends. What lies at a weekend may be a long
    /// one, and a single day a holiday.
    fn has_lost_workdays(&self, pause: Pause) -> bool {
        if pause.length() < 3 {
            return false;
        }
        let usual = self.usual(pause);
        let are_workdays =
            |pause: &Pause| (pause.before + 1..pause.after).all(|day| usual.contains(&day.rem_euclid(7)));
        are_workdays(&pause) && self.keeps_weekdays(pause) && !self.is_habit(pause, are_workdays)
    }

    /// Whether charges come on each of some weekdays on both sides of a pause: those of an office, which is never closed for a
    /// whole week without a word.
    fn keeps_weekdays(&self, pause: Pause) -> bool {
        let usual = self.usual(pause);
        let before = self.days_to(pause.before).take(AROUND);
        let around = before.chain(self.days_from(pause.after).take(AROUND));
        let around: Vec<i32> = around.filter(|day| usual.contains(&day.rem_euclid(7))).collect();
        usual.len() >= WEEKDAYS && around.len() >= FEWEST_WEEKDAYS && self.have_most(&around)
    }

    /// The weekdays that have charges more often than not beside a pause.
    fn usual(&self, pause: Pause) -> Vec<i32> {
        let mut counted = [0_i32; 7];
        for day in self.days_to(pause.before).chain(self.days_from(pause.after)) {
            if let Some(sum) = counted.get_mut(day.rem_euclid(7) as usize) {
                *sum += if self.has(day) { 1 } else { -1 };
            }
        }
        (0..)
            .zip(counted)
            .filter(|(_, sum)| *sum > 0)
            .map(|(nth, _)| nth)
            .collect()
    }

    /// Whether a pause has none but weekdays on which nothing is charged as a rule. Of a short bill one other Sunday is enough,
    /// and a fee may come on another; two lost Wednesdays are no habit.
    fn is_quiet(&self, pause: Pause) -> bool {
        let is_quiet = |number: i32| {
            let beside = self.days_to(pause.before).chain(self.days_from(pause.after));
            let weekday = beside.filter(|day| (day - number) % 7 == 0);
            let (with, without): (Vec<i32>, Vec<i32>) = weekday.partition(|day| self.has(*day));
            match day::date(number).weekday().to_monday_zero_offset() {
                5 | 6 => !without.is_empty() && without.len() >= with.len(),
                _ => without.len() >= QUIET && without.len() > with.len(),
            }
        };
        (pause.before + 1..pause.after).all(is_quiet)
    }
}

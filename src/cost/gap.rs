//! What one export lacks while others go on: with several of them a day is known where each answers for it. An export
//! begins to matter with its first day, and lacks nothing where most of its accounts are in the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;

use super::cube::day;
use super::period::Period;

/// An export as the others see it.
#[derive(Clone, Debug)]
pub struct Export {
    pub name: String,
    pub answered: BTreeSet<Date>,
    /// The last day that it speaks for: charges may be rare.
    pub until: Date,
    /// Who was charged, by the month of the bill.
    pub accounts: BTreeMap<i32, BTreeSet<String>>,
}

/// Days that an export lacks and others have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub export: String,
    pub days: Period,
    /// The day that it ends with, where it has nothing afterwards.
    pub ends: Option<Date>,
    pub others: Vec<String>,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (export, days, others) = (&self.export, self.days.in_full(), self.others.join(", "));
        match self.ends {
            Some(last) => {
                let last = last.strftime("%b %-d");
                write!(f, "{export} ends {last}: {days} is known of {others} alone")
            }
            None => write!(
                f,
                "{export} has nothing of {days}, which is known of {others} alone"
            ),
        }
    }
}

/// What each export lacks, in the order of days.
pub fn gaps(exports: &[Export]) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = exports.iter().flat_map(|one| lacking(one, exports)).collect();
    gaps.sort_by(|a, b| (a.days.from, &a.export).cmp(&(b.days.from, &b.export)));
    gaps
}

fn lacking(one: &Export, exports: &[Export]) -> Vec<Gap> {
    let Some(first) = one.answered.first() else {
        return Vec::new();
    };
    let others = || exports.iter().filter(|other| other.name != one.name);
    let days: BTreeSet<Date> = others()
        .flat_map(|other| other.answered.range(*first..))
        .copied()
        .filter(|day| !one.knows(*day))
        .collect();
    let mut gaps: Vec<Gap> = Vec::new();
    for day in days {
        if one.goes_on(day::month(day), others()) {
            continue;
        }
        let next = day.tomorrow().unwrap_or(day);
        match gaps.last_mut() {
            Some(gap) if gap.days.to == day => gap.days.to = next,
            _ => gaps.extend(Period::new(day, next).map(|days| Gap {
                export: one.name.clone(),
                days,
                ends: (day > one.until).then_some(one.until),
                others: Vec::new(),
            })),
        }
    }
    for gap in &mut gaps {
        let Period { from, to } = gap.days;
        let there = others().filter(|other| other.answered.range(from..to).next().is_some());
        gap.others = there.map(|other| other.name.clone()).collect();
    }
    gaps
}

impl Export {
    /// Between charges that are rare, and after the last of them, a day cost nothing.
    fn knows(&self, day: Date) -> bool {
        let last = self.answered.last().is_some_and(|last| *last < day);
        self.answered.contains(&day) || (last && day <= self.until)
    }

    /// Whether more than half of the accounts that it told last are told by others in a month: those took its place.
    fn goes_on<'a>(&self, month: i32, others: impl Iterator<Item = &'a Export>) -> bool {
        let Some((_, own)) = self.accounts.range(..=month).next_back() else {
            return false;
        };
        let theirs: BTreeSet<&String> = others
            .filter_map(|other| other.accounts.get(&month))
            .flatten()
            .collect();
        own.iter().filter(|account| theirs.contains(account)).count() * 2 > own.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole months of one bill.
    fn export(name: &str, accounts: &[&str], months: &[i8]) -> Export {
        let first = |month: &i8| Date::new(2026, *month, 1).unwrap();
        let days = |month: &i8| {
            let month = Period::month_of(first(month));
            (0..month.days()).map(move |nth| month.from.saturating_add(jiff::Span::new().days(nth)))
        };
        let answered: BTreeSet<Date> = months.iter().flat_map(days).collect();
        Export {
            name: name.into(),
            until: *answered.last().unwrap(),
            answered,
            accounts: months
                .iter()
                .map(|month| {
                    (
                        day::month(first(month)),
                        accounts.iter().map(|&of| of.to_owned()).collect(),
                    )
                })
                .collect(),
        }
    }

    fn says(exports: &[Export]) -> Vec<String> {
        gaps(exports).iter().map(Gap::to_string).collect()
    }

    #[test]
    fn a_month_that_one_export_lacks_is_of_the_others_alone() {
        let all = [export("a", &["1"], &[9, 10]), export("b", &["2"], &[9])];
        assert_eq!(says(&all), ["b ends Sep 30: Oct 2026 is known of a alone"]);
        let between = [export("a", &["1"], &[8, 9, 10]), export("b", &["2"], &[8, 10])];
        assert_eq!(
            says(&between),
            ["b has nothing of Sep 2026, which is known of a alone"]
        );
        let later = [export("a", &["1"], &[9, 10]), export("b", &["2"], &[10])];
        assert_eq!(says(&later), [""; 0], "it begins to matter with its first day");
    }

    #[test]
    fn an_export_whose_accounts_are_told_by_another_has_no_end() {
        let months = [
            export("09", &["1", "2", "3"], &[9]),
            export("10", &["1", "2"], &[10]),
        ];
        assert_eq!(says(&months), [""; 0], "the next month's file");
        let nobody = [export("09", &[""], &[9]), export("10", &[""], &[10])];
        assert_eq!(says(&nobody), [""; 0]);
        let half = [export("09", &["1", "2"], &[9]), export("10", &["1"], &[10])];
        assert_eq!(says(&half).len(), 1, "half of it is gone");
    }

    #[test]
    fn after_the_last_of_rare_charges_days_cost_nothing() {
        let mut rare = export("b", &["2"], &[9]);
        rare.answered.retain(|day| day.day() <= 3);
        let daily = export("a", &["1"], &[9]);
        assert_eq!(says(&[daily.clone(), rare.clone()]), [""; 0]);
        rare.until = "2026-09-03".parse().unwrap();
        assert_eq!(
            says(&[daily, rare]),
            ["b ends Sep 3: Sep 4–30, 2026 is known of a alone"]
        );
    }
}

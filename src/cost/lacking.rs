//! Days that are known in one currency and not in another: where an export is missing that billed euros, days of dollars
//! stay what they are.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::apart::Apart;
use super::dataset::Dimension;
use super::period::{Comparison, Period};
use super::untold::Untold;

/// Days that were answered, and whether the bill for them may still move.
pub type Days = BTreeMap<Date, bool>;

/// Days of a period that were answered.
pub fn known(days: &Days, period: Period) -> u32 {
    u32::try_from(days.range(period.from..period.to).count()).unwrap_or(u32::MAX)
}

/// Whether all of them were.
pub fn is_whole(days: &Days, period: Period) -> bool {
    known(days, period) == period.days()
}

/// Whether all of them were, and the bill for none may still move.
pub fn is_final(days: &Days, period: Period) -> bool {
    let mut within = days.range(period.from..period.to);
    is_whole(days, period) && within.all(|(_, moves)| !moves)
}

/// By currency, what of the answered days is not known in it, and which of several exports begin when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    pub(super) lost: BTreeMap<String, BTreeSet<Date>>,
    begins: BTreeMap<String, Vec<(Date, String)>>,
    /// What exports do not tell of their days that others do.
    pub(super) untold: Vec<Untold>,
    /// What single exports lack.
    pub(super) apart: Apart,
}

impl Lacking {
    /// Takes a period out of what is known in some of the currencies; what is known in none of them was not answered.
    pub fn lack(
        &mut self,
        days: &mut Days,
        period: Period,
        currencies: &[String],
        is_in: impl Fn(&str) -> bool,
    ) {
        let within: Vec<Date> = days.range(period.from..period.to).map(|(day, _)| *day).collect();
        for currency in currencies.iter().filter(|currency| is_in(currency)) {
            self.lost.entry(currency.clone()).or_default().extend(&within);
        }
        let is_lost = |day: &Date| {
            let lacks = |currency: &String| self.lost.get(currency).is_some_and(|lost| lost.contains(day));
            currencies.iter().all(lacks)
        };
        days.retain(|day, _| !(period.contains(*day) && is_lost(day)));
    }

    /// Notes the exports that begin in a currency after others do, each with its first day.
    pub fn begin(&mut self, currency: &str, mut later: Vec<(Date, String)>) {
        later.sort();
        self.begins.insert(currency.to_owned(), later);
    }

    /// That exports begin within the time of a comparison, in words: what they bill may be older.
    pub fn begun(&self, comparison: Comparison, currency: &str) -> Vec<String> {
        let Comparison { current, previous } = comparison;
        let is_within =
            |day: Date| previous.from.min(current.from) < day && day < current.to.max(previous.to);
        let later = self.begins.get(currency).into_iter().flatten();
        let later = later.filter(|(first, _)| is_within(*first));
        let says = |(first, name): &(Date, String)| {
            let first = first.strftime("%b %-d, %Y");
            format!("{name} begins {first}: nobody knows what it bills before that day")
        };
        later.map(says).collect()
    }

    /// The same for a question about some dimensions: days of an export that does not tell one of them are not known.
    pub fn about<'a>(&self, dimensions: impl IntoIterator<Item = &'a Dimension>) -> Cow<'_, Lacking> {
        let mut lacking = Cow::Borrowed(self);
        for dimension in dimensions {
            for untold in self.untold.iter().filter(|untold| untold.is_of(dimension)) {
                for currency in &untold.currencies {
                    let lost = lacking.to_mut().lost.entry(currency.clone()).or_default();
                    untold
                        .periods
                        .iter()
                        .for_each(|period| lost.extend(period.each()));
                }
            }
        }
        lacking
    }

    /// Of these days those that are known in a currency.
    pub fn known<'a>(&self, days: &'a Days, currency: &str) -> Cow<'a, Days> {
        match self.lost.get(currency) {
            None => Cow::Borrowed(days),
            Some(lost) => {
                let known = days.iter().filter(|(day, _)| !lost.contains(*day));
                Cow::Owned(known.map(|(day, moves)| (*day, *moves)).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_currency_lacks_is_known_in_the_others_and_what_all_lack_in_none() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let period = |from, to| Period::new(day(from), day(to)).unwrap();
        let mut days: Days = period("2026-10-01", "2026-10-11")
            .from
            .series(jiff::Span::new().days(1))
            .take(10)
            .map(|day| (day, false))
            .collect();
        let currencies = ["USD", "EUR"].map(str::to_owned);
        let mut lacking = Lacking::default();
        lacking.lack(&mut days, period("2026-10-03", "2026-10-06"), &currencies, |of| {
            of == "EUR"
        });
        lacking.lack(&mut days, period("2026-10-05", "2026-10-07"), &currencies, |of| {
            of == "USD"
        });
        let known = |currency| lacking.known(&days, currency).len();
        assert_eq!((known("USD"), known("EUR")), (8, 7));
        assert!(!days.contains_key(&day("2026-10-05")) && days.len() == 9);
        assert_eq!(known("JPY"), 9, "nothing is said of it");
    }
}

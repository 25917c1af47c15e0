//! Days that one export lacks, and what it never billed: of that the others tell all there is, so that nothing of it is
//! unknown. The sum of everything is not known on them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::breakdown::Question;
use super::cube::Cube;
use super::gap::{Export, Gap};
use super::lacking::{Days, Lacking};
use super::period::Period;
use super::service;

/// Days that an export lacks, and what it bills on others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    /// What it lacks, in words.
    pub says: String,
    pub export: String,
    pub days: Period,
    /// Empty: all of them.
    currencies: Vec<String>,
    /// Services by their plain names, each with its accounts.
    billed: BTreeMap<String, BTreeSet<String>>,
}

impl Lag {
    /// What is lacking by the exports that bill it.
    pub(super) fn of(gap: &Gap, exports: &[Export]) -> Lag {
        let mut billed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let of_gap = exports.iter().filter(|export| export.name == gap.export);
        for (bill, services) in of_gap.flat_map(|export| export.bills.values()).flatten() {
            for service in services.keys() {
                let accounts = billed.entry(service.clone()).or_default();
                accounts.insert(bill.account.clone());
            }
        }
        Lag {
            says: gap.to_string(),
            export: gap.export.clone(),
            days: gap.days,
            currencies: gap.currencies.clone(),
            billed,
        }
    }

    pub fn is_in(&self, currency: &str) -> bool {
        self.currencies.is_empty() || self.currencies.iter().any(|of| of == currency)
    }

    /// Whether the export has a part in a series: everything, a service, or a service of an account.
    fn bills(&self, key: &[String]) -> bool {
        let Some((service, rest)) = key.split_first() else {
            return true;
        };
        let accounts = self.billed.get(&service::plain(service));
        accounts.is_some_and(|accounts| rest.first().is_none_or(|account| accounts.contains(account)))
    }
}

/// What was known before any export was found to lack days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    days: Days,
    lost: BTreeMap<String, BTreeSet<Date>>,
    lags: Vec<Lag>,
}

impl Lacking {
    /// Keeps what is known by now, before what single exports lack is taken out of it.
    pub(super) fn set_apart(&mut self, days: &Days, lags: Vec<Lag>) {
        self.apart = Apart {
            days: days.clone(),
            lost: self.lost.clone(),
            lags,
        };
    }
}

impl Cube {
    /// What single exports lack in a currency.
    pub fn lags(&self, currency: &str) -> impl Iterator<Item = &Lag> {
        let lags = self.lacking.apart.lags.iter();
        lags.filter(move |lag| lag.is_in(currency))
    }

    /// Days of a question that are known of one series, a service or a service of an account: those of everything, and those
    /// that exports lack which have no part in it.
    pub fn answered_of_series(&self, currency: &str, question: &Question, key: &[String]) -> Vec<Date> {
        let mut days = self.answered_of(currency, question);
        let foreign: Vec<Period> = self
            .lags(currency)
            .filter(|lag| !lag.bills(key))
            .map(|lag| lag.days)
            .collect();
        if foreign.is_empty() {
            return days;
        }
        let own = |day: Date| {
            self.lags(currency)
                .any(|lag| lag.days.contains(day) && lag.bills(key))
        };
        let apart = &self.lacking.apart;
        let lost = apart.lost.get(currency);
        let untold = self.lacking.untold.iter();
        let untold: Vec<_> = untold
            .filter(|untold| question.filter.dimensions().any(|of| untold.is_of(of)))
            .filter(|untold| untold.currencies.contains(currency))
            .collect();
        let Period { from, to } = question.period;
        let more = apart.days.range(from..to).map(|(day, _)| *day);
        let more = more.filter(|day| {
            foreign.iter().any(|period| period.contains(*day))
                && !own(*day)
                && lost.is_none_or(|lost| !lost.contains(day))
                && !untold
                    .iter()
                    .any(|of| of.periods.iter().any(|period| period.contains(*day)))
        });
        days.extend(more);
        days.sort_unstable();
        days.dedup();
        days
    }
}

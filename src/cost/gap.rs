//! What one export lacks while others go on: with several of them a day is known where each answers for it. An export
//! begins to matter with its first day, and lacks nothing where most of what it bills, services of accounts in a currency,
//! is in the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;

use super::cube::day;
use super::period::Period;
use super::service;

/// What an export bills: an account, in a currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bill {
    pub account: String,
    pub currency: String,
}

/// Services by their plain names, and what they cost.
pub type Services = BTreeMap<String, f64>;

/// What is billed, each with its services: Data Exports filter rows, so that two of them may share an account and no charge.
pub type Bills = BTreeMap<Bill, Services>;

/// An export as the others see it.
#[derive(Clone, Debug)]
pub struct Export {
    pub name: String,
    pub answered: BTreeSet<Date>,
    /// The last day that it speaks for: charges may be rare.
    pub until: Date,
    /// Who was charged, by the month of the bill.
    pub bills: BTreeMap<i32, Bills>,
}

/// Days that an export lacks and others have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub export: String,
    pub days: Period,
    /// The day that it ends with, where it has nothing afterwards.
    pub ends: Option<Date>,
    /// Those that have the days, in these currencies.
    pub others: Vec<String>,
    /// In which it lacks them; empty: there is but one.
    pub currencies: Vec<String>,
}

impl Gap {
    /// What to do about it: those that do not lack them are whole, and nothing is where nobody else bills the currency.
    pub fn remedy(&self) -> String {
        match self.others.is_empty() {
            true => format!("import what {} lacks, or choose days that it has", self.export),
            false => format!(
                "import what is missing, or name what is whole with --source {}",
                self.others.join(",")
            ),
        }
    }

    /// The same for the console, where sources are chosen and not named.
    pub fn choice(&self) -> String {
        match self.others.is_empty() {
            true => self.remedy(),
            false => format!(
                "import what is missing, or choose what is whole, such as {}",
                self.others.join(",")
            ),
        }
    }

    pub fn is_in(&self, currency: &str) -> bool {
        self.currencies.is_empty() || self.currencies.iter().any(|of| of == currency)
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (export, days, others) = (&self.export, self.days.in_full(), self.others.join(", "));
        let money = match self.currencies.is_empty() {
            true => String::new(),
            false => format!(" in {}", self.currencies.join(" and ")),
        };
        let form = |last: Date| match last.year() == self.days.from.year() {
            true => "%b %-d",
            false => "%b %-d, %Y",
        };
        let ends = self.ends.map(|last| last.strftime(form(last)));
        match (ends, others.is_empty()) {
            (Some(last), false) => {
                write!(
                    f,
                    "{export} ends {last}: {days} is known{money} of {others} alone"
                )
            }
            (None, false) => {
                write!(
                    f,
                    "{export} has nothing of {days}, which is known{money} of {others} alone"
                )
            }
            (Some(last), true) => write!(f, "{export} ends {last}: nothing is known of {days}{money}"),
            (None, true) => {
                write!(
                    f,
                    "{export} has nothing of {days}: it is not known{money}, which no other bills"
                )
            }
        }
    }
}

/// What each export lacks, in the order of days.
pub fn gaps(exports: &[Export]) -> Vec<Gap> {
    let all: BTreeSet<&str> = exports.iter().flat_map(Export::currencies).collect();
    let mut gaps: Vec<Gap> = Vec::new();
    for one in exports {
        for currency in one.currencies() {
            for gap in lacking(one, currency, exports) {
                let same = |known: &&mut Gap| {
                    Gap {
                        currencies: Vec::new(),
                        ..(*known).clone()
                    } == gap
                };
                let named = (all.len() > 1).then(|| currency.to_owned());
                match gaps.iter_mut().find(same) {
                    Some(known) => known.currencies.extend(named),
                    None => gaps.push(Gap {
                        currencies: named.into_iter().collect(),
                        ..gap
                    }),
                }
            }
        }
    }
    gaps.sort_by(|a, b| (a.days.from, &a.export).cmp(&(b.days.from, &b.export)));
    gaps
}

/// What an export lacks of a currency; its name is left out.
fn lacking(one: &Export, currency: &str, exports: &[Export]) -> Vec<Gap> {
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
    let mut has_gone_on = false;
    for day in days {
        // Once others took its place, what becomes of it is theirs to tell.
        let has_ended = day > one.until;
        if (has_ended && has_gone_on) || one.goes_on(day::month(day), currency, others()) {
            has_gone_on |= has_ended;
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
                currencies: Vec::new(),
            })),
        }
    }
    for gap in &mut gaps {
        let Period { from, to } = gap.days;
        let bills = |other: &&Export| other.currencies().contains(currency);
        let there = others().filter(|other| other.answered.range(from..to).next().is_some());
        gap.others = there.filter(bills).map(|other| other.name.clone()).collect();
    }
    gaps
}

impl Export {
    /// Between charges that are rare, and after the last of them, a day cost nothing.
    fn knows(&self, day: Date) -> bool {
        let last = self.answered.last().is_some_and(|last| *last < day);
        self.answered.contains(&day) || (last && day <= self.until)
    }

    pub fn currencies(&self) -> BTreeSet<&str> {
        let bills = self.bills.values().flat_map(Bills::keys);
        bills.map(|bill| bill.currency.as_str()).collect()
    }

    /// The first day of which it tells a currency, where others tell earlier ones and none of its accounts: those may be
    /// new, or older than the export.
    pub fn begins(&self, currency: &str, exports: &[Export]) -> Option<Date> {
        let first = *self.answered.first()?;
        let is_earlier = |other: &&Export| other.answered.first().is_some_and(|day| *day < first);
        let mut earlier = exports.iter().filter(is_earlier).peekable();
        earlier.peek()?;
        let own = self.bills.values().find_map(|bills| billed_in(bills, currency))?;
        let mut told = earlier.flat_map(|other| other.bills.range(..=day::month(first)));
        let is_told = told.any(|(_, bills)| own.iter().any(|(bill, _)| bills.contains_key(*bill)));
        (!is_told).then_some(first)
    }

    /// Whether more than half of what it told last of a currency is told in it by others in a month: those took its place.
    fn goes_on<'a>(&self, month: i32, currency: &str, others: impl Iterator<Item = &'a Export>) -> bool {
        let mut last = self.bills.range(..=month).rev();
        let own = last.find_map(|(_, bills)| billed_in(bills, currency));
        own.is_some_and(|own| are_told(&own, month, others))
    }
}

/// What is billed in a currency, each with its services; `None`: nothing.
fn billed_in<'a>(bills: &'a Bills, currency: &str) -> Option<Vec<(&'a Bill, &'a Services)>> {
    let own = bills.iter().filter(|(bill, _)| bill.currency == currency);
    Some(own.collect()).filter(|own: &Vec<_>| !own.is_empty())
}

/// Whether more than half of these, by their money, is told by others in a month.
fn are_told<'a>(own: &[(&Bill, &Services)], month: i32, others: impl Iterator<Item = &'a Export>) -> bool {
    let theirs: Vec<&Bills> = others.filter_map(|other| other.bills.get(&month)).collect();
    let own = own.iter().map(|(bill, services)| {
        let cost: f64 = services.values().map(|cost| cost.abs()).sum();
        (cost, is_told(bill, services, &theirs))
    });
    let own: Vec<(f64, bool)> = own.collect();
    // Where all of it is free, each account counts the same.
    let is_free = own.iter().all(|(cost, _)| *cost == 0.0);
    let weight = |of: &(f64, bool)| if is_free { 1.0 } else { of.0 };
    let told: f64 = own.iter().filter(|of| of.1).map(weight).sum();
    told * 2.0 > own.iter().map(weight).sum::<f64>()
}

/// Whether others tell of a service of an account: services come and go, and exports that share an account share none of
/// them. Taxes and support, which each of them may have of one account, count where there is nothing else.
fn is_told(bill: &Bill, services: &Services, theirs: &[&Bills]) -> bool {
    let used = |name: &&String| !service::is_beside(name);
    let only_beside = !services.keys().any(|name| used(&name));
    let mut counted = services.keys().filter(|name| only_beside || used(name));
    let has = |name: &String| {
        let has = |of: &&Bills| of.get(bill).is_some_and(|of| of.contains_key(name));
        theirs.iter().any(has)
    };
    counted.any(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole months of one bill.
    fn export(name: &str, accounts: &[&str], months: &[i8]) -> Export {
        billed(name, accounts, &["USD"], months)
    }

    fn billed(name: &str, accounts: &[&str], currencies: &[&str], months: &[i8]) -> Export {
        let bill = |account: &str| {
            let account = account.to_owned();
            currencies.iter().map(move |currency| {
                let (account, currency) = (account.clone(), (*currency).to_owned());
                (
                    Bill { account, currency },
                    BTreeMap::from([("s3".to_owned(), 1.0)]),
                )
            })
        };
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
            bills: months
                .iter()
                .map(|month| {
                    (
                        day::month(first(month)),
                        accounts.iter().flat_map(|of| bill(of)).collect(),
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
    fn an_end_in_another_year_is_said_with_it() {
        let all = [export("a", &["1"], &[9, 10]), export("b", &["2"], &[9])];
        let mut gap = gaps(&all).remove(0);
        gap.ends = Some("2023-11-14".parse().unwrap());
        assert!(gap.to_string().starts_with("b ends Nov 14, 2023: "), "{gap}");
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
    fn an_account_that_is_told_in_another_currency_is_not_told() {
        let whole = billed("base", &["1", "2"], &["USD"], &[9, 10]);
        let both = billed("mixed", &["1", "2"], &["EUR", "JPY", "USD"], &[9]);
        let all = [whole, both];
        assert_eq!(
            says(&all),
            ["mixed ends Sep 30: nothing is known of Oct 2026 in EUR and JPY"]
        );
        let remedy = gaps(&all)[0].remedy();
        assert_eq!(remedy, "import what mixed lacks, or choose days that it has");
        assert!(gaps(&all)[0].is_in("EUR") && !gaps(&all)[0].is_in("USD"));
        let euros = billed("euros", &["3"], &["EUR"], &[10]);
        let of_two = gaps(&[all.as_slice(), &[euros]].concat());
        let says: Vec<String> = of_two.iter().map(Gap::to_string).collect();
        assert_eq!(
            says,
            [
                "mixed ends Sep 30: Oct 2026 is known in EUR of euros alone",
                "mixed ends Sep 30: nothing is known of Oct 2026 in JPY"
            ]
        );
        let next = billed("10", &["1", "2"], &["EUR", "JPY"], &[10]);
        let all = [all.as_slice(), &[next]].concat();
        assert!(gaps(&all).is_empty(), "the next month's file");
    }

    #[test]
    fn an_account_of_which_another_export_tells_other_services_is_not_told() {
        let with = |mut export: Export, services: &[(&str, f64)]| {
            let services = services.iter().map(|(name, cost)| (service::plain(name), *cost));
            let services: BTreeMap<String, f64> = services.collect();
            let bills = export.bills.values_mut().flat_map(|bills| bills.values_mut());
            bills.for_each(|known| *known = services.clone());
            export
        };
        let machines = with(export("machines", &["1"], &[9]), &[("EC2", 100.0)]);
        let rest = export("rest", &["1"], &[9, 10]);
        assert_eq!(
            says(&[machines.clone(), rest]),
            ["machines ends Sep 30: Oct 2026 is known of rest alone"]
        );
        let all = with(export("all", &["1"], &[9, 10]), &[("EC2", 100.0)]);
        assert_eq!(says(&[machines, all]), [""; 0]);
        let taxed = with(export("machines", &["1"], &[9]), &[("EC2", 100.0), ("Tax", 1.0)]);
        let rest = with(export("rest", &["1"], &[9, 10]), &[("S3", 50.0), ("Tax", 1.0)]);
        assert_eq!(says(&[taxed, rest]).len(), 1, "both have a tax");
        let report = with(
            export("cur", &["1"], &[9]),
            &[("AmazonEC2", 60.0), ("AmazonS3", 40.0)],
        );
        let long = [
            ("Amazon Elastic Compute Cloud", 60.0),
            ("Amazon Simple Storage Service", 40.0),
        ];
        let focus = with(export("focus", &["1"], &[10]), &long);
        assert_eq!(says(&[report, focus]), [""; 0], "the same by other names");
    }

    #[test]
    fn what_took_its_place_tells_what_becomes_of_it() {
        let with = |month: i8, services: &[&str]| {
            let mut export = export(&month.to_string(), &["1"], &[month]);
            let services: Services = services.iter().map(|name| ((*name).to_owned(), 1.0)).collect();
            let bills = export.bills.values_mut().flat_map(|bills| bills.values_mut());
            bills.for_each(|known| *known = services.clone());
            export
        };
        let moved = [
            with(8, &["ec2", "s3", "watch"]),
            with(9, &["ecs", "s3", "watch"]),
            with(10, &["ecs", "dynamo", "lambda"]),
        ];
        assert_eq!(says(&moved), [""; 0]);
        let gone = [with(8, &["ec2"]), with(9, &["s3"])];
        assert_eq!(says(&gone), ["8 ends Aug 31: Sep 2026 is known of 9 alone"]);
    }

    #[test]
    fn small_accounts_that_go_on_are_not_the_money_that_does_not() {
        let mut all = export("all", &["1", "2", "3"], &[9]);
        let bills = all.bills.values_mut().flatten();
        let large = bills.filter(|(bill, _)| bill.account == "3");
        large.for_each(|(_, services)| services.values_mut().for_each(|cost| *cost = 1000.0));
        assert_eq!(says(&[all, export("small", &["1", "2"], &[9, 10])]).len(), 1);
    }

    #[test]
    fn an_export_begins_where_nobody_told_what_it_bills_before() {
        let begins = |exports: &[Export]| -> Vec<Option<Date>> {
            exports.iter().map(|one| one.begins("USD", exports)).collect()
        };
        let october = Some(Date::new(2026, 10, 1).unwrap());
        let apart = [export("a", &["1"], &[9, 10]), export("b", &["2"], &[10])];
        assert_eq!(begins(&apart), [None, october]);
        let next = [
            export("09", &["1", "2"], &[9]),
            export("10", &["1", "2", "3"], &[10]),
        ];
        assert_eq!(
            begins(&next),
            [None, None],
            "the next month's file, with a new account"
        );
        let year = [export("25", &["1"], &[1, 2]), export("26", &["1", "2"], &[10])];
        assert_eq!(begins(&year), [None, None], "months between that nobody imported");
        assert_eq!(begins(&[export("a", &["1"], &[9, 10])]), [None]);
        assert_eq!(apart[1].begins("EUR", &apart), None);
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

//! Adds charges up into cells, a tally for each billing month. What a charge costs through each lens is decided here:
//! FOCUS says it, a Cost and Usage Report is amortized by its line item types.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;

use super::field::{AXES, Block, Books, COUNTED, DIMENSIONS, Money, Text};
use super::layout::{Dialect, Labelled, Layout};
use super::lens::{Charges, Costs};
use super::sieve::{self, Sieve};
use super::trouble::Flaw;
use crate::cost::cube::{Codes, Kind, MEASURES, MixMap, Names, Slab, day, label_of};
use crate::cost::dataset::{Dimension, Lens};
use crate::cost::filter::Filter;
use crate::cost::period::Period;

/// Labels with more values than this, such as the name of every machine, are asked of the files themselves.
const MOST_VALUES: usize = 2_000;

/// The code of what has no currency, after ISO 4217.
const NO_CURRENCY: &str = "XXX";

/// Day, currency, labels, and the axes.
type Key = [u32; 3 + AXES];
type Tally = MixMap<Key, [i128; MEASURES]>;

/// What a look at the files themselves is after, so that no more is kept.
#[derive(Clone, Debug)]
pub struct Scan {
    pub by: Vec<Dimension>,
    pub period: Period,
    /// Rows that it does not want need not be read.
    pub filter: Filter,
    /// Nor other costs than those it looks at.
    pub lens: Lens,
}

impl Scan {
    /// What cells are told apart by: the rows are filtered before, but for services, whose names may come last.
    pub fn kept(&self) -> Vec<Dimension> {
        let mut kept = self.by.clone();
        kept.extend(
            self.filter
                .dimensions()
                .filter(|of| **of == Dimension::Service)
                .cloned(),
        );
        kept.retain(|of| DIMENSIONS.contains(of));
        kept.sort();
        kept.dedup();
        kept
    }

    /// What of the filter is still to be asked of the cells.
    pub fn rest(&self) -> Filter {
        self.filter.about(|of| !sieve::judges(of))
    }
}

/// The same as a reader needs it: days by their numbers.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// From the first to the day after the last.
    pub days: (i32, i32),
    pub filter: Filter,
    pub lens: Lens,
    /// Labels that are asked for or filtered by.
    pub labels: Vec<(Kind, String)>,
    /// Whether quantities are added up.
    pub by_unit: bool,
    /// Whether days, billing months and labels are told apart.
    by_day: bool,
    pub by_month: bool,
    by_label: bool,
}

/// One billing month, added up.
#[derive(Debug)]
pub struct Month {
    pub month: i32,
    pub slab: Slab,
    pub rows: u64,
    /// What its files are.
    pub format: String,
}

/// A service of a Cost and Usage Report, whose rows may name it by its short name alone.
#[derive(Clone, Copy, Default)]
struct Service {
    /// The short name as one of a service; 0 while no row needed it.
    short: u32,
    /// What other rows call it, and whether those call it several things.
    long: u32,
    are_many: bool,
}

impl Service {
    /// Whether rows that have the short name alone are of one long name.
    fn is_told(self) -> bool {
        self.short != 0 && self.long != 0 && !self.are_many
    }
}

#[derive(Default)]
pub struct Ledger {
    pub books: Books,
    tallies: BTreeMap<i32, (Tally, u64)>,
    open: (i32, Tally, u64),
    charges: Charges,
    keep: [bool; AXES],
    /// Axes that are read: those that are kept, and those that rows are filtered by.
    pub read: [bool; AXES],
    sieve: Option<Sieve>,
    /// `None`: everything, for an import.
    pub wanted: Option<Wanted>,
    pub rows: u64,
    pub rounded: u64,
    /// Rows without one of [`super::field::COUNTED`]: they count as nothing.
    pub blank: [u64; COUNTED.len()],
    /// Whether any file has costs after private discounts beside the others.
    pub has_net: bool,
    /// Months of which the import found that net costs are the amortized ones.
    pub without_net: BTreeSet<i32>,
    /// Rows that split the cost of other rows among containers; they would count it twice.
    pub split: u64,
    pub account_names: BTreeMap<String, String>,
    named: Vec<bool>,
    /// By the codes of their short names.
    services: Vec<Service>,
    /// Their long names are those that the import found: rows that are read now may be too few to tell them.
    are_told: bool,
    /// The kind of the file that is read, and those that each month came from.
    format: String,
    formats: BTreeMap<i32, Vec<String>>,
    pub missing: Vec<String>,
    /// The kinds of labels for which any file has columns.
    pub labels: BTreeSet<Kind>,
    pub without: BTreeMap<Lens, String>,
}

impl Ledger {
    /// For an import: every axis but resources.
    pub fn new() -> Ledger {
        let all = std::array::from_fn(|axis| axis != Text::Resource as usize);
        Ledger {
            keep: all,
            read: all,
            ..Ledger::default()
        }
    }

    /// For a question that cells cannot answer, about files of one import; `services` are the names that it found.
    pub fn scanning(scan: &Scan, services: Option<&[(String, String)]>) -> Ledger {
        let number = day::number;
        let asked: Vec<Dimension> = scan.by.iter().chain(scan.filter.dimensions()).cloned().collect();
        let kept = scan.kept();
        let mut ledger = Ledger {
            keep: std::array::from_fn(|axis| kept.contains(&DIMENSIONS[axis])),
            read: std::array::from_fn(|axis| asked.contains(&DIMENSIONS[axis])),
            books: Books::keeping(&asked),
            sieve: Some(Sieve::new(&scan.filter)),
            wanted: Some(Wanted {
                days: (number(scan.period.from), number(scan.period.to)),
                filter: scan.filter.clone(),
                lens: scan.lens,
                labels: asked
                    .iter()
                    .filter_map(label_of)
                    .map(|(kind, name)| (kind, name.to_owned()))
                    .collect(),
                by_unit: scan.by.contains(&Dimension::UsageType),
                by_day: scan.by.contains(&Dimension::Day),
                by_month: scan.by.contains(&Dimension::Month),
                by_label: scan.by.iter().any(|of| label_of(of).is_some()),
            }),
            are_told: services.is_some(),
            ..Ledger::default()
        };
        for (short, long) in services.unwrap_or_default() {
            ledger.tell(short, long);
        }
        ledger
    }

    fn tell(&mut self, short: &str, long: &str) {
        let at = self.books.names[Text::ServiceCode as usize].code(short) as usize;
        let names = &mut self.books.names[Text::Service as usize];
        self.services
            .resize(self.services.len().max(at + 1), Service::default());
        self.services[at] = Service {
            short: names.code(short),
            long: names.code(long),
            are_many: false,
        };
    }

    /// Services that rows name by their short names alone, each with the long one.
    pub fn told_services(&self) -> Vec<(String, String)> {
        let of = |text: Text, code: u32| self.books.names[text as usize].text(code).to_owned();
        let told = self.services.iter().filter(|service| service.is_told());
        told.map(|service| (of(Text::Service, service.short), of(Text::Service, service.long)))
            .collect()
    }

    pub fn begin(&mut self, layout: &Layout) {
        // The next row notes the month as one of this file.
        self.turn_to(i32::MIN);
        self.format.clone_from(&layout.format);
        self.has_net |= layout.has(Money::Net);
        self.labels.extend(layout.labels.iter().map(Labelled::kind));
        for missing in &layout.missing {
            if !self.missing.contains(missing) {
                self.missing.push(missing.clone());
            }
        }
        for (lens, why) in &layout.without {
            self.without.entry(*lens).or_insert_with(|| why.clone());
        }
    }

    /// Adds a block of rows.
    pub fn post(&mut self, layout: &Layout, block: &Block) -> Result<(), Flaw> {
        let wanted = self.wanted.as_ref();
        let days = wanted.map(|wanted| wanted.days);
        let apart = |by: fn(&Wanted) -> bool| wanted.is_none_or(by);
        let [by_day, by_month, by_label] = [
            apart(|of| of.by_day),
            apart(|of| of.by_month),
            apart(|of| of.by_label),
        ];
        for (at, day) in block.days.iter().enumerate() {
            self.rows += 1;
            let costs = self.charges.costs(&self.books, layout, block, at);
            let Costs { amounts, lost } = costs;
            for (lens, why) in lost.into_iter().flatten() {
                self.without.entry(lens).or_insert_with(|| why.into());
            }
            let Some(mut amounts) = amounts else {
                self.split += 1;
                continue;
            };
            // A row that is not wanted may have the name that a wanted one lacks, where the import has not kept it.
            let service = self.keep[Text::Service as usize].then(|| self.service(layout, block, at));
            if days.is_some_and(|(from, to)| *day < from || *day >= to) {
                continue;
            }
            if let Some(sieve) = &mut self.sieve
                && !sieve.wants(&self.books, block, at)
            {
                continue;
            }
            self.name(block, at);
            let month = block.months.get(at).copied().filter(|_| by_month).unwrap_or(0);
            if !self.without_net.is_empty() {
                let billed = block.months.get(at).copied();
                let billed = billed.unwrap_or_else(|| day::month(day::date(*day)));
                if self.without_net.contains(&billed) {
                    amounts[Money::Net as usize] = amounts[Money::Effective as usize];
                }
            }
            // What is not told apart is of the first day that is asked for.
            let day = days.filter(|_| !by_day).map_or(*day, |(from, _)| from);
            if month != self.open.0 {
                self.turn_to(month);
                let formats = self.formats.entry(month).or_default();
                if !formats.contains(&self.format) {
                    formats.push(self.format.clone());
                }
            }
            let mut key: Key = [0; 3 + AXES];
            // The order of days stays when negative ones, before 1970, are moved up.
            key[0] = day.wrapping_sub(i32::MIN) as u32;
            key[1] = block.text(Text::Currency, at);
            key[2] = block.labels.get(at).copied().filter(|_| by_label).unwrap_or(0);
            for (axis, keep) in self.keep.iter().enumerate() {
                key[3 + axis] = if *keep {
                    block.text[axis].get(at).copied().unwrap_or(0)
                } else {
                    0
                };
            }
            if let Some(service) = service {
                key[3] = service;
            }
            let sums = self.open.1.entry(key).or_default();
            for (sum, amount) in sums.iter_mut().zip(amounts) {
                *sum = sum.saturating_add(amount);
            }
            self.open.2 += 1;
        }
        self.rounded += block.rounded;
        for (at, (sum, money)) in self.blank.iter_mut().zip(COUNTED).enumerate() {
            // Without a column of their own, net costs are what was billed.
            let is_billed = money == Money::Net && !layout.has(Money::Net);
            *sum += block.blank[if is_billed { 0 } else { at }];
        }
        if let Some(became) = self.books.drop_wide(MOST_VALUES) {
            self.relabel(&became);
        }
        Ok(())
    }

    /// A charge's service: under its short name where the long one is absent, until another row tells it.
    fn service(&mut self, layout: &Layout, block: &Block, at: usize) -> u32 {
        let long = block.text(Text::Service, at);
        if layout.dialect != Dialect::Cur {
            return long;
        }
        let short = block.text(Text::ServiceCode, at) as usize;
        if short == 0 {
            return long;
        }
        if self.services.len() <= short {
            self.services.resize(short + 1, Service::default());
        }
        let known = &mut self.services[short];
        if long != 0 {
            if !self.are_told {
                known.are_many |= known.long != 0 && known.long != long;
                known.long = long;
            }
            return long;
        }
        if known.short == 0 {
            let name = self.books.names[Text::ServiceCode as usize]
                .text(short as u32)
                .to_owned();
            known.short = self.books.names[Text::Service as usize].code(&name);
        }
        known.short
    }

    fn name(&mut self, block: &Block, at: usize) {
        let account = block.text(Text::Account, at) as usize;
        if self.named.len() <= account {
            self.named.resize(account + 1, false);
        }
        let name = block.text(Text::AccountName, at);
        if !self.named[account] && name != 0 {
            self.named[account] = true;
            let names = &self.books.names;
            let id = names[Text::Account as usize].text(account as u32);
            let name = names[Text::AccountName as usize].text(name);
            self.account_names.insert(id.to_owned(), name.to_owned());
        }
    }

    fn turn_to(&mut self, month: i32) {
        let (tally, rows) = self.tallies.remove(&month).unwrap_or_default();
        let (old, tally, rows) = std::mem::replace(&mut self.open, (month, tally, rows));
        if rows > 0 {
            self.tallies.insert(old, (tally, rows));
        }
    }

    fn relabel(&mut self, became: &[u32]) {
        let open = [&mut self.open.1];
        for tally in open
            .into_iter()
            .chain(self.tallies.values_mut().map(|(tally, _)| tally))
        {
            for (mut key, sums) in take(tally) {
                key[2] = became.get(key[2] as usize).copied().unwrap_or(0);
                let merged = tally.entry(key).or_default();
                for (sum, more) in merged.iter_mut().zip(sums) {
                    *sum = sum.saturating_add(more);
                }
            }
        }
    }

    /// The months, oldest first.
    pub fn close(&mut self) -> Vec<Month> {
        self.turn_to(i32::MIN);
        let tallies = take(&mut self.tallies);
        let mut formats = take(&mut self.formats);
        tallies
            .into_iter()
            .map(|(month, (tally, rows))| Month {
                month,
                slab: self.slab(self.rename(tally)),
                rows,
                format: formats.remove(&month).unwrap_or_default().join(" and "),
            })
            .collect()
    }

    /// Services by their long names, also in rows that had the short one alone.
    fn rename(&self, tally: Tally) -> Tally {
        let told = self.services.iter().filter(|of| of.is_told());
        let long: MixMap<u32, u32> = told.map(|of| (of.short, of.long)).collect();
        if long.is_empty() {
            return tally;
        }
        let mut renamed = Tally::default();
        for (mut key, sums) in tally {
            key[3] = long.get(&key[3]).copied().unwrap_or(key[3]);
            let merged = renamed.entry(key).or_default();
            for (sum, more) in merged.iter_mut().zip(sums) {
                *sum = sum.saturating_add(more);
            }
        }
        renamed
    }

    fn slab(&self, tally: Tally) -> Slab {
        let mut cells: Vec<(Key, [i128; MEASURES])> = tally.into_iter().collect();
        cells.sort_unstable_by_key(|(key, _)| *key);
        let mut slab = Slab {
            days: cells
                .iter()
                .map(|(key, _)| (key[0] as i32).wrapping_add(i32::MIN))
                .collect(),
            ..Slab::default()
        };
        for (_, sums) in &cells {
            for (column, units) in slab.money.iter_mut().zip(sums) {
                column.push(*units);
            }
        }
        let column = |place: usize, names: &Names| used(cells.iter().map(|(key, _)| key[place]), names);
        let currencies;
        (slab.currency, currencies) = column(1, &self.books.names[Text::Currency as usize]);
        let currency = |name: String| {
            if name.is_empty() {
                NO_CURRENCY.to_owned()
            } else {
                name
            }
        };
        slab.tables.currencies = currencies.into_iter().map(currency).collect();
        for (axis, dimension) in DIMENSIONS.iter().enumerate().filter(|(axis, _)| self.keep[*axis]) {
            let (codes, names) = column(3 + axis, &self.books.names[axis]);
            slab.codes.push(codes);
            slab.tables.axes.push((dimension.to_string(), names));
        }
        self.label(&mut slab, cells.iter().map(|(key, _)| key[2]));
        slab
    }

    fn label(&self, slab: &mut Slab, sets: impl Iterator<Item = u32>) {
        let labels = &self.books.labels;
        let (mut codes, mut values) = (Compact::new(), Compact::new());
        for set in sets {
            slab.label.push(codes.code(set));
        }
        let sets = codes.used.iter().map(|set| labels.sets().get(*set as usize));
        slab.tables.sets = sets
            .map(|set| {
                let pairs = set.into_iter().flatten();
                pairs.map(|(key, value)| (*key, values.code(*value))).collect()
            })
            .collect();
        slab.tables.keys = labels.keys().to_vec();
        let values = values
            .used
            .iter()
            .map(|value| labels.values.text(*value).to_owned());
        slab.tables.values = values.collect();
    }
}

/// A column of codes renumbered to those that occur, and their names.
fn used(codes: impl Iterator<Item = u32>, names: &Names) -> (Codes, Vec<String>) {
    let (mut compact, mut column) = (Compact::new(), Codes::default());
    for code in codes {
        column.push(compact.code(code));
    }
    let names = compact.used.iter().map(|code| names.text(*code).to_owned());
    (column, names.collect())
}

struct Compact {
    used: Vec<u32>,
    codes: MixMap<u32, u32>,
}

impl Compact {
    fn new() -> Compact {
        Compact {
            used: Vec::new(),
            codes: MixMap::default(),
        }
    }

    fn code(&mut self, code: u32) -> u32 {
        let next = u32::try_from(self.used.len()).unwrap_or(u32::MAX);
        *self.codes.entry(code).or_insert_with(|| {
            self.used.push(code);
            next
        })
    }
}

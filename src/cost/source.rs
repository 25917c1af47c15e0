//! Costs out of imported exports: which of them are meant, what they cover, and the answer, from cells in memory or, for
//! what those do not have, from the files themselves.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::apart::Lag;
use super::breakdown::{Breakdown, Question};
use super::coverage::Coverage;
use super::cube::{self, Cube};
use super::dataset::{BadDimension, Dimension, Lens};
use super::gap::{Bills, Export, Gap, gaps};
use super::import::{self, Facts, Progress, Scan, Source, Trouble};
use super::lacking::known;
use super::naming::{Naming, SAYS as ONE_NAME};
use super::period::Period;
use super::untold;

/// Sources that are no import, and `files`, which is all of them.
const OTHERS: [&str; 3] = ["ce", "athena", "files"];

/// Exports that end so many days before the last one are written a little earlier, and have not stopped.
const NEAR_DAYS: i64 = 3;

/// Files of one delivery are written within this time.
const TOGETHER: SignedDuration = SignedDuration::from_hours(6);

/// Imports, loaded.
#[derive(Clone, Debug)]
pub struct Files {
    pub cube: Cube,
    /// One for each export and month.
    pub months: Vec<Facts>,
    /// What one export lacks while others go on: no day of it is known.
    pub gaps: Vec<Gap>,
}

/// Why files give no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error("{0}")]
    Import(Trouble),
    #[error("{0}")]
    Dimension(BadDimension),
    #[error("nothing is imported")]
    Nothing,
    #[error("no import is called {0:?}")]
    NoSuch(String, Vec<String>),
    #[error("{0} and {1} are not added up: both may tell of one bill")]
    Mixed(String, String),
}

impl NoAnswer {
    pub fn hint(&self) -> String {
        match self {
            NoAnswer::Import(trouble) => trouble.hint.clone(),
            NoAnswer::Dimension(bad) => bad.hint.clone(),
            NoAnswer::Nothing => "take a FOCUS or CUR export in with `qd costs import PATH`".into(),
            NoAnswer::Mixed(one, others) => {
                format!("ask one after the other, with --source {one} and with --source {others}")
            }
            NoAnswer::NoSuch(_, known) => format!("there is {}; ce is Cost Explorer", known.join(", ")),
        }
    }
}

/// Whether anything was imported.
pub fn is_imported(data_dir: &Path) -> bool {
    !import::is_empty(&import::dir(data_dir))
}

/// Months by their names, or many of them by how many and the first and the last.
fn listed(months: &[String]) -> String {
    const FEW: usize = 3;
    match months {
        [first, .., last] if months.len() > FEW => {
            format!("{} months from {first} to {last}", months.len())
        }
        _ => months.join(", "),
    }
}

impl Files {
    /// Everything that was imported, or the exports of a name or of several, `a,b`.
    pub fn load(data_dir: &Path, name: Option<&str>) -> Result<Files, NoAnswer> {
        let mut all = import::load_all(&import::dir(data_dir)).map_err(NoAnswer::Import)?;
        if let Some(mixed) = name.and_then(|name| mixed(name, &all)) {
            return Err(mixed);
        }
        if all.is_empty() {
            return Err(NoAnswer::Nothing);
        }
        if let Some(name) = name {
            let mut known: Vec<String> = all.iter().map(|kept| kept.facts.name.clone()).collect();
            // A name may have a comma in it.
            let names = match known.iter().any(|known| known == name) {
                true => vec![name],
                false => name.split(',').collect(),
            };
            if let Some(name) = names.iter().find(|name| known.iter().all(|known| known != *name)) {
                known.sort();
                known.dedup();
                return Err(NoAnswer::NoSuch((*name).to_owned(), known));
            }
            all.retain(|kept| names.contains(&kept.facts.name.as_str()));
        }
        let axes: Vec<Dimension> = import::DIMENSIONS
            .iter()
            .filter(|of| **of != Dimension::Resource)
            .cloned()
            .collect();
        let is_alone = all.windows(2).all(|pair| pair[0].facts.key == pair[1].facts.key);
        let mut cube = Cube::of_files(&axes);
        cube.naming = naming(&all);
        cube.lacking.untold = untold::of(&all);
        let mut months = Vec::new();
        // Figures of an import as a whole stand beside each of its months.
        let mut imports: BTreeMap<(String, Timestamp), Facts> = BTreeMap::new();
        let mut charged: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
        let mut bills: BTreeMap<String, BTreeMap<i32, Bills>> = BTreeMap::new();
        let mut billed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for kept in all {
            cube.absorb(&kept.slab, kept.facts.month);
            let facts = kept.facts;
            cube.account_names.extend(facts.account_names.iter().cloned());
            for (lens, why) in &facts.without {
                cube.do_without(*lens, why.clone());
            }
            imports.insert((facts.key.clone(), facts.imported_at), facts.clone());
            billed
                .entry(facts.key.clone())
                .or_default()
                .extend(kept.slab.currencies());
            if !is_alone {
                let of_month = bills.entry(facts.key.clone()).or_default();
                let of_month = of_month.entry(facts.month).or_default();
                for (bill, services) in kept.slab.bills() {
                    let of_bill = of_month.entry(bill).or_default();
                    for (service, billed) in services {
                        *of_bill.entry(service).or_default() += billed;
                    }
                }
            }
            charged
                .entry(facts.key.clone())
                .or_default()
                .extend(kept.slab.days);
            months.push(facts);
        }
        let (mut holes, mut exports): (Vec<(Period, BTreeSet<String>)>, Vec<Export>) = Default::default();
        for (key, charged) in &charged {
            let of_export: Vec<&Facts> = months.iter().filter(|facts| facts.key == *key).collect();
            let coverage = cover(&mut cube, &of_export, charged);
            let bills = bills.remove(key).unwrap_or_default();
            let billed = billed.remove(key).unwrap_or_default();
            holes.extend(coverage.holes.iter().map(|hole| (*hole, billed.clone())));
            exports.extend(export(&of_export, &coverage, bills));
        }
        let gaps = gaps(&exports);
        // What one of them lacks, no other makes whole.
        for (hole, billed) in holes {
            cube.lack(hole, |currency| billed.contains(currency));
        }
        let lags = gaps.iter().map(|gap| Lag::of(gap, &exports)).collect();
        cube.lacking.set_apart(&cube.days, lags);
        for gap in &gaps {
            cube.lack(gap.days, |currency| gap.is_in(currency));
        }
        cube.rounded = imports.values().map(|facts| facts.rounded).sum();
        for facts in imports.values() {
            for lens in [Lens::Unblended, Lens::Amortized, Lens::Net, Lens::List] {
                let (cost, rows) = facts.blank(lens);
                *cube.blank.entry(lens).or_default().entry(cost).or_default() += rows;
            }
        }
        cube.shrink();
        for currency in cube.currencies.clone() {
            let first = |one: &Export| Some((one.begins(&currency, &exports)?, one.name.clone()));
            let later: Vec<(Date, String)> = exports.iter().filter_map(first).collect();
            cube.lacking.begin(&currency, later);
        }
        Ok(Files { cube, months, gaps })
    }

    /// From the first charge to the last.
    pub fn span(&self) -> Option<Period> {
        self.cube.span()
    }

    /// The first day that is not there whole: the one after the last, or the one on which an export was written that has
    /// charges of it or of later days. One that ended days before the others leaves a gap, and ends nothing.
    pub fn today(&self, now: Timestamp) -> Option<Date> {
        // By export the last day with a charge, and the one on which it was written.
        let mut exports: BTreeMap<&str, (Date, Date)> = BTreeMap::new();
        for facts in &self.months {
            let written = written_at(&facts.sources).map_or(Date::MAX, super::today);
            let last = facts.last;
            let export = exports.entry(&facts.key).or_insert((last, written));
            *export = (export.0.max(last), export.1.max(written));
        }
        let ends = |(last, written): &(Date, Date)| *last.min(written);
        let end = exports.values().map(ends).max()?;
        let is_near = |export: &&(Date, Date)| ends(export).saturating_add(NEAR_DAYS.days()) >= end;
        let cut = exports.values().filter(is_near);
        let cut = cut.filter(|(last, written)| last >= written).map(ends).min();
        let open = match cut {
            Some(cut) => cut,
            None => self.span()?.last_day().tomorrow().ok()?,
        };
        Some(open.min(super::today(now)))
    }

    /// Which day each export ends with that ends last, in words.
    pub fn ends(&self) -> Option<String> {
        let last = self.months.iter().map(|facts| facts.last).max()?;
        let ending = self.months.iter().filter(|facts| facts.last == last);
        let names: BTreeSet<&str> = ending.map(|facts| facts.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let (ends, last) = (
            if names.len() > 1 { "end" } else { "ends" },
            last.strftime("%b %-d, %Y"),
        );
        Some(format!("{} {ends} {last}", names.join(", ")))
    }

    /// What exports lack of a period in a currency.
    pub fn gap_in(&self, period: Period, currency: &str) -> Option<&Gap> {
        let within =
            |gap: &&Gap| gap.is_in(currency) && gap.days.from < period.to && period.from < gap.days.to;
        self.gaps.iter().find(within)
    }

    /// Days of a period that are known in a currency.
    pub fn known_days(&self, period: Period, currency: &str) -> u32 {
        known(&self.cube.days_in(currency), period)
    }

    /// The same of a question, by what it is about.
    pub fn known_days_of(&self, question: &Question, currency: &str) -> u32 {
        known(&self.cube.days_about(currency, question.about()), question.period)
    }

    /// Days of a question's period that are not known in a currency, by what it is about.
    pub fn unknown_of(&self, question: &Question, currency: &str) -> Vec<Period> {
        let known = self.cube.days_about(currency, question.about());
        Period::runs(question.period.each().filter(|day| !known.contains_key(day)))
    }

    /// That exports do not tell what a question is about, of days of it, in words, and what to do about it.
    pub fn untold(&self, question: &Question) -> Option<(String, String)> {
        let about: Vec<&Dimension> = question.about().collect();
        untold::says(&self.cube.lacking.untold, &about, question.period)
    }

    /// Whether all of them are known in every currency.
    pub fn is_whole(&self, period: Period) -> bool {
        let is_whole = |currency: &String| self.cube.is_whole(currency, period);
        self.cube.currencies.iter().all(is_whole)
    }

    /// Months that more than one export covers: if both are of one bill, it is counted twice.
    pub fn overlaps(&self) -> Vec<(String, Vec<String>)> {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for facts in &self.months {
            names
                .entry(facts.month_name())
                .or_default()
                .push(facts.name.clone());
        }
        names.into_iter().filter(|(_, names)| names.len() > 1).collect()
    }

    /// What a total through a lens may lack or have twice, in words, and what to do about it.
    pub fn doubts(&self, lens: Lens) -> Option<(String, String)> {
        let (gap, overlap) = (self.gap(), self.overlap());
        let blank = self.cube.blank_says(lens);
        let hint = match (&gap, &overlap) {
            (Some((_, hint)), _) | (None, Some((_, hint))) => hint.clone(),
            (None, None) => "import the export again once it is whole, or choose another".into(),
        };
        let says = [gap, overlap].into_iter().map(|doubt| Some(doubt?.0));
        let says: Vec<String> = says.chain([blank]).flatten().collect();
        (!says.is_empty()).then(|| (says.join("; "), hint))
    }

    /// What a total through a lens may have twice or lack by what the exports themselves are, a sentence each.
    pub fn cautions(&self, lens: Lens) -> Vec<String> {
        let overlap = self.overlap().map(|(says, hint)| format!("{says}; {hint}"));
        [overlap, self.cube.blank_says(lens)]
            .into_iter()
            .flatten()
            .collect()
    }

    /// What exports do without through a lens, and how that is made good.
    pub fn without(&self, lens: Lens) -> Option<&'static str> {
        let mut months = self.months.iter();
        let is_amortized = months.any(|facts| facts.net_is_amortized == Some(true));
        (lens == Lens::Net && is_amortized).then_some(import::NO_NET)
    }

    /// That services which exports name differently have one name.
    pub fn one_name(&self) -> Option<&'static str> {
        (!self.cube.naming.is_empty()).then_some(ONE_NAME)
    }

    /// What exports lack while others go on, in words, and what to do about it.
    pub fn gap(&self) -> Option<(String, String)> {
        let says: Vec<String> = self.gaps.iter().map(Gap::to_string).collect();
        let hint = self.gaps.first()?.choice();
        Some((says.join("; "), hint))
    }

    /// All of them in words, those of the same exports together, and what to do about it.
    pub fn overlap(&self) -> Option<(String, String)> {
        let mut by_names: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for (month, names) in self.overlaps() {
            match by_names.iter_mut().find(|(known, _)| *known == names) {
                Some((_, months)) => months.push(month),
                None => by_names.push((names, vec![month])),
            }
        }
        let one = by_names.last()?.0.first()?;
        let hint = format!("if they are of one bill, it counts twice: choose one, such as {one}");
        let told = by_names.iter().map(|(names, months)| {
            let (count, months) = (names.len(), listed(months));
            format!("{count} exports have {months}: {}", names.join(", "))
        });
        Some((told.collect::<Vec<_>>().join("; "), hint))
    }

    /// Answers, reading the files themselves where the cells do not have a dimension.
    pub fn answer(
        &self,
        question: &Question,
        on_progress: &mut dyn FnMut(&Progress),
    ) -> Result<Vec<Breakdown>, NoAnswer> {
        let asked = || question.by.iter().chain(question.filter.dimensions());
        if !asked().any(|dimension| self.is_left_out(dimension)) {
            return self
                .cube
                .answer(question)
                .map_err(|bad| self.unread(bad, asked()));
        }
        // A label of any month is one of every month, also where the files of a question do not have it.
        let has = |of: &&Dimension| self.cube.has(of) || **of == Dimension::Resource;
        if let Some(dimension) = asked().find(|of| !has(of)) {
            return Err(self.unread(self.cube.not_split(dimension), asked()));
        }
        let scan = Scan {
            by: question.by.clone(),
            period: question.period,
            filter: question.filter.clone(),
            lens: question.lens,
        };
        let batches = self.batches(question.period).map_err(NoAnswer::Import)?;
        let (mut cube, filter) =
            import::scan(&batches, &scan, &self.cube.naming, on_progress).map_err(NoAnswer::Import)?;
        cube.know_labels_of(&self.cube);
        cube.days.clone_from(&self.cube.days);
        cube.lacking.clone_from(&self.cube.lacking);
        if cube.currencies.is_empty() {
            cube.currencies.clone_from(&self.cube.currencies);
        }
        let question = Question {
            filter,
            ..question.clone()
        };
        cube.answer(&question).map_err(NoAnswer::Dimension)
    }

    /// Why there is no answer; of cost categories that an older import did not look for, how they are known.
    fn unread<'a>(&self, bad: BadDimension, mut asked: impl Iterator<Item = &'a Dimension>) -> NoAnswer {
        let is_category = asked.any(|of| matches!(of, Dimension::CostCategory(_)) && !self.cube.has(of));
        let old = self.months.iter().find(|facts| facts.labels.is_none());
        NoAnswer::Dimension(match old.filter(|_| is_category) {
            Some(facts) => BadDimension {
                hint: import_again(facts),
                ..bad
            },
            None => bad,
        })
    }

    /// What was lost for a dimension because an export did not have its column.
    pub fn lost(&self, dimension: &Dimension) -> Option<String> {
        let ending = format!("no breakdown by {dimension}");
        let mut missing = self.months.iter().flat_map(|facts| &facts.missing);
        missing.find(|missing| missing.ends_with(&ending)).cloned()
    }

    /// Whether cells do not tell its values apart.
    fn is_left_out(&self, dimension: &Dimension) -> bool {
        let name = dimension.to_string();
        *dimension == Dimension::Resource || self.months.iter().any(|facts| facts.left_out.contains(&name))
    }
}

/// The command that reads what an older import did not.
fn import_again(facts: &Facts) -> String {
    let path = shlex::try_quote(&facts.key).unwrap_or(Cow::Borrowed("PATH"));
    let name = &facts.name;
    format!(
        "import {name} again to know cost categories, which were not looked for then: `qd costs import {path}`"
    )
}

/// One name for each service, however exports call it.
fn naming(all: &[import::Kept]) -> Naming {
    let services = all.iter().flat_map(|kept| {
        let dialect = (kept.facts.key.as_str(), kept.facts.is_focus());
        let names = kept.slab.names(&Dimension::Service).iter();
        names.map(move |name| (dialect, name.as_str()))
    });
    Naming::of(services)
}

/// When the files of a bill were begun that are the newest: those written long before are of other months.
fn written_at(sources: &[Source]) -> Option<Timestamp> {
    let written = || sources.iter().map(|source| source.modified_at);
    let newest = written().max()?;
    written().filter(|at| newest.duration_since(*at) < TOGETHER).min()
}

/// That imports were named beside a source that is none.
fn mixed(name: &str, all: &[import::Kept]) -> Option<NoAnswer> {
    let is_import = |name: &str| all.iter().any(|kept| kept.facts.name == name);
    if is_import(name) {
        return None;
    }
    let is_other = |name: &str| OTHERS.contains(&name) && !is_import(name);
    let (others, imports): (Vec<&str>, Vec<&str>) = name.split(',').partition(|name| is_other(name));
    let other = others.first().filter(|_| others.len() + imports.len() > 1)?;
    let imports = match imports.is_empty() {
        true => others.last().map_or(String::new(), |last| (*last).to_owned()),
        false => imports.join(","),
    };
    Some(NoAnswer::Mixed((*other).to_owned(), imports))
}

/// What one export says of its days, from the months that were taken in of it.
fn cover(cube: &mut Cube, months: &[&Facts], charged: &BTreeSet<i32>) -> Coverage {
    let billed = months.iter().map(|facts| facts.month).collect();
    let coverage = Coverage::of(charged, &billed);
    // The first day that its bill's own files may not know whole.
    let open: BTreeMap<i32, Date> = months
        .iter()
        .filter_map(|facts| {
            let written = written_at(&facts.sources)?;
            Some((facts.month, import::open_from(written)))
        })
        .collect();
    let youngest = open.values().copied().max();
    for day in &coverage.answered {
        let open = open.get(&cube::day::month(*day)).copied().or(youngest);
        *cube.days.entry(*day).or_default() |= open.is_some_and(|open| *day >= open);
    }
    coverage
}

/// The same as other exports see it: where charges are rare, it speaks for its last month as far as its files are old.
fn export(months: &[&Facts], coverage: &Coverage, bills: BTreeMap<i32, Bills>) -> Option<Export> {
    let last = *coverage.answered.last()?;
    let billed = months.iter().max_by_key(|facts| facts.month)?;
    let written = billed.sources.iter().map(|source| source.modified_at).max();
    let until = match written {
        Some(written) if !coverage.ends_daily => {
            let end = cube::day::first(billed.month).last_of_month();
            last.max(end.min(import::open_from(written)))
        }
        _ => last,
    };
    Some(Export {
        name: billed.name.clone(),
        answered: coverage.answered.clone(),
        until,
        bills,
    })
}

#[cfg(test)]
mod tests;

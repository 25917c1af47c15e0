//! Which files are read again for what cells do not have, and why that is in vain where another bill was written over one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::ToSpan;

use super::import::{Batch, Facts, Flaw, Source, Trouble};
use super::period::Period;
use super::source::Files;

impl Files {
    /// The files that have charges of a period. A file may belong to two exports, and counts for each; of one export it
    /// counts as it was taken in last.
    ///
    /// # Errors
    /// The bill of the period is in none of them any more, since that of another month was written over it.
    pub(super) fn batches(&self, period: Period) -> Result<Vec<Batch>, Trouble> {
        let within = |facts: &&Facts| facts.first < period.to && facts.last >= period.from;
        let mut months: Vec<&Facts> = self.months.iter().filter(within).collect();
        months.sort_by_key(|facts| std::cmp::Reverse(facts.imported_at));
        // The months of one import have the same files.
        let id = |facts: &Facts| (facts.key.clone(), facts.imported_at);
        let mut seen = BTreeSet::new();
        months.retain(|facts| seen.insert(id(facts)));
        let mut last: BTreeMap<(&str, &Path), &Source> = BTreeMap::new();
        let mut batches = Vec::new();
        for facts in months {
            // Another bill was written over some file: that is told when it is read, and not left out in silence.
            let is_same = |source: &&Source| last.get(&place(facts, source)) == Some(source);
            let sources: Vec<&Source> = facts.sources.iter().filter(|source| !is_same(source)).collect();
            for source in &sources {
                if let Some(trouble) = self.written_over(facts, source) {
                    return Err(trouble);
                }
                last.entry(place(facts, source)).or_insert(*source);
            }
            let of_import = self.months.iter().filter(|month| id(month) == id(facts));
            let without_net = of_import.filter(|month| month.net_is_amortized == Some(true));
            batches.push(Batch {
                without_net: without_net.map(|month| month.month).collect(),
                sources: sources.into_iter().cloned().collect(),
                services: facts.services.clone(),
            });
        }
        Ok(batches)
    }

    /// That a file is now as another import has it, so that importing it again does not help.
    fn written_over(&self, facts: &Facts, source: &Source) -> Option<Trouble> {
        let now = Source::of(&source.path).ok().filter(|now| now != source)?;
        let is_now = |of: &&Facts| of.key == facts.key && of.sources.contains(&now);
        let has = days(self.months.iter().filter(is_now))?;
        let is_then = |of: &&Facts| of.key == facts.key && of.imported_at == facts.imported_at;
        let had = days(self.months.iter().filter(is_then))?;
        let flaw = Flaw::whole(
            format!(
                "the file has changed since it was imported: it was of the bill of {}, and is of that of {} now",
                had.in_full(),
                has.in_full()
            ),
            format!(
                "choose days from {} to {}, both included; what cells do not have is read from the files themselves, so that \
                 it is there for all months only while each has a file of its own",
                has.from,
                has.last_day()
            ),
        );
        Some(flaw.of(&source.path))
    }
}

/// From the first charge of some months to the last.
fn days<'a>(months: impl Iterator<Item = &'a Facts>) -> Option<Period> {
    let months: Vec<&Facts> = months.collect();
    let first = months.iter().map(|facts| facts.first).min()?;
    let last = months.iter().map(|facts| facts.last).max()?;
    Period::new(first, last.saturating_add(1.day()))
}

/// Where a file of an export is.
fn place<'a>(facts: &'a Facts, source: &'a Source) -> (&'a str, &'a Path) {
    (facts.key.as_str(), source.path.as_path())
}

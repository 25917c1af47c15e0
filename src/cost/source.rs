//! Costs out of imported exports: which of them are meant, what they cover, and the answer, from cells in memory or, for
//! what those do not have, from the files themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::breakdown::{Breakdown, Question};
use super::coverage::Coverage;
use super::cube::{self, Cube};
use super::dataset::{BadDimension, Dimension};
use super::import::{self, Facts, Progress, Scan, Source, Trouble};
use super::period::Period;
use super::summary::known;

/// Imports, loaded.
#[derive(Clone, Debug)]
pub struct Files {
    pub cube: Cube,
    /// One for each export and month.
    pub months: Vec<Facts>,
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
}

impl NoAnswer {
    pub fn hint(&self) -> String {
        match self {
            NoAnswer::Import(trouble) => trouble.hint.clone(),
            NoAnswer::Dimension(bad) => bad.hint.clone(),
            NoAnswer::Nothing => "take a FOCUS or CUR export in with `qd costs import PATH`".into(),
            NoAnswer::NoSuch(_, known) => format!("there is {}; ce is Cost Explorer", known.join(", ")),
        }
    }
}

/// Whether anything was imported.
pub fn is_imported(data_dir: &Path) -> bool {
    !import::is_empty(&import::dir(data_dir))
}

impl Files {
    /// Everything that was imported, or the export of one name.
    pub fn load(data_dir: &Path, name: Option<&str>) -> Result<Files, NoAnswer> {
        let mut all = import::load_all(&import::dir(data_dir)).map_err(NoAnswer::Import)?;
        if all.is_empty() {
            return Err(NoAnswer::Nothing);
        }
        if let Some(name) = name {
            let mut known: Vec<String> = all.iter().map(|kept| kept.facts.name.clone()).collect();
            all.retain(|kept| kept.facts.name == name);
            if all.is_empty() {
                known.sort();
                known.dedup();
                return Err(NoAnswer::NoSuch(name.to_owned(), known));
            }
        }
        let axes: Vec<Dimension> = import::DIMENSIONS
            .iter()
            .filter(|of| **of != Dimension::Resource)
            .cloned()
            .collect();
        let mut cube = Cube::of_files(&axes);
        let mut months = Vec::new();
        let mut rounded: BTreeMap<String, u64> = BTreeMap::new();
        let mut charged: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
        for kept in all {
            cube.absorb(&kept.slab, kept.facts.month);
            let facts = kept.facts;
            cube.account_names.extend(facts.account_names.iter().cloned());
            for (lens, why) in &facts.without {
                cube.do_without(*lens, why.clone());
            }
            rounded.insert(facts.key.clone(), facts.rounded);
            charged
                .entry(facts.key.clone())
                .or_default()
                .extend(kept.slab.days);
            months.push(facts);
        }
        let mut holes = Vec::new();
        for (key, charged) in &charged {
            let of_export: Vec<&Facts> = months.iter().filter(|facts| facts.key == *key).collect();
            holes.extend(cover(&mut cube, &of_export, charged));
        }
        // What one of them lacks, no other makes whole.
        for hole in holes {
            cube.days.retain(|day, _| !hole.contains(*day));
        }
        cube.rounded = rounded.values().sum();
        cube.shrink();
        Ok(Files { cube, months })
    }

    /// From the first charge to the last.
    pub fn span(&self) -> Option<Period> {
        self.cube.span()
    }

    /// Days of a period that are known.
    pub fn known_days(&self, period: Period) -> u32 {
        known(&self.cube.days, period)
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

    /// The last of them in words, and what to do about it.
    pub fn overlap(&self) -> Option<(String, String)> {
        let (month, names) = self.overlaps().pop()?;
        let says = format!("{} exports have {month}: {}", names.len(), names.join(", "));
        let hint = format!(
            "if they are of one bill, it counts twice: choose one, such as {}",
            names[0]
        );
        Some((says, hint))
    }

    /// Answers, reading the files themselves where the cells do not have a dimension.
    pub fn answer(
        &self,
        question: &Question,
        on_progress: &mut dyn FnMut(&Progress),
    ) -> Result<Vec<Breakdown>, NoAnswer> {
        let asked: Vec<Dimension> = question
            .by
            .iter()
            .chain(question.filter.dimensions())
            .cloned()
            .collect();
        if !asked.iter().any(|dimension| self.is_left_out(dimension)) {
            return self.cube.answer(question).map_err(NoAnswer::Dimension);
        }
        let scan = Scan {
            dimensions: asked,
            period: question.period,
            filter: question.filter.clone(),
        };
        let mut cube =
            import::scan(&self.sources(question.period), &scan, on_progress).map_err(NoAnswer::Import)?;
        cube.days.clone_from(&self.cube.days);
        if cube.currencies.is_empty() {
            cube.currencies.clone_from(&self.cube.currencies);
        }
        cube.answer(question).map_err(NoAnswer::Dimension)
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

    fn sources(&self, period: Period) -> Vec<Source> {
        let within = |facts: &&Facts| facts.first < period.to && facts.last >= period.from;
        // A file may belong to two exports, and counts for each.
        let mut sources: BTreeMap<(&str, PathBuf), Source> = BTreeMap::new();
        for facts in self.months.iter().filter(within) {
            let of = |source: &Source| ((facts.key.as_str(), source.path.clone()), source.clone());
            sources.extend(facts.sources.iter().map(of));
        }
        sources.into_values().collect()
    }
}

/// What one export says of its days, from the months that were taken in of it.
fn cover(cube: &mut Cube, months: &[&Facts], charged: &BTreeSet<i32>) -> Vec<Period> {
    let billed = months.iter().map(|facts| facts.month).collect();
    let Coverage { answered, holes } = Coverage::of(charged, &billed);
    // The first day that its bill's own files may not know whole.
    let open: BTreeMap<i32, Date> = months
        .iter()
        .filter_map(|facts| {
            let written = facts.sources.iter().map(|source| source.modified_at).min()?;
            Some((facts.month, import::open_from(written)))
        })
        .collect();
    let youngest = open.values().copied().max();
    for day in answered {
        let open = open.get(&cube::day::month(day)).copied().or(youngest);
        *cube.days.entry(day).or_default() |= open.is_some_and(|open| day >= open);
    }
    holes
}

//! Costs out of imported exports: which of them are meant, what they cover, and the answer, from cells in memory or, for
//! what those do not have, from the files themselves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::ToSpan;

use super::breakdown::{Breakdown, Question};
use super::cube::Cube;
use super::dataset::{BadDimension, Dimension};
use super::import::{self, Facts, Progress, Scan, Source, Trouble};
use super::period::Period;

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
        for kept in all {
            cube.absorb(&kept.slab, kept.facts.month);
            cover(&mut cube, &kept.facts);
            rounded.insert(kept.facts.key.clone(), kept.facts.rounded);
            months.push(kept.facts);
        }
        cube.rounded = rounded.values().sum();
        Ok(Files { cube, months })
    }

    /// From the first charge to the last.
    pub fn span(&self) -> Option<Period> {
        self.cube.span()
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

/// Days between the first and the last charge were answered, also those that cost nothing.
fn cover(cube: &mut Cube, facts: &Facts) {
    let written = facts
        .sources
        .iter()
        .map(|source| import::open_from(source.modified_at))
        .min();
    let mut day = facts.first;
    while day <= facts.last {
        *cube.days.entry(day).or_default() |= written.is_some_and(|written| day >= written);
        let Ok(next) = day.checked_add(1.day()) else { break };
        day = next;
    }
    cube.account_names.extend(facts.account_names.iter().cloned());
    for (lens, why) in &facts.without {
        cube.do_without(*lens, why.clone());
    }
}

//! Dimensions that one export tells and another has no column for: what the other charged is of no value then, which is
//! not known and is not nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::cube::{Kind, day, label_of};
use super::dataset::Dimension;
use super::import::{self, Kept};
use super::period::Period;

/// Between a column and the dimension that is lost without it, as imports say it.
const LOSES: &str = ": no breakdown by ";

/// What one export does not tell of its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// As the command line names it; of tags and cost categories the kind.
    dimension: String,
    column: String,
    export: String,
    /// From the first charge of each of its months to the last.
    pub periods: Vec<Period>,
    pub currencies: BTreeSet<String>,
}

impl Untold {
    pub fn is_of(&self, dimension: &Dimension) -> bool {
        self.dimension == name(dimension)
    }
}

fn name(dimension: &Dimension) -> String {
    match dimension {
        Dimension::Tag(_) => "tag".into(),
        Dimension::CostCategory(_) => "costcat".into(),
        _ => dimension.to_string(),
    }
}

/// All of it in what was imported. What no export tells is not among it: there all charges are alike.
pub fn of(all: &[Kept]) -> Vec<Untold> {
    let labels = [Kind::Tag, Kind::CostCategory].map(|kind| kind.dimension(""));
    let dimensions = import::DIMENSIONS.iter().chain(&labels);
    dimensions.flat_map(|dimension| of_one(all, dimension)).collect()
}

fn of_one(all: &[Kept], dimension: &Dimension) -> Vec<Untold> {
    let mut exports: BTreeMap<&str, Untold> = BTreeMap::new();
    let mut is_told = false;
    for kept in all {
        let Some(column) = lost(kept, dimension) else {
            is_told = true;
            continue;
        };
        let days = &kept.slab.days;
        let whole = days.iter().min().zip(days.iter().max());
        let whole =
            whole.and_then(|(first, last)| Period::new(day::date(*first), day::date(last.checked_add(1)?)));
        let export = exports.entry(&kept.facts.key).or_insert_with(|| Untold {
            dimension: name(dimension),
            column,
            export: kept.facts.name.clone(),
            periods: Vec::new(),
            currencies: BTreeSet::new(),
        });
        export.periods.extend(whole);
        export.currencies.extend(kept.slab.currencies());
    }
    exports.into_values().filter(|_| is_told).collect()
}

/// The column of a dimension that a month does not have. Files that were taken in together may differ: a month that has
/// values has the column.
fn lost(kept: &Kept, dimension: &Dimension) -> Option<String> {
    let (facts, tables) = (&kept.facts, &kept.slab.tables);
    let name = name(dimension);
    let mut missing = facts.missing.iter().filter_map(|says| says.split_once(LOSES));
    let missing = missing.find(|(_, lost)| *lost == name);
    let missing = missing.map(|(column, _)| column.to_owned());
    let Some((kind, _)) = label_of(dimension) else {
        let has_values = kept.slab.names(dimension).iter().any(|name| !name.is_empty());
        return missing.filter(|_| !has_values);
    };
    let prefix = format!("{name}:");
    let is_left_out = facts.left_out.iter().any(|label| label.starts_with(&prefix));
    if is_left_out || tables.keys.iter().any(|(of, _)| *of == kind) {
        return None;
    }
    let column = match (kind, facts.is_focus()) {
        (Kind::Tag, true) => "Tags",
        (Kind::Tag, false) => "resource_tags",
        (Kind::CostCategory, true) => "x_CostCategories",
        (Kind::CostCategory, false) => "cost_category",
    };
    match &facts.labels {
        Some(kinds) => (!kinds.contains(&kind)).then(|| column.to_owned()),
        None => missing,
    }
}

/// That days of a period are not known by some dimensions, in words, and what to do about it.
pub fn says(all: &[Untold], about: &[&Dimension], period: Period) -> Option<(String, String)> {
    let mut says: Vec<String> = Vec::new();
    for untold in all {
        let within = untold.periods.iter().filter_map(|of| {
            let (from, to) = (of.from.max(period.from), of.to.min(period.to));
            Period::new(from, to)
        });
        let whole = within.reduce(|one, other| Period {
            from: one.from.min(other.from),
            to: one.to.max(other.to),
        });
        if let Some(whole) = whole.filter(|_| about.iter().any(|of| untold.is_of(of))) {
            let Untold {
                dimension,
                column,
                export,
                ..
            } = untold;
            let whole = whole.in_full();
            says.push(format!(
                "{export} has no column {column}: {whole} is not known by {dimension}"
            ));
        }
    }
    let hint = "import it again with that column, or choose other days or another --source";
    (!says.is_empty()).then(|| (says.join("; "), hint.to_owned()))
}

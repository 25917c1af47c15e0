//! `[costs.units.NAME]`: what costs are divided by. A unit is counted in a file of the user's, or by what the console itself
//! keeps.

use std::path::{Path, PathBuf};

use super::load::expand;
use super::source::{Section, shown};

/// Something that costs are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub name: String,
    pub counted: Counted,
    /// Which costs are for it, in the cost filter's language; empty: all.
    pub filter: String,
    /// Several days together: their mean and not their sum, as for users or machines.
    pub mean: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// A file with a day and a count on each line; `~/` expanded, relative to the configuration file.
    Csv(PathBuf),
    ManagedNodes,
    Sessions,
    RunbookRuns,
}

pub(super) fn read_all(costs: &Section, folder: &Path) -> Vec<Unit> {
    let Some(units) = costs.section("units") else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (key, value) in units.entries() {
        let Some(table) = value.get_ref().as_table() else {
            let says = format!("unit {:?} cannot be {}", key.get_ref(), shown(value.get_ref()));
            let hint = "write [costs.units.NAME] and below it csv or count";
            units.source.fault(Some(value.span()), says, Some(hint.into()));
            continue;
        };
        let table = Section::named(units.source, "costs.units", table);
        all.extend(read(key.get_ref(), &table, folder));
        table.finish();
    }
    all
}

fn read(name: &str, table: &Section, folder: &Path) -> Option<Unit> {
    let csv = table.text("csv").map(|path| Counted::Csv(expand(&path, folder)));
    let own = [
        ("managed_nodes", &Counted::ManagedNodes),
        ("sessions", &Counted::Sessions),
        ("runbook_runs", &Counted::RunbookRuns),
    ];
    let own = table.choice("count", &own).cloned();
    let filter = table.text("filter").unwrap_or_default();
    let mean = table.boolean("mean");
    let counted = match (csv, own) {
        (Some(counted), None) | (None, Some(counted)) => counted,
        (Some(_), Some(_)) => {
            table.fault(
                format!("unit {name:?} is counted twice"),
                "leave out csv or count",
            );
            return None;
        }
        // What is wrong with the key that is there was said.
        (None, None) if table.get("csv").or(table.get("count")).is_some() => return None,
        (None, None) => {
            let hint = "set csv to a file with a day and a count on each line, or count to managed_nodes, sessions or \
                        runbook_runs";
            table.fault(format!("nothing counts unit {name:?}"), hint);
            return None;
        }
    };
    Some(Unit {
        name: name.to_owned(),
        mean: mean.unwrap_or(counted == Counted::ManagedNodes),
        counted,
        filter,
    })
}

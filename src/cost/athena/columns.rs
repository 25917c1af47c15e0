//! The columns of a table in Athena, on disk: a statement names only those that there are, and looking at them costs
//! nothing but a moment.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kept;
use crate::aws::{Athena, QueryRow};
use crate::cost::shelf::{Shelf, is_fresh};
use crate::cost::sql::Table;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    pub read_at: Timestamp,
    /// In lower case.
    pub names: BTreeSet<String>,
}

impl Columns {
    /// Of an answer of one column: a name a row, with blanks around it; Athena may put a heading above them.
    pub fn of(rows: Vec<QueryRow>, now: Timestamp) -> Columns {
        let names = rows
            .into_iter()
            .filter_map(|row| row.into_iter().next().flatten());
        // Some answers have the type behind the name.
        let name = |text: String| Some(text.split_whitespace().next()?.to_lowercase());
        Columns {
            read_at: now,
            names: names.filter_map(name).collect(),
        }
    }

    /// `None` when nobody has looked, or nothing was seen.
    pub fn load(shelf: &Shelf, athena: &Athena, table: &Table) -> Option<Columns> {
        let known: Columns = shelf.load(&file(athena, table))?;
        (!known.names.is_empty()).then_some(known)
    }

    pub fn save(&self, shelf: &Shelf, athena: &Athena, table: &Table) -> std::io::Result<()> {
        shelf.save(&file(athena, table), self)?;
        shelf.save(&last(table), self)
    }

    /// Those of the table of that name that was looked at last, wherever it is: good enough to show a statement.
    pub fn last(shelf: &Shelf, table: &Table) -> Option<Columns> {
        let known: Columns = shelf.load(&last(table))?;
        (!known.names.is_empty()).then_some(known)
    }

    pub fn is_fresh(&self, now: Timestamp) -> bool {
        is_fresh(self.read_at, now)
    }
}

/// Names of tables are letters, digits and `_`.
fn last(table: &Table) -> String {
    format!("columns.{}.{}.json", table.database, table.table)
}

fn file(athena: &Athena, table: &Table) -> String {
    kept::file(athena, &table.ask_columns())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_or_without_what_stands_beside_them() {
        let rows = [
            "field",
            "line_item_usage_type     ",
            "Product\tmap<string,string>\t",
            "",
        ];
        let rows = rows.map(|text| vec![Some(text.to_owned())]).to_vec();
        let columns = Columns::of(rows, Timestamp::UNIX_EPOCH);
        let wanted = ["field", "line_item_usage_type", "product"].map(str::to_owned);
        assert_eq!(columns.names, wanted.into());
    }
}

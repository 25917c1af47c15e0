//! Rows as CSV for spreadsheets and scripts: the values of the JSON documents, one for one, so that both tell the same.

use serde_json::Value;

use crate::cli::{Error, quote};

/// A heading, and where its value stands in a document: `current.cost` is inside `current`, `key.0` the first of a list.
pub struct Column {
    heading: String,
    path: String,
}

impl Column {
    pub fn new(heading: impl Into<String>, path: &str) -> Column {
        Column {
            heading: heading.into(),
            path: format!("/{}", path.replace('.', "/")),
        }
    }

    /// Columns whose headings are their paths, with `_` for each step.
    pub fn of(paths: &[&str]) -> Vec<Column> {
        let column = |path: &&str| Column::new(path.replace('.', "_"), path);
        paths.iter().map(column).collect()
    }

    fn cell(&self, document: &Value) -> String {
        match document.pointer(&self.path) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => {
                let text = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
                parts.iter().map(text).collect::<Vec<_>>().join(" / ")
            }
            Some(other) => other.to_string(),
        }
    }
}

/// A row for each document; what is not known is empty.
pub fn print<'a>(columns: &[Column], documents: impl IntoIterator<Item = &'a Value>) -> Result<(), Error> {
    let rows = documents
        .into_iter()
        .map(|document| columns.iter().map(|column| column.cell(document)).collect());
    print_rows(columns.iter().map(|column| column.heading.as_str()), rows)
}

/// Headings and rows; what comes from a bill is quoted, so that it says nothing to the reader's terminal.
pub fn print_rows<'a>(
    headings: impl Iterator<Item = &'a str>,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), Error> {
    let bad = |cause: String| Error::failed(format!("cannot write CSV: {cause}"));
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(headings)
        .map_err(|cause| bad(cause.to_string()))?;
    for row in rows {
        out.write_record(row.iter().map(|cell| quote(cell)))
            .map_err(|cause| bad(cause.to_string()))?;
    }
    let bytes = out.into_inner().map_err(|cause| bad(cause.to_string()))?;
    crate::cli::context::print(&String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cell_is_the_value_of_the_document_and_nothing_where_that_is_not_known() {
        let document =
            json!({ "current": { "cost": "1.5", "known_days": 3 }, "change": null, "key": ["a", "b"] });
        let columns = Column::of(&[
            "current.cost",
            "current.known_days",
            "change",
            "key.1",
            "key",
            "none",
        ]);
        let cells: Vec<String> = columns.iter().map(|column| column.cell(&document)).collect();
        assert_eq!(cells, ["1.5", "3", "", "b", "a / b", ""]);
        assert_eq!(columns[0].heading, "current_cost");
    }
}

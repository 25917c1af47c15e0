//! Comma-separated values as RFC 4180 has them, without the raw line. A cell that a spreadsheet would take for a
//! formula is given an apostrophe: text of an event may come from a remote host.

use super::{COLUMNS, Cell, Row};

const LEFT_OUT: &str = "raw";

/// The names of the columns, with a line feed.
pub fn csv_header() -> String {
    join(columns().map(|(name, _)| (*name).to_owned()))
}

/// One event, with a line feed.
pub fn csv_line(row: &Row) -> String {
    join(columns().map(|(_, value)| match value(row) {
        Cell::Text(text) => quote(text.unwrap_or_default()),
        Cell::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
        Cell::At(at) => at.to_string(),
    }))
}

fn columns() -> impl Iterator<Item = &'static super::column::Column> {
    COLUMNS.iter().filter(|(name, _)| *name != LEFT_OUT)
}

fn join(cells: impl Iterator<Item = String>) -> String {
    let mut line = cells.collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

fn quote(text: &str) -> String {
    let guarded = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    };
    if guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

//! The log in the forms that other programs ask: columns for Parquet and CSV, OCSF for a SIEM. Derived and repeatable;
//! the log itself stays the truth, and each row carries its line as it stands there.

mod column;
mod csv;
mod ocsf;
mod parquet;
#[cfg(test)]
mod tests;

pub use column::{COLUMNS, Cell, Row};
pub use csv::{csv_header, csv_line};
pub use ocsf::project;
pub use parquet::{BadExport, Day, write_days};

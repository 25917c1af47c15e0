//! Costs out of files: totals equal to those that another engine computed, files of every kind and shape, and input that
//! must be refused with its file and row instead of giving a total that is too small.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cost_files/again.rs"]
mod again;
#[path = "cost_files/command.rs"]
mod command;
#[path = "cost_files/doubt.rs"]
mod doubt;
#[path = "cost_files/hostile.rs"]
mod hostile;
#[path = "cost_files/known.rs"]
mod known;
#[path = "cost_files/lag.rs"]
mod lag;
#[path = "cost_files/moved.rs"]
mod moved;
#[path = "cost_files/named.rs"]
mod named;
#[path = "cost_files/net.rs"]
mod net;
#[path = "cost_files/oracle.rs"]
mod oracle;
#[path = "cost_files/own.rs"]
mod own;
#[path = "cost_files/print.rs"]
mod print;
#[path = "cost_files/report.rs"]
mod report;
#[path = "cost_files/store.rs"]
mod store;
#[path = "cost_files/table.rs"]
mod table;
#[path = "cost_files/types.rs"]
mod types;
#[path = "cost_files/untold.rs"]
mod untold;

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use quarterdeck::cost::import::{self, Imported, Trouble};
use quarterdeck::cost::{Breakdown, Dimension, Files, Filter, Lens, NoAnswer, Period, Question};

pub const FOCUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/focus");

/// A data directory of a test's own.
pub struct Desk {
    pub dir: tempfile::TempDir,
}

impl Default for Desk {
    fn default() -> Desk {
        Desk {
            dir: tempfile::tempdir().unwrap(),
        }
    }
}

impl Desk {
    pub fn new() -> Desk {
        Desk::default()
    }

    /// Writes a file and imports it.
    pub fn import(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<Imported, Trouble> {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        self.import_path(&path)
    }

    pub fn import_path(&self, path: &Path) -> Result<Imported, Trouble> {
        import::import(&import::find(path)?, &self.data(), Timestamp::now(), &mut |_| ())
    }

    pub fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    pub fn files(&self) -> Files {
        Files::load(&self.data(), None).unwrap()
    }

    /// Key and cost of each row.
    pub fn ask(&self, by: &str, lens: Lens, filter: &str) -> Vec<(String, String)> {
        rows(&ask(&self.files(), by, lens, filter, None).unwrap()[0])
    }
}

pub fn ask(
    files: &Files,
    by: &str,
    lens: Lens,
    filter: &str,
    period: Option<(&str, &str)>,
) -> Result<Vec<Breakdown>, NoAnswer> {
    let day = |text: &str| -> Date { text.parse().unwrap() };
    let period = period.map(|(from, to)| Period::new(day(from), day(to)).unwrap());
    let by = by.split(',').filter(|name| !name.is_empty());
    let question = Question {
        period: period.or(files.span()).unwrap(),
        by: by.map(|name| Dimension::parse(name).unwrap()).collect(),
        lens,
        filter: Filter::parse(filter).unwrap(),
    };
    files.answer(&question, &mut |_| ())
}

pub fn rows(breakdown: &Breakdown) -> Vec<(String, String)> {
    let row = |row: &quarterdeck::cost::Row| (row.key.join("/"), row.cost.to_string());
    breakdown.rows.iter().map(row).collect()
}

pub fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(key, cost): &(&str, &str)| ((*key).to_owned(), (*cost).to_owned());
    wanted.iter().map(owned).collect()
}

/// Rows of the files themselves that an answer took; its sum is checked against the cells'.
pub fn read_rows(desk: &Desk, by: &str, filter: &str, period: Option<(&str, &str)>) -> u64 {
    let files = desk.files();
    let day = |text: &str| -> Date { text.parse().unwrap() };
    let period = period.map(|(from, to)| Period::new(day(from), day(to)).unwrap());
    let question = |by: &str| Question {
        period: period.or(files.span()).unwrap(),
        by: by
            .split(',')
            .map(|name| Dimension::parse(name).unwrap())
            .collect(),
        lens: Lens::Unblended,
        filter: Filter::parse(filter).unwrap(),
    };
    let mut rows = 0;
    let answer = files
        .answer(&question(by), &mut |progress| rows = progress.rows)
        .unwrap();
    let cells = files.answer(&question("day"), &mut |_| ()).unwrap();
    assert_eq!(answer[0].total, cells[0].total, "{filter}");
    rows
}

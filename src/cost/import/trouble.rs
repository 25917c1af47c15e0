//! Why a file was not taken in: which file, which row, what to do. Nothing of such an import is kept.

use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {says}", file.display(), row.map(|row| format!(", row {row}")).unwrap_or_default())]
pub struct Trouble {
    pub file: PathBuf,
    /// Counted from 1, the header not counted.
    pub row: Option<u64>,
    pub says: String,
    pub hint: String,
}

/// What is wrong with a row or a column, before it is known in which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub row: Option<u64>,
    pub says: String,
    pub hint: String,
}

impl Flaw {
    pub fn row(row: u64, says: impl Into<String>) -> Flaw {
        Flaw {
            row: Some(row),
            says: says.into(),
            hint: "nothing of this import was kept; mend the row or export again".into(),
        }
    }

    pub fn whole(says: impl Into<String>, hint: impl Into<String>) -> Flaw {
        Flaw {
            row: None,
            says: says.into(),
            hint: hint.into(),
        }
    }

    pub fn torn(cause: impl std::fmt::Display) -> Flaw {
        Flaw::whole(
            format!("the file is damaged or not whole: {cause}"),
            "get it whole, or export it again; nothing of this import was kept",
        )
    }

    pub fn of(self, file: &Path) -> Trouble {
        Trouble {
            file: file.to_owned(),
            row: self.row,
            says: self.says,
            hint: self.hint,
        }
    }
}

//! What is wrong with a file the user wrote: file, line, what it says, what is allowed there.

use std::fmt;
use std::path::PathBuf;

/// One or more faults of one file; `Display` is a line a fault, `file:line: says`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    pub file: PathBuf,
    /// Counts from 1; `None` when the fault is not in the text (the file cannot be read).
    pub line: Option<usize>,
    pub says: String,
    /// What would be right there, or the nearest thing that is.
    pub allowed: Option<String>,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file.display(), self.says),
            None => write!(f, "{}: {}", self.file.display(), self.says),
        }
    }
}

impl std::error::Error for Bad {}

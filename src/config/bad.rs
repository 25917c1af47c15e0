//! What is wrong with a file the user wrote: each fault with its line, what it says and what is allowed there.
//! A reader goes on after a fault, so that one look at the message mends the whole file.

use std::fmt;
use std::path::{Path, PathBuf};

/// Every fault of one file, in the order of its lines. `Display` is a line a fault: `file:line: says; hint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    pub file: PathBuf,
    pub faults: Vec<Fault>,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Counts from 1; `None` when the fault is not in the text (the file cannot be read).
    pub line: Option<usize>,
    pub says: String,
    /// What would be right there, or the nearest thing that is.
    pub hint: Option<String>,
}

impl Bad {
    /// A fault of the file as a whole.
    pub fn whole(file: &Path, says: impl Into<String>, hint: Option<String>) -> Bad {
        Bad {
            file: file.to_path_buf(),
            faults: vec![Fault {
                line: None,
                says: says.into(),
                hint,
            }],
        }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:", self.file.display())?;
            if let Some(line) = fault.line {
                write!(f, "{line}:")?;
            }
            write!(f, " {}", fault.says)?;
            if let Some(hint) = &fault.hint {
                write!(f, "; {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Bad {}

//! Small files on disk: whole or not at all, private to their owner, locked where several processes meet.
//! Documents kept here as JSON are derived and may be thrown away; evidence has its own rooms, which share `chain`.

pub mod chain;
mod document;
mod file;
mod lock;
pub mod shelf;

use std::io;
use std::path::{Path, PathBuf};

pub use chain::{Chain, Torn};
pub use document::{Loaded, load_json, save_json};
pub use file::{create_private_dir, open_append, private_tempdir, save, sync_dir};
pub use lock::Lock;

/// What the disk refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {}", .path.display(), .why.says(.cause))]
pub struct Error {
    /// Completes "cannot …".
    pub doing: &'static str,
    pub path: PathBuf,
    pub why: Why,
    #[source]
    pub cause: io::Error,
}

/// The causes that call for different remedies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    DiskFull,
    /// No permission, or a read-only file system.
    NotAllowed,
    Other,
}

impl Error {
    pub fn new(doing: &'static str, path: &Path, cause: io::Error) -> Error {
        use io::ErrorKind::*;
        let why = match cause.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Why::DiskFull,
            PermissionDenied | ReadOnlyFilesystem => Why::NotAllowed,
            _ => Why::Other,
        };
        Error {
            doing,
            path: path.to_path_buf(),
            why,
            cause,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self.why {
            Why::DiskFull => Some("free some space, or choose another place with --data-dir"),
            Why::NotAllowed => Some("check who owns the directory, or choose another place with --data-dir"),
            Why::Other => None,
        }
    }
}

impl Why {
    fn says(self, cause: &io::Error) -> String {
        match self {
            Why::DiskFull => "the disk is full".into(),
            Why::NotAllowed => format!("not allowed ({cause})"),
            Why::Other => cause.to_string(),
        }
    }
}

//! What can go wrong with a recording, in words an engineer on call can act on.
//! The message says what failed and where; [`Error::hint`] says what to do.

use super::BadQuery;
use std::io;
use std::path::{Path, PathBuf};

/// A failure while writing, reading, importing or finding a recording.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("no space left for the recording {}", path.display())]
    DiskFull { path: PathBuf },
    #[error("the recording {} could not be flushed to disk: {says}", path.display())]
    Sync { path: PathBuf, says: String },
    #[error("{} is not a recording: {why}", path.display())]
    NotARecording { path: PathBuf, why: String },
    #[error("{} is damaged at byte {offset}: {why}", path.display())]
    Damaged { path: PathBuf, offset: u64, why: String },
    #[error("{} is being written by another process", path.display())]
    Live { path: PathBuf },
    #[error("{} is already sealed", path.display())]
    Sealed { path: PathBuf },
    #[error("the recording has ended")]
    Ended,
    #[error("the device key {}: {why}", path.display())]
    Key { path: PathBuf, why: String },
    #[error("{}, line {line}: {why}", path.display())]
    Import { path: PathBuf, line: usize, why: String },
    #[error(transparent)]
    Query(#[from] BadQuery),
    #[error("no recording matches \"{0}\"")]
    NotFound(String),
    #[error("\"{wanted}\" matches several recordings: {}", found.join(", "))]
    Ambiguous { wanted: String, found: Vec<String> },
}

impl Error {
    /// What the user can do about it, when there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::DiskFull { .. } => Some("free space on the disk that holds the data directory"),
            Error::Sync { .. } => Some("check the disk: what was written may not survive a power loss"),
            Error::Damaged { .. } => {
                Some("run `qd recordings verify` on it to see how far it can be trusted")
            }
            Error::Live { .. } => Some("wait until its session has ended"),
            Error::Key { .. } => Some("it must be readable by its owner only (chmod 600)"),
            Error::NotFound(_) => Some("run `qd recordings ls` to see the ids"),
            Error::Ambiguous { .. } => Some("give more of the id"),
            Error::Import { .. } => Some("asciicast version 1, 2 and 3 are understood"),
            _ => None,
        }
    }

    /// True where the recording cannot go on because of the disk, so that policy decides about the session.
    pub fn is_disk(&self) -> bool {
        matches!(
            self,
            Error::DiskFull { .. } | Error::Sync { .. } | Error::Io { .. }
        )
    }

    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| match source.raw_os_error() {
            Some(code) if code == nix::libc::ENOSPC || code == nix::libc::EDQUOT => Error::DiskFull { path },
            _ => Error::Io { what, path, source },
        }
    }
}

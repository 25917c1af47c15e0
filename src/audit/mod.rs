//! The audit log: JSON lines a day, each carrying the hash of the one before it, across day files and across
//! processes. A line is on disk before `append` returns, and what a crash tore is set aside and recorded. All lines
//! and the sealed recordings that they tell of are leaves of one Merkle tree; `FORMAT.md` beside this file has the bytes.

pub mod checkpoint;
pub mod consistency;
mod event;
pub mod export;
mod growth;
mod heard;
mod identity;
mod inventory;
mod keys;
mod kind;
mod leaf;
mod log;
pub mod note;
pub mod notify;
mod proof;
mod publish;
mod read;
pub mod reconcile;
mod refusal;
mod ship;
mod signer;
mod tags;
mod tail;
pub mod tree;
mod verify;
pub mod witness;

use std::path::PathBuf;

pub use event::{Actor, Entry, Event, Outcome, Rec, Target, Tool};
pub use heard::Heard;
pub use inventory::{Inventory, own_keys};
pub use kind::Kind;
pub use leaf::Leaf;
pub use log::{Log, Receipt, Signed};
pub use proof::Proof;
pub use publish::{Found, Witnessed};
pub use read::{Position, Range};
pub use refusal::{Refusal, log_refusal};
pub use ship::{Parcel, Shipment};
pub use signer::Signer;
pub use tags::tags;
pub use verify::{Expect, Place, Verdict};

/// A data directory that takes no line of the log.
#[cfg(test)]
pub fn unwritable() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("audit"), "").unwrap();
    data
}

/// The longest line, line feed included.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// Why the log could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Disk(#[from] crate::store::Error),
    #[error("audit event {event} is {bytes} bytes long, more than the {MAX_LINE_BYTES} that a line may have")]
    TooLong { event: &'static str, bytes: usize },
    #[error("{}:{line}: not an audit event: {says}", .file.display())]
    Unreadable { file: PathBuf, line: u64, says: String },
    #[error("cannot write an audit event as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot sign for the audit log: {says}")]
    Signing { says: String, hint: &'static str },
    #[error("the tree of hashes of the audit log is missing or damaged")]
    Tree,
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Disk(error) => error.hint(),
            Error::TooLong { .. } => Some("put long text into the recording and refer to it"),
            Error::Unreadable { .. } => Some("`qd audit verify` tells what happened to the log"),
            Error::Json(_) => None,
            Error::Tree => {
                Some("the next event makes it again; `qd audit verify` tells whether the lines stand")
            }
            Error::Signing { hint, .. } => Some(hint).filter(|hint| !hint.is_empty()).copied(),
        }
    }
}

//! Copies of files and folders without an SSH server: down as base64 on a command's split output, up as base64 typed
//! into a terminal in raw mode. Rule: a file appears under its name only once the SHA-256 of what is on the disk equals
//! that of the other side; what was carried is on record without its content.

mod decode;
mod disk;
mod download;
mod link;
pub mod part;
mod path;
pub mod place;
mod script;
mod source;
mod tree;
mod upload;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use download::{Download, download};
pub use link::Site;
pub use place::Place;
pub use upload::{Upload, upload};

const AGAIN: &str = "start the same copy again: it goes on where it stopped";
/// SHA-256 of nothing.
const EMPTY: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// Why a copy failed, in one sentence, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub struct Error {
    pub says: String,
    pub hint: String,
}

impl Error {
    pub fn new(says: impl Into<String>, hint: impl Into<String>) -> Error {
        Error {
            says: says.into(),
            hint: hint.into(),
        }
    }

    /// A file of this machine: its name and the system's words.
    pub fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Error {
        move |cause| {
            let hint = match cause.kind() {
                std::io::ErrorKind::StorageFull => {
                    "free some space, then start the same copy again: it goes on where it stopped"
                }
                _ => "",
            };
            let cause = cause.to_string();
            // The system's number says nothing that its words do not.
            let words = cause.split(" (os error").next().unwrap_or_default();
            Error::new(format!("{}: {}", path.display(), words.to_lowercase()), hint)
        }
    }
}

/// What came of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Where it is now, on the side that was written.
    pub path: String,
    /// Bytes of content, those that were there before included.
    pub bytes: u64,
    pub sha256: [u8; 32],
    /// Bytes that an earlier try had left.
    pub resumed_at: u64,
    pub sessions: usize,
}

/// How far a copy is; read by whoever shows it.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    done: AtomicU64,
    total: AtomicU64,
    resumed: AtomicU64,
}

impl Progress {
    fn begin(&self, total: u64, resumed: u64) {
        self.0.total.store(total, Ordering::Relaxed);
        self.0.resumed.store(resumed, Ordering::Relaxed);
        self.0.done.store(resumed, Ordering::Relaxed);
    }

    fn add(&self, bytes: u64) {
        self.0.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes of content that are through.
    pub fn done(&self) -> u64 {
        self.0.done.load(Ordering::Relaxed)
    }

    /// Bytes in all; 0 while unknown.
    pub fn total(&self) -> u64 {
        self.0.total.load(Ordering::Relaxed)
    }

    /// Bytes that were there before this try.
    pub fn resumed(&self) -> u64 {
        self.0.resumed.load(Ordering::Relaxed)
    }
}

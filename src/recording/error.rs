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
    /// The disk keeps the recording waiting for longer than a session may.
    #[error("{says}")]
    Stuck { says: String },
    #[error("{} is not a recording: {why}", path.display())]
    NotARecording { path: PathBuf, why: String },
    #[error("{} is damaged at byte {offset}: {why}", path.display())]
    Damaged { path: PathBuf, offset: u64, why: String },
    #[error("{} is being written by another process", path.display())]
    Live { path: PathBuf },
    #[error("{} is already sealed", path.display())]
    Sealed { path: PathBuf },
    #[error("whether {} was sealed before cannot be told: {says}", path.display())]
    Unclear { path: PathBuf, says: String },
    #[error("the recording has ended")]
    Ended,
    #[error("the device key {}: {why}", path.display())]
    Key { path: PathBuf, why: String },
    #[error("the device key {path} has mode {mode:04o}, and others may use it: chmod 600 {path}", path = path.display())]
    OpenKey { path: PathBuf, mode: u32 },
    #[error("encrypted, and no key here opens it: {}", path.display())]
    Locked {
        path: PathBuf,
        /// Whose keys would.
        recipients: Vec<String>,
    },
    #[error("the identity file {} {why}", path.display())]
    Identity { path: PathBuf, why: String },
    #[error("the recording cannot be encrypted to its recipients: {0}")]
    Recipients(String),
    #[error(
        "the recording cannot be encrypted to its recipients: {}, line {line} holds a private key where a public one belongs",
        path.display()
    )]
    PrivateKey { path: PathBuf, line: usize },
    #[error("the recording {} cannot take a record of {len} bytes", path.display())]
    TooLong { path: PathBuf, len: usize },
    #[error("ssh-agent {says}")]
    Agent { says: String },
    #[error("{}, line {line}: {why}", path.display())]
    Import { path: PathBuf, line: usize, why: String },
    #[error("{}, byte {offset}: {why}", path.display())]
    ImportBytes { path: PathBuf, offset: u64, why: String },
    #[error("{name} failed: {why}")]
    Program {
        name: &'static str,
        why: String,
        hint: &'static str,
    },
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
            Error::Stuck { .. } => Some("see that the disk of the data directory answers"),
            Error::Damaged { .. } => {
                Some("run `qd recordings verify` on it to see how far it can be trusted")
            }
            Error::Live { .. } => Some("wait until its session has ended"),
            Error::Unclear { .. } => {
                Some("the audit log of its data directory must be readable; see `qd audit verify`")
            }
            Error::Key { .. } => {
                Some("restore it from a backup; where it is moved away, the next start makes another one")
            }
            Error::OpenKey { .. } => {
                Some("only its owner may read and write it; until then nothing is signed with it")
            }
            Error::Locked { .. } => Some(
                "give --identity FILE or name it in [recording] identities; `qd recordings show` says whose key is needed",
            ),
            Error::Identity { .. } => Some("`qd recordings keygen FILE` writes one that can be read"),
            Error::Recipients(_) => {
                Some("set [recording] recipients to age public keys, or files that list them")
            }
            Error::PrivateKey { .. } => Some(
                "name its public key instead, age1…: `age-keygen -y FILE` prints it, as `qd recordings keygen` did when it made the file",
            ),
            Error::Agent { .. } => Some(
                "see `ssh-add -l`; [recording] agent_key chooses by comment or fingerprint, device_key = \"file\" does without an agent",
            ),
            Error::Program { hint, .. } => Some(hint),
            Error::NotFound(_) => Some("run `qd recordings ls` to see the ids"),
            Error::Ambiguous { .. } => Some("give more of the id"),
            Error::Import { .. } | Error::ImportBytes { .. } => Some(
                "asciicast 1 to 3, ttyrec, script with its timing file and sudo I/O logs are understood; see --format",
            ),
            _ => None,
        }
    }

    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| match source.raw_os_error() {
            Some(code) if code == nix::libc::ENOSPC || code == nix::libc::EDQUOT => Error::DiskFull { path },
            _ => Error::Io { what, path, source },
        }
    }
}

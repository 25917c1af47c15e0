//! Where the log ends. A small head file names the last line and its hash, so that a changed, torn or cut
//! end shows too. It is written after its line: lines that go on from it in one chain are simply newer.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::read::{self, GENESIS, Line, day_files, name};
use super::{Error, Leaf, keys};
use crate::store;

/// The last line that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) hash: String,
    /// The name of its day file.
    pub(super) file: String,
    /// Offset behind its line feed.
    pub(super) ends_at: u64,
    /// How many leaves of the tree count.
    #[serde(default)]
    pub(super) leaves: u64,
    /// Their root in hexadecimal; `None` in a log that was last written before there was a tree.
    #[serde(default)]
    pub(super) root: Option<String>,
}

/// What stands at the end of the log.
pub(super) struct Tail {
    /// What the next line must build upon.
    pub(super) head: Head,
    /// Of lines behind those that the head file knows: they are not in the tree yet.
    pub(super) fresh: Vec<Leaf>,
    pub(super) finding: Option<Finding>,
}

pub(super) enum Finding {
    /// Bytes without a line feed after the last whole line.
    Torn { file: PathBuf, starts_at: u64 },
    /// The end is not what the head file says.
    Changed(String),
    /// Lines, but no readable head file.
    NoHead,
}

fn head_path(dir: &Path) -> PathBuf {
    dir.join("head.json")
}

/// `None` when it is missing or unreadable.
pub(super) fn load_head(dir: &Path) -> Option<Head> {
    serde_json::from_slice(&std::fs::read(head_path(dir)).ok()?).ok()
}

/// Not synced: a head that is behind after a power failure does no harm.
pub(super) fn save_head(dir: &Path, head: &Head) -> Result<(), Error> {
    let path = head_path(dir);
    let next = path.with_extension("next");
    let json = serde_json::to_vec(head)?;
    let write = || {
        use std::os::unix::fs::OpenOptionsExt;
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&next)?;
        file.write_all(&json)?;
        std::fs::rename(&next, &path)
    };
    write().map_err(|cause| store::Error::new("write", &path, cause).into())
}

/// Looks at the end only; the rest is for `verify`.
pub(super) fn inspect(dir: &Path) -> Result<Tail, Error> {
    let files = day_files(dir)?;
    let Some(head) = load_head(dir) else {
        return inspect_without_head(files);
    };
    let changed = |says: String| Tail {
        head: head.clone(),
        fresh: Vec::new(),
        finding: Some(Finding::Changed(says)),
    };
    let Some(at) = files.iter().position(|file| file.ends_with(&head.file)) else {
        return Ok(changed(format!("the file {} is missing", head.file)));
    };
    let mut tail = Tail {
        head: head.clone(),
        fresh: Vec::new(),
        finding: None,
    };
    // The last line is looked for within the longest that a line may be.
    let reach = super::MAX_LINE_BYTES as u64 + 1;
    let offset = head.ends_at.saturating_sub(reach);
    let mut found = None;
    for line in read::lines(files[at..].to_vec(), offset) {
        let line = line?;
        if found.is_none() {
            if line.ends_at == head.ends_at {
                found = Some(line.is_whole && line.hash() == head.hash);
            }
            continue;
        }
        if let Some(finding) = follow(&mut tail, &line) {
            tail.finding = Some(finding);
            break;
        }
    }
    match found {
        Some(true) => Ok(tail),
        Some(false) => Ok(changed(format!("event {} is not what was written", head.seq))),
        None => Ok(changed(format!(
            "{} is shorter than it was, up to event {}",
            head.file, head.seq
        ))),
    }
}

/// Moves the head over a line that builds upon it.
fn follow(tail: &mut Tail, line: &Line) -> Option<Finding> {
    let head = &mut tail.head;
    if !line.is_whole {
        let starts_at = line.ends_at - line.bytes.len() as u64;
        return Some(Finding::Torn {
            file: line.file.clone(),
            starts_at,
        });
    }
    match line.entry() {
        Ok(entry) if entry.seq == head.seq + 1 && entry.prev == head.hash && keys::may_stand(&entry) => {
            head.seq = entry.seq;
            head.hash = line.hash();
            head.file = name(&line.file);
            head.ends_at = line.ends_at;
            tail.fresh.extend(Leaf::of(&line.bytes, Some(&entry)));
            None
        }
        Ok(_) => Some(Finding::Changed(format!(
            "a line after event {} does not belong there",
            head.seq
        ))),
        Err(_) => Some(Finding::Changed(format!(
            "a line after event {} is not an event",
            head.seq
        ))),
    }
}

/// Without a head the lines speak for themselves, and that this was so is recorded.
fn inspect_without_head(files: Vec<PathBuf>) -> Result<Tail, Error> {
    let mut tail = Tail {
        head: Head {
            seq: 0,
            hash: GENESIS.to_string(),
            file: String::new(),
            ends_at: 0,
            leaves: 0,
            root: None,
        },
        fresh: Vec::new(),
        finding: None,
    };
    for line in read::lines(files, 0) {
        if let Some(finding) = follow(&mut tail, &line?) {
            tail.finding = Some(finding);
            return Ok(tail);
        }
    }
    // A crash right after the very first line leaves one line and no head.
    if tail.head.seq > 1 {
        tail.finding = Some(Finding::NoHead);
    }
    Ok(tail)
}

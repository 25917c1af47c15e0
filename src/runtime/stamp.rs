//! Whether files that other processes write are still what they were.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Each file with its length in bytes and the time that it was written at.
pub type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// What changes when a file of a folder does that has this ending; nothing of a folder that cannot be read.
pub fn stamp(dir: &Path, ending: &str) -> Stamp {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Stamp::new();
    };
    let mut files: Stamp = entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|found| found == ending))
        .filter_map(|entry| {
            let found = entry.metadata().ok()?;
            Some((entry.path(), found.len(), found.modified().ok()))
        })
        .collect();
    files.sort();
    files
}

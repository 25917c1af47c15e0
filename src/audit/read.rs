//! The log from its first line to its last, day file after day file.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use serde::{Deserialize, Serialize};

use super::tail::Head;
use super::{Entry, Error};
use crate::store;

/// Hash of the line before the first.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A span of time; an open end has no bound.
#[derive(Clone, Copy, Debug, Default)]
pub struct Range {
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
}

impl Range {
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }
}

/// A place in the log: behind the last line that somebody has taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Name of the day file; empty before the first.
    pub file: String,
    pub offset: u64,
}

/// A line as it stands in a file.
pub(super) struct Line {
    pub(super) file: PathBuf,
    /// Counts from 1.
    pub(super) number: u64,
    /// Offset behind the line feed.
    pub(super) ends_at: u64,
    /// Without the line feed.
    pub(super) bytes: Vec<u8>,
    pub(super) is_whole: bool,
}

impl Line {
    pub(super) fn hash(&self) -> String {
        hash(&self.bytes)
    }

    pub(super) fn entry(&self) -> Result<Entry, Error> {
        let unreadable = |says: String| Error::Unreadable {
            file: self.file.clone(),
            line: self.number,
            says,
        };
        if !self.is_whole {
            return Err(unreadable("the line is torn: it has no end".into()));
        }
        serde_json::from_slice(&self.bytes).map_err(|cause| unreadable(cause.to_string()))
    }
}

pub(super) fn hash(line: &[u8]) -> String {
    hex::encode(Sha256::digest(line))
}

fn day_of(file: &Path) -> Option<Date> {
    let name = file.file_name()?.to_str()?.strip_suffix(".jsonl")?;
    (name.len() == 10).then(|| name.parse().ok())?
}

/// Day files in the order of their days; other files are none of the log's.
pub(super) fn day_files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(store::Error::new("list", dir, cause).into()),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|cause| store::Error::new("list", dir, cause))?
            .path();
        if day_of(&path).is_some() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Every line of these files, starting at `offset` of the first.
pub(super) fn lines(files: Vec<PathBuf>, offset: u64) -> impl Iterator<Item = Result<Line, Error>> {
    files.into_iter().enumerate().flat_map(move |(index, file)| {
        let lines = FileLines::open(&file, if index == 0 { offset } else { 0 });
        let (lines, failed) = match lines {
            Ok(lines) => (Some(lines), None),
            Err(error) => (None, Some(Err(error))),
        };
        failed.into_iter().chain(lines.into_iter().flatten())
    })
}

/// The log as it stood at one moment. Taken under the lock, walked without it: a long walk holds up no session,
/// and a line that is being written meanwhile is not taken for a torn one.
pub(super) struct Extent {
    files: Vec<PathBuf>,
    last_ends_at: u64,
}

impl Extent {
    pub(super) fn of(dir: &Path) -> Result<Extent, Error> {
        let files = day_files(dir)?;
        let last_ends_at = match files.last() {
            Some(file) => std::fs::metadata(file)
                .map_err(|cause| store::Error::new("read", file, cause))?
                .len(),
            None => 0,
        };
        Ok(Extent { files, last_ends_at })
    }

    /// Up to the line that `head` names.
    pub(super) fn upto(dir: &Path, head: &Head) -> Result<Extent, Error> {
        let mut files = day_files(dir)?;
        files.retain(|file| name(file) <= head.file);
        Ok(Extent {
            files,
            last_ends_at: head.ends_at,
        })
    }

    pub(super) fn lines(self) -> impl Iterator<Item = Result<Line, Error>> {
        self.lines_from(0)
    }

    /// From `offset` of the first file on.
    fn lines_from(self, offset: u64) -> impl Iterator<Item = Result<Line, Error>> {
        let last = self.files.last().cloned();
        lines(self.files, offset).take_while(move |line| match line {
            Ok(line) => line.ends_at <= self.last_ends_at || Some(&line.file) != last.as_ref(),
            Err(_) => true,
        })
    }

    pub(super) fn end(&self) -> Position {
        Position {
            file: self.files.last().map(|file| name(file)).unwrap_or_default(),
            offset: self.last_ends_at,
        }
    }

    pub(super) fn entries_after(mut self, from: &Position) -> Result<Vec<(Entry, Position)>, Error> {
        self.files.retain(|file| name(file) >= from.file);
        let is_begun = self.files.first().is_some_and(|file| name(file) == from.file);
        let offset = if is_begun { from.offset } else { 0 };
        let mut found = Vec::new();
        for line in self.lines_from(offset) {
            let line = line?;
            let position = Position {
                file: name(&line.file),
                offset: line.ends_at,
            };
            if let Ok(entry) = line.entry() {
                found.push((entry, position));
            }
        }
        Ok(found)
    }

    /// Entries of a range, each with the line as it stands; one that is no event is an error in its place, and reading goes
    /// on after it.
    fn whole_entries(self, range: Range) -> impl Iterator<Item = Result<(Entry, Line), Error>> {
        // A file's name says when its first line was written: where a clock was set, others are of any day.
        let entries = self.lines().map(|line| {
            let line = line?;
            line.entry().map(|entry| (entry, line))
        });
        entries.filter(move |found| match found {
            Ok((entry, _)) => entry.at().is_none_or(|at| range.contains(at)),
            Err(_) => true,
        })
    }

    pub(super) fn raw_entries(self, range: Range) -> impl Iterator<Item = Result<(Entry, String), Error>> {
        self.whole_entries(range).map(|found| {
            found.map(|(entry, line)| (entry, String::from_utf8_lossy(&line.bytes).into_owned()))
        })
    }

    pub(super) fn entries(self, range: Range) -> impl Iterator<Item = Result<Entry, Error>> {
        self.whole_entries(range)
            .map(|found| found.map(|(entry, _)| entry))
    }
}

/// Of a day file.
pub(super) fn name(file: &Path) -> String {
    file.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

struct FileLines {
    file: PathBuf,
    reader: BufReader<File>,
    number: u64,
    ends_at: u64,
}

impl FileLines {
    fn open(file: &Path, offset: u64) -> Result<FileLines, Error> {
        use std::io::{Seek, SeekFrom};
        let failed = |cause| store::Error::new("read", file, cause);
        let mut opened = File::open(file).map_err(failed)?;
        opened.seek(SeekFrom::Start(offset)).map_err(failed)?;
        Ok(FileLines {
            file: file.to_path_buf(),
            reader: BufReader::new(opened),
            number: 0,
            ends_at: offset,
        })
    }
}

impl Iterator for FileLines {
    type Item = Result<Line, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = Vec::new();
        match self.reader.read_until(b'\n', &mut bytes) {
            Ok(0) => return None,
            Ok(read) => self.ends_at += read as u64,
            Err(cause) => return Some(Err(store::Error::new("read", &self.file, cause).into())),
        }
        self.number += 1;
        let is_whole = bytes.last() == Some(&b'\n');
        if is_whole {
            bytes.pop();
        }
        let (file, number, ends_at) = (self.file.clone(), self.number, self.ends_at);
        Some(Ok(Line {
            file,
            number,
            ends_at,
            bytes,
            is_whole,
        }))
    }
}

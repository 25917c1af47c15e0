//! The catalogue: walks the recordings directory and reads headers and footers. Nothing is cached, because
//! opening a sealed file reads a few kilobytes however long it is.

use super::evidence;
use super::key::DeviceKey;
use super::reader::{Reader, State};
use super::recover::{recover, recover_here};
use super::{Error, Header, Sealed};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

const EXTENSION: &str = "osr";

pub struct Library {
    data_dir: PathBuf,
}

/// One line of the catalogue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    pub id: String,
    pub session_id: Option<String>,
    pub kind: String,
    pub target: Option<String>,
    pub name: Option<String>,
    pub account: Option<String>,
    pub region: Option<String>,
    pub actor: Option<String>,
    pub local_user: Option<String>,
    pub ticket: Option<String>,
    pub reason: Option<String>,
    /// Unix microseconds.
    pub started_at: i64,
    /// `None` while live.
    pub ended_at: Option<i64>,
    /// `None` while live.
    pub duration_us: Option<u64>,
    /// Bytes on disk.
    pub size: u64,
    #[serde(skip, default = "sealed")]
    pub state: State,
    #[serde(skip)]
    pub evidence: &'static str,
    #[serde(skip)]
    pub path: PathBuf,
}

impl Row {
    /// Whose session it was: AWS's identity; of one that never asked AWS, this machine's user.
    pub fn who(&self) -> Option<&str> {
        self.actor.as_deref().or(self.local_user.as_deref())
    }
}

/// What is kept apart from a recording is kept of sealed ones only.
fn sealed() -> State {
    State::Sealed
}

/// Where the recording of `header` lives: the day is the one it started on, in UTC.
pub(super) fn path_of(data_dir: &Path, header: &Header) -> PathBuf {
    let started = jiff::Timestamp::from_microsecond(header.started_at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let day = started.strftime("%Y-%m-%d").to_string();
    data_dir
        .join("recordings")
        .join(day)
        .join(format!("{}.{EXTENSION}", header.id))
}

/// The data directory that a recording lies in, if it lies in one: as its path is written, or where its links lead.
pub(super) fn data_dir_of(path: &Path) -> io::Result<Option<PathBuf>> {
    let paths = [std::path::absolute(path)?, std::fs::canonicalize(path)?];
    let dirs = paths.iter().filter_map(|path| path.ancestors().nth(3));
    let is_one = |dir: &&Path| dir.join("audit").is_dir() || dir.join("keys").is_dir();
    Ok(dirs.into_iter().find(is_one).map(Path::to_path_buf))
}

impl Library {
    pub fn open(data_dir: &Path) -> Library {
        Library {
            data_dir: data_dir.to_path_buf(),
        }
    }

    /// Every recording, newest first, and what could not be read.
    pub fn list(&self) -> Result<(Vec<Row>, Vec<Error>), Error> {
        let (mut rows, mut failures) = (Vec::new(), Vec::new());
        for path in self.paths()? {
            match Reader::open(&path).and_then(|reader| Row::of(&reader)) {
                Ok(row) => rows.push(row),
                Err(e) => failures.push(e),
            }
        }
        rows.sort_by(|a, b| (b.started_at, &b.id).cmp(&(a.started_at, &a.id)));
        Ok((rows, failures))
    }

    /// A path that exists, else the one recording whose id begins with `wanted`.
    pub fn find(&self, wanted: &str) -> Result<PathBuf, Error> {
        if Path::new(wanted).is_file() {
            return Ok(PathBuf::from(wanted));
        }
        let prefix = wanted.to_ascii_lowercase();
        let mut found: Vec<PathBuf> = self.paths()?;
        found.retain(|path| !prefix.is_empty() && stem(path).starts_with(&prefix));
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => self.find_session(wanted),
            _ => Err(Error::Ambiguous {
                wanted: wanted.into(),
                found: found.iter().map(|p| stem(p)).collect(),
            }),
        }
    }

    fn find_session(&self, wanted: &str) -> Result<PathBuf, Error> {
        let (rows, _) = self.list()?;
        let row = rows
            .into_iter()
            .find(|row| row.session_id.as_deref() == Some(wanted));
        row.map(|row| row.path)
            .ok_or_else(|| Error::NotFound(wanted.into()))
    }

    /// Closes a torn recording of this device, wherever it lies.
    pub fn recover(&self, path: &Path, device: &DeviceKey) -> Result<Sealed, Error> {
        recover_here(path, device, &self.data_dir)
    }

    /// Closes every torn recording of this device; each result names what was done.
    pub fn recover_torn(&self, device: &DeviceKey) -> Result<Vec<Result<Sealed, Error>>, Error> {
        let mut done = Vec::new();
        for path in self.paths()? {
            if Reader::open(&path).is_ok_and(|reader| reader.state() == State::Torn) {
                match recover(&path, device) {
                    // Another process was quicker.
                    Err(Error::Live { .. } | Error::Sealed { .. }) => {}
                    other => done.push(other),
                }
            }
        }
        Ok(done)
    }

    /// Every recording's file, oldest first.
    pub(super) fn paths(&self) -> Result<Vec<PathBuf>, Error> {
        let root = self.data_dir.join("recordings");
        let mut found = Vec::new();
        for day in entries(&root)? {
            if day.is_dir() {
                found.extend(
                    entries(&day)?
                        .into_iter()
                        .filter(|p| p.extension().is_some_and(|e| e == EXTENSION)),
                );
            }
        }
        found.sort();
        Ok(found)
    }
}

impl Row {
    /// What a header tells, of a sealed recording that lies nowhere yet; without a length it is not over.
    pub fn sealed(header: &Header, session_id: Option<String>, duration_us: Option<u64>, size: u64) -> Row {
        Row {
            id: header.id.to_string(),
            session_id,
            kind: header.kind.clone(),
            target: header.target.clone(),
            name: header.target_name.clone(),
            account: header.account.clone(),
            region: header.region.clone(),
            actor: header.actor.clone(),
            local_user: header.local_user.clone(),
            ticket: header.ticket.clone(),
            reason: header.reason.clone(),
            started_at: header.started_at,
            ended_at: duration_us.map(|us| header.started_at.saturating_add_unsigned(us)),
            duration_us,
            size,
            state: State::Sealed,
            evidence: evidence::Level::Local.as_str(),
            path: PathBuf::new(),
        }
    }

    pub fn of(reader: &Reader) -> Result<Row, Error> {
        let (header, summary, state) = (reader.header(), reader.summary(), reader.state());
        let duration_us = (state != State::Live).then_some(summary.duration_us);
        let size = reader.size()?;
        Ok(Row {
            evidence: evidence::listed(reader.path(), &header.id.to_string(), size).as_str(),
            state,
            path: reader.path().to_path_buf(),
            ..Row::sealed(header, summary.session_id.clone(), duration_us, size)
        })
    }

    /// Completes a row that was kept apart from its recording, which is at `path`.
    pub(super) fn kept(self, path: &Path) -> Row {
        Row {
            evidence: evidence::listed(path, &self.id, self.size).as_str(),
            path: path.to_path_buf(),
            ..self
        }
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// What a directory holds; nothing where there is no directory yet.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    match std::fs::read_dir(dir) {
        Ok(found) => found
            .map(|e| e.map(|e| e.path()).map_err(Error::io("list", dir)))
            .collect(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(Error::io("list", dir)(e)),
    }
}

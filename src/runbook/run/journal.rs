//! The journal of one run: `journal.jsonl` in a folder of its own, beside the page as it was and the outputs. Every line
//! carries the hash of the one before it and is on disk before what it tells of goes on. One process writes at a time.

mod verify;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::record::{Cut, Kept, Line, Record};
use crate::store::chain::{Chain, whole};
use crate::store::shelf::{self, Meant};
use crate::store::{self, Lock};

pub use verify::{Fault, Verdict, Witness, verify, verify_by};

const FILE: &str = "journal.jsonl";
const PAGE: &str = "page.md";

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Disk(#[from] store::Error),
    #[error("{}:{line}: {says}", .path.display())]
    Line { path: PathBuf, line: u64, says: String },
    #[error("the audit log cannot be written, and this target is strict: {0}")]
    Unaudited(String),
    #[error("run {0} is open in another process")]
    Busy(String),
    #[error("no run is called {0}")]
    Absent(String),
    #[error("{0} are several runs: {1}")]
    Several(String, String),
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Error::Disk(cause) => cause.hint().unwrap_or("see --data-dir"),
            Error::Line { .. } => "`qd runbooks runs verify` tells how far the journal can be trusted",
            Error::Unaudited(_) => "see --data-dir; what cannot be put on record is not done there",
            Error::Busy(_) => "end that one, or wait for it",
            Error::Absent(_) | Error::Several(..) => "`qd runbooks runs` lists them",
        }
    }
}

/// Where the runs of a data directory are.
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("runs")
}

/// A journal that is written by this process.
pub struct Journal {
    dir: PathBuf,
    chain: Chain,
    _lock: Lock,
}

impl Journal {
    /// Begins a run in a folder of its own, with the page that it runs.
    pub fn create(data_dir: &Path, run: &str, page: &str) -> Result<Journal, Error> {
        let dir = folder(data_dir).join(run);
        store::create_private_dir(&dir.join("output"))?;
        store::save(&dir.join(PAGE), page.as_bytes())?;
        let journal = Journal::open_at(&dir, run)?.0;
        store::sync_dir(&dir)?;
        store::sync_dir(&folder(data_dir))?;
        Ok(journal)
    }

    /// Goes on with a run: its lines so far, and the journal behind them.
    pub fn open(data_dir: &Path, run: &str) -> Result<(Journal, Vec<Line>), Error> {
        let dir = folder(data_dir).join(run);
        if !dir.join(FILE).exists() {
            return Err(Error::Absent(run.to_owned()));
        }
        Journal::open_at(&dir, run)
    }

    fn open_at(dir: &Path, run: &str) -> Result<(Journal, Vec<Line>), Error> {
        let lock = Lock::try_acquire(&dir.join("lock"))?.ok_or_else(|| Error::Busy(run.to_owned()))?;
        let path = dir.join(FILE);
        let (chain, bytes, torn) = Chain::open(&path)?;
        let lines = parse(&path, &bytes)?;
        let mut journal = Journal {
            dir: dir.to_owned(),
            chain,
            _lock: lock,
        };
        // A crash in the middle of a line: what it would have told had not begun to happen.
        if let Some(torn) = torn {
            journal.append(Record::Recovered {
                bytes: torn.bytes,
                sha256: torn.sha256,
            })?;
        }
        Ok((journal, lines))
    }

    /// Writes a record and waits until it is on disk. Returns its number and hash, for the audit log.
    pub fn append(&mut self, record: Record) -> Result<(u64, String), Error> {
        let line = |seq, prev: &str| {
            serde_json::to_vec(&Line {
                v: 1,
                seq,
                at: format!("{:.6}", Timestamp::now()),
                prev: prev.to_owned(),
                record,
            })
        };
        Ok(self.chain.append(line)?)
    }

    /// Keeps an output beside the journal, on disk when this returns. `cut` is of one that was longer.
    pub fn keep(&self, name: &str, bytes: &[u8], cut: Option<Cut>) -> Result<Kept, Error> {
        let file = format!("output/{name}.txt");
        store::save(&self.dir.join(&file), bytes)?;
        Ok(Kept {
            file,
            sha256: hex::encode(Sha256::digest(bytes)),
            bytes: bytes.len() as u64,
            cut,
        })
    }

    /// The page as it was when the run began.
    pub fn page(&self) -> Result<String, Error> {
        read_page(&self.dir)
    }

    /// From now on this is the page of the run; the one before stays beside it.
    pub fn replace_page(&self, page: &str) -> Result<(), Error> {
        let before = self.page()?;
        store::save(
            &self.dir.join(format!("page-{}.md", self.chain.seq())),
            before.as_bytes(),
        )?;
        Ok(store::save(&self.dir.join(PAGE), page.as_bytes())?)
    }
}

fn read_page(dir: &Path) -> Result<String, Error> {
    let path = dir.join(PAGE);
    let failed = |cause| store::Error::new("read", &path, cause);
    Ok(std::fs::read_to_string(&path).map_err(failed)?)
}

/// The page of a run, without touching it.
pub fn load_page(data_dir: &Path, run: &str) -> Result<String, Error> {
    read_page(&folder(data_dir).join(run))
}

fn parse(path: &Path, whole: &[u8]) -> Result<Vec<Line>, Error> {
    let text = String::from_utf8_lossy(whole);
    text.lines()
        .enumerate()
        .map(|(at, line)| {
            serde_json::from_str(line).map_err(|cause| Error::Line {
                path: path.to_owned(),
                line: at as u64 + 1,
                says: format!("no record of a run: {cause}"),
            })
        })
        .collect()
}

/// The lines of a run, without touching it: it may be going on.
pub fn load(data_dir: &Path, run: &str) -> Result<Vec<Line>, Error> {
    let path = folder(data_dir).join(run).join(FILE);
    let failed = |cause| store::Error::new("read", &path, cause);
    let bytes = std::fs::read(&path).map_err(failed)?;
    parse(&path, whole(&bytes))
}

/// Whether a process has the run open.
pub fn is_live(data_dir: &Path, run: &str) -> bool {
    let lock = folder(data_dir).join(run).join("lock");
    lock.exists() && matches!(Lock::try_acquire(&lock), Ok(None))
}

/// Ids of all runs, oldest first.
pub fn list(data_dir: &Path) -> Result<Vec<String>, Error> {
    Ok(shelf::list(&folder(data_dir), FILE)?)
}

/// The run that an id or the beginning of one names; `last` is the newest.
pub fn find(data_dir: &Path, wanted: &str) -> Result<String, Error> {
    match shelf::meant(list(data_dir)?, wanted, |run| run.starts_with(wanted)) {
        Meant::One(run) => Ok(run),
        Meant::Nothing => Err(Error::Absent(wanted.to_owned())),
        Meant::Several(runs) => Err(Error::Several(wanted.to_owned(), runs)),
    }
}

#[cfg(test)]
mod tests;

//! The journals of incidents: `DATA_DIR/incidents/ID/journal.jsonl`, chained, on disk line by line. Several people's processes
//! append to one, each under the lock; a line that cannot be read is told of, and hides no other.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rand::RngExt as _;

use super::State;
use super::record::{Line, Opened, Record, Who};
use crate::audit::{self, Kind};
use crate::store::shelf::{self, Meant};
use crate::store::{self, Chain, Lock, chain};

const FILE: &str = "journal.jsonl";

/// Why an incident cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Disk(#[from] store::Error),
    #[error("no incident is called {0}")]
    Absent(String),
    #[error("{0} are several incidents: {1}")]
    Several(String, String),
    #[error("you have no current incident")]
    NoCurrent,
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Error::Disk(cause) => cause.hint().unwrap_or("see --data-dir"),
            Error::Absent(_) | Error::Several(..) => "`qd incident ls` lists them",
            Error::NoCurrent => "`qd incident start TITLE` begins one, `qd incident switch ID` takes one up",
        }
    }
}

/// What is wrong with a journal, and at which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: u64,
    pub says: String,
}

/// A journal as it was read.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    pub lines: Vec<Line>,
    pub faults: Vec<Fault>,
    /// The last line has no end: its writer died, or is writing now.
    pub is_torn: bool,
    /// Of every whole line, readable or not.
    hashes: Vec<String>,
}

/// Where incidents are.
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("incidents")
}

fn path(data_dir: &Path, id: &str) -> PathBuf {
    folder(data_dir).join(id).join(FILE)
}

/// Begins an incident; its id is the minute and four letters.
pub fn start(data_dir: &Path, opened: impl FnOnce(&str) -> Opened, by: Who) -> Result<String, Error> {
    let now = Timestamp::now().strftime("%Y%m%d-%H%M").to_string();
    let id = loop {
        let id = format!("{now}-{:04x}", rand::rng().random::<u16>());
        if !folder(data_dir).join(&id).exists() {
            break id;
        }
    };
    let dir = folder(data_dir).join(&id);
    store::create_private_dir(&dir)?;
    let asked_at = Timestamp::now();
    let opened = opened(&id);
    // What begins now was opened when it began, not a moment later.
    let at = opened.started_at.clamp(asked_at, Timestamp::now().max(asked_at));
    write(data_dir, &id, Record::Opened(opened), by, Some(at))?;
    store::sync_dir(&dir)?;
    store::sync_dir(&folder(data_dir))?;
    Ok(id)
}

/// Writes a record; on disk when this returns. The audit log, which holds its hash apart, follows; should that fail, the
/// journal stands all the same.
pub fn append(data_dir: &Path, id: &str, record: Record, by: Who) -> Result<(), Error> {
    if !path(data_dir, id).exists() {
        return Err(Error::Absent(id.to_owned()));
    }
    write(data_dir, id, record, by, None)
}

/// `at`: when it was written, where that is known; else the time at which the lock is held.
fn write(data_dir: &Path, id: &str, record: Record, by: Who, at: Option<Timestamp>) -> Result<(), Error> {
    let record = record.masked();
    let event = record.event();
    let actor = audit::Actor {
        arn: by.arn.clone(),
        ..audit::Actor::local()
    };
    let (seq, hash) = {
        let _lock = Lock::acquire(&folder(data_dir).join(id).join("lock"))?;
        let (mut chain, _, torn) = Chain::open(&path(data_dir, id))?;
        if let Some(torn) = torn {
            let salvaged = Record::Salvaged {
                bytes: torn.bytes,
                sha256: torn.sha256,
            };
            push(&mut chain, salvaged, by.clone(), None)?;
        }
        push(&mut chain, record, by, at)?
    };
    let event = audit::Event::new(Kind::Incident, actor)
        .with("incident", id)
        .with("what", event)
        .with("journal_seq", seq)
        .with("journal_hash", hash);
    if let Err(cause) = audit::Log::open(data_dir).and_then(|log| log.append(event)) {
        tracing::error!(%cause, "the audit log was not written");
    }
    Ok(())
}

fn push(
    chain: &mut Chain,
    record: Record,
    by: Who,
    at: Option<Timestamp>,
) -> Result<(u64, String), store::Error> {
    chain.append(|seq, prev| {
        serde_json::to_vec(&Line {
            v: 1,
            seq,
            at: at.unwrap_or_else(Timestamp::now),
            prev: prev.to_owned(),
            by,
            record,
        })
    })
}

impl Journal {
    /// Reads an incident without touching it.
    pub fn load(data_dir: &Path, id: &str) -> Result<Journal, Error> {
        let path = path(data_dir, id);
        let bytes = std::fs::read(&path).map_err(|cause| store::Error::new("read", &path, cause))?;
        Ok(Journal::parse(&bytes))
    }

    /// Whatever the bytes are.
    pub fn parse(bytes: &[u8]) -> Journal {
        let mut journal = Journal {
            is_torn: chain::whole(bytes).len() < bytes.len(),
            ..Journal::default()
        };
        for link in chain::walk(bytes) {
            let mut fault = |says: String| {
                journal.faults.push(Fault {
                    line: link.number,
                    says,
                });
            };
            if let Some(says) = link.fault {
                fault(says);
            }
            match serde_json::from_slice::<Line>(link.bytes) {
                Ok(line) => journal.lines.push(line),
                Err(cause) => fault(format!("no record of an incident: {cause}")),
            }
            journal.hashes.push(link.hash);
        }
        journal
    }

    /// Holds it against what the audit log of this data directory knows of it; how many of its lines that knows.
    pub fn compare<'e>(&mut self, id: &str, entries: impl Iterator<Item = &'e audit::Entry>) -> u64 {
        let mut witnessed = 0;
        for entry in entries.filter(|entry| entry.event == Kind::Incident.name()) {
            let text = |key: &str| entry.body.get(key).and_then(|value| value.as_str());
            let seq = entry.body.get("journal_seq").and_then(|seq| seq.as_u64());
            let (Some(seq), Some(hash)) = (seq, text("journal_hash")) else {
                continue;
            };
            if text("incident") != Some(id) {
                continue;
            }
            let found = usize::try_from(seq)
                .ok()
                .and_then(|seq| self.hashes.get(seq.checked_sub(1)?));
            let says = match found {
                Some(found) if found == hash => {
                    witnessed += 1;
                    continue;
                }
                Some(_) => "the audit log knows another line here",
                None => "the audit log knows a line here that is gone",
            };
            self.faults.push(Fault {
                line: seq,
                says: says.into(),
            });
        }
        self.faults.sort_by_key(|fault| fault.line);
        witnessed
    }
}

/// Ids of all incidents, oldest first.
pub fn list(data_dir: &Path) -> Result<Vec<String>, Error> {
    Ok(shelf::list(&folder(data_dir), FILE)?)
}

/// The id of a journal that cannot be read, and why.
pub type Unread = (String, Error);

/// How every incident stands, newest first, and those that cannot be read.
pub fn states(data_dir: &Path) -> Result<(Vec<State>, Vec<Unread>), Error> {
    let (mut states, mut failed) = (Vec::new(), Vec::new());
    for id in list(data_dir)? {
        match Journal::load(data_dir, &id) {
            Ok(journal) => states.push(State::of(&id, &journal.lines)),
            Err(cause) => failed.push((id, cause)),
        }
    }
    states.sort_by(|a, b| (b.started_at, &b.id).cmp(&(a.started_at, &a.id)));
    Ok((states, failed))
}

/// The incident that an id, or the beginning or end of one, names; `last` is the newest, `current` the person's own.
pub fn find(data_dir: &Path, wanted: &str) -> Result<String, Error> {
    if wanted == "current" {
        return super::current(data_dir)?.ok_or(Error::NoCurrent);
    }
    let fits = |id: &str| id.starts_with(wanted) || id.ends_with(wanted);
    match shelf::meant(list(data_dir)?, wanted, fits) {
        Meant::One(id) => Ok(id),
        Meant::Nothing => Err(Error::Absent(wanted.to_owned())),
        Meant::Several(ids) => Err(Error::Several(wanted.to_owned(), ids)),
    }
}

#[cfg(test)]
mod tests;

//! The log's lines on their way to the team store, as objects of JSON lines that are never replaced:
//! `audit/v1/dt=DAY/dev=DEVICE/UUID.jsonl`. Which bytes of which day file an object holds is written down before it is
//! sent, under a lock that the processes of one data directory share.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Error;
use super::read::{self, day_files};
use crate::store::{self, Lock, load_json, save_json};

const VERSION: u32 = 1;
/// Lines wait no longer than this for more of them, and an object grows to about this.
const WAIT: Duration = Duration::from_secs(45);
const MOST: u64 = 1 << 20;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Position {
    /// The day file, and how much of it is stored.
    file: String,
    offset: u64,
    /// Being stored: name of the object and where its lines end.
    sending: Option<(String, u64)>,
}

pub struct Shipment {
    dir: PathBuf,
    device: String,
    unsent_since: Option<Instant>,
}

/// Lines to store.
pub struct Parcel {
    /// Below the store's prefix.
    pub key: String,
    pub lines: Bytes,
    then: Position,
}

impl Shipment {
    pub fn new(data_dir: &Path, device: &[u8; 32]) -> Shipment {
        Shipment {
            dir: data_dir.join("audit"),
            device: hex::encode(&device[..8]),
            unsent_since: None,
        }
    }

    /// `None` while another process ships.
    pub fn lock(&self) -> Result<Option<Lock>, Error> {
        Ok(Lock::try_acquire(&self.dir.join("ship.lock"))?)
    }

    fn position_file(&self) -> PathBuf {
        self.dir.join("shipped.json")
    }

    /// The next lines that are due; with `now`, any. The lock must be held until `shipped`.
    pub fn next(&mut self, now: bool) -> Result<Option<Parcel>, Error> {
        let mut at: Position = load_json(&self.position_file(), VERSION).data.unwrap_or_default();
        let files = day_files(&self.dir)?;
        let Some((file, lines)) = self.unsent(&mut at, &files)? else {
            self.unsent_since = None;
            return Ok(None);
        };
        let waited = self.unsent_since.get_or_insert_with(Instant::now).elapsed();
        let resumes = at.sending.is_some();
        if !now && !resumes && waited < WAIT && (lines.len() as u64) < MOST {
            return Ok(None);
        }
        let end = at.offset + lines.len() as u64;
        let day = file.trim_end_matches(".jsonl");
        let (name, _) = at
            .sending
            .get_or_insert_with(|| (uuid::Uuid::now_v7().to_string(), end))
            .clone();
        save_json(&self.position_file(), VERSION, &at)?;
        Ok(Some(Parcel {
            key: format!("audit/v1/dt={day}/dev={}/{name}.jsonl", self.device),
            lines: lines.into(),
            then: Position {
                file,
                offset: end,
                sending: None,
            },
        }))
    }

    /// That the store has it.
    pub fn shipped(&mut self, parcel: &Parcel) -> Result<(), Error> {
        self.unsent_since = None;
        Ok(save_json(&self.position_file(), VERSION, &parcel.then)?)
    }

    /// Whole lines after the position, which moves to the next day file where one is used up.
    fn unsent(&self, at: &mut Position, files: &[PathBuf]) -> Result<Option<(String, Vec<u8>)>, Error> {
        for path in files {
            let name = read::name(path);
            if name < at.file {
                continue;
            }
            if name > at.file {
                *at = Position {
                    file: name.clone(),
                    ..Position::default()
                };
            }
            let most = match &at.sending {
                Some((_, end)) => end.saturating_sub(at.offset),
                None => MOST,
            };
            let failed = |cause| store::Error::new("read", path, cause);
            let mut file = std::fs::File::open(path).map_err(failed)?;
            file.seek(SeekFrom::Start(at.offset)).map_err(failed)?;
            let mut bytes = Vec::new();
            file.take(most).read_to_end(&mut bytes).map_err(failed)?;
            let whole = bytes
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |end| end + 1);
            bytes.truncate(whole);
            if !bytes.is_empty() {
                return Ok(Some((name, bytes)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Event, Kind, Log};

    #[test]
    fn every_line_goes_once_and_a_crash_repeats_the_same_object() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::open(dir.path()).unwrap();
        let say = || log.append(Event::new(Kind::CostQuery, Actor::local())).unwrap();
        say();
        let mut shipment = Shipment::new(dir.path(), &[7; 32]);
        assert!(shipment.next(false).unwrap().is_none(), "it waits for more");
        let first = shipment.next(true).unwrap().unwrap();
        say();
        // Another process takes over before the first knew that the object was stored.
        let mut after = Shipment::new(dir.path(), &[7; 32]);
        let again = after.next(false).unwrap().unwrap();
        assert_eq!((&again.key, &again.lines), (&first.key, &first.lines));
        after.shipped(&again).unwrap();
        let second = after.next(true).unwrap().unwrap();
        assert_ne!(second.key, first.key);
        after.shipped(&second).unwrap();
        assert!(after.next(true).unwrap().is_none());
        let whole = std::fs::read(day_files(&dir.path().join("audit")).unwrap().pop().unwrap()).unwrap();
        assert_eq!([&first.lines[..], &second.lines[..]].concat(), whole);
    }
}

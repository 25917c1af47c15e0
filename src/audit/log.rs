//! Appending. One lock serves every process: sequence and previous hash are read under it, the line is
//! written in one call and synced, and whatever was wrong with the end is recorded before the new event.

use std::io::Write;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use jiff::Timestamp;

use super::read::Extent;
use super::tail::{self, Finding, Head};
use super::{
    Actor, Entry, Error, Event, Kind, MAX_LINE_BYTES, Position, Range, Verdict, checkpoint, read, verify,
};
use crate::store::{self, Lock};

/// The audit log of one data directory. Cheap to open and to clone; nothing is held between calls.
#[derive(Clone, Debug)]
pub struct Log {
    dir: PathBuf,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub uid: String,
    pub seq: u64,
    /// SHA-256 of the line, in hexadecimal.
    pub hash: String,
}

impl Log {
    /// Creates `<data_dir>/audit` if need be.
    pub fn open(data_dir: &Path) -> Result<Log, Error> {
        let dir = data_dir.join("audit");
        store::create_private_dir(&dir)?;
        Ok(Log { dir })
    }

    /// Writes an event and syncs it; waits while another process appends. Blocks for a few milliseconds.
    pub fn append(&self, event: Event) -> Result<Receipt, Error> {
        self.append_at(event, Timestamp::now())
    }

    fn append_at(&self, event: Event, at: Timestamp) -> Result<Receipt, Error> {
        let _lock = self.lock()?;
        let head = self.settle()?;
        self.write(&head, event, at)
    }

    /// Signs everything so far with the device key: at the end of a session, say.
    pub fn checkpoint(&self, key: &SigningKey, actor: Actor) -> Result<Receipt, Error> {
        let _lock = self.lock()?;
        let head = self.settle()?;
        let event = checkpoint::sign(key, actor, head.seq, &head.hash);
        self.write(&head, event, Timestamp::now())
    }

    /// Events in a range, oldest first. A line that cannot be read is an error in its place.
    pub fn read(&self, range: Range) -> Result<impl Iterator<Item = Result<Entry, Error>>, Error> {
        let extent = {
            let _lock = self.lock()?;
            Extent::of(&self.dir)?
        };
        Ok(extent.entries(range))
    }

    /// The same with each line as it stands in its file.
    pub fn read_raw(
        &self,
        range: Range,
    ) -> Result<impl Iterator<Item = Result<(Entry, String), Error>>, Error> {
        let extent = {
            let _lock = self.lock()?;
            Extent::of(&self.dir)?
        };
        Ok(extent.raw_entries(range))
    }

    /// Where the log ends now.
    pub fn end(&self) -> Result<Position, Error> {
        let _lock = self.lock()?;
        Extent::of(&self.dir).map(|extent| extent.end())
    }

    /// What was appended since `from`, each with the place behind it. A line that cannot be read is passed over:
    /// `verify` is who tells of it.
    pub fn read_after(&self, from: &Position) -> Result<Vec<(Entry, Position)>, Error> {
        let extent = {
            let _lock = self.lock()?;
            Extent::of(&self.dir)?
        };
        extent.entries_after(from)
    }

    /// Walks the whole chain.
    pub fn verify(&self) -> Result<Verdict, Error> {
        let (head, extent) = {
            let _lock = self.lock()?;
            (tail::load_head(&self.dir), Extent::of(&self.dir)?)
        };
        verify::verify(&self.dir, head, extent)
    }

    fn lock(&self) -> Result<Lock, Error> {
        Ok(Lock::acquire(&self.dir.join("lock"))?)
    }

    /// The head to build upon, once whatever is wrong with the end has been recorded.
    fn settle(&self) -> Result<Head, Error> {
        let tail = tail::inspect(&self.dir)?;
        let event = match tail.finding {
            None => return Ok(tail.head),
            Some(Finding::Torn { file, starts_at }) => self.set_aside(&file, starts_at, tail.head.seq + 1)?,
            Some(Finding::Changed(says)) => {
                let says = format!("the end of the audit log was changed: {says}");
                Event::new(Kind::Tamper, Actor::local()).failed(says)
            }
            Some(Finding::NoHead) => Event::new(Kind::Recovered, Actor::local()).with(
                "says",
                "the file that names the last line was missing or unreadable",
            ),
        };
        self.write(&tail.head, event, Timestamp::now())?;
        Ok(tail::inspect(&self.dir)?.head)
    }

    /// Moves torn bytes into a file of their own and describes them.
    fn set_aside(&self, file: &Path, starts_at: u64, seq: u64) -> Result<Event, Error> {
        let failed = |cause| store::Error::new("set aside the torn end of", file, cause);
        let bytes = std::fs::read(file).map_err(failed)?;
        let torn = bytes.get(starts_at as usize..).unwrap_or_default();
        let name = format!("torn-{seq}-{}.part", uuid::Uuid::now_v7().simple());
        store::save(&self.dir.join(&name), torn)?;
        let day = std::fs::OpenOptions::new()
            .write(true)
            .open(file)
            .map_err(failed)?;
        day.set_len(starts_at)
            .and_then(|()| day.sync_all())
            .map_err(failed)?;
        Ok(Event::new(Kind::Recovered, Actor::local())
            .with("says", "a line was torn, by a crash most likely, and set aside")
            .with("file", tail::name(file))
            .with("offset", starts_at)
            .with("bytes", torn.len())
            .with("sha256", read::hash(torn))
            .with("kept_in", name))
    }

    fn write(&self, head: &Head, event: Event, at: Timestamp) -> Result<Receipt, Error> {
        let name = event.kind.name();
        let entry = Entry::new(event, at, head.seq + 1, head.hash.clone());
        let json = serde_json::to_vec(&entry)?;
        if json.len() + 1 > MAX_LINE_BYTES {
            return Err(Error::TooLong {
                event: name,
                bytes: json.len() + 1,
            });
        }
        let path = self.day_file(at, head)?;
        let failed = |cause| store::Error::new("append to", &path, cause);
        let mut file = store::open_append(&path)?;
        let starts_at = file.metadata().map_err(failed)?.len();
        // After an end that was cut by hand the new line starts on its own; what was cut stays to be seen.
        let mut line = Vec::with_capacity(json.len() + 2);
        if starts_at > 0 && !ends_whole(&file, starts_at).map_err(failed)? {
            line.push(b'\n');
        }
        line.extend_from_slice(&json);
        line.push(b'\n');
        if let Err(cause) = file.write_all(&line).and_then(|()| file.sync_data()) {
            // Half a line on a full disk is taken back; should that fail too, the next append sets it aside.
            let _ = file.set_len(starts_at);
            return Err(failed(cause).into());
        }
        if starts_at == 0 {
            store::sync_dir(&self.dir)?;
        }
        let hash = read::hash(&json);
        let ends_at = starts_at + line.len() as u64;
        let head = Head {
            seq: entry.seq,
            hash: hash.clone(),
            file: tail::name(&path),
            ends_at,
        };
        tail::save_head(&self.dir, &head)?;
        Ok(Receipt {
            uid: entry.uid,
            seq: entry.seq,
            hash,
        })
    }

    /// Today's file, or a later one that exists because the clock was set back: the chain never goes backwards.
    fn day_file(&self, at: Timestamp, head: &Head) -> Result<PathBuf, Error> {
        let today = format!("{}.jsonl", at.strftime("%Y-%m-%d"));
        let latest = read::day_files(&self.dir)?
            .last()
            .map(|file| tail::name(file))
            .unwrap_or_default();
        Ok(self.dir.join(today.max(latest).max(head.file.clone())))
    }
}

fn ends_whole(file: &std::fs::File, len: u64) -> std::io::Result<bool> {
    use std::os::unix::fs::FileExt;
    let mut last = [0];
    file.read_exact_at(&mut last, len - 1)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests;

//! Appending. One lock serves every process: sequence and previous hash are read under it, the line is
//! written in one call and synced, and whatever was wrong with the end is recorded before the new event.

use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::checkpoint::{self, Checkpoint};
use super::growth::{self, Grown};
use super::note::{Key, Note};
use super::read::Extent;
use super::tail::{self, Finding, Head};
use super::tree::Stored;
use super::verify::Ground;
use super::{
    Actor, Entry, Error, Event, Expect, Kind, Leaf, MAX_LINE_BYTES, Position, Range, Signer, Verdict,
    identity, keys, read, verify,
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

/// A checkpoint that was signed and is on the log.
#[derive(Clone, Debug)]
pub struct Signed {
    pub note: Note,
    pub checkpoint: Checkpoint,
    pub receipt: Receipt,
}

/// The end of the log under the lock: the last line and the tree up to it.
struct End {
    head: Head,
    tree: Stored,
}

impl End {
    fn root(&self) -> Result<[u8; 32], Error> {
        let gone = || store::Error::new("read", self.tree.path(), std::io::ErrorKind::UnexpectedEof.into());
        Ok(self.tree.root().ok_or_else(gone)?)
    }
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
        self.append_at(event, Timestamp::now)
    }

    /// The time is asked for when it is this line's turn: who waited for another process is not dated before it.
    fn append_at(&self, event: Event, clock: impl FnOnce() -> Timestamp) -> Result<Receipt, Error> {
        let _lock = self.lock()?;
        let mut end = self.settle()?;
        self.write(&mut end, event, clock())
    }

    /// Signs everything so far with the device's key: at the end of a session, say. The signer may take its time:
    /// nobody waits for it, and lines that come meanwhile are for the next checkpoint.
    pub fn checkpoint(&self, signer: &dyn Signer, actor: Actor) -> Result<Signed, Error> {
        let checkpoint = {
            let _lock = self.lock()?;
            let mut end = self.settle()?;
            let identity = identity::load_or_create(&self.dir, signer)?;
            if identity.current != signer.public() {
                let event = keys::announce(&identity.origin, &identity.current, signer, actor.clone())?;
                self.write(&mut end, event, Timestamp::now())?;
                identity::save(&self.dir, &identity.origin, &signer.public())?;
            }
            Checkpoint {
                origin: identity.origin,
                size: end.tree.leaves(),
                root: end.root()?,
            }
        };
        let note = checkpoint.sign(signer)?;
        let event = checkpoint::event(&note, checkpoint.size, signer.public(), actor);
        let receipt = self.append(event)?;
        Ok(Signed {
            note,
            checkpoint,
            receipt,
        })
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

    /// Walks the whole log: chain, tree and signatures.
    pub fn verify(&self) -> Result<Verdict, Error> {
        self.verify_against(&Expect::default())
    }

    /// The same, with what the reader knows of the log from elsewhere.
    pub fn verify_against(&self, expect: &Expect) -> Result<Verdict, Error> {
        verify::verify(&self.dir, self.ground()?, expect)
    }

    /// The verifier key of this log; `signer` will be the first to sign where nobody has yet.
    pub fn key(&self, signer: &dyn Signer) -> Result<Key, Error> {
        let _lock = self.lock()?;
        let identity = identity::load_or_create(&self.dir, signer)?;
        Ok(checkpoint::log_key(&identity.origin, identity.current))
    }

    /// Public keys that this log says are its own: the first and the current one.
    pub fn own_keys(&self) -> Result<Vec<[u8; 32]>, Error> {
        let Some(identity) = identity::load(&self.dir)? else {
            return Ok(Vec::new());
        };
        Ok(checkpoint::key_of(&identity.origin)
            .into_iter()
            .chain([identity.current])
            .collect())
    }

    /// The log as it stands, for walking it without the lock.
    pub(super) fn ground(&self) -> Result<Ground, Error> {
        // A copy on a disk that takes no writing has no writer either.
        let _lock = match self.lock() {
            Err(Error::Disk(error)) if error.why == store::Why::NotAllowed => None,
            other => Some(other?),
        };
        let head = tail::load_head(&self.dir);
        let tree = Stored::open_to_read(&self.dir, head.as_ref().map_or(0, |head| head.leaves))?;
        Ok(Ground {
            tree: head
                .as_ref()
                .is_some_and(|head| head.root.is_some() && growth::agrees(&tree, head))
                .then_some(tree),
            head,
            extent: Extent::of(&self.dir)?,
        })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn lock(&self) -> Result<Lock, Error> {
        Ok(Lock::acquire(&self.dir.join("lock"))?)
    }

    /// The end to build upon, once whatever is wrong with it has been recorded.
    fn settle(&self) -> Result<End, Error> {
        let mut tail = tail::inspect(&self.dir)?;
        let Grown { tree, remade } = growth::grow(&self.dir, &mut tail)?;
        let mut end = End {
            head: tail.head,
            tree,
        };
        let event = match tail.finding {
            None => None,
            Some(Finding::Torn { file, starts_at }) => {
                Some(self.set_aside(&file, starts_at, end.head.seq + 1)?)
            }
            Some(Finding::Changed(says)) => {
                let says = format!("the end of the audit log was changed: {says}");
                Some(Event::new(Kind::Tamper, Actor::local()).failed(says))
            }
            Some(Finding::NoHead) => Some(Event::new(Kind::Recovered, Actor::local()).with(
                "says",
                "the file that names the last line was missing or unreadable",
            )),
        };
        if let Some(event) = event {
            self.write(&mut end, event, Timestamp::now())?;
        }
        if remade {
            let says = "the tree of hashes was missing or damaged and was made from the lines again";
            let event = Event::new(Kind::Recovered, Actor::local()).with("says", says);
            self.write(&mut end, event, Timestamp::now())?;
        }
        Ok(end)
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
            .with("file", read::name(file))
            .with("offset", starts_at)
            .with("bytes", torn.len())
            .with("sha256", read::hash(torn))
            .with("kept_in", name))
    }

    fn write(&self, end: &mut End, event: Event, at: Timestamp) -> Result<Receipt, Error> {
        let head = &end.head;
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
        end.head.seq = entry.seq;
        end.head.hash.clone_from(&hash);
        end.head.file = read::name(&path);
        end.head.ends_at = starts_at + line.len() as u64;
        growth::add(&mut end.tree, Leaf::of(&json, Some(&entry)), &mut end.head)?;
        tail::save_head(&self.dir, &end.head)?;
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
            .map(|file| read::name(file))
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

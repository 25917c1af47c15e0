//! A file of lines that each carry the hash of the one before: the way every journal of this house is written. A line is on
//! disk before `append` returns, and the end that a crash tore is set aside, never thrown away.
//!
//! Whoever appends holds the lock of the file; reading needs none.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Error, open_append, save};

/// What stands before the first line.
pub const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The end of a file of chained lines, to build upon.
pub struct Chain {
    path: PathBuf,
    file: File,
    seq: u64,
    prev: String,
}

/// The end of a line that a crash left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    pub bytes: u64,
    pub sha256: String,
}

/// A line as it lies there, and what its place in the chain says against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link<'b> {
    /// From 1.
    pub number: u64,
    pub bytes: &'b [u8],
    pub hash: String,
    pub fault: Option<String>,
}

impl Chain {
    /// Opens or creates the file, and gives its whole lines. A torn end is moved to `torn-N.part` beside it, which the
    /// caller writes down.
    pub fn open(path: &Path) -> Result<(Chain, Vec<u8>, Option<Torn>), Error> {
        let file = open_append(path)?;
        let mut bytes = std::fs::read(path).map_err(|cause| Error::new("read", path, cause))?;
        let end = whole(&bytes).len();
        let torn = bytes.split_off(end);
        let chain = Chain {
            path: path.to_owned(),
            file,
            seq: bytes.iter().filter(|byte| **byte == b'\n').count() as u64,
            prev: last_hash(&bytes),
        };
        if torn.is_empty() {
            return Ok((chain, bytes, None));
        }
        let aside = path.with_file_name(format!("torn-{}.part", chain.seq + 1));
        save(&aside, &torn)?;
        let cut = |cause| Error::new("set aside the torn end of", path, cause);
        let writable = OpenOptions::new().write(true).open(path).map_err(cut)?;
        writable
            .set_len(end as u64)
            .and_then(|()| writable.sync_all())
            .map_err(cut)?;
        let torn = Torn {
            bytes: torn.len() as u64,
            sha256: hash(&torn),
        };
        Ok((chain, bytes, Some(torn)))
    }

    /// Lines so far.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Writes the line that `line` makes of its number and the hash before it, and waits until it is on disk. Returns its
    /// number and hash.
    pub fn append(
        &mut self,
        line: impl FnOnce(u64, &str) -> serde_json::Result<Vec<u8>>,
    ) -> Result<(u64, String), Error> {
        let failed = |cause| Error::new("append to", &self.path, cause);
        let mut json = line(self.seq + 1, &self.prev).map_err(|cause| failed(cause.into()))?;
        let hash = hash(&json);
        json.push(b'\n');
        let before = self.file.metadata().map_err(failed)?.len();
        if let Err(cause) = self.file.write_all(&json).and_then(|()| self.file.sync_data()) {
            // Half a line on a full disk is taken back; should that fail too, the next opener sets it aside.
            let _ = self.file.set_len(before);
            return Err(failed(cause));
        }
        self.seq += 1;
        self.prev.clone_from(&hash);
        Ok((self.seq, hash))
    }
}

/// Up to the last line feed.
pub fn whole(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    &bytes[..end]
}

/// SHA-256 in hexadecimal, of a line without its line feed.
pub fn hash(line: &[u8]) -> String {
    hex::encode(Sha256::digest(line))
}

fn last_hash(whole: &[u8]) -> String {
    let Some(body) = whole.strip_suffix(b"\n") else {
        return ZEROS.to_owned();
    };
    let start = body
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    hash(&body[start..])
}

#[derive(Deserialize)]
struct Ends {
    seq: u64,
    prev: String,
}

/// Every whole line, each held against the one before it. What is no line of a chain at all is passed on without a fault:
/// whoever knows what the lines say finds it.
pub fn walk(bytes: &[u8]) -> impl Iterator<Item = Link<'_>> {
    let mut prev = ZEROS.to_owned();
    let lines = whole(bytes).split_inclusive(|byte| *byte == b'\n');
    lines.zip(1..).map(move |(line, number)| {
        let bytes = line.strip_suffix(b"\n").unwrap_or(line);
        let fault = match serde_json::from_slice::<Ends>(bytes) {
            Ok(ends) if ends.prev != prev => {
                Some("the line before it is not the one that it was written behind".to_owned())
            }
            Ok(ends) if ends.seq != number => Some(format!("it has the number {}", ends.seq)),
            _ => None,
        };
        prev = hash(bytes);
        Link {
            number,
            bytes,
            hash: prev.clone(),
            fault,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seq: u64, prev: &str) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&serde_json::json!({ "seq": seq, "prev": prev }))
    }

    #[test]
    fn lines_hold_on_to_each_other_across_openings_and_a_torn_end_is_kept_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lines.jsonl");
        let (mut chain, before, _) = Chain::open(&path).unwrap();
        assert!(before.is_empty());
        chain.append(line).unwrap();
        let (_, hash) = chain.append(line).unwrap();
        let mut file = open_append(&path).unwrap();
        file.write_all(b"{\"seq\":3,\"pr").unwrap();
        let (mut chain, before, torn) = Chain::open(&path).unwrap();
        assert_eq!((chain.seq(), torn.unwrap().bytes), (2, 12));
        assert_eq!(before.iter().filter(|byte| **byte == b'\n').count(), 2);
        assert_eq!(
            std::fs::read(dir.path().join("torn-3.part")).unwrap(),
            b"{\"seq\":3,\"pr"
        );
        chain.append(line).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let links: Vec<Link> = walk(&bytes).collect();
        assert_eq!((links.len(), &links[1].hash), (3, &hash));
        assert!(links.iter().all(|link| link.fault.is_none()));
    }

    #[test]
    fn a_line_that_was_changed_faults_the_one_after_it() {
        let one = line(1, ZEROS).unwrap();
        let two = line(2, &hash(&one)).unwrap();
        let bytes = [b"{\"seq\":1}\n".as_slice(), &two, b"\n"].concat();
        let faults: Vec<bool> = walk(&bytes).map(|link| link.fault.is_some()).collect();
        assert_eq!(faults, [false, true]);
    }
}

//! `ID.upload` beside a recording: what was sent to the store, line by line, each on disk before the next step. What
//! is about to be sent stands there first, so that a crash in between is told from somebody else's object.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::recording::Error;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Where to; everything before is about another place.
    To {
        bucket: String,
        folder: String,
    },
    Sending(Part),
    /// What was about to be sent was not: another's object stands there.
    Unsent,
    Stored(Part),
    /// The manifest's hash, before it is sent.
    Sealing {
        sha256: String,
    },
    Sealed {
        at: String,
        version_id: Option<String>,
    },
    /// A proof was saved.
    Proved {
        at: String,
    },
    /// Why nothing goes on; said once for each cause.
    Failed {
        at: String,
        cause: String,
        hint: String,
    },
    /// The recording itself was deleted here.
    Expired {
        at: String,
    },
}

/// What the lines add up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Bucket and folder.
    pub to: Option<(String, String)>,
    pub parts: Vec<Part>,
    pub sending: Option<Part>,
    /// Hash of the manifest that was about to be stored.
    pub sealing: Option<String>,
    /// Version of the manifest.
    pub sealed: Option<Option<String>>,
    pub proved: bool,
    /// When something was stored last.
    pub stored_at: Option<Timestamp>,
    pub failed: Option<(Timestamp, String, String)>,
}

impl Standing {
    fn take(&mut self, line: Line) {
        match line {
            Line::To { bucket, folder } => {
                *self = Standing {
                    to: Some((bucket, folder)),
                    ..Standing::default()
                }
            }
            Line::Sending(part) => self.sending = Some(part),
            Line::Unsent => (self.sending, self.sealing) = (None, None),
            Line::Stored(part) => {
                self.sending = None;
                self.failed = None;
                self.stored_at = part.stored_at.as_ref().and_then(|at| at.parse().ok());
                if part.n == self.parts.len() as u64 + 1 {
                    self.parts.push(part);
                }
            }
            Line::Sealing { sha256 } => self.sealing = Some(sha256),
            Line::Sealed { at, version_id } => {
                self.failed = None;
                self.stored_at = at.parse().ok();
                self.sealed = Some(version_id);
            }
            Line::Proved { .. } => {
                self.failed = None;
                self.proved = true;
            }
            Line::Failed { at, cause, hint } => {
                self.failed = at.parse().ok().map(|at| (at, cause, hint));
            }
            Line::Expired { .. } => {}
        }
    }

    /// Bytes of the recording that are in the store.
    pub fn stored_bytes(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.offset + part.size)
    }

    /// One line for a person: `uploaded 12 s ago`, `behind 3 min: cause`.
    pub fn words(&self, size: u64, now: Timestamp) -> String {
        let ago = |at: Timestamp| match now.as_second().saturating_sub(at.as_second()).max(0) {
            seconds @ ..120 => format!("{seconds} s"),
            seconds @ ..7_200 => format!("{} min", seconds / 60),
            seconds => format!("{} h", seconds / 3_600),
        };
        match (&self.failed, self.stored_at) {
            (Some((since, cause, _)), stored) => {
                format!("behind {}: {cause}", ago(stored.unwrap_or(*since)))
            }
            (None, Some(at)) if self.sealed.is_some() => format!("in the store, uploaded {} ago", ago(at)),
            (None, Some(at)) => format!(
                "uploaded {} ago, {} bytes to go",
                ago(at),
                size.saturating_sub(self.stored_bytes())
            ),
            (None, None) => "not uploaded yet".into(),
        }
    }
}

pub struct Journal {
    path: PathBuf,
    file: File,
    pub standing: Standing,
}

fn beside(recording: &Path) -> PathBuf {
    recording.with_extension("upload")
}

/// What the journal says, whoever writes it; empty where there is none.
pub fn standing(recording: &Path) -> Result<Standing, Error> {
    let path = beside(recording);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(parse(&bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Standing::default()),
        Err(e) => Err(Error::io("read", &path)(e)),
    }
}

/// Whole lines count; a torn one was not acted upon yet.
fn parse(bytes: &[u8]) -> Standing {
    let mut standing = Standing::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(line) = serde_json::from_slice(line) {
            standing.take(line);
        }
    }
    standing
}

impl Journal {
    /// `None` while another process uploads this recording.
    pub fn open(recording: &Path) -> Result<Option<Journal>, Error> {
        let path = beside(recording);
        let opened = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .mode(0o600)
            .open(&path);
        let mut file = opened.map_err(Error::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(e)) => return Err(Error::io("lock", &path)(e)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(Error::io("read", &path))?;
        Ok(Some(Journal {
            path,
            file,
            standing: parse(&bytes),
        }))
    }

    /// On disk before it returns.
    pub fn write(&mut self, line: Line) -> Result<(), Error> {
        let text = serde_json::to_string(&line).map_err(|e| Error::io("write", &self.path)(e.into()))?;
        // A line feed first ends whatever a crash may have left of the line before.
        self.file
            .write_all(format!("\n{text}\n").as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(Error::io("write", &self.path))?;
        self.standing.take(line);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(n: u64) -> Part {
        Part {
            n,
            offset: (n - 1) * 10,
            size: 10,
            stored_at: Some("2026-05-01T00:00:00Z".into()),
            ..Part::default()
        }
    }

    #[test]
    fn a_torn_line_leaves_what_was_to_be_sent_and_one_writer_excludes_another() {
        let dir = tempfile::tempdir().unwrap();
        let recording = dir.path().join("a.osr");
        let mut journal = Journal::open(&recording).unwrap().unwrap();
        assert!(Journal::open(&recording).unwrap().is_none());
        journal.write(Line::Stored(part(1))).unwrap();
        journal.write(Line::Sending(part(2))).unwrap();
        journal.file.write_all(b"\n{\"stored\":{\"n\":2,").unwrap();
        drop(journal);
        let mut journal = Journal::open(&recording).unwrap().unwrap();
        assert_eq!(
            (journal.standing.parts.len(), journal.standing.sending.clone()),
            (1, Some(part(2)))
        );
        journal.write(Line::Stored(part(2))).unwrap();
        let standing = standing(&recording).unwrap();
        assert_eq!((standing.stored_bytes(), standing.sending.clone()), (20, None));
        let now = "2026-05-01T00:00:12Z".parse().unwrap();
        assert_eq!(standing.words(25, now), "uploaded 12 s ago, 5 bytes to go");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_journal_of_some_kind(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}

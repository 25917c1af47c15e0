//! The second person: remembers the last checkpoint seen of every log, and cosigns one only when the log has grown
//! from there. A fork or a rollback is refused, and what was seen is on disk before the cosignature is out.

mod cosignature;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use cosignature::{check, sign};

use super::checkpoint::{Checkpoint, bytes, check_note, key_of};
use super::note::{self, Key, Note};
use super::tree::follows;
use super::{Error, Signer, consistency};
use crate::store::{self, Lock};

/// What a data directory has witnessed of other people's logs.
pub struct Witness {
    dir: PathBuf,
}

/// The last checkpoint that was cosigned of a log.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seen {
    origin: String,
    size: u64,
    root: String,
    /// The log's key that was accepted, in hexadecimal.
    key: String,
    /// Seconds since 1970.
    at: u64,
    note: String,
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is none, or nobody vouches for it.
    #[error("{0}")]
    Forged(String),
    #[error("{0}")]
    Forked(String),
    #[error(
        "this witness saw the log at {seen} leaves, and the checkpoint does not show that it grew from there"
    )]
    Unproven { seen: u64 },
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Refused {
        Refused::Failed(error.into())
    }
}

impl Witness {
    pub fn open(data_dir: &Path) -> Witness {
        Witness {
            dir: data_dir.join("audit").join("witness"),
        }
    }

    /// The key that this witness signs with. Its name is kept from the first use on: the key's id depends on it.
    pub fn key(&self, signer: &dyn Signer, name: &str) -> Result<Key, Error> {
        let _lock = Lock::acquire(&self.dir.join("lock"))?;
        let path = self.dir.join("name");
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let name = match kept.trim() {
            "" => {
                let name = name.replace(|c: char| c.is_whitespace() || c.is_control() || c == '+', "-");
                store::save(&path, name.as_bytes())?;
                name
            }
            kept => kept.to_owned(),
        };
        Ok(Key {
            name,
            kind: note::Kind::Witness,
            public: signer.public(),
        })
    }

    /// Cosigns the log's `note` as of `at` (seconds since 1970). `trusted` are keys of logs; the log's own origin
    /// names the first, later ones must be told.
    pub fn cosign(
        &self,
        note: &Note,
        signer: &dyn Signer,
        key: &Key,
        trusted: &[[u8; 32]],
        at: u64,
    ) -> Result<Note, Refused> {
        let _lock = Lock::acquire(&self.dir.join("lock"))?;
        let origin = note.text.lines().next().unwrap_or_default();
        let path = self.path_of(origin);
        let seen = load(&path)?;
        let mut keys = trusted.to_vec();
        keys.extend(match &seen {
            Some(seen) => bytes(&seen.key),
            None => key_of(origin).filter(|_| trusted.is_empty()),
        });
        let (checkpoint, log_key) = check_note(note, &keys).map_err(|why| Refused::Forged(why.into()))?;
        if let Some(seen) = &seen {
            grown(seen, &checkpoint, note)?;
        }
        let mut cosigned = note.clone();
        cosigned
            .signatures
            .retain(|line| !consistency::is_line(line) && line.name != key.name);
        cosigned.signatures.push(sign(&note.text, signer, key, at)?);
        let seen = Seen {
            origin: origin.to_owned(),
            size: checkpoint.size,
            root: hex::encode(checkpoint.root),
            key: hex::encode(log_key),
            at,
            note: cosigned.to_string(),
        };
        store::save(&path, &serde_json::to_vec(&seen).map_err(Error::from)?)?;
        Ok(cosigned)
    }

    fn path_of(&self, origin: &str) -> PathBuf {
        let name = super::read::hash(origin.as_bytes());
        self.dir.join(format!("{}.json", &name[..32]))
    }
}

/// What cannot be read was seen once: passing over it would let a log be rolled back.
fn load(path: &Path) -> Result<Option<Seen>, Refused> {
    match std::fs::read(path) {
        Ok(json) => Ok(Some(serde_json::from_slice(&json).map_err(Error::from)?)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(store::Error::new("read", path, cause).into()),
    }
}

fn grown(seen: &Seen, now: &Checkpoint, note: &Note) -> Result<(), Refused> {
    let when = jiff::Timestamp::from_second(i64::try_from(seen.at).unwrap_or_default()).unwrap_or_default();
    let forked = |what: String| Err(Refused::Forked(what));
    if now.size < seen.size {
        return forked(format!(
            "the log was rolled back: it had {} leaves on {when}, and now shows {}",
            seen.size, now.size
        ));
    }
    let Some(root) = bytes::<32>(&seen.root) else {
        return Err(Refused::Unproven { seen: seen.size });
    };
    if now.size == seen.size {
        return match now.root == root {
            true => Ok(()),
            false => forked(format!(
                "the log was forked: with {} leaves it had another root on {when}",
                seen.size
            )),
        };
    }
    let mut shown = false;
    for (old, path) in consistency::proofs(note).filter(|(old, _)| *old == seen.size) {
        shown = true;
        if follows((old, &root), (now.size, &now.root), &path) {
            return Ok(());
        }
    }
    match shown {
        true => forked(format!(
            "the log was forked: it did not grow from the {} leaves that it had on {when}",
            seen.size
        )),
        // From nothing everything grows.
        false if seen.size == 0 => Ok(()),
        false => Err(Refused::Unproven { seen: seen.size }),
    }
}

#[cfg(test)]
mod tests;

//! What leaves the data directory: checkpoints for witnesses, proofs for third parties; and what comes back, the
//! cosignatures of those who saw it.

use std::path::PathBuf;

use jiff::Timestamp;
use memchr::memmem;

use super::checkpoint::{Checkpoint, check_note, key_of, note_of};
use super::leaf::placed;
use super::note::{Key, Note};
use super::{
    Actor, Error, Event, Kind, Leaf, Log, Proof, Signed, Signer, consistency, identity, tree, witness,
};
use crate::store;

/// As many earlier checkpoints are proven with a new one: witnesses that look seldom find the one they know.
const MOST_PROVEN: usize = 12;
/// How far a witness's clock may be ahead.
const AHEAD: i64 = 300;

/// A leaf and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub index: u64,
    pub leaf: Leaf,
    /// The line of an event.
    line: Option<String>,
}

/// A checkpoint that came back cosigned.
#[derive(Clone, Debug)]
pub struct Witnessed {
    pub note: Note,
    pub checkpoint: Checkpoint,
    /// Whose cosignature it has, and when that was made.
    pub by: Vec<(Key, Timestamp)>,
}

impl Log {
    /// Signs a checkpoint for others to see, with proofs that the log only grew since those of before and since
    /// `since` leaves.
    pub fn publish(&self, signer: &dyn Signer, actor: Actor, since: Option<u64>) -> Result<Signed, Error> {
        let mut signed = self.checkpoint(signer, actor)?;
        let size = signed.checkpoint.size;
        let before = self.published();
        let mut proven: Vec<u64> = before
            .iter()
            .copied()
            .chain(since)
            .filter(|old| (1..size).contains(old))
            .collect();
        proven.sort_unstable();
        proven.dedup();
        let tree = self.tree()?;
        for old in proven {
            let path = tree::consistency(&tree, old, size)
                .map_err(|cause| store::Error::new("read", tree.path(), cause))?;
            signed.note.signatures.push(consistency::line(old, &path));
        }
        let mut sizes = before;
        sizes.retain(|old| *old != size);
        sizes.push(size);
        let first = sizes.len().saturating_sub(MOST_PROVEN);
        let lines: String = sizes[first..].iter().map(|size| format!("{size}\n")).collect();
        store::save(&self.published_path(), lines.as_bytes())?;
        Ok(signed)
    }

    /// The event whose uid, or the sealed recording whose id, begins with `wanted`; more than one is an error that
    /// names none.
    pub fn find(&self, wanted: &str) -> Result<Vec<Found>, Error> {
        let wanted = wanted.to_ascii_lowercase();
        let finder = memmem::Finder::new(wanted.as_bytes()).into_owned();
        let mut found = Vec::new();
        for placed in placed(self.ground()?.extent) {
            let placed = placed?;
            if finder.find(&placed.line.bytes).is_none() {
                continue;
            }
            let index = placed.index;
            for (at, leaf) in placed.leaves.into_iter().enumerate() {
                let line = match &leaf {
                    Leaf::Recording { id, .. } if id.starts_with(&wanted) => None,
                    Leaf::Event { .. } => match placed.line.entry() {
                        Ok(entry) if entry.uid.starts_with(&wanted) => {
                            Some(String::from_utf8_lossy(&placed.line.bytes).into_owned())
                        }
                        _ => continue,
                    },
                    Leaf::Recording { .. } => continue,
                };
                let index = index + at as u64;
                found.push(Found { index, leaf, line });
            }
        }
        Ok(found)
    }

    /// Every sealed recording that the log tells of.
    pub fn recordings(&self) -> Result<Vec<Found>, Error> {
        let mut found = Vec::new();
        for placed in placed(self.ground()?.extent) {
            let placed = placed?;
            for (at, leaf) in placed.leaves.into_iter().enumerate() {
                if matches!(leaf, Leaf::Recording { .. }) {
                    let index = placed.index + at as u64;
                    found.push(Found {
                        index,
                        leaf,
                        line: None,
                    });
                }
            }
        }
        Ok(found)
    }

    /// A proof of `found` under the newest signed checkpoint that covers it, one with cosignatures before others;
    /// where there is none, `signer` signs one.
    pub fn prove(&self, found: &Found, signer: &dyn Signer, actor: Actor) -> Result<Proof, Error> {
        let tree = self.tree()?;
        // A kept note may be damaged, or of a log that stood here before.
        let covers = |(checkpoint, _): &(Checkpoint, Note)| {
            checkpoint.size > found.index
                && checkpoint.size <= tree.leaves()
                && tree::root(&tree, checkpoint.size).ok() == Some(checkpoint.root)
        };
        let kept = match self.cosigned()?.filter(covers) {
            Some(cosigned) => Some(cosigned),
            None => self.newest()?.filter(covers),
        };
        let (checkpoint, note) = match kept {
            Some(kept) => kept,
            None => {
                let signed = self.checkpoint(signer, actor)?;
                (signed.checkpoint, signed.note)
            }
        };
        self.prove_in(found, &checkpoint, &note)
    }

    /// The same under a checkpoint of this log that covers it.
    pub fn prove_in(&self, found: &Found, checkpoint: &Checkpoint, note: &Note) -> Result<Proof, Error> {
        let tree = self.tree()?;
        let path = tree::inclusion(&tree, found.index, checkpoint.size)
            .map_err(|cause| store::Error::new("read", tree.path(), cause))?;
        let mut proof = Proof::new(found.leaf.clone(), found.index, checkpoint.size, &path, note);
        proof.line.clone_from(&found.line);
        Ok(proof)
    }

    /// Takes a checkpoint back that somebody cosigned: it must be one of this log's, and at least one of `witnesses`
    /// must have cosigned it. The inner error says why not.
    pub fn take(&self, note: &Note, witnesses: &[Key]) -> Result<Result<Witnessed, String>, Error> {
        let Some(identity) = identity::load(self.dir())? else {
            return Ok(Err("nothing of this log was signed yet".into()));
        };
        let keys: Vec<[u8; 32]> = key_of(&identity.origin)
            .into_iter()
            .chain([identity.current])
            .collect();
        let checkpoint = match check_note(note, &keys) {
            Ok((checkpoint, _)) if checkpoint.origin == identity.origin => checkpoint,
            Ok(_) => return Ok(Err("the checkpoint is of another log".into())),
            Err(says) => return Ok(Err(says.into())),
        };
        let tree = self.tree()?;
        let root = (checkpoint.size <= tree.leaves())
            .then(|| tree::root(&tree, checkpoint.size).ok())
            .flatten();
        if root != Some(checkpoint.root) {
            return Ok(Err(
                "this log is not the one that the checkpoint signed: it was changed since".into(),
            ));
        }
        let mut by = Vec::new();
        for key in witnesses {
            match witness::check(note, key) {
                None => {}
                Some(_) if keys.contains(&key.public) => {
                    return Ok(Err(
                        "it is cosigned by the log's own device: somebody else must do it".into(),
                    ));
                }
                Some(Err(says)) => return Ok(Err(format!("{says}: {}", key.name))),
                Some(Ok(at)) => {
                    let at = i64::try_from(at)
                        .ok()
                        .and_then(|at| Timestamp::from_second(at).ok());
                    let ahead = Timestamp::now().as_second() + AHEAD;
                    match at.filter(|at| at.as_second() <= ahead) {
                        Some(at) => by.push((key.clone(), at)),
                        None => {
                            return Ok(Err(format!(
                                "the cosignature of {} is dated in the future",
                                key.name
                            )));
                        }
                    }
                }
            }
        }
        if by.is_empty() {
            return Ok(Err(
                "no witness that is trusted here has cosigned the checkpoint".into()
            ));
        }
        let mut note = note.clone();
        note.signatures.retain(|line| !consistency::is_line(line));
        let names: Vec<&str> = by.iter().map(|(key, _)| key.name.as_str()).collect();
        self.append(
            Event::new(Kind::Witnessed, Actor::local())
                .with("size", checkpoint.size)
                .with("witnesses", names)
                .with("note", note.to_string()),
        )?;
        let known = self.cosigned()?;
        if known.is_none_or(|(known, _)| known.size <= checkpoint.size) {
            store::save(&self.dir().join("cosigned"), note.to_string().as_bytes())?;
        }
        Ok(Ok(Witnessed { note, checkpoint, by }))
    }

    /// The newest checkpoint that came back cosigned.
    fn cosigned(&self) -> Result<Option<(Checkpoint, Note)>, Error> {
        let text = std::fs::read_to_string(self.dir().join("cosigned")).unwrap_or_default();
        let note = Note::parse(&text).ok();
        Ok(note.and_then(|note| Some((Checkpoint::parse(&note.text).ok()?, note))))
    }

    /// The newest signed checkpoint on the log.
    fn newest(&self) -> Result<Option<(Checkpoint, Note)>, Error> {
        let finder = memmem::Finder::new(Kind::Checkpoint.name()).into_owned();
        let mut newest = None;
        for line in self.ground()?.extent.lines() {
            let line = line?;
            let found = finder.find(&line.bytes).and_then(|_| line.entry().ok());
            if let Some(Ok(note)) = found.as_ref().and_then(note_of)
                && let Ok(checkpoint) = Checkpoint::parse(&note.text)
            {
                newest = Some((checkpoint, note));
            }
        }
        Ok(newest)
    }

    fn tree(&self) -> Result<tree::Stored, Error> {
        self.ground()?.tree.ok_or(Error::Tree)
    }

    fn published_path(&self) -> PathBuf {
        self.dir().join("published")
    }

    fn published(&self) -> Vec<u64> {
        let text = std::fs::read_to_string(self.published_path()).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }
}

//! Whose signatures count in a log: the key that its origin is made of, and those that an accepted key announced.
//! Any other key is foreign, unless the reader was told to trust it.

use super::checkpoint::{bytes, check_note, field, key_of, note_of};
use super::signer::{Signer, is_signed};
use super::tree::Hash;
use super::{Actor, Entry, Error, Event, Kind};

pub(super) struct Keys {
    origin: Option<String>,
    accepted: Vec<[u8; 32]>,
    /// Whether the reader named the keys: then the origin's own is not enough.
    named: bool,
}

/// What a checkpoint of the log claims, once its signature holds.
pub(super) struct Claim {
    pub(super) key: [u8; 32],
    /// Leaves that it covers, and their root.
    pub(super) size: u64,
    pub(super) root: Hash,
}

impl Keys {
    /// `named` are keys that the reader trusts; none: the log's own word counts.
    pub(super) fn new(named: &[[u8; 32]]) -> Keys {
        Keys {
            origin: None,
            accepted: named.to_vec(),
            named: !named.is_empty(),
        }
    }

    pub(super) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Follows the log over one entry.
    pub(super) fn take(&mut self, entry: &Entry) -> Result<Option<Claim>, &'static str> {
        if entry.event == Kind::KeyRotate.name() {
            self.rotate(entry);
            return Ok(None);
        }
        let Some(note) = note_of(entry) else {
            return Ok(None);
        };
        let note = note?;
        let origin = note.text.lines().next().unwrap_or_default();
        match &self.origin {
            Some(known) if known != origin => return Err("the checkpoint is of another log"),
            Some(_) => {}
            None => {
                let key = key_of(origin).ok_or("the checkpoint is of another log")?;
                if !self.named {
                    self.accepted.push(key);
                }
                self.origin = Some(origin.to_owned());
            }
        }
        let (checkpoint, key) = check_note(&note, &self.accepted)?;
        Ok(Some(Claim {
            key,
            size: checkpoint.size,
            root: checkpoint.root,
        }))
    }

    /// A new key that an accepted one signs takes its place; without such a signature nothing changes.
    fn rotate(&mut self, entry: &Entry) {
        let (Some(old), Some(new)) = (bytes(field(entry, "old")), bytes::<32>(field(entry, "new"))) else {
            return;
        };
        let signature = hex::decode(field(entry, "signature")).unwrap_or_default();
        let message = rotation(field(entry, "origin"), &new);
        // Before the first checkpoint the origin's own key may announce; later only one that still counts.
        let first = self.origin.is_none() && !self.named && key_of(field(entry, "origin")) == Some(old);
        let known = first || self.accepted.contains(&old);
        if known && is_signed(&old, message.as_bytes(), &signature) {
            self.accepted.retain(|key| *key != old);
            self.accepted.push(new);
        }
    }
}

fn rotation(origin: &str, new: &[u8; 32]) -> String {
    format!("quarterdeck key rotation 1\n{origin}\n{}\n", hex::encode(new))
}

/// The event that announces the key of `signer`, by the one before it where that is still at hand.
pub(super) fn announce(
    origin: &str,
    old: &[u8; 32],
    signer: &dyn Signer,
    actor: Actor,
) -> Result<Event, Error> {
    let new = signer.public();
    let predecessor = signer.predecessor().filter(|key| Signer::public(*key) == *old);
    let signature = match predecessor {
        Some(key) => hex::encode(Signer::sign(key, rotation(origin, &new).as_bytes())?),
        None => String::new(),
    };
    Ok(Event::new(Kind::KeyRotate, actor)
        .with("origin", origin)
        .with("old", hex::encode(old))
        .with("new", hex::encode(new))
        .with("signature", signature))
}

/// For a line at the end of the log: whether it is no checkpoint, or one whose own signature holds.
pub(super) fn may_stand(entry: &Entry) -> bool {
    match note_of(entry) {
        Some(note) => {
            let key = bytes(field(entry, "key"));
            matches!((note, key), (Ok(note), Some(key)) if check_note(&note, &[key]).is_ok())
        }
        None => true,
    }
}

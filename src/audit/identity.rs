//! Which log this is: the origin, made of the key that signed first, and the key that signs now. Kept in a file
//! beside the log; where that is lost, the log's own checkpoints tell.

use std::path::Path;

use memchr::memmem;

use super::checkpoint::{bytes, field, note_of, origin_of};
use super::read::Extent;
use super::{Error, Kind, Signer};
use crate::store;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) origin: String,
    /// The key that signed last.
    pub(super) current: [u8; 32],
}

/// `None` when nothing was signed yet.
pub(super) fn load(dir: &Path) -> Result<Option<Identity>, Error> {
    if let Some(identity) = parse(&std::fs::read_to_string(dir.join("origin")).unwrap_or_default()) {
        return Ok(Some(identity));
    }
    let mut found: Option<Identity> = None;
    let finders = [Kind::KeyRotate, Kind::Checkpoint].map(|kind| memmem::Finder::new(kind.name()));
    for line in Extent::of(dir)?.lines() {
        let line = line?;
        // Few lines are of these kinds, and only those are worth reading.
        if finders.iter().all(|finder| finder.find(&line.bytes).is_none()) {
            continue;
        }
        let Ok(entry) = line.entry() else { continue };
        if entry.event == Kind::KeyRotate.name()
            && let (Some(identity), Some(new)) = (&mut found, bytes(field(&entry, "new")))
        {
            identity.current = new;
        }
        if let (Some(Ok(note)), Some(current)) = (note_of(&entry), bytes(field(&entry, "key"))) {
            let origin = note.text.lines().next().unwrap_or_default().to_owned();
            found = Some(Identity { origin, current });
        }
    }
    Ok(found)
}

pub(super) fn load_or_create(dir: &Path, signer: &dyn Signer) -> Result<Identity, Error> {
    if let Some(identity) = load(dir)? {
        return Ok(identity);
    }
    let public = signer.public();
    let origin = origin_of(&public);
    save(dir, &origin, &public)?;
    Ok(Identity {
        origin,
        current: public,
    })
}

pub(super) fn save(dir: &Path, origin: &str, current: &[u8; 32]) -> Result<(), Error> {
    let text = format!("{origin}\n{}\n", hex::encode(current));
    Ok(store::save(&dir.join("origin"), text.as_bytes())?)
}

fn parse(text: &str) -> Option<Identity> {
    let (origin, current) = text.trim_end().split_once('\n')?;
    Some(Identity {
        origin: Some(origin).filter(|origin| !origin.is_empty())?.to_owned(),
        current: bytes(current)?,
    })
}

//! What the tree is made of: every line of the log, and every sealed recording that a line tells of. Leaves follow
//! from the lines alone, so that whoever has the lines can make the tree again.

use serde::{Deserialize, Serialize};

use super::read::{Extent, Line, hash};
use super::tree::{Hash, hash_leaf};
use super::{Entry, Error, Kind};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Leaf {
    /// A line of the log: SHA-256 of its bytes without the line feed, in hexadecimal.
    Event { sha256: String },
    /// A sealed recording: its id, and size and hash of the whole file.
    Recording { id: String, size: u64, sha256: String },
}

/// Kinds of events that tell of a sealed recording, when `rec` has its size and hash.
const SEALING: [Kind; 6] = [
    Kind::SessionEnd,
    Kind::SessionRejected,
    Kind::Exec,
    Kind::RecordingStop,
    Kind::RecordingRecovered,
    Kind::RecordingImported,
];

impl Leaf {
    /// The bytes that are hashed into the tree.
    pub fn data(&self) -> String {
        match self {
            Leaf::Event { sha256 } => format!("event {sha256}\n"),
            Leaf::Recording { id, size, sha256 } => format!("recording {id} {size} {sha256}\n"),
        }
    }

    pub fn hash(&self) -> Hash {
        hash_leaf(self.data().as_bytes())
    }

    fn of_line(bytes: &[u8]) -> Leaf {
        Leaf::Event { sha256: hash(bytes) }
    }

    pub(super) fn of_recording(entry: &Entry) -> Option<Leaf> {
        let rec = entry.rec.as_ref()?;
        let sealing = SEALING.iter().any(|kind| kind.name() == entry.event);
        let id: uuid::Uuid = entry.sid.as_deref().filter(|_| sealing)?.parse().ok()?;
        let sha256 = rec.sha256.as_deref()?;
        let is_hash = sha256.len() == 64
            && sha256
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        is_hash.then_some(Leaf::Recording {
            id: id.to_string(),
            size: rec.size?,
            sha256: sha256.to_owned(),
        })
    }

    /// The leaves of a line in their order, one or two. A line that is no event is still a leaf.
    pub(super) fn of(bytes: &[u8], entry: Option<&Entry>) -> impl Iterator<Item = Leaf> {
        let recording = entry.and_then(Leaf::of_recording);
        [Some(Leaf::of_line(bytes)), recording].into_iter().flatten()
    }
}

/// A line with the leaves that are its own.
pub(super) struct Placed {
    /// Number of the first of its leaves.
    pub(super) index: u64,
    pub(super) line: Line,
    pub(super) leaves: Vec<Leaf>,
}

/// Every whole line with its place in the tree. Only lines that may tell of a recording are parsed.
pub(super) fn placed(extent: Extent) -> impl Iterator<Item = Result<Placed, Error>> {
    let hashed = memchr::memmem::Finder::new(b"\"sha256\":\"").into_owned();
    let mut index = 0;
    extent
        .lines()
        .filter(|line| line.as_ref().is_ok_and(|line| line.is_whole) || line.is_err())
        .map(move |line| {
            let line = line?;
            let entry = hashed.find(&line.bytes).and_then(|_| line.entry().ok());
            let leaves: Vec<Leaf> = Leaf::of(&line.bytes, entry.as_ref()).collect();
            let placed = Placed { index, line, leaves };
            index += placed.leaves.len() as u64;
            Ok(placed)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Event, Rec};

    fn entry(kind: Kind, sha256: Option<String>) -> Entry {
        let mut event = Event::new(kind, Actor::default());
        event.sid = Some(uuid::Uuid::nil());
        event.rec = Some(Rec {
            path: "a.osr".into(),
            size: Some(10),
            sha256,
            ..Rec::default()
        });
        Entry::new(event, jiff::Timestamp::UNIX_EPOCH, 1, String::new())
    }

    #[test]
    fn a_line_that_tells_of_a_sealed_recording_is_two_leaves() {
        let count = |entry: &Entry| Leaf::of(b"line", Some(entry)).count();
        assert_eq!(count(&entry(Kind::SessionEnd, Some("a".repeat(64)))), 2);
        assert_eq!(count(&entry(Kind::SessionEnd, None)), 1);
        assert_eq!(count(&entry(Kind::SessionEnd, Some("A".repeat(64)))), 1);
        assert_eq!(count(&entry(Kind::SessionStart, Some("a".repeat(64)))), 1);
    }

    #[test]
    fn the_bytes_of_a_leaf_name_its_kind() {
        let leaf = Leaf::Recording {
            id: "x".into(),
            size: 3,
            sha256: "ab".into(),
        };
        assert_eq!(leaf.data(), "recording x 3 ab\n");
        assert_eq!(Leaf::of_line(b"").data().len(), "event \n".len() + 64);
    }
}

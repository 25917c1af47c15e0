//! Signed checkpoints of the tree in C2SP's tlog-checkpoint format: origin, number of leaves, root. The origin
//! is made of the key that signed first, so that a checkpoint names the key it must be checked with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::note::{self, Key, Note, Signature};
use super::signer::{Signer, is_signed};
use super::tree::{Hash, MOST_LEAVES};
use super::{Actor, Entry, Error, Event, Kind};

const ORIGIN: &str = "quarterdeck/";

/// The state of a log when it had `size` leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

/// The origin of a log whose first checkpoint `public` signs.
pub fn origin_of(public: &[u8; 32]) -> String {
    format!("{ORIGIN}{}", hex::encode(public))
}

/// The key that an origin is made of; `None` for another program's.
pub fn key_of(origin: &str) -> Option<[u8; 32]> {
    hex::decode(origin.strip_prefix(ORIGIN)?).ok()?.try_into().ok()
}

impl Checkpoint {
    /// The error completes "not a checkpoint: …".
    pub fn parse(text: &str) -> Result<Checkpoint, &'static str> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err("it has less than three lines");
        };
        if origin.is_empty() || lines.any(str::is_empty) {
            return Err("it has an empty line");
        }
        let number: u64 = size.parse().map_err(|_| "its size is no number")?;
        if number.to_string() != size || number > MOST_LEAVES {
            return Err("its size is impossible");
        }
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok());
        Ok(Checkpoint {
            origin: origin.to_owned(),
            size: number,
            root: root.ok_or("its root is no hash")?,
        })
    }

    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// The note that a log publishes.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Note, Error> {
        let text = self.text();
        let signature = signer.sign(text.as_bytes())?;
        let key = log_key(&self.origin, signer.public());
        Ok(Note {
            signatures: vec![Signature {
                key_id: key.id(),
                name: key.name,
                bytes: signature.to_vec(),
            }],
            text,
        })
    }
}

/// The verifier key of a log.
pub fn log_key(origin: &str, public: [u8; 32]) -> Key {
    Key {
        name: origin.to_owned(),
        kind: note::Kind::Log,
        public,
    }
}

/// The checkpoint of `note` when one of `keys` signed it as the log's; the error says what is wrong.
pub fn check_note(note: &Note, keys: &[[u8; 32]]) -> Result<(Checkpoint, [u8; 32]), &'static str> {
    let checkpoint = Checkpoint::parse(&note.text)?;
    let mut claimed = false;
    for public in keys {
        let key = log_key(&checkpoint.origin, *public);
        for line in note.by(&key) {
            claimed = true;
            if is_signed(public, note.text.as_bytes(), &line.bytes) {
                return Ok((checkpoint, *public));
            }
        }
    }
    Err(match claimed {
        true => "the signature of the checkpoint is wrong",
        false => "the checkpoint is signed by a foreign key",
    })
}

/// The event that puts a signed checkpoint on the log.
pub(super) fn event(note: &Note, size: u64, public: [u8; 32], actor: Actor) -> Event {
    Event::new(Kind::Checkpoint, actor)
        .with("size", size)
        .with("key", hex::encode(public))
        .with("note", note.to_string())
}

/// The note of a checkpoint event; `None` for any other event. One without a note is nobody's word.
pub(super) fn note_of(entry: &Entry) -> Option<Result<Note, &'static str>> {
    let is_checkpoint = entry.event == Kind::Checkpoint.name();
    is_checkpoint.then(|| match field(entry, "note") {
        "" => Err("the checkpoint has no signed note"),
        note => Note::parse(note),
    })
}

/// A text field of an event's own, empty where there is none.
pub(super) fn field<'e>(entry: &'e Entry, name: &str) -> &'e str {
    entry
        .body
        .get(name)
        .and_then(|value| value.as_str())
        .unwrap_or_default()
}

pub(super) fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;

    fn signed() -> (Checkpoint, Note, [u8; 32]) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = Signer::public(&key);
        let checkpoint = Checkpoint {
            origin: origin_of(&public),
            size: 42,
            root: [9; 32],
        };
        let note = checkpoint.sign(&key).unwrap();
        (checkpoint, note, public)
    }

    #[test]
    fn a_checkpoint_names_the_key_that_it_is_checked_with() {
        let (checkpoint, note, public) = signed();
        let read = Note::parse(&note.to_string()).unwrap();
        let key = key_of(&checkpoint.origin).unwrap();
        assert_eq!(check_note(&read, &[key]), Ok((checkpoint, public)));
        assert!(check_note(&read, &[[1; 32]]).unwrap_err().contains("foreign"));
    }

    #[test]
    fn a_changed_checkpoint_is_refused() {
        let (_, mut note, public) = signed();
        note.text = note.text.replace("\n42\n", "\n43\n");
        assert!(check_note(&note, &[public]).unwrap_err().contains("wrong"));
        for text in [
            "",
            "o\n1\n",
            "o\n01\nAA==\n",
            "o\n1\nAA==\n",
            "o\n99999999999999999999\nAA==\n",
        ] {
            assert!(Checkpoint::parse(text).is_err(), "{text}");
        }
    }
}

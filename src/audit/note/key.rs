//! Public keys of notes: a name, what the key signs, and the key. Written as C2SP's verifier keys,
//! `name+id+base64`, which people put into each other's configuration.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// What a key's signatures are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The note's text: what a log signs.
    Log,
    /// A time and the note's text: what a witness signs.
    Witness,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Kind::Log => 0x01,
            Kind::Witness => 0x04,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub name: String,
    pub kind: Kind,
    /// Ed25519.
    pub public: [u8; 32],
}

impl Key {
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.kind.byte()])
            .chain_update(self.public)
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

/// Not empty, without spaces and plus signs.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

impl FromStr for Key {
    type Err = &'static str;

    /// The error completes "not a verifier key: …".
    fn from_str(text: &str) -> Result<Key, &'static str> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("it is not written name+id+key");
        };
        if !is_name(name) {
            return Err("its name is impossible");
        }
        let bytes = STANDARD.decode(key).map_err(|_| "its key is not base64")?;
        let (kind, public) = match bytes.split_first() {
            Some((0x01, public)) => (Kind::Log, public),
            Some((0x04, public)) => (Kind::Witness, public),
            _ => return Err("its key is of a kind that is not known here"),
        };
        let key = Key {
            name: name.to_owned(),
            kind,
            public: public
                .try_into()
                .map_err(|_| "its key has not the length of an Ed25519 key")?,
        };
        match hex::encode(key.id()) == id.to_ascii_lowercase() {
            true => Ok(key),
            false => Err("its id does not belong to its name and key"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[self.kind.byte()][..], &self.public].concat());
        write!(f, "{}+{}+{key}", self.name, hex::encode(self.id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_and_read_and_a_mistyped_one_refused() {
        let key = Key {
            name: "bob@lab".into(),
            kind: Kind::Witness,
            public: [7; 32],
        };
        let text = key.to_string();
        assert_eq!(text.parse::<Key>(), Ok(key));
        assert!(text.replace("bob", "rob").parse::<Key>().is_err());
        assert!(text[..text.len() - 4].parse::<Key>().is_err());
        assert!("bob".parse::<Key>().is_err());
    }

    #[test]
    fn the_published_key_of_the_go_checksum_database_has_its_id() {
        let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        let key: Key = text.parse().unwrap();
        assert_eq!((key.kind, key.to_string().as_str()), (Kind::Log, text));
    }
}

//! The encryption of a session's bytes: AES-256-GCM, one half of the key for each direction.
//!
//! A sealed payload is nonce (12 bytes), ciphertext, tag (16 bytes), without associated data. A nonce starts at random
//! and counts up, so that none is ever used twice under one key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Bytes of a data key: 32 for what the agent encrypts, 32 for what the client does.
pub const KEY: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    /// The other end: the embedded simulator's.
    Agent,
}

/// Why there is no cipher, or no plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the data key has {0} bytes, not {KEY}")]
    Key(usize),
    #[error("a payload of {0} bytes is too short to be encrypted")]
    Short(usize),
    #[error("a payload does not decrypt: it was changed on the way, or sealed with another key")]
    Tag,
}

pub struct Cipher {
    seal: LessSafeKey,
    open: LessSafeKey,
    nonce: [u8; NONCE_LEN],
}

impl Cipher {
    pub fn new(key: &[u8], side: Side) -> Result<Self, Refused> {
        if key.len() != KEY {
            return Err(Refused::Key(key.len()));
        }
        let half = |bytes: &[u8]| {
            let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| Refused::Key(bytes.len()))?;
            Ok(LessSafeKey::new(key))
        };
        let (agent, client) = (half(&key[..KEY / 2])?, half(&key[KEY / 2..])?);
        let (seal, open) = match side {
            Side::Client => (client, agent),
            Side::Agent => (agent, client),
        };
        Ok(Self {
            seal,
            open,
            nonce: rand::random(),
        })
    }

    pub fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, Refused> {
        let nonce = self.nonce;
        for byte in &mut self.nonce {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .seal
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::empty(),
                &mut sealed[NONCE_LEN..],
            )
            .map_err(|_| Refused::Tag)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Refused> {
        let short = Refused::Short(sealed.len());
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(short)?;
        if rest.len() < AES_256_GCM.tag_len() {
            return Err(short);
        }
        let mut plain = rest.to_vec();
        let length = self
            .open
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut plain)
            .map_err(|_| Refused::Tag)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> Vec<u8> {
        (0..64).collect()
    }

    fn pair() -> (Cipher, Cipher) {
        let make = |side| Cipher::new(&key(), side).unwrap_or_else(|why| panic!("{why}"));
        (make(Side::Client), make(Side::Agent))
    }

    #[test]
    fn example_f_both_directions() {
        let (mut client, mut agent) = pair();
        let nonce = std::array::from_fn(|n| 0xa0 + n as u8);
        (client.nonce, agent.nonce) = (nonce, nonce);
        let [up, down] = [client.seal(b"hi").unwrap(), agent.seal(b"hi").unwrap()];
        assert_eq!(
            hex::encode(&up),
            "a0a1a2a3a4a5a6a7a8a9aaab1655263544b540885512a895d37f933bdb41"
        );
        assert_eq!(
            hex::encode(&down),
            "a0a1a2a3a4a5a6a7a8a9aaab8e719a777b45f12266d9c6ef8535e62d6071"
        );
        assert_eq!(
            (agent.open(&up).unwrap(), client.open(&down).unwrap()),
            (b"hi".to_vec(), b"hi".to_vec())
        );
        assert_eq!(
            client.open(&up),
            Err(Refused::Tag),
            "each direction has a key of its own"
        );
    }

    #[test]
    fn a_key_of_another_length_is_refused_and_no_nonce_comes_twice() {
        for length in [0, 32, 63, 65, 128] {
            let refused = Cipher::new(&vec![1; length], Side::Client).err();
            assert_eq!(refused, Some(Refused::Key(length)));
        }
        let (mut client, _) = pair();
        client.nonce = [0xff; NONCE_LEN];
        let nonces: std::collections::HashSet<Vec<u8>> = (0..1000)
            .map(|_| client.seal(b"x").unwrap()[..NONCE_LEN].to_vec())
            .collect();
        assert_eq!(nonces.len(), 1000);
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_what_is_changed_or_foreign_does_not(
            plain in prop::collection::vec(any::<u8>(), 0..3000),
            at in any::<prop::sample::Index>(),
            with in 1u8..,
            foreign in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let (mut client, agent) = pair();
            let mut sealed = client.seal(&plain).unwrap();
            prop_assert_eq!(sealed.len(), plain.len() + 28);
            prop_assert_eq!(agent.open(&sealed).unwrap(), plain);
            let at = at.index(sealed.len());
            sealed[at] ^= with;
            prop_assert_eq!(agent.open(&sealed), Err(Refused::Tag));
            let want = if foreign.len() < 28 { Refused::Short(foreign.len()) } else { Refused::Tag };
            prop_assert_eq!(agent.open(&foreign), Err(want));
        }
    }
}

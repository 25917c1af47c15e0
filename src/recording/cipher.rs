//! The encryption of records: ChaCha20-Poly1305 under a key of this one file, with a counter that only ever grows.
//! Whoever holds the file key can read; hashes and signatures are over what is in the file, so anyone can verify.

use super::wire::{Cut, put_varint};
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac;
use uuid::Uuid;
use zeroize::Zeroizing;

/// What age wraps for every recipient. Wiped when dropped.
pub(super) type FileKey = Zeroizing<[u8; 32]>;

const INFO: &[u8] = b"quarterdeck records 1";
const DIGEST_INFO: &[u8] = b"quarterdeck commands 1";
/// Bytes of a digest.
const DIGEST: usize = 16;
/// What is said of a record that the key does not open.
pub(super) const FORGED: &str = "an encrypted record that its key does not open";

pub(super) struct Cipher {
    key: LessSafeKey,
    digests: hmac::Key,
    id: [u8; 16],
    /// Of the next record. It grows with each attempt, whether or not the record reached the file, and the key
    /// lives in this process only: no two records are ever sealed under one pair of key and counter.
    counter: u64,
}

impl Cipher {
    /// `None` only if the cryptography itself fails.
    pub fn new(file_key: &FileKey, id: Uuid) -> Option<Cipher> {
        let derived = Salt::new(HKDF_SHA256, id.as_bytes()).extract(&file_key[..]);
        let info = [INFO];
        let okm = derived.expand(&info, &CHACHA20_POLY1305).ok()?;
        Some(Cipher {
            key: LessSafeKey::new(UnboundKey::from(okm)),
            digests: hmac::Key::from(derived.expand(&[DIGEST_INFO], hmac::HMAC_SHA256).ok()?),
            id: *id.as_bytes(),
            counter: 0,
        })
    }

    /// Appends `counter | ciphertext | tag` to `out`; `None` when the counter is used up.
    pub fn seal(&mut self, kind: u8, plain: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let counter = self.counter;
        self.counter = counter.checked_add(1)?;
        put_varint(out, counter);
        let mut sealed = plain.to_vec();
        self.key
            .seal_in_place_append_tag(nonce(counter), self.aad(kind, counter), &mut sealed)
            .ok()?;
        out.append(&mut sealed);
        Some(())
    }

    /// What `seal` was given.
    pub fn open(&self, kind: u8, sealed: &[u8]) -> Result<Vec<u8>, &'static str> {
        let mut cut = Cut(sealed);
        let counter = cut.varint().ok_or(FORGED)?;
        let mut bytes = cut.rest().to_vec();
        let plain = self
            .key
            .open_in_place(nonce(counter), self.aad(kind, counter), &mut bytes)
            .map_err(|_| FORGED)?;
        let len = plain.len();
        bytes.truncate(len);
        Ok(bytes)
    }

    /// What stands for a text outside of the recording: only who can read that one can tell which text it was.
    pub fn digest(&self, text: &str) -> String {
        hex::encode(&hmac::sign(&self.digests, text.as_bytes()).as_ref()[..DIGEST])
    }

    fn aad(&self, kind: u8, counter: u64) -> Aad<[u8; 25]> {
        let mut aad = [0; 25];
        aad[0] = kind;
        aad[1..9].copy_from_slice(&counter.to_le_bytes());
        aad[9..].copy_from_slice(&self.id);
        Aad::from(aad)
    }
}

fn nonce(counter: u64) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[..8].copy_from_slice(&counter.to_le_bytes());
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cipher(seed: u8) -> Cipher {
        Cipher::new(&Zeroizing::new([seed; 32]), Uuid::from_bytes([seed; 16])).unwrap()
    }

    #[test]
    fn a_record_opens_only_as_what_it_was_sealed_as() {
        let mut own = cipher(1);
        let (mut one, mut two) = (Vec::new(), Vec::new());
        own.seal(b'D', b"ls\r\n", &mut one).unwrap();
        own.seal(b'D', b"ls\r\n", &mut two).unwrap();
        assert_ne!(one[1..], two[1..], "the same text twice must not look the same");
        assert_eq!(own.open(b'D', &one).unwrap(), b"ls\r\n");
        assert!(own.open(b'M', &one).is_err());
        assert!(cipher(2).open(b'D', &one).is_err());
        let mut moved = one.clone();
        moved[0] = 1;
        assert!(
            own.open(b'D', &moved).is_err(),
            "a record may not take another's place"
        );
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_hostile_bytes_do_not(plain: Vec<u8>, hostile: Vec<u8>, bit in 0usize..64) {
            let mut own = cipher(3);
            let mut sealed = Vec::new();
            own.seal(b'D', &plain, &mut sealed).unwrap();
            prop_assert_eq!(own.open(b'D', &sealed).unwrap(), plain);
            let at = bit % sealed.len();
            sealed[at] ^= 1 << (bit % 8);
            prop_assert!(own.open(b'D', &sealed).is_err());
            prop_assert!(own.open(b'D', &hostile).is_err());
        }
    }
}

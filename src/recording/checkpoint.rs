//! Checkpoints: the hash of everything before, signed, with the key of the next one. The old key is then gone,
//! so that nobody who takes the process over later can sign again what was sealed before.

use super::Error;
use super::key::{DeviceKey, is_signed};
use super::wire::{Cut, put_varint};
use ed25519_dalek::{Signer as _, SigningKey};

const DOMAIN: &[u8] = b"quarterdeck checkpoint 1\n";
const FINAL: u8 = 1;
const RECOVERED: u8 = 2;
const ELSEWHERE: u8 = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// The last of its file.
    pub is_final: bool,
    /// Signed by the device key after the writer died.
    pub is_recovered: bool,
    /// Recovered where the device key that recorded it is not: signed with the key that `next_key` then holds.
    pub is_elsewhere: bool,
    /// Where its own record starts.
    pub offset: u64,
    pub at_us: u64,
    /// Unix microseconds of the wall clock.
    pub wall_us: u64,
    pub events: u64,
    /// Last data-channel sequence number, if there was any.
    pub sequence: Option<u64>,
    /// SHA-256 of the file up to `offset`.
    pub hash: [u8; 32],
    /// Public key of the next checkpoint; zeros in the last.
    pub next_key: [u8; 32],
}

impl Checkpoint {
    fn body(&self) -> Vec<u8> {
        let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let mut out = vec![
            flag(self.is_final, FINAL)
                | flag(self.is_recovered, RECOVERED)
                | flag(self.is_elsewhere, ELSEWHERE),
        ];
        let sequence = self.sequence.map_or(0, |n| n.saturating_add(1));
        for number in [self.offset, self.at_us, self.wall_us, self.events, sequence] {
            put_varint(&mut out, number);
        }
        out.extend(self.hash);
        out.extend(self.next_key);
        out
    }

    /// The payload signed with the device key: what recovery does.
    pub fn encode_by_device(&self, device: &DeviceKey) -> Result<Vec<u8>, Error> {
        let mut body = self.body();
        body.extend(device.sign(&[DOMAIN, &body].concat())?);
        Ok(body)
    }

    /// The checkpoint, and the message and signature to check.
    pub fn decode(payload: &[u8]) -> Option<(Checkpoint, Proof)> {
        let body_len = payload.len().checked_sub(64)?;
        let (body, signature) = payload.split_at(body_len);
        let mut cut = Cut(body);
        let [flags] = cut.array()?;
        let mut number = || cut.varint();
        let (offset, at_us, wall_us, events, sequence) =
            (number()?, number()?, number()?, number()?, number()?);
        let checkpoint = Checkpoint {
            is_final: flags & FINAL != 0,
            is_recovered: flags & RECOVERED != 0,
            is_elsewhere: flags & ELSEWHERE != 0,
            offset,
            at_us,
            wall_us,
            events,
            sequence: sequence.checked_sub(1),
            hash: cut.array()?,
            next_key: cut.array()?,
        };
        if !cut.rest().is_empty() {
            return None;
        }
        let proof = Proof {
            message: [DOMAIN, body].concat(),
            signature: signature.try_into().ok()?,
        };
        Some((checkpoint, proof))
    }
}

pub(super) struct Proof {
    message: Vec<u8>,
    signature: [u8; 64],
}

impl Proof {
    pub fn is_by(&self, public: &[u8; 32]) -> bool {
        is_signed(public, &self.message, &self.signature)
    }
}

/// Holds the current session key, which wipes itself when it is replaced.
pub(super) struct SessionKey(SigningKey);

impl SessionKey {
    pub fn generate() -> Self {
        SessionKey(SigningKey::generate(&mut rand::rng()))
    }

    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs `checkpoint` and, unless it is the last, moves on to the next key.
    pub fn seal(&mut self, mut checkpoint: Checkpoint) -> Vec<u8> {
        let next = (!checkpoint.is_final).then(SessionKey::generate);
        checkpoint.next_key = next.as_ref().map_or([0; 32], SessionKey::public);
        let mut body = checkpoint.body();
        body.extend(self.0.sign(&[DOMAIN, &body].concat()).to_bytes());
        if let Some(next) = next {
            *self = next;
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            is_final: false,
            is_recovered: false,
            is_elsewhere: false,
            offset: 4096,
            at_us: 1_000_000,
            wall_us: 1_790_000_000_000_000,
            events: 17,
            sequence: Some(0),
            hash: [7; 32],
            next_key: [0; 32],
        }
    }

    #[test]
    fn each_checkpoint_names_the_key_of_the_next() {
        let mut key = SessionKey::generate();
        let first = key.public();
        let (one, proof) = Checkpoint::decode(&key.seal(checkpoint())).unwrap();
        assert!(proof.is_by(&first));
        assert_eq!((one.events, one.sequence), (17, Some(0)));
        let (_, proof) = Checkpoint::decode(&key.seal(checkpoint())).unwrap();
        assert!(proof.is_by(&one.next_key));
        assert!(!proof.is_by(&first));
    }

    #[test]
    fn a_changed_number_breaks_the_signature() {
        let mut key = SessionKey::generate();
        let public = key.public();
        let mut payload = key.seal(checkpoint());
        payload[1] ^= 1;
        assert!(!Checkpoint::decode(&payload).unwrap().1.is_by(&public));
    }
}

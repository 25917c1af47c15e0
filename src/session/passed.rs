//! Bytes that pass one way over a connection, counted and hashed where they pass: what its record says of them.

use sha2::{Digest, Sha256};

#[derive(Debug, Clone, Default)]
pub struct Passed {
    bytes: u64,
    hash: Sha256,
}

impl Passed {
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many, and their SHA-256 so far.
    pub fn sum(&self) -> (u64, [u8; 32]) {
        (self.bytes, self.hash.clone().finalize().into())
    }
}

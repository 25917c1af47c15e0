//! A tree in memory: what a walk over the whole log builds, to compare it with what is stored and signed.

use std::io;

use super::{Hash, Nodes, grown};

#[derive(Clone, Debug, Default)]
pub struct Memory {
    hashes: Vec<Hash>,
    leaves: u64,
}

impl Memory {
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    pub(super) fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    pub fn push(&mut self, leaf: Hash) -> io::Result<()> {
        let hashes = grown(self, self.leaves, leaf)?;
        self.hashes.extend(hashes);
        self.leaves += 1;
        Ok(())
    }

    /// The root of the first `size` leaves; `None` when there are not so many.
    pub fn root(&self, size: u64) -> Option<Hash> {
        (size <= self.leaves).then(|| super::root(self, size).ok())?
    }
}

impl Nodes for Memory {
    fn node(&self, at: u64) -> io::Result<Hash> {
        let hash = usize::try_from(at).ok().and_then(|at| self.hashes.get(at));
        hash.copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

//! The tree on disk: one file of hashes, 32 bytes each, only ever written behind what counts. It is derived from
//! the lines and not synced; the head of the log says how much of it counts and which root that has.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{Hash, MOST_LEAVES, Nodes, grown, root, stored};
use crate::store;

const HASH: u64 = 32;

pub(in crate::audit) struct Stored {
    file: File,
    path: PathBuf,
    leaves: u64,
}

impl Stored {
    /// The first `leaves` of the tree in `dir`. Whether they are there shows when they are read.
    pub(in crate::audit) fn open(dir: &Path, leaves: u64) -> Result<Stored, store::Error> {
        let path = dir.join("tree");
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        let file = opened.map_err(|cause| store::Error::new("open", &path, cause))?;
        Ok(Stored { file, path, leaves })
    }

    /// The same for reading only; an absent file has no leaf that can be read.
    pub(in crate::audit) fn open_to_read(dir: &Path, leaves: u64) -> Result<Stored, store::Error> {
        let path = dir.join("tree");
        let opened = File::open(&path).or_else(|cause| match cause.kind() {
            io::ErrorKind::NotFound => File::open("/dev/null"),
            _ => Err(cause),
        });
        let file = opened.map_err(|cause| store::Error::new("open", &path, cause))?;
        Ok(Stored { file, path, leaves })
    }

    pub(in crate::audit) fn path(&self) -> &Path {
        &self.path
    }

    pub(in crate::audit) fn leaves(&self) -> u64 {
        self.leaves
    }

    /// `None` where the file does not hold that much.
    pub(in crate::audit) fn root(&self) -> Option<Hash> {
        (self.leaves <= MOST_LEAVES).then(|| root(self, self.leaves).ok())?
    }

    /// The hash of one leaf as it is stored.
    pub(in crate::audit) fn leaf(&self, index: u64) -> Option<Hash> {
        (index < self.leaves).then(|| self.node(stored(index)).ok())?
    }

    pub(in crate::audit) fn push(&mut self, leaf: Hash) -> Result<(), store::Error> {
        let failed = |cause| store::Error::new("append to", &self.path, cause);
        let hashes = grown(self, self.leaves, leaf).map_err(failed)?;
        self.file
            .write_all_at(hashes.as_flattened(), stored(self.leaves) * HASH)
            .map_err(failed)?;
        self.leaves += 1;
        Ok(())
    }

    /// Many at once, as a tree that is made anew takes them: what was there is gone.
    pub(in crate::audit) fn replace(&mut self, tree: &super::Memory) -> Result<(), store::Error> {
        let failed = |cause| store::Error::new("write", &self.path, cause);
        self.file.set_len(0).map_err(failed)?;
        self.file
            .write_all_at(tree.hashes().as_flattened(), 0)
            .map_err(failed)?;
        self.leaves = tree.leaves();
        Ok(())
    }
}

impl Nodes for Stored {
    fn node(&self, at: u64) -> io::Result<Hash> {
        let mut hash = [0; HASH as usize];
        self.file.read_exact_at(&mut hash, at * HASH)?;
        Ok(hash)
    }
}

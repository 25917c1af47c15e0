//! Bytes that wait for one local reader: a little in memory, the rest in a file without a name.
//!
//! The agent's multiplexer has no window for a stream, so whoever does not read must be waited for somewhere. What goes
//! to the disk is encrypted with a key that only this process has, and is gone with it.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};
use bytes::{Bytes, BytesMut};

/// Bytes kept in memory before the file is begun.
const MEMORY: usize = 128 << 10;
/// What goes to the file at once.
const BLOCK: usize = 64 << 10;
const SEALED: usize = BLOCK + 16;
/// Bytes on disk for one reader. At an agent's 0.8 MB/s that is 22 minutes without a read.
pub const MOST: u64 = 1 << 30;
/// Blocks that the file has room for; behind the last, the first places are taken again.
const PLACES: u64 = MOST / BLOCK as u64;

pub struct Spool {
    /// In the order of reading: `front`, the blocks of the file, `back`.
    front: BytesMut,
    file: Option<Blocks>,
    back: BytesMut,
    dir: PathBuf,
}

/// Sealed blocks of which the first `read` have been taken, and their places given to later ones.
struct Blocks {
    file: File,
    key: LessSafeKey,
    places: u64,
    written: u64,
    read: u64,
}

impl Spool {
    /// `dir`: where the file is begun, should it be needed.
    pub fn new(dir: &Path) -> Self {
        Self {
            front: BytesMut::new(),
            file: None,
            back: BytesMut::new(),
            dir: dir.into(),
        }
    }

    /// Bytes that wait.
    pub fn len(&self) -> u64 {
        let on_disk = self.file.as_ref().map_or(0, Blocks::len);
        (self.front.len() + self.back.len()) as u64 + on_disk
    }

    /// Fails when the disk does, or when `MOST` is passed.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.is_none() && self.back.is_empty() && self.front.len() + bytes.len() <= MEMORY {
            self.front.extend_from_slice(bytes);
            return Ok(());
        }
        self.back.extend_from_slice(bytes);
        while self.back.len() >= BLOCK {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(Blocks::create(&self.dir)?),
            };
            if file.is_full() {
                return Err(io::Error::other(format!("{} MiB wait already", MOST >> 20)));
            }
            file.push(self.back.split_to(BLOCK))?;
        }
        Ok(())
    }

    /// The next bytes, at most `most` of them; `None` when nothing waits.
    pub fn take(&mut self, most: usize) -> io::Result<Option<Bytes>> {
        if self.front.is_empty() {
            self.front = match &mut self.file {
                Some(file) => file.take()?,
                None => std::mem::take(&mut self.back),
            };
            if self.file.as_ref().is_some_and(|file| file.len() == 0) {
                self.file = None;
            }
        }
        let count = self.front.len().min(most);
        Ok((count > 0).then(|| self.front.split_to(count).freeze()))
    }
}

impl Blocks {
    fn create(dir: &Path) -> io::Result<Self> {
        let mut key = [0; 32];
        let made = rand::fill(&mut key).and_then(|()| UnboundKey::new(&AES_256_GCM, &key));
        Ok(Self {
            file: tempfile::tempfile_in(dir)?,
            key: LessSafeKey::new(made.map_err(|_| io::Error::other("no key could be made"))?),
            places: PLACES,
            written: 0,
            read: 0,
        })
    }

    fn len(&self) -> u64 {
        (self.written - self.read) * BLOCK as u64
    }

    fn is_full(&self) -> bool {
        self.written - self.read >= self.places
    }

    /// Where a block is: with as many places as blocks that wait at most, none is taken twice at a time.
    fn place(&self, block: u64) -> u64 {
        block % self.places * SEALED as u64
    }

    fn push(&mut self, mut block: BytesMut) -> io::Result<()> {
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(self.written), Aad::empty(), &mut block)
            .map_err(|_| io::Error::other("a block could not be sealed"))?;
        block.extend_from_slice(tag.as_ref());
        self.file.write_all_at(&block, self.place(self.written))?;
        self.written += 1;
        Ok(())
    }

    fn take(&mut self) -> io::Result<BytesMut> {
        let mut block = BytesMut::zeroed(SEALED);
        self.file.read_exact_at(&mut block, self.place(self.read))?;
        self.key
            .open_in_place(nonce(self.read), Aad::empty(), &mut block)
            .map_err(|_| io::Error::other("a block on disk is not what was written"))?;
        self.read += 1;
        block.truncate(BLOCK);
        Ok(block)
    }
}

/// Each key seals each block once.
fn nonce(block: u64) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[..8].copy_from_slice(&block.to_le_bytes());
    Nonce::assume_unique_for_key(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(from: usize, count: usize) -> Vec<u8> {
        (from..from + count).map(|at| (at % 251) as u8).collect()
    }

    #[test]
    fn what_does_not_fit_into_memory_is_unreadable_on_disk_and_comes_back_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(dir.path());
        for at in 0..100 {
            spool.push(&pattern(at * 10_000, 10_000)).unwrap();
        }
        assert_eq!(spool.len(), 1_000_000);
        assert!(spool.front.len() + spool.back.len() <= MEMORY + BLOCK);
        let file = &spool.file.as_ref().unwrap().file;
        let mut first = vec![0; 256];
        file.read_exact_at(&mut first, 0).unwrap();
        let clear = pattern(spool.front.len(), 256);
        assert!(first.iter().zip(&clear).filter(|(a, b)| a == b).count() < 64);
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            0,
            "it has no name"
        );
        let mut taken = Vec::new();
        while let Some(bytes) = spool.take(7_001).unwrap() {
            taken.extend(bytes);
        }
        assert!(taken == pattern(0, 1_000_000));
        assert!(spool.file.is_none(), "an empty file is given back");
    }

    #[test]
    fn a_reader_that_is_always_behind_takes_no_more_room_than_what_waits() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(dir.path());
        let mut blocks = Blocks::create(dir.path()).unwrap();
        blocks.places = 4;
        spool.file = Some(blocks);
        let (mut put, mut got) = (0, 0);
        spool.push(&pattern(put, 3 * BLOCK)).unwrap();
        put += 3 * BLOCK;
        for _ in 0..20 {
            spool.push(&pattern(put, BLOCK)).unwrap();
            put += BLOCK;
            while got + 3 * BLOCK < put {
                let bytes = spool.take(BLOCK).unwrap().unwrap();
                assert!(bytes == pattern(got, bytes.len()));
                got += bytes.len();
            }
        }
        let file = &spool.file.as_ref().unwrap().file;
        assert_eq!(file.metadata().unwrap().len(), 4 * SEALED as u64);
        spool.push(&pattern(put, BLOCK)).unwrap();
        let refused = spool.push(&pattern(put + BLOCK, BLOCK)).unwrap_err();
        assert!(refused.to_string().contains("wait already"), "{refused}");
    }

    #[test]
    fn a_folder_that_takes_no_file_is_an_error_and_no_panic() {
        let mut spool = Spool::new(Path::new("/nonexistent"));
        let pushed = (0..30).try_for_each(|_| spool.push(&[0; 10_000]));
        assert!(pushed.is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn order_and_bytes_survive_any_mixture(steps in prop::collection::vec((0usize..90_000, 0usize..120_000), 0..20)) {
            let dir = tempfile::tempdir().unwrap();
            let mut spool = Spool::new(dir.path());
            let (mut put, mut got) = (0, 0);
            for (push, mut take) in steps {
                spool.push(&pattern(put, push)).unwrap();
                put += push;
                while take > 0 && let Some(bytes) = spool.take(take).unwrap() {
                    prop_assert!(bytes == pattern(got, bytes.len()));
                    got += bytes.len();
                    take -= bytes.len();
                }
                prop_assert_eq!(spool.len(), (put - got) as u64);
            }
        }
    }
}

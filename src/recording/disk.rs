//! The file under a writer: one `pwrite` an append, a hash that runs along, a lock that says "alive", and space
//! kept in reserve so that a full disk still leaves room to say so and sign it.

use super::Error;
use super::strain::Strain;
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Room for a gap, an end and a signature.
const EMERGENCY: u64 = 16 << 10;
/// What a segment may take in the index.
const SEGMENT_ENTRY: u64 = 41;
/// Allocated ahead, in the largest step that the disk still has.
const AHEAD: [u64; 4] = [1 << 20, 256 << 10, 32 << 10, 4 << 10];

pub(super) struct Disk {
    file: File,
    path: PathBuf,
    len: u64,
    hash: Sha256,
    /// Blocks are allocated up to here; `None` where the file system cannot do that.
    reserved: Option<u64>,
    /// Kept back for urgent bytes.
    emergency: u64,
    pub strain: Arc<Strain>,
}

impl Disk {
    /// Creates the file and its directory (durably), takes the lock and writes the header.
    pub fn create(path: &Path, header: &[u8]) -> Result<Disk, Error> {
        let dir = path.parent().unwrap_or(Path::new("."));
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(Error::io("create", dir))?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(Error::io("create", path))?;
        file.lock().map_err(Error::io("lock", path))?;
        let mut disk = Disk {
            file,
            path: path.to_path_buf(),
            len: 0,
            hash: Sha256::new(),
            reserved: Some(0),
            emergency: EMERGENCY,
            strain: Strain::new(),
        };
        if let Err(e) = disk.append(header, false) {
            let _ = fs::remove_file(path);
            return Err(e);
        }
        for dir in [Some(dir), dir.parent()].into_iter().flatten() {
            File::open(dir)
                .and_then(|d| d.sync_all())
                .map_err(Error::io("flush", dir))?;
        }
        Ok(disk)
    }

    /// Takes over a file whose writer is gone, cut to `len`; `hash` covers exactly that.
    pub fn adopt(file: File, path: &Path, len: u64, hash: Sha256) -> Result<Disk, Error> {
        file.set_len(len).map_err(Error::io("shorten", path))?;
        Ok(Disk {
            file,
            path: path.to_path_buf(),
            len,
            hash,
            reserved: None,
            emergency: 0,
            strain: Strain::new(),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    /// The index has grown: one more segment must fit into the footer, even on a full disk.
    pub fn expect_segment(&mut self) {
        self.emergency += SEGMENT_ENTRY;
    }

    /// SHA-256 of everything written so far.
    pub fn hash(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// Appends all or nothing. Only `urgent` bytes may use the emergency reserve.
    pub fn append(&mut self, bytes: &[u8], urgent: bool) -> Result<(), Error> {
        let strain = self.strain.clone();
        let _writing = strain.writing();
        let end = self.len + bytes.len() as u64;
        let keep = if urgent { 0 } else { self.emergency };
        if self.reserved.is_some_and(|reserved| end + keep > reserved) {
            self.reserve(end + keep, urgent)?;
        }
        if let Err(e) = self.file.write_all_at(bytes, self.len) {
            let _ = self.file.set_len(self.len);
            return Err(Error::io("write", &self.path)(e));
        }
        self.hash.update(bytes);
        self.len = end;
        Ok(())
    }

    fn reserve(&mut self, need: u64, urgent: bool) -> Result<(), Error> {
        for ahead in AHEAD {
            let upto = need + ahead;
            match fallocate(
                &self.file,
                FallocateFlags::FALLOC_FL_KEEP_SIZE,
                self.len as i64,
                (upto - self.len) as i64,
            ) {
                Ok(()) => {
                    self.reserved = Some(upto);
                    return Ok(());
                }
                Err(Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG) => {}
                Err(Errno::EINTR) => return self.reserve(need, urgent),
                Err(_) => {
                    self.reserved = None;
                    return Ok(());
                }
            }
        }
        // Without a reservation the write itself may still find room; ordinary bytes must not try.
        if urgent {
            Ok(())
        } else {
            Err(Error::DiskFull {
                path: self.path.clone(),
            })
        }
    }

    /// Gives back what was allocated and not used, flushes, and says that nobody writes here any more: a program that
    /// is being started just now may hold a copy of the descriptor for a moment.
    pub fn close(&mut self) -> Result<(), Error> {
        let _flushing = self.strain.flushing();
        self.file
            .set_len(self.len)
            .map_err(Error::io("shorten", &self.path))?;
        self.file.sync_all().map_err(Error::io("flush", &self.path))?;
        stands(&self.file, &self.path).map_err(Error::io("keep", &self.path))?;
        self.file.unlock().map_err(Error::io("unlock", &self.path))
    }
}

/// Whether the file is still the one at its path. What cannot be looked at is taken to stand.
pub(super) fn stands(file: &File, path: &Path) -> io::Result<()> {
    let gone = || {
        io::Error::new(
            io::ErrorKind::NotFound,
            "the file was taken away while it was written",
        )
    };
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) if (ours.dev(), ours.ino()) == (there.dev(), there.ino()) => Ok(()),
        (Ok(_), Ok(_)) => Err(gone()),
        (_, Err(e)) => match e.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::StaleNetworkFileHandle => Err(gone()),
            _ => Ok(()),
        },
        (Err(_), _) => Ok(()),
    }
}

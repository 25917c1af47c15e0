//! A lock between processes on a file of its own, held while the value lives and freed by the system when
//! its owner dies.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::{Error, create_private_dir, open_append};

pub struct Lock {
    file: File,
}

/// Closing alone is not enough: a child between its fork and its exec still has the file open, and with it the lock.
impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Waits until nobody else holds it.
    pub fn acquire(path: &Path) -> Result<Lock, Error> {
        let file = open(path)?;
        file.lock().map_err(|cause| Error::new("lock", path, cause))?;
        Ok(Lock { file })
    }

    /// `None` while somebody else holds it.
    pub fn try_acquire(path: &Path) -> Result<Option<Lock>, Error> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(Error::new("lock", path, cause)),
        }
    }
}

/// The lock file stays: removing it would let two owners lock two different files of one name.
fn open(path: &Path) -> Result<File, Error> {
    create_private_dir(path.parent().unwrap_or(Path::new("")))?;
    open_append(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = Lock::acquire(&path).unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(held);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn a_lock_is_free_though_a_child_that_is_being_born_has_its_file_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = Lock::acquire(&path).unwrap();
        let inherited = held.file.try_clone().unwrap();
        drop(held);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
        drop(inherited);
    }
}

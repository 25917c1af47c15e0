//! Where a reader's bytes come from: a file on this machine, or something far away that is read in places.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// Bytes that are not on this machine. What was read once must not change.
pub trait Far: Send + Sync {
    fn size(&self) -> u64;
    /// As `pread`: 0 at the end.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;
}

pub(super) enum Tap {
    Here(File),
    Far { far: Arc<dyn Far>, at: u64 },
}

impl Tap {
    /// Another one of the same bytes with a position of its own; a file is opened anew.
    pub fn again(&self, path: &Path) -> io::Result<Tap> {
        Ok(match self {
            Tap::Here(_) => Tap::Here(File::open(path)?),
            Tap::Far { far, .. } => Tap::Far {
                far: far.clone(),
                at: 0,
            },
        })
    }

    pub fn size(&self) -> io::Result<u64> {
        match self {
            Tap::Here(file) => Ok(file.metadata()?.len()),
            Tap::Far { far, .. } => Ok(far.size()),
        }
    }
}

impl Read for Tap {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Tap::Here(file) => file.read(into),
            Tap::Far { far, at } => {
                let count = far.read_at(into, *at)?;
                *at += count as u64;
                Ok(count)
            }
        }
    }
}

impl Seek for Tap {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Tap::Here(file) => file.seek(to),
            Tap::Far { far, at } => {
                let wanted = match to {
                    SeekFrom::Start(offset) => Some(offset),
                    SeekFrom::End(by) => far.size().checked_add_signed(by),
                    SeekFrom::Current(by) => at.checked_add_signed(by),
                };
                *at = wanted.ok_or(io::ErrorKind::InvalidInput)?;
                Ok(*at)
            }
        }
    }
}

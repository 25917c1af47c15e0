//! A file of another recorder in memory, bounded, unpacked where it is gzip; and how its faults are named.

use crate::recording::Error;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Longer files are refused rather than read into memory.
const MAX_BYTES: u64 = 2 << 30;
/// What a packed file may unfold to.
const MAX_UNPACKED: u64 = 512 << 20;

pub(super) struct File {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    /// When it was last changed: the time of recordings that say none.
    pub made_at: jiff::Timestamp,
}

impl File {
    pub fn load(path: &Path) -> Result<File, Error> {
        let meta = std::fs::metadata(path).map_err(Error::io("open", path))?;
        let changed = meta.modified().ok();
        let made_at = changed.and_then(|at| jiff::Timestamp::try_from(at).ok());
        let mut file = File::of(Vec::new(), path, made_at.unwrap_or_else(jiff::Timestamp::now));
        if meta.len() > MAX_BYTES {
            return Err(file.bad_line(1, "it is larger than 2 GiB"));
        }
        let opened = std::fs::File::open(path).map_err(Error::io("open", path))?;
        let read = opened.take(MAX_BYTES).read_to_end(&mut file.bytes);
        read.map_err(Error::io("read", path))?;
        file.unpack()?;
        Ok(file)
    }

    pub fn of(bytes: Vec<u8>, path: &Path, made_at: jiff::Timestamp) -> File {
        File {
            path: path.into(),
            bytes,
            made_at,
        }
    }

    fn unpack(&mut self) -> Result<(), Error> {
        if !self.bytes.starts_with(&[0x1f, 0x8b]) {
            return Ok(());
        }
        let mut plain = Vec::new();
        let unpacked = flate2::read::MultiGzDecoder::new(&self.bytes[..])
            .take(MAX_UNPACKED + 1)
            .read_to_end(&mut plain);
        if let Err(cause) = unpacked {
            return Err(self.bad_byte(
                plain.len(),
                format!("its gzip stream is broken from here on: {cause}"),
            ));
        }
        if plain.len() as u64 > MAX_UNPACKED {
            return Err(self.bad_byte(self.bytes.len(), "it unpacks to more than 512 MiB"));
        }
        self.bytes = plain;
        Ok(())
    }

    pub fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.bytes)
            .map_err(|e| self.bad_byte(e.valid_up_to(), "it must be UTF-8 text, and is not from here on"))
    }

    pub fn bad_line(&self, line: usize, why: impl Into<String>) -> Error {
        Error::Import {
            path: self.path.clone(),
            line,
            why: why.into(),
        }
    }

    pub fn bad_byte(&self, offset: usize, why: impl Into<String>) -> Error {
        Error::ImportBytes {
            path: self.path.clone(),
            offset: offset as u64,
            why: why.into(),
        }
    }
}

//! The partial file next to where a copy will be: what an earlier try left is kept if it is the beginning, and the whole
//! gets its name in one step after its sum was taken from the disk.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Error;
use crate::session::Passed;

const READ: usize = 1 << 20;

#[derive(Debug)]
pub struct Part {
    pub path: PathBuf,
    file: File,
}

impl Part {
    /// `NAME.part` beside `destination`; private until it is whole.
    pub fn open(destination: &Path) -> Result<Part, Error> {
        let mut path = destination.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(Error::file(&path))?;
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(Error::file(&path))?;
        Ok(Part { path, file })
    }

    /// Bytes that are there, and their SHA-256.
    pub fn have(&self) -> Result<(u64, [u8; 32]), Error> {
        sum_of(&self.file).map_err(Error::file(&self.path))
    }

    pub fn cut(&self, length: u64) -> Result<(), Error> {
        self.file.set_len(length).map_err(Error::file(&self.path))
    }

    /// For a writer of one range.
    pub fn writer(&self, from: u64) -> Result<Writer, Error> {
        Ok(Writer {
            path: self.path.clone(),
            file: self.file.try_clone().map_err(Error::file(&self.path))?,
            from,
            passed: Passed::default(),
        })
    }

    /// Gives it its name, and of this mode what the user's umask leaves: the remote chose it.
    pub fn finish(self, destination: &Path, mode: u32) -> Result<(), Error> {
        umasked(&self.path, mode)
            .and_then(|mode| self.file.set_permissions(Permissions::from_mode(mode)))
            .and_then(|()| self.file.sync_all())
            .map_err(Error::file(&self.path))?;
        std::fs::rename(&self.path, destination).map_err(Error::file(destination))
    }

    pub fn remove(self) {
        // It holds nothing that can be used.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What the umask leaves of a mode there. The kernel is asked by a file: asking for the umask itself would set it, for
/// every thread.
fn umasked(beside: &Path, mode: u32) -> io::Result<u32> {
    let dir = beside.parent().filter(|dir| !dir.as_os_str().is_empty());
    let asked = tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(dir.unwrap_or(Path::new(".")))?;
    Ok(asked.as_file().metadata()?.permissions().mode() & 0o777)
}

/// Writes one range in order.
pub struct Writer {
    path: PathBuf,
    file: File,
    from: u64,
    passed: Passed,
}

impl Writer {
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file
            .write_all_at(bytes, self.from + self.passed.bytes())
            .map_err(Error::file(&self.path))?;
        self.passed.add(bytes);
        Ok(())
    }

    /// Bytes written, and their SHA-256.
    pub fn written(&self) -> (u64, [u8; 32]) {
        self.passed.sum()
    }
}

/// Length and SHA-256 of what a file holds now.
pub fn sum_of(mut file: &File) -> io::Result<(u64, [u8; 32])> {
    file.seek(SeekFrom::Start(0))?;
    let (mut passed, mut buffer) = (Passed::default(), vec![0; READ]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(passed.sum()),
            Ok(count) => passed.add(&buffer[..count]),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn a_part_is_private_counts_what_it_has_and_gets_its_name_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let destination = dir.path().join("a b");
        std::fs::write(dir.path().join("a b.part"), "hello, old").unwrap();
        let part = Part::open(&destination).unwrap();
        assert_eq!(part.have().unwrap().0, 10);
        part.cut(7).unwrap();
        let mut writer = part.writer(7).unwrap();
        writer.write(b"world").unwrap();
        let sum: [u8; 32] = Sha256::digest(b"world").into();
        assert_eq!(writer.written(), (5, sum));
        let whole: [u8; 32] = Sha256::digest(b"hello, world").into();
        assert_eq!(part.have().unwrap(), (12, whole));
        assert!(!destination.exists());
        part.finish(&destination, 0o640).unwrap();
        assert_eq!(std::fs::read(&destination).unwrap(), b"hello, world");
        assert_eq!(
            std::fs::metadata(&destination).unwrap().permissions().mode() & 0o777,
            0o640
        );
    }
}

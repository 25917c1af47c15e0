//! Files that only their owner reads: a reader sees the old text or the new, never half of one.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::Error;

/// Replaces a file: a temporary one beside it is written, synced and renamed over it, mode 0600.
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let dir = path.parent().unwrap_or(Path::new("."));
    create_private_dir(dir)?;
    let failed = |cause| Error::new("save", path, cause);
    // The temporary file is created with mode 0600 and removed again when anything fails.
    let mut file = tempfile::Builder::new()
        .prefix(".save-")
        .tempfile_in(dir)
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|refused| failed(refused.error))?;
    sync_dir(dir)
}

/// Creates a directory and those above it, mode 0700; one that exists is left as it is.
pub fn create_private_dir(dir: &Path) -> Result<(), Error> {
    if dir.as_os_str().is_empty() {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|cause| Error::new("create directory", dir, cause))
}

/// A new directory among the system's temporary ones, mode 0700 whatever the umask is; it goes with what is given.
pub fn private_tempdir(prefix: &str) -> io::Result<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix(prefix)
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
}

/// Opens a file for reading and appending, created with mode 0600.
pub fn open_append(path: &Path) -> Result<File, Error> {
    let opened = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path);
    opened.map_err(|cause| Error::new("open", path, cause))
}

/// A new or renamed entry survives a power failure only once its directory is synced.
pub fn sync_dir(dir: &Path) -> Result<(), Error> {
    let dir = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|cause| Error::new("sync directory", dir, cause))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_saved_file_is_private_and_leaves_nothing_else_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/er/file.json");
        save(&path, b"one").unwrap();
        save(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_save_that_fails_keeps_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("taken");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("inside"), b"old").unwrap();
        let says = save(&path, b"new").unwrap_err().to_string();
        assert!(
            says.starts_with("cannot save ") && says.contains("taken"),
            "{says}"
        );
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let full = Path::new("/dev/full");
        if !full.exists() {
            return eprintln!("skipped: no /dev/full here");
        }
        let mut file = open_append(full).unwrap();
        let cause = file.write_all(b"x").unwrap_err();
        let error = Error::new("write", full, cause);
        assert_eq!(error.to_string(), "cannot write /dev/full: the disk is full");
        assert!(error.hint().unwrap().starts_with("free some space"));
    }
}

//! The key in a file: the 32-byte seed in hexadecimal, readable by its owner only.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;

use crate::recording::Error;

pub(super) fn path_of(data_dir: &Path) -> PathBuf {
    data_dir.join("keys").join("device.key")
}

/// Loads the key; `None` where there is none.
pub(super) fn load(data_dir: &Path) -> Result<Option<SigningKey>, Error> {
    let path = path_of(data_dir);
    match fs::read_to_string(&path) {
        Ok(text) => parse(&path, &text).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io("read", &path)(e)),
    }
}

/// Loads the key, or makes it. Two processes that make it at once agree on one.
pub(super) fn load_or_create(data_dir: &Path) -> Result<SigningKey, Error> {
    let path = path_of(data_dir);
    let dir = data_dir.join("keys");
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&dir)
        .map_err(Error::io("create", &dir))?;
    if let Some(key) = load(data_dir)? {
        return Ok(key);
    }
    let key = SigningKey::generate(&mut rand::rng());
    // Sessions of one process may begin together, each on a thread of its own.
    let made = dir.join(format!("device.{}.new", uuid::Uuid::new_v4()));
    let saved = save(&made, &key, &path);
    let _ = fs::remove_file(&made);
    match saved {
        Ok(()) => Ok(key),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
            parse(&path, &text)
        }
        Err(e) => Err(Error::io("write", &path)(e)),
    }
}

fn parse(path: &Path, text: &str) -> Result<SigningKey, Error> {
    let bad = |why: &str| Error::Key {
        path: path.to_path_buf(),
        why: why.into(),
    };
    let mode = fs::metadata(path)
        .map_err(Error::io("read", path))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(Error::OpenKey {
            path: path.to_path_buf(),
            mode: mode & 0o7777,
        });
    }
    let mut seed = [0; 32];
    hex::decode_to_slice(text.trim(), &mut seed)
        .map_err(|_| bad("it does not hold 64 hexadecimal digits"))?;
    Ok(SigningKey::from_bytes(&seed))
}

/// Writes under another name first: whoever sees `path` sees a whole key.
fn save(made: &Path, key: &SigningKey, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(made)?;
    writeln!(file, "{}", hex::encode(key.as_bytes()))?;
    file.sync_all()?;
    fs::hard_link(made, path)
}

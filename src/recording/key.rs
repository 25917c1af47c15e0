//! The device key: one Ed25519 key per data directory, made on first use, which certifies every session key.
//! The file holds the 32-byte seed in hexadecimal and is readable by its owner only.

use super::Error;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// Loads `<data_dir>/keys/device.key`, or makes it. Two processes that make it at once agree on one.
    pub fn load_or_create(data_dir: &Path) -> Result<DeviceKey, Error> {
        let dir = data_dir.join("keys");
        let path = dir.join("device.key");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .map_err(Error::io("create", &dir))?;
        match fs::read_to_string(&path) {
            Ok(text) => DeviceKey::parse(&path, &text),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let key = SigningKey::generate(&mut rand::rng());
                // Sessions of one process may begin together, each on a thread of its own.
                let made = dir.join(format!("device.{}.new", uuid::Uuid::new_v4()));
                let saved = save_key(&made, &key, &path);
                let _ = fs::remove_file(&made);
                match saved {
                    Ok(()) => Ok(DeviceKey(key)),
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                        let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
                        DeviceKey::parse(&path, &text)
                    }
                    Err(e) => Err(Error::io("write", &path)(e)),
                }
            }
            Err(e) => Err(Error::io("read", &path)(e)),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<DeviceKey, Error> {
        let bad = |why: &str| Error::Key {
            path: path.to_path_buf(),
            why: why.into(),
        };
        let mode = fs::metadata(path)
            .map_err(Error::io("read", path))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(bad("others may read it"));
        }
        let mut seed = [0; 32];
        hex::decode_to_slice(text.trim(), &mut seed)
            .map_err(|_| bad("it does not hold 64 hexadecimal digits"))?;
        Ok(DeviceKey(SigningKey::from_bytes(&seed)))
    }

    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// For what else this device signs, such as the audit log.
    pub fn signing_key(&self) -> &SigningKey {
        &self.0
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// Writes under another name first: whoever sees `path` sees a whole key.
fn save_key(made: &Path, key: &SigningKey, path: &Path) -> io::Result<()> {
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

/// True when `signature` over `message` is by `public`.
pub(super) fn is_signed(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public).is_ok_and(|key| {
        key.verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_that_begin_together_on_a_new_machine_share_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let keys: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let load = || DeviceKey::load_or_create(dir.path()).unwrap().0.to_bytes();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(std::fs::read_dir(dir.path().join("keys")).unwrap().count(), 1);
    }

    #[test]
    fn the_key_is_made_once_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let first = DeviceKey::load_or_create(dir.path()).unwrap();
        let again = DeviceKey::load_or_create(dir.path()).unwrap();
        assert_eq!(first.public(), again.public());
        let path = dir.path().join("keys/device.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path().join("keys")).unwrap().count(), 1);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        DeviceKey::load_or_create(dir.path()).unwrap();
        let path = dir.path().join("keys/device.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            DeviceKey::load_or_create(dir.path()),
            Err(Error::Key { .. })
        ));
    }
}

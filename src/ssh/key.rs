//! An Ed25519 key that lives for one run, in OpenSSH's own format, in a folder that only its owner may enter.
//! Outside facts: `PROTOCOL.key` of OpenSSH for the private half, RFC 8709 for the public one.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;

use crate::store;

const KIND: &[u8] = b"ssh-ed25519";
const MAGIC: &[u8] = b"openssh-key-v1\0";
/// What an unencrypted private block is padded to.
const BLOCK: usize = 8;
/// Width of the lines that OpenSSH writes.
const LINE: usize = 70;

/// A key pair on disk; dropping it removes both files.
pub struct Key {
    dir: tempfile::TempDir,
    public: String,
}

impl Key {
    /// Makes a key and writes `key` (0600) and `key.pub` to a new folder (0700) of the system's temporary one.
    pub fn generate() -> io::Result<Key> {
        let key = SigningKey::generate(&mut rand::rng());
        let dir = store::private_tempdir("qd-ssh-")?;
        let public = public_line(&key);
        write_private(
            &dir.path().join("key"),
            private_pem(&key, rand::random()).as_bytes(),
        )?;
        write_private(&dir.path().join("key.pub"), format!("{public}\n").as_bytes())?;
        Ok(Key { dir, public })
    }

    /// The private half, for `ssh -i`.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("key")
    }

    pub fn public_path(&self) -> PathBuf {
        self.dir.path().join("key.pub")
    }

    /// The line of an `authorized_keys` file.
    pub fn public(&self) -> &str {
        &self.public
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?
        .write_all(bytes)
}

fn public_line(key: &SigningKey) -> String {
    format!("ssh-ed25519 {} quarterdeck", STANDARD.encode(public_blob(key)))
}

fn public_blob(key: &SigningKey) -> Vec<u8> {
    let mut blob = Vec::new();
    put(&mut blob, KIND);
    put(&mut blob, key.verifying_key().as_bytes());
    blob
}

/// `check` is any number: it stands twice, so that a wrong passphrase would show.
fn private_pem(key: &SigningKey, check: u32) -> String {
    let mut secret = Vec::new();
    secret.extend(check.to_be_bytes());
    secret.extend(check.to_be_bytes());
    put(&mut secret, KIND);
    put(&mut secret, key.verifying_key().as_bytes());
    put(&mut secret, &key.to_keypair_bytes());
    put(&mut secret, b"quarterdeck");
    for pad in 1u8.. {
        if secret.len().is_multiple_of(BLOCK) {
            break;
        }
        secret.push(pad);
    }
    let mut whole = MAGIC.to_vec();
    put(&mut whole, b"none");
    put(&mut whole, b"none");
    put(&mut whole, b"");
    whole.extend(1u32.to_be_bytes());
    put(&mut whole, &public_blob(key));
    put(&mut whole, &secret);
    let mut pem = String::from("-----BEGIN OPENSSH PRIVATE KEY-----\n");
    let text = STANDARD.encode(whole);
    for line in text.as_bytes().chunks(LINE) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END OPENSSH PRIVATE KEY-----\n");
    pem
}

/// A string of the wire format: its length in four bytes, then itself. Nothing here comes near four gigabytes.
fn put(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend((bytes.len() as u32).to_be_bytes());
    to.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_has_the_bytes_that_openssh_writes_for_it() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let pem = private_pem(&key, 0x0102_0304);
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let bytes = STANDARD.decode(text).unwrap();
        assert!(
            bytes.starts_with(b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01\0\0\0\x33")
        );
        let secret = &bytes[MAGIC.len() + 8 + 8 + 4 + 4 + 4 + 51 + 4..];
        assert_eq!(secret.len() % BLOCK, 0);
        assert_eq!(secret[..4], secret[4..8]);
        assert!(pem.lines().all(|line| line.len() <= LINE));
    }

    #[test]
    fn the_files_are_private_and_go_with_the_key() {
        let key = Key::generate().unwrap();
        let path = key.path();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(
            std::fs::read_to_string(key.public_path()).unwrap().trim(),
            key.public()
        );
        drop(key);
        assert!(!path.exists());
    }
}

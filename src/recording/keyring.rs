//! The private keys that open encrypted recordings: age identities in files, read when one is needed and not before.
//! They are never written anywhere but by [`create_identity`], which makes a new one for its owner's eyes only.

use super::cipher::{Cipher, FORGED, FileKey};
use super::{Error, Header};
use crate::config;
use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Files of identities, as `age-keygen` writes them.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    files: Vec<PathBuf>,
}

impl Keyring {
    pub fn new(files: Vec<PathBuf>) -> Keyring {
        Keyring { files }
    }

    pub fn of(config: &config::Recording) -> Keyring {
        Keyring::new(config.identities.clone())
    }

    /// What opens the records of a file that `header` begins; `None` where they are in clear.
    pub(super) fn cipher(&self, header: &Header, path: &Path) -> Result<Option<Cipher>, Error> {
        if header.envelope.is_none() {
            return Ok(None);
        }
        let key = self.file_key(header, path)?;
        let cipher = Cipher::new(&key, header.id).ok_or_else(|| Error::Damaged {
            path: path.into(),
            offset: 0,
            why: FORGED.into(),
        })?;
        Ok(Some(cipher))
    }

    /// The key of the file that `header` begins. A file of identities that cannot be read is an error only if no
    /// other opens it.
    fn file_key(&self, header: &Header, path: &Path) -> Result<FileKey, Error> {
        let envelope = header.envelope.as_deref().unwrap_or_default();
        let envelope = STANDARD.decode(envelope).unwrap_or_default();
        let mut failed = None;
        for file in &self.files {
            match load_identities(file) {
                Ok(found) => {
                    if let Some(key) = unwrap(&envelope, &found) {
                        return Ok(key);
                    }
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Err(failed.unwrap_or_else(|| Error::Locked {
            path: path.into(),
            recipients: header.recipients.clone(),
        }))
    }
}

fn unwrap(envelope: &[u8], identities: &[Identity]) -> Option<FileKey> {
    let identities = identities.iter().map(|one| one as &dyn age::Identity);
    let mut reader = age::Decryptor::new_buffered(envelope)
        .ok()?
        .decrypt(identities)
        .ok()?;
    let mut key = Zeroizing::new([0; 32]);
    reader.read_exact(&mut key[..]).ok()?;
    // Nothing may follow: the envelope holds one key.
    (reader.read(&mut [0]).ok()? == 0).then_some(key)
}

fn load_identities(path: &Path) -> Result<Vec<Identity>, Error> {
    let bad = |why: String| Error::Identity {
        path: path.into(),
        why,
    };
    let text = std::fs::read_to_string(path).map_err(|cause| bad(format!("cannot be read: {cause}")))?;
    let text = Zeroizing::new(text);
    let lines = text.lines().map(str::trim).enumerate();
    let mut found = Vec::new();
    for (at, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let identity = line
            .parse()
            .map_err(|cause: &str| bad(format!("line {} is no age identity: {cause}", at + 1)))?;
        found.push(identity);
    }
    match found.is_empty() {
        true => Err(bad("holds no age identity".into())),
        false => Ok(found),
    }
}

/// Writes a new identity to `path` (which must not exist, mode 0600) and returns its recipient.
pub fn create_identity(path: &Path) -> Result<String, Error> {
    let identity = Identity::generate();
    let recipient = identity.to_public().to_string();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::io("create", path))?;
    let secret = identity.to_string();
    writeln!(file, "# public key: {recipient}\n{}", secret.expose_secret())
        .and_then(|()| file.sync_all())
        .map_err(Error::io("write", path))?;
    Ok(recipient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_new_identity_is_its_owners_alone_and_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auditor.txt");
        let recipient = create_identity(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let found = load_identities(&path).unwrap();
        assert_eq!(found[0].to_public().to_string(), recipient);
        assert!(create_identity(&path).is_err());
        assert_eq!(
            load_identities(&path).unwrap()[0].to_public().to_string(),
            recipient
        );
    }

    #[test]
    fn a_file_that_holds_no_identity_says_which_line_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        for (text, says) in [
            ("# nothing\n", "no age identity"),
            ("\nAGE-SECRET-KEY-1X\n", "line 2"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = load_identities(&path).err().unwrap().to_string();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("SECRET"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_hostile_envelope_opens_nothing(bytes: Vec<u8>, cut in 0usize..200) {
            let identity = Identity::generate();
            prop_assert!(unwrap(&bytes, std::slice::from_ref(&identity)).is_none());
            let to = super::super::Recipients::parse(vec![identity.to_public().to_string()]).unwrap();
            let whole = to.wrap(&Zeroizing::new([7; 32])).unwrap();
            prop_assert_eq!(*unwrap(&whole, std::slice::from_ref(&identity)).unwrap(), [7; 32]);
            prop_assert!(unwrap(&whole[..cut.min(whole.len() - 1)], &[identity]).is_none());
        }
    }
}

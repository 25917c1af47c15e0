//! Whom recordings are encrypted to, and the policy that can demand it. Where policy demands it and it cannot be
//! done, there is no recording and so no session: nothing falls back to clear text by itself.

use super::Error;
use super::cipher::FileKey;
use crate::config;
use age::x25519::Recipient;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// age X25519 public keys (`age1…`); none means that a recording is in clear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipients(Arc<[String]>);

impl Recipients {
    /// What the configuration wants for a target; an error means that policy allows no session there.
    pub fn of(config: &config::Recording, production: bool) -> Result<Recipients, Error> {
        let wanted = match config.encrypt {
            Some(config::Encrypt::Production) => production,
            Some(config::Encrypt::Always) => true,
            None => !config.recipients.is_empty(),
        };
        if !wanted {
            return Ok(Recipients::default());
        }
        let mut keys = Vec::new();
        for entry in &config.recipients {
            match entry {
                config::Recipient::Key(key) => keys.push(key.clone()),
                config::Recipient::File(path) => load_recipients(path, &mut keys)?,
            }
        }
        keys.dedup();
        if keys.is_empty() {
            return Err(Error::Recipients("no recipient is configured".into()));
        }
        Recipients::parse(keys)
    }

    /// Each must be an age X25519 recipient.
    pub fn parse(keys: Vec<String>) -> Result<Recipients, Error> {
        for key in &keys {
            parse_recipient(key)?;
        }
        Ok(Recipients(keys.into()))
    }

    pub fn keys(&self) -> &[String] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The file key for all of them, as an age file.
    pub(super) fn wrap(&self, key: &FileKey) -> Result<Vec<u8>, Error> {
        let keys: Vec<Recipient> = self
            .0
            .iter()
            .map(|key| parse_recipient(key))
            .collect::<Result<_, _>>()?;
        let failed = |cause: &dyn std::fmt::Display| Error::Recipients(format!("age failed: {cause}"));
        let encryptor = age::Encryptor::with_recipients(keys.iter().map(|key| key as &dyn age::Recipient))
            .map_err(|cause| failed(&cause))?;
        let mut out = Vec::new();
        let mut writer = encryptor.wrap_output(&mut out).map_err(|cause| failed(&cause))?;
        writer
            .write_all(&key[..])
            .and_then(|()| writer.finish().map(drop))
            .map_err(|cause| failed(&cause))?;
        Ok(out)
    }
}

/// What is no recipient is never quoted: it may be the private key, and refusals are logged and sent.
fn parse_recipient(key: &str) -> Result<Recipient, Error> {
    key.parse()
        .map_err(|cause: &str| Error::Recipients(format!("one is no age public key: {cause}")))
}

/// One recipient a line; empty lines and those that begin with `#` say nothing.
fn load_recipients(path: &Path, keys: &mut Vec<String>) -> Result<(), Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| Error::Recipients(format!("cannot read {}: {cause}", path.display())))?;
    let text = Zeroizing::new(text);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if config::is_private_key(line) {
            return Err(Error::PrivateKey {
                path: path.into(),
                line: at + 1,
            });
        }
        if let Err(cause) = line.parse::<Recipient>() {
            let says = format!(
                "{}, line {} is no age public key: {cause}",
                path.display(),
                at + 1
            );
            return Err(Error::Recipients(says));
        }
        keys.push(line.to_string());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::{Encrypt, Recipient as Named};

    fn key() -> String {
        age::x25519::Identity::generate().to_public().to_string()
    }

    fn policy(encrypt: Option<Encrypt>, recipients: Vec<Named>) -> config::Recording {
        config::Recording {
            encrypt,
            recipients,
            ..config::Recording::default()
        }
    }

    #[test]
    fn what_policy_demands_is_done_or_refused() {
        let one = || vec![Named::Key(key())];
        let count = |policy: &config::Recording, production| {
            Recipients::of(policy, production)
                .map(|found| found.keys().len())
                .ok()
        };
        assert_eq!(count(&policy(None, vec![]), true), Some(0));
        assert_eq!(count(&policy(None, one()), false), Some(1));
        assert_eq!(count(&policy(Some(Encrypt::Always), one()), false), Some(1));
        assert_eq!(count(&policy(Some(Encrypt::Always), vec![]), false), None);
        assert_eq!(count(&policy(Some(Encrypt::Production), one()), false), Some(0));
        assert_eq!(count(&policy(Some(Encrypt::Production), one()), true), Some(1));
        assert_eq!(count(&policy(Some(Encrypt::Production), vec![]), true), None);
        assert_eq!(
            count(&policy(None, vec![Named::Key("age1nonsense".into())]), true),
            None
        );
        assert_eq!(
            count(&policy(None, vec![Named::File("/nowhere/keys".into())]), true),
            None
        );
    }

    #[test]
    fn a_file_lists_recipients_and_a_bad_line_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auditors");
        std::fs::write(&path, format!("# auditors\n{}\n\n{}\n", key(), key())).unwrap();
        let of = |path: &Path| Recipients::of(&policy(None, vec![Named::File(path.into())]), true);
        assert_eq!(of(&path).unwrap().keys().len(), 2);
        std::fs::write(&path, "# auditors\nage1x\n").unwrap();
        assert!(of(&path).unwrap_err().to_string().contains("line 2"));
    }

    #[test]
    fn what_is_no_public_key_is_never_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.txt");
        super::super::create_identity(&path).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        let secret = whole.lines().last().unwrap();
        let refused = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Recipients::of(&policy(None, vec![Named::File(path.clone())]), true).unwrap_err()
        };
        for text in [
            whole.clone(),
            secret.to_lowercase(),
            format!("key = {secret}"),
            format!("age1 {secret}"),
        ] {
            let error = refused(&text);
            let says = error.to_string();
            assert!(!says.to_lowercase().contains("secret-key-1"), "{says}");
            assert!(says.contains("private key") && says.contains("line"), "{says}");
            assert!(error.hint().unwrap().contains("age-keygen -y"), "{error:?}");
        }
        let says = refused("correct horse battery staple").to_string();
        assert!(says.contains("line 1") && !says.contains("horse"), "{says}");
        let inline = policy(None, vec![Named::Key("correct horse".into())]);
        let says = Recipients::of(&inline, true).unwrap_err().to_string();
        assert!(!says.contains("horse"), "{says}");
    }
}

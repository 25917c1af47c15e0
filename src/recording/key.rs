//! The device key: one Ed25519 key per data directory, which certifies every session key and signs checkpoints of
//! the audit log. It lies in a file, made on first use, or an ssh-agent keeps it.

mod agent;
mod file;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::Error;
use crate::audit;
use agent::{Agent, Held};

/// Where the private key is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Custody {
    /// In `<data_dir>/keys/device.key`.
    #[default]
    File,
    Agent {
        /// Comment or fingerprint of the key; `None` where the agent has one Ed25519 key only.
        key: Option<String>,
        /// The agent's socket; `None` where no variable names one.
        socket: Option<PathBuf>,
    },
}

/// Chosen by the configuration, once for all sessions of a process.
static CUSTODY: OnceLock<Custody> = OnceLock::new();

/// Says where device keys are, before the first is needed. Later calls change nothing.
pub fn keep_device_key(custody: Custody) {
    let _ = CUSTODY.set(custody);
}

pub struct DeviceKey(Kept);

enum Kept {
    InFile(SigningKey),
    ByAgent {
        agent: Agent,
        held: Held,
        /// The key of the file, from before: it can still say that this one follows it.
        before: Option<SigningKey>,
    },
}

impl DeviceKey {
    /// The key of a data directory, from where the configuration says. May ask an ssh-agent and block for seconds.
    pub fn load_or_create(data_dir: &Path) -> Result<DeviceKey, Error> {
        DeviceKey::load(data_dir, CUSTODY.get().unwrap_or(&Custody::File))
    }

    /// The same from where the caller says.
    pub fn load(data_dir: &Path, custody: &Custody) -> Result<DeviceKey, Error> {
        let (wanted, socket) = match custody {
            Custody::File => return file::load_or_create(data_dir).map(Kept::InFile).map(DeviceKey),
            Custody::Agent { key, socket } => (key.as_deref(), socket),
        };
        let agent = socket.clone().map(Agent::at).ok_or(Error::Agent {
            says: "is not there: SSH_AUTH_SOCK is not set".into(),
        })?;
        let held = agent.list().and_then(|held| choose(held, wanted));
        Ok(DeviceKey(Kept::ByAgent {
            agent,
            held: held.map_err(|says| Error::Agent { says })?,
            before: file::load(data_dir)?,
        }))
    }

    /// The public key of the file, where there is one: nothing is made.
    pub fn in_file(data_dir: &Path) -> Option<[u8; 32]> {
        let key = file::load(data_dir).ok()??;
        Some(key.verifying_key().to_bytes())
    }

    pub fn public(&self) -> [u8; 32] {
        match &self.0 {
            Kept::InFile(key) => key.verifying_key().to_bytes(),
            Kept::ByAgent { held, .. } => held.public,
        }
    }

    /// The key of before, when that is `public`: it still closes what it certified.
    pub(super) fn earlier(&self, public: &[u8; 32]) -> Option<DeviceKey> {
        let before = audit::Signer::predecessor(self)?;
        (before.verifying_key().as_bytes() == public).then(|| DeviceKey(Kept::InFile(before.clone())))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<[u8; 64], Error> {
        match &self.0 {
            Kept::InFile(key) => Ok(key.sign(message).to_bytes()),
            Kept::ByAgent { agent, held, .. } => {
                let signed = agent.sign(&held.public, message);
                signed.map_err(|says| Error::Agent { says })
            }
        }
    }
}

/// The one key that is meant.
fn choose(held: Vec<Held>, wanted: Option<&str>) -> Result<Held, String> {
    let names = |held: &[Held]| {
        let each: Vec<String> = held
            .iter()
            .map(|held| format!("{} ({})", held.fingerprint(), held.comment))
            .collect();
        each.join(", ")
    };
    let fits = |key: &Held| wanted.is_none_or(|wanted| key.comment == wanted || key.fingerprint() == wanted);
    let mut fitting: Vec<Held> = held.iter().filter(|key| fits(key)).cloned().collect();
    match (fitting.len(), wanted) {
        (1, _) => Ok(fitting.remove(0)),
        (0, None) => Err("has no Ed25519 key".into()),
        (0, Some(wanted)) if held.is_empty() => Err(format!("has no Ed25519 key, so not {wanted:?} either")),
        (0, Some(wanted)) => Err(format!("has no Ed25519 key {wanted:?}, but {}", names(&held))),
        (_, None) => Err(format!("has several Ed25519 keys: {}", names(&fitting))),
        (_, Some(wanted)) => Err(format!(
            "has several Ed25519 keys {wanted:?}: {}",
            names(&fitting)
        )),
    }
}

impl audit::Signer for DeviceKey {
    fn public(&self) -> [u8; 32] {
        DeviceKey::public(self)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], audit::Error> {
        DeviceKey::sign(self, message).map_err(|error| audit::Error::Signing {
            says: error.to_string(),
            hint: error.hint().unwrap_or_default(),
        })
    }

    fn predecessor(&self) -> Option<&SigningKey> {
        match &self.0 {
            Kept::InFile(_) => None,
            Kept::ByAgent { before, .. } => before.as_ref(),
        }
    }
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
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn sessions_that_begin_together_on_a_new_machine_share_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let keys: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let load = || DeviceKey::load_or_create(dir.path()).unwrap().public();
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
        let refused = DeviceKey::load_or_create(dir.path()).err().unwrap().to_string();
        let wanted = format!(
            "has mode 0644, and others may use it: chmod 600 {}",
            path.display()
        );
        assert!(refused.ends_with(&wanted), "{refused}");
    }
}

//! What vouches for a sealed recording besides its own signatures: JSON lines in `ID.evidence` beside it, each naming
//! the file it is about by size and hash. A proof of another file raises nothing, nor does a note that no device signed.

mod examine;
mod note;

use super::key::is_signed;
use super::{DeviceKey, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub use examine::{Standing, Subject, examine, fingerprint, listed, trust, witnessed};

const DOMAIN: &[u8] = b"quarterdeck evidence 1\n";
/// Nobody has as many proofs; more of such a file is not read.
const MOST: u64 = 16 << 20;

/// How far the trust in a recording reaches beyond the machine that wrote it, weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Signed by the device that recorded it.
    #[default]
    Local,
    /// Stored where its writer cannot read, change or delete it.
    Uploaded,
    /// Stored under Object Lock.
    Locked,
    /// AWS's own history has the session, with the same begin and end.
    Correlated,
    /// Somebody else cosigned a checkpoint of the log that contains it.
    Witnessed,
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Local => "local",
            Level::Uploaded => "uploaded",
            Level::Locked => "locked",
            Level::Correlated => "correlated",
            Level::Witnessed => "witnessed",
        }
    }
}

/// One line of the evidence file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    pub level: Level,
    /// When it was obtained, RFC 3339 in UTC.
    pub at: String,
    /// The sealed file that it is about: bytes, and SHA-256 in hexadecimal.
    pub size: u64,
    pub sha256: String,
    /// Whatever lets another person check it: object versions, event ids, a cosigned checkpoint.
    pub detail: Map<String, Value>,
    /// By whom it was noted, where what it says cannot be checked by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noted: Option<Noted>,
}

/// Whose word a proof is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Ed25519 public key of the device, hexadecimal.
    pub device_key: String,
    /// Over `quarterdeck evidence 1\n` and the line without this field, hexadecimal.
    pub signature: String,
}

impl Proof {
    /// The same, signed by the device that was told it.
    pub fn noted_by(self, device: &DeviceKey) -> Result<Proof, Error> {
        let signature = hex::encode(device.sign(&self.message())?);
        let device_key = hex::encode(device.public());
        let noted = Some(Noted {
            device_key,
            signature,
        });
        Ok(Proof { noted, ..self })
    }

    /// Whether one of `devices` noted exactly this.
    pub(crate) fn is_noted_by(&self, devices: &[[u8; 32]]) -> bool {
        let Some(noted) = &self.noted else { return false };
        let mut signature = [0; 64];
        let by = devices
            .iter()
            .find(|device| hex::encode(device) == noted.device_key);
        hex::decode_to_slice(&noted.signature, &mut signature).is_ok()
            && by.is_some_and(|by| is_signed(by, &self.message(), &signature))
    }

    /// Whether it names all that somebody else needs to ask again.
    pub(crate) fn is_complete(&self) -> bool {
        note::is_complete(self)
    }

    fn message(&self) -> Vec<u8> {
        let bare = Proof {
            noted: None,
            ..self.clone()
        };
        let json = serde_json::to_string(&bare).unwrap_or_default();
        [DOMAIN, json.as_bytes()].concat()
    }
}

fn path_beside(recording: &Path) -> PathBuf {
    recording.with_extension("evidence")
}

/// The proofs kept beside `recording`; none where there is no file. Lines that cannot be read are left out.
pub fn load_proofs(recording: &Path) -> Result<Vec<Proof>, Error> {
    read_lines(recording).map(|(proofs, _)| proofs)
}

/// The same with how many lines cannot be read: by a crash, or because somebody wrote there.
fn read_lines(recording: &Path) -> Result<(Vec<Proof>, usize), Error> {
    let path = path_beside(recording);
    let read = || {
        // A pipe would be waited for.
        if !fs::metadata(&path)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut bytes = Vec::new();
        File::open(&path)?.take(MOST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = match read() {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(e) => return Err(Error::io("read", &path)(e)),
    };
    let (mut proofs, mut unreadable) = (Vec::new(), 0);
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    for line in lines.filter(|line| !line.is_empty()) {
        match serde_json::from_slice(line) {
            Ok(proof) => proofs.push(proof),
            Err(_) => unreadable += 1,
        }
    }
    Ok((proofs, unreadable))
}

/// Appends a proof, on disk before it returns.
pub fn save_proof(recording: &Path, proof: &Proof) -> Result<(), Error> {
    let path = path_beside(recording);
    let line = serde_json::to_string(proof).map_err(|e| Error::io("write", &path)(e.into()))?;
    let write = || {
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        // A line feed first ends whatever a crash may have left of the line before.
        file.write_all(format!("\n{line}\n").as_bytes())?;
        file.sync_all()
    };
    write().map_err(Error::io("write", &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(level: Level, sha256: &str) -> Proof {
        Proof {
            level,
            at: "2026-05-01T00:00:00Z".into(),
            size: 10,
            sha256: sha256.into(),
            detail: Map::new(),
            noted: None,
        }
    }

    #[test]
    fn a_torn_line_hides_no_other() -> Result<(), Error> {
        let dir = tempfile::tempdir().map_err(Error::io("create", Path::new("tmp")))?;
        let recording = dir.path().join("a.osr");
        fs::write(path_beside(&recording), "{\"level\":\"lo").map_err(Error::io("write", &recording))?;
        save_proof(&recording, &proof(Level::Locked, "aa"))?;
        let proofs = load_proofs(&recording)?;
        assert_eq!((proofs.len(), proofs[0].level), (1, Level::Locked));
        Ok(())
    }

    #[test]
    fn a_note_is_of_the_device_that_signed_it_and_of_no_other_words() -> Result<(), Error> {
        let dir = tempfile::tempdir().map_err(Error::io("create", Path::new("tmp")))?;
        let device = DeviceKey::load_or_create(dir.path())?;
        let noted = proof(Level::Uploaded, "aa").noted_by(&device)?;
        assert!(noted.is_noted_by(&[[0; 32], device.public()]));
        assert!(!noted.is_noted_by(&[[0; 32]]));
        assert!(!proof(Level::Uploaded, "aa").is_noted_by(&[device.public()]));
        let raised = Proof {
            level: Level::Locked,
            ..noted.clone()
        };
        let of_another = Proof {
            sha256: "bb".into(),
            ..noted
        };
        assert!(!raised.is_noted_by(&[device.public()]) && !of_another.is_noted_by(&[device.public()]));
        Ok(())
    }
}

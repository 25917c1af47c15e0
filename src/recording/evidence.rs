//! What vouches for a sealed recording besides its own signatures: JSON lines in `ID.evidence` beside it, each naming
//! the file it is about by size and hash. A proof of another file raises nothing.

mod examine;

use super::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use examine::{Standing, Subject, examine, fingerprint, witnessed};

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
}

fn path_beside(recording: &Path) -> PathBuf {
    recording.with_extension("evidence")
}

/// The proofs kept beside `recording`; none where there is no file. A torn last line is left out.
pub fn load_proofs(recording: &Path) -> Result<Vec<Proof>, Error> {
    let path = path_beside(recording);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(Error::io("read", &path)(e)),
    }
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

/// The strongest level that `proofs` give a file of `size` bytes; with `sha256` known, of exactly that file.
pub fn level(proofs: &[Proof], size: u64, sha256: Option<&str>) -> Level {
    proofs
        .iter()
        .filter(|proof| proof.size == size && sha256.is_none_or(|sha256| proof.sha256 == sha256))
        .map(|proof| proof.level)
        .max()
        .unwrap_or_default()
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
        }
    }

    #[test]
    fn the_strongest_proof_of_this_very_file_counts() -> Result<(), Error> {
        let dir = tempfile::tempdir().map_err(Error::io("create", Path::new("tmp")))?;
        let recording = dir.path().join("a.osr");
        save_proof(&recording, &proof(Level::Uploaded, "aa"))?;
        save_proof(&recording, &proof(Level::Witnessed, "bb"))?;
        let proofs = load_proofs(&recording)?;
        assert_eq!(proofs.len(), 2);
        assert_eq!(level(&proofs, 10, Some("aa")), Level::Uploaded);
        assert_eq!(level(&proofs, 10, Some("bb")), Level::Witnessed);
        assert_eq!(level(&proofs, 11, Some("bb")), Level::Local);
        Ok(())
    }

    #[test]
    fn a_torn_line_hides_no_other() -> Result<(), Error> {
        let dir = tempfile::tempdir().map_err(Error::io("create", Path::new("tmp")))?;
        let recording = dir.path().join("a.osr");
        fs::write(path_beside(&recording), "{\"level\":\"lo").map_err(Error::io("write", &recording))?;
        save_proof(&recording, &proof(Level::Locked, "aa"))?;
        assert_eq!(level(&load_proofs(&recording)?, 10, None), Level::Locked);
        Ok(())
    }
}

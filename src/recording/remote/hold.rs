//! A legal hold: as long as it stands, nothing of a recording is deleted, here or in the store, whatever its class says.
//! In the store it is S3's own, on every segment and the manifest, and needs s3:PutObjectLegalHold.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Bucket, Error, Standing};
use crate::recording;
use crate::store;

/// Kept beside the recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub reason: String,
    pub by: String,
    /// RFC 3339 in UTC.
    pub at: String,
}

fn beside(recording: &Path) -> PathBuf {
    recording.with_extension("hold")
}

/// The hold that stands. A file that cannot be read is a hold all the same.
pub fn load_hold(recording: &Path) -> Result<Option<Hold>, recording::Error> {
    let path = beside(recording);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).unwrap_or_else(|_| Hold {
            reason: "(the hold's file cannot be read)".into(),
            by: String::new(),
            at: String::new(),
        }))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(recording::Error::io("read", &path)(e)),
    }
}

/// Sets or lifts it: here first when it is set, here last when it is lifted, so that a failure on the way leaves it
/// standing. How many objects of the store were told.
pub async fn hold(
    recording: &Path,
    wanted: Option<Hold>,
    stored: Option<(&Bucket, &Standing)>,
) -> Result<usize, Error> {
    let path = beside(recording);
    if let Some(hold) = &wanted {
        let json = serde_json::to_vec(hold).unwrap_or_default();
        store::save(&path, &json)?;
    }
    let mut told = 0;
    if let Some((bucket, standing)) = stored
        && let Some((_, folder)) = &standing.to
    {
        for part in &standing.parts {
            let key = Bucket::segment_key(folder, part.n);
            bucket
                .put_hold(&key, part.version_id.as_deref(), wanted.is_some())
                .await?;
            told += 1;
        }
        if let Some(version) = &standing.sealed {
            let key = Bucket::manifest_key(folder);
            bucket
                .put_hold(&key, version.as_deref(), wanted.is_some())
                .await?;
            told += 1;
        }
    }
    if wanted.is_none() {
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(recording::Error::io("remove", &path)(e).into());
            }
            _ => {}
        }
    }
    Ok(told)
}

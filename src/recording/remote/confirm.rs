//! The store asked again about a recording that is here. Nothing that was noted counts: the first version of every
//! object must be this very file, and what S3 says of its lock now is its level.

use std::path::Path;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::history::{self, Seen};
use super::push::{mode, on_disk};
use super::{Bucket, Error, cut};
use crate::recording::evidence::Level;
use crate::recording::{self, header_of};

/// What holds, in a sentence too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    pub level: Level,
    pub says: String,
}

/// Disagreement is an error, as is a store that cannot be asked. Needs s3:ListBucket and s3:GetObject.
pub async fn confirm(bucket: &Bucket, path: &Path) -> Result<Confirmed, Error> {
    let owned = path.to_path_buf();
    let found = on_disk(move || {
        let (header, _) = header_of(&owned)?;
        let size = std::fs::metadata(&owned).map_err(recording::Error::io("read", &owned))?;
        Ok((header, size.len()))
    });
    let (header, size) = found.await?;
    let folder = bucket.folder(&header);
    let (objects, mut seen) = history::list(bucket, &folder).await?;
    let (mut offset, mut n, mut lock) = (0, 0, None);
    let mut is_locked = true;
    while offset < size {
        n += 1;
        let key = Bucket::segment_key(&folder, n);
        let differs = |how: &str| {
            Error::disagrees(
                format!("{} {how}", bucket.address(&key)),
                "`qd recordings pull` fetches the store's; keep both, and find out who changed which",
            )
        };
        let Some((stored, _)) = objects.get(&key) else {
            return Err(differs("is not there, though it was noted to be"));
        };
        if seen == Seen::First && stored.version.is_none() {
            seen = Seen::NoVersions;
        }
        let facts = bucket.facts(&key, stored.version.as_deref()).await?;
        let facts = facts.ok_or_else(|| differs("is not there, though it was noted to be"))?;
        let (at, len, owned) = (offset, facts.size, path.to_path_buf());
        if len == 0 || len > size - offset {
            return Err(differs("is not what this recording has there"));
        }
        let here = on_disk(move || {
            let bytes = cut::load(&owned, at, len).map_err(recording::Error::io("read", &owned))?;
            Ok(<[u8; 32]>::from(Sha256::digest(bytes)))
        });
        let there: [u8; 32] = match facts.sha256 {
            Some(sum) => sum,
            None => Sha256::digest(history::fetch(bucket, &key, stored, None).await?).into(),
        };
        if here.await? != there {
            return Err(differs("is not what this recording has there"));
        }
        offset += len;
        match facts.retain.filter(|retain| retain.until > Timestamp::now()) {
            Some(retain) => {
                let shortest = lock.filter(|(_, until)| *until <= retain.until);
                lock = Some(shortest.unwrap_or((retain.compliance, retain.until)));
            }
            None => is_locked = false,
        }
    }
    let (level, says) = match lock.filter(|_| is_locked) {
        Some((compliance, until)) => {
            let mode = mode(compliance);
            (
                Level::Locked,
                format!("locked: the store has this very file, under {mode} until {until}"),
            )
        }
        None => (
            Level::Uploaded,
            "uploaded: the store has this very file, under no lock".into(),
        ),
    };
    let says = match seen.remark() {
        Some(remark) => format!("{says}, when it was asked; {remark}"),
        None => format!("{says}, as what came first, when it was asked"),
    };
    Ok(Confirmed { level, says })
}

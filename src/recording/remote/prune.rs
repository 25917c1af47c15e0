//! Local deletion: only of a closed recording whose time here is over, that nobody holds, and whose manifest the store
//! gives back as this machine's. Journal and evidence stay, so that what was here is still known.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::hold::load_hold;
use super::journal::{Journal, Line};
use super::{Bucket, Error, Manifest, standing};
use crate::recording::evidence::fingerprint;
use crate::recording::{self, Reader, State};

/// Whether a recording may go, or why it stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Expires {
        class: Option<String>,
        /// Of the file, in hexadecimal.
        sha256: String,
    },
    Stays {
        why: String,
    },
}

/// What is to become of a recording now. Needs s3:GetObject.
pub async fn judge(bucket: &Bucket, path: &Path, now: Timestamp) -> Result<Fate, Error> {
    let stays = |why: &str| Ok(Fate::Stays { why: why.into() });
    let reader = Reader::open(path)?;
    if !matches!(reader.state(), State::Sealed | State::Recovered) {
        return stays("it is not closed");
    }
    if let Some(hold) = load_hold(path)? {
        return stays(&format!("it is held: {}", hold.reason));
    }
    let (class, keep) = bucket.retention.keep(reader.header());
    let Some(days) = keep.local_days else {
        return stays("no local_days is set for it");
    };
    let ended_us = reader
        .header()
        .started_at
        .saturating_add_unsigned(reader.duration_us());
    let ended = Timestamp::from_microsecond(ended_us).unwrap_or(now);
    let until = ended.saturating_add(SignedDuration::from_hours(24 * i64::from(days)));
    if until.is_ok_and(|until| until > now) {
        return stays(&format!("local_days = {days} keeps it"));
    }
    let standing = standing(path)?;
    let Some((_, folder)) = standing.to.clone().filter(|_| standing.sealed.is_some()) else {
        return stays("the store does not have all of it");
    };
    let found = bucket.fetch(&Bucket::manifest_key(&folder)).await?;
    let manifest = serde_json::from_slice::<Manifest>(&found)
        .ok()
        .filter(Manifest::is_whole);
    let (size, sum) = fingerprint(path).map_err(recording::Error::io("read", path))?;
    if !manifest.is_some_and(|manifest| manifest.sha256 == sum && manifest.size == size) {
        return stays("the store's manifest is about another recording");
    }
    Ok(Fate::Expires {
        class: class.map(str::to_owned),
        sha256: sum,
    })
}

/// Deletes it here. What is to be logged must be logged before.
pub fn expire(path: &Path) -> Result<(), Error> {
    if let Some(mut journal) = Journal::open(path)? {
        let at = Timestamp::now().to_string();
        journal.write(Line::Expired { at })?;
    }
    fs::remove_file(path).map_err(recording::Error::io("remove", path))?;
    Ok(())
}

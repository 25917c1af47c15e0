//! Who vouches for what a pull found: the manifest must be about these very bytes and this very device, the device must
//! have a card in the store, and what came first must be known. What is missing is told, what contradicts is refused.

use std::path::Path;

use super::{Bucket, Error, Listed, Manifest};
use crate::recording::{Header, Reader};

/// What a pulled recording rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vouched {
    /// Of the device that recorded it.
    pub device_key: [u8; 32],
    /// A sentence each.
    pub rests_on: Vec<String>,
    /// The store knows no such device.
    pub is_stranger: bool,
}

pub(super) async fn vouch(bucket: &Bucket, listed: &Listed, fetched: &Path) -> Result<Vouched, Error> {
    let (device_key, mut rests_on) = {
        let reader = Reader::open(fetched)?;
        let rests_on = match &listed.manifest {
            Some(manifest) => vec![agree(bucket, listed, manifest, &reader)?],
            None if listed.refuted.is_some() => {
                vec!["its segments alone: its manifest is not believed".into()]
            }
            None => vec!["its segments alone: there is no manifest yet".into()],
        };
        (reader.device_key(), rests_on)
    };
    let name = short(&hex::encode(device_key)).to_owned();
    let mut is_stranger = false;
    rests_on.push(match bucket.card(&device_key).await {
        Ok(Some(card)) => format!(
            "signed by device {name}, which introduced itself to the store as {} on {}",
            card.words(),
            card.first_seen_at
        ),
        Ok(None) => {
            is_stranger = true;
            format!("signed by device {name}, which never introduced itself to the store")
        }
        Err(error) if error.is_denied() => {
            format!("signed by device {name}; whether the store knows it may not be asked")
        }
        Err(error) => return Err(error),
    });
    rests_on.push(match listed.seen.remark() {
        None => "the first version of each of its objects".into(),
        Some(remark) => remark,
    });
    Ok(Vouched {
        device_key,
        rests_on,
        is_stranger,
    })
}

/// What the manifest says of the recording is what that says itself.
fn agree(bucket: &Bucket, listed: &Listed, manifest: &Manifest, reader: &Reader) -> Result<String, Error> {
    let differs = |what: &str| {
        Err(Error::disagrees(
            format!(
                "the manifest of {} tells of another {what} than its segments",
                bucket.address(&listed.folder)
            ),
            "look for who may write to this bucket: one of both was put in the other's place",
        ))
    };
    let own = hex::encode(reader.device_key());
    // What it was imported from has numbers that need not survive.
    let bare = |header: &Header| Header {
        source: None,
        ..header.clone()
    };
    if manifest.device_key != own {
        return differs("device");
    }
    if bare(&manifest.header) != bare(reader.header()) {
        return differs("session");
    }
    if manifest.summary != *reader.summary() {
        return differs("end");
    }
    Ok(match &manifest.signed_by {
        Some(by) if *by == own => "a manifest that its device signed".into(),
        Some(by) => format!("a manifest that another device signed: {}", short(by)),
        None => "a manifest that nobody signed".into(),
    })
}

fn short(key: &str) -> &str {
    key.get(..16).unwrap_or(key)
}

//! What the store has: finished recordings by their manifests, unfinished ones by the header in their first segment.

use std::collections::BTreeMap;

use futures_util::{FutureExt, StreamExt, stream};
use jiff::Timestamp;

use super::{Bucket, Error, Manifest};
use crate::aws::Failure;
use crate::recording::{Header, header};

/// Enough for any header: they are shorter than 64 KiB of text and a few bytes around it.
const HEADER_BYTES: u64 = 66 << 10;
const AT_ONCE: usize = 8;

/// A recording in the store.
#[derive(Clone, Debug)]
pub struct Listed {
    /// With its slash at the end.
    pub folder: String,
    pub header: Header,
    /// `None` while it is unfinished: still running, or its machine is gone.
    pub manifest: Option<Manifest>,
    /// Bytes of the segments, which are numbered without a hole up to `segments`.
    pub size: u64,
    pub segments: Vec<u64>,
    /// When the last object came.
    pub stored_at: Option<Timestamp>,
}

#[derive(Default)]
struct Found {
    sizes: BTreeMap<u64, u64>,
    has_manifest: bool,
    stored_at: Option<Timestamp>,
}

/// Every recording, newest first, and those that cannot be read with the reason.
pub async fn list(bucket: &Bucket) -> Result<(Vec<Listed>, Vec<Error>), Error> {
    let folders = find(bucket, "").await?;
    let read = folders
        .into_iter()
        .map(|(folder, found)| describe(bucket, folder, found).boxed());
    let read = stream::iter(read.collect::<Vec<_>>());
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    for row in read.buffered(AT_ONCE).collect::<Vec<_>>().await {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => failures.push(error),
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.header.started_at));
    Ok((rows, failures))
}

/// The one recording whose id begins with `wanted`, or whose AWS session id it is.
pub async fn locate(bucket: &Bucket, wanted: &str) -> Result<Listed, Error> {
    let wanted = wanted.trim_end_matches('/').rsplit('/').next().unwrap_or(wanted);
    let mut folders = find(bucket, "").await?;
    let lower = wanted.to_ascii_lowercase();
    folders.retain(|(folder, _)| !lower.is_empty() && id_of(folder).starts_with(&lower));
    match folders.len() {
        1 => {
            let (folder, found) = folders.remove(0);
            describe(bucket, folder, found).await
        }
        0 => {
            let (rows, _) = list(bucket).await?;
            let mut rows = rows.into_iter();
            rows.find(|row| {
                let summary = row.manifest.as_ref().map(|manifest| &manifest.summary);
                summary.and_then(|summary| summary.session_id.as_deref()) == Some(wanted)
            })
            .ok_or_else(|| Error::Absent(wanted.into()))
        }
        _ => Err(crate::recording::Error::Ambiguous {
            wanted: wanted.into(),
            found: folders
                .iter()
                .map(|(folder, _)| id_of(folder).to_owned())
                .collect(),
        }
        .into()),
    }
}

fn id_of(folder: &str) -> &str {
    folder
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
}

async fn find(bucket: &Bucket, below: &str) -> Result<Vec<(String, Found)>, Failure> {
    let root = format!("{}rec/{below}", bucket.prefix);
    let mut folders: BTreeMap<String, Found> = BTreeMap::new();
    for row in bucket.list(&root).await? {
        let Some((folder, name)) = row.key.rsplit_once('/') else {
            continue;
        };
        let found = folders.entry(format!("{folder}/")).or_default();
        found.stored_at = found.stored_at.max(row.at);
        if name == "manifest.json" {
            found.has_manifest = true;
        } else if let Some(n) = name.strip_suffix(".seg").and_then(|n| n.parse().ok()) {
            found.sizes.insert(n, row.size);
        }
    }
    Ok(folders.into_iter().collect())
}

async fn describe(bucket: &Bucket, folder: String, found: Found) -> Result<Listed, Error> {
    let whole = found
        .sizes
        .iter()
        .zip(1..)
        .take_while(|((n, _), expected)| **n == *expected);
    let segments: Vec<u64> = whole.map(|((_, size), _)| *size).collect();
    let manifest = match found.has_manifest {
        true => Some(parse_manifest(bucket, &folder).await?),
        false => None,
    };
    let header = match &manifest {
        Some(manifest) => manifest.header.clone(),
        None => {
            let key = Bucket::segment_key(&folder, 1);
            let bytes = bucket.fetch_range(&key, 0, HEADER_BYTES).await?;
            let block = header::read(&mut &bytes[..]).ok().and_then(Result::ok);
            let damaged = || {
                Error::disagrees(
                    format!("{} does not begin like a recording", bucket.address(&key)),
                    "look for who may write to this bucket",
                )
            };
            block.ok_or_else(damaged)?.header
        }
    };
    Ok(Listed {
        size: segments.iter().sum(),
        segments,
        folder,
        header,
        manifest,
        stored_at: found.stored_at,
    })
}

async fn parse_manifest(bucket: &Bucket, folder: &str) -> Result<Manifest, Error> {
    let key = Bucket::manifest_key(folder);
    let bytes = bucket.fetch(&key).await?;
    let manifest = serde_json::from_slice::<Manifest>(&bytes)
        .ok()
        .filter(Manifest::is_whole);
    manifest.ok_or_else(|| {
        Error::disagrees(
            format!("{} is no manifest of a whole recording", bucket.address(&key)),
            "look for who may write to this bucket",
        )
    })
}

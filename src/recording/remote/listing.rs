//! What the store has: finished recordings by their manifests, unfinished ones by the header in their first segment;
//! both as they came first.

use std::collections::BTreeMap;

use futures_util::{FutureExt, StreamExt, stream};
use jiff::Timestamp;

use super::history::{self, Now, Stored};
use super::{Bucket, Error, Manifest, Seen};
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
    /// Why the manifest that is there is not believed. Whoever may write may have been quicker than the device; the
    /// segments speak for themselves.
    pub refuted: Option<String>,
    /// Bytes of the segments.
    pub size: u64,
    /// Numbered from 1 without a hole.
    pub segments: Vec<Stored>,
    /// When the last object came.
    pub stored_at: Option<Timestamp>,
    /// Whether what stands here is what came first.
    pub seen: Seen,
    /// Objects in whose place the store has something else by now, or nothing.
    pub replaced: Vec<String>,
    /// Version of the manifest.
    pub(super) manifest_version: Option<String>,
}

struct Found {
    segments: BTreeMap<u64, Stored>,
    manifest: Option<Stored>,
    stored_at: Option<Timestamp>,
    seen: Seen,
    replaced: Vec<String>,
}

impl Found {
    fn take(&mut self, name: &str, stored: Stored, at: Option<Timestamp>) {
        let n = name.strip_suffix(".seg").and_then(|n| n.parse().ok());
        if name != "manifest.json" && n.is_none() {
            return;
        }
        self.stored_at = self.stored_at.max(at);
        if self.seen == Seen::First && stored.version.is_none() {
            self.seen = Seen::NoVersions;
        }
        if stored.now != Now::Same {
            self.replaced.push(name.to_owned());
        }
        match n {
            Some(n) => drop(self.segments.insert(n, stored)),
            None => self.manifest = Some(stored),
        }
    }

    /// Every object of it was deleted.
    fn is_deleted(&self) -> bool {
        let mut objects = self.segments.values().chain(&self.manifest);
        objects.all(|stored| stored.now == Now::Deleted)
    }
}

/// Every recording, newest first, and those that cannot be read with the reason.
pub async fn list(bucket: &Bucket) -> Result<(Vec<Listed>, Vec<Error>), Error> {
    let mut folders = Vec::new();
    for (folder, found) in find(bucket, "").await? {
        if !found.is_deleted() || is_kept(bucket, &folder, &found).await {
            folders.push((folder, found));
        }
    }
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
    let (rows, seen) = history::list(bucket, &root).await?;
    let mut folders: BTreeMap<String, Found> = BTreeMap::new();
    for (key, (stored, at)) in rows {
        let Some((folder, name)) = key.rsplit_once('/') else {
            continue;
        };
        let found = folders.entry(format!("{folder}/")).or_insert_with(|| Found {
            segments: BTreeMap::new(),
            manifest: None,
            stored_at: None,
            seen: seen.clone(),
            replaced: Vec::new(),
        });
        found.take(name, stored, at);
    }
    Ok(folders.into_iter().collect())
}

/// What was deleted while its lock held is still a recording; what its time took is none. Who may not ask cannot tell.
async fn is_kept(bucket: &Bucket, folder: &str, found: &Found) -> bool {
    let Some(stored) = found.segments.get(&1) else {
        return false;
    };
    let key = Bucket::segment_key(folder, 1);
    let now = Timestamp::now();
    match bucket.facts(&key, stored.version.as_deref()).await {
        Ok(facts) => facts.is_some_and(|it| it.hold || it.retain.is_some_and(|lock| lock.until > now)),
        Err(_) => true,
    }
}

async fn describe(bucket: &Bucket, folder: String, found: Found) -> Result<Listed, Error> {
    let whole = found
        .segments
        .iter()
        .zip(1..)
        .take_while(|((n, _), expected)| **n == *expected);
    let segments: Vec<Stored> = whole.map(|((_, stored), _)| stored.clone()).collect();
    let (mut manifest, mut refuted) = (None, None);
    if let Some(stored) = &found.manifest {
        match parse_manifest(bucket, &folder, stored).await {
            Ok(parsed) => manifest = Some(parsed),
            Err(Error::Disagrees { says, .. }) if !segments.is_empty() => refuted = Some(says),
            Err(error) => return Err(error),
        }
    }
    let header = match &manifest {
        Some(manifest) => manifest.header.clone(),
        None => header_in(bucket, &folder, &segments).await?,
    };
    if header.id.to_string() != id_of(&folder) {
        return Err(Error::disagrees(
            format!(
                "{} holds another recording: {}",
                bucket.address(&folder),
                header.id
            ),
            "look for who may write to this bucket",
        ));
    }
    Ok(Listed {
        size: segments.iter().map(|stored| stored.size).sum(),
        segments,
        folder,
        header,
        manifest,
        refuted,
        stored_at: found.stored_at,
        seen: found.seen,
        replaced: found.replaced,
        manifest_version: found.manifest.and_then(|stored| stored.version),
    })
}

/// The same by its segments alone, because its manifest is not to be believed.
pub(super) async fn without_manifest(
    bucket: &Bucket,
    listed: &Listed,
    refuted: String,
) -> Result<Listed, Error> {
    Ok(Listed {
        header: header_in(bucket, &listed.folder, &listed.segments).await?,
        manifest: None,
        refuted: Some(refuted),
        ..listed.clone()
    })
}

/// The header as the first segment has it.
async fn header_in(bucket: &Bucket, folder: &str, segments: &[Stored]) -> Result<Header, Error> {
    let key = Bucket::segment_key(folder, 1);
    let first = segments
        .first()
        .ok_or_else(|| Error::Absent(id_of(folder).into()))?;
    let bytes = history::fetch(bucket, &key, first, Some((0, HEADER_BYTES))).await?;
    let block = header::read(&mut &bytes[..]).ok().and_then(Result::ok);
    let damaged = || {
        Error::disagrees(
            format!("{} does not begin like a recording", bucket.address(&key)),
            "look for who may write to this bucket",
        )
    };
    Ok(block.ok_or_else(damaged)?.header)
}

async fn parse_manifest(bucket: &Bucket, folder: &str, stored: &Stored) -> Result<Manifest, Error> {
    let key = Bucket::manifest_key(folder);
    let bytes = history::fetch(bucket, &key, stored, None).await?;
    Manifest::parse(&bytes).map_err(|why| {
        Error::disagrees(
            format!("{} {why}", bucket.address(&key)),
            "look for who may write to this bucket",
        )
    })
}

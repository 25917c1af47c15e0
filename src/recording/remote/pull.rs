//! From the store back to this disk: the exact bytes, checked against the manifest where there is one. What was put
//! over an object, or deleted it, does not matter where the bucket's versions may be listed: what came first is taken,
//! and told. Elsewhere the versions that the manifest names are, where they may be read.
//! A recording whose machine is gone has no manifest; what the store has of it is whole up to a checkpoint that its
//! session signed.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use sha2::{Digest, Sha256};

use super::journal::{Journal, Line};
use super::manifest::Part;
use super::vouch::{Vouched, vouch};
use super::{Bucket, Error, Listed, Seen, history, listing, proof};
use crate::recording::{self, DeviceKey, Reader, State, library};
use crate::store;

const AT_ONCE: usize = 4;

/// What was pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    pub path: PathBuf,
    pub size: u64,
    /// It was here already, byte for byte.
    pub was_here: bool,
    /// It had no end and was closed with this device's key.
    pub recovered: bool,
    /// Objects in whose place the store has something else by now, or nothing.
    pub replaced: Vec<String>,
    /// Why its manifest was not believed.
    pub refuted: Option<String>,
    pub vouched: Vouched,
}

/// Segments, one after the other.
struct Fetched {
    sha256: [u8; 32],
    size: u64,
    /// Those in whose place something else was found.
    replaced: Vec<String>,
}

/// Rebuilds one recording; `device` closes it where its own device never did. Where a manifest came first that the
/// segments contradict, they count alone.
pub async fn pull(
    bucket: &Bucket,
    listed: &Listed,
    data_dir: &Path,
    device: &Arc<DeviceKey>,
) -> Result<Pulled, Error> {
    match rebuild(bucket, listed, data_dir, device).await {
        Err(Error::Disagrees { says, .. }) if listed.manifest.is_some() && listed.seen == Seen::First => {
            let bare = listing::without_manifest(bucket, listed, says).await?;
            rebuild(bucket, &bare, data_dir, device).await
        }
        done => done,
    }
}

async fn rebuild(
    bucket: &Bucket,
    listed: &Listed,
    data_dir: &Path,
    device: &Arc<DeviceKey>,
) -> Result<Pulled, Error> {
    let path = library::path_of(data_dir, &listed.header);
    let dir = path.parent().unwrap_or(data_dir);
    store::create_private_dir(dir)?;
    let mut file = tempfile::Builder::new()
        .prefix(".pull-")
        .tempfile_in(dir)
        .map_err(recording::Error::io("create a file in", dir))?;
    let fetched = fetch(bucket, listed, file.as_file_mut(), &path).await?;
    let size = fetched.size;
    let mut replaced = [listed.replaced.clone(), fetched.replaced].concat();
    replaced.sort();
    replaced.dedup();
    if let Some(manifest) = &listed.manifest
        && (manifest.size, &manifest.sha256) != (size, &hex::encode(fetched.sha256))
    {
        return Err(Error::disagrees(
            format!(
                "the segments of {} are not what its manifest says",
                bucket.address(&listed.folder)
            ),
            "look for who may change objects of this bucket; where it keeps versions, s3:ListBucketVersions and s3:GetObjectVersion let `pull` take those that came first",
        ));
    }
    // Whatever the store may contradict is asked before the recording is in the library.
    let vouched = vouch(bucket, listed, file.path()).await?;
    if path.exists() {
        keep_ours(&path, file.path())?;
        return Ok(Pulled {
            path,
            size,
            was_here: true,
            recovered: false,
            replaced,
            refuted: listed.refuted.clone(),
            vouched,
        });
    }
    let is_torn = Reader::open(file.path())?.state() == State::Torn;
    let found = confirm(bucket, listed).await?;
    file.as_file()
        .sync_all()
        .map_err(recording::Error::io("flush", &path))?;
    file.persist_noclobber(&path)
        .map_err(|refused| recording::Error::io("create", &path)(refused.error))?;
    store::sync_dir(dir)?;
    if let Some(found) = found {
        note(bucket, device, listed, &path, found).await?;
    }
    if is_torn {
        recording::recover_elsewhere(&path, device)?;
    }
    Ok(Pulled {
        size: fs::metadata(&path)
            .map_err(recording::Error::io("read", &path))?
            .len(),
        path,
        was_here: false,
        recovered: is_torn,
        replaced,
        refuted: listed.refuted.clone(),
        vouched,
    })
}

/// Writes the segments in their order: those of the manifest, or all that there are.
pub(super) async fn write(
    bucket: &Bucket,
    listed: &Listed,
    file: &mut fs::File,
    path: &Path,
) -> Result<(), Error> {
    fetch(bucket, listed, file, path).await.map(drop)
}

async fn fetch(bucket: &Bucket, listed: &Listed, file: &mut fs::File, path: &Path) -> Result<Fetched, Error> {
    let parts = listed.manifest.as_ref().map(|manifest| &manifest.segments);
    let count = parts.map_or(listed.segments.len(), Vec::len);
    let segments = (0..count).map(|nth| {
        let part = parts.and_then(|parts| parts.get(nth));
        segment(bucket, listed, nth as u64 + 1, part).boxed()
    });
    let mut segments = stream::iter(segments.collect::<Vec<_>>()).buffered(AT_ONCE);
    let (mut hash, mut size, mut replaced) = (Sha256::new(), 0, Vec::new());
    while let Some(segment) = segments.next().await {
        let (bytes, is_replaced) = segment?;
        replaced.extend(is_replaced);
        hash.update(&bytes);
        size += bytes.len() as u64;
        file.write_all(&bytes)
            .map_err(recording::Error::io("write", path))?;
    }
    Ok(Fetched {
        sha256: hash.finalize().into(),
        size,
        replaced,
    })
}

/// One segment as it came first, else as the manifest has it where any version of it is that; and its name where the
/// newest is not.
async fn segment(
    bucket: &Bucket,
    listed: &Listed,
    n: u64,
    part: Option<&Part>,
) -> Result<(Vec<u8>, Option<String>), Error> {
    let key = Bucket::segment_key(&listed.folder, n);
    let is_stored = |bytes: &Vec<u8>| {
        let sha256 = hex::encode(Sha256::digest(bytes));
        part.is_none_or(|part| sha256 == part.sha256)
    };
    let stored = (n as usize).checked_sub(1).and_then(|at| listed.segments.get(at));
    if let Some(first) = stored.filter(|stored| stored.version.is_some()) {
        let bytes = history::fetch(bucket, &key, first, None).await?;
        if !is_stored(&bytes) {
            return Err(Error::disagrees(
                format!(
                    "{} came first as something else than its manifest says",
                    bucket.address(&key)
                ),
                "look for who may write to this bucket: the manifest was put there by somebody else than the segment",
            ));
        }
        return Ok((bytes, None));
    }
    let newest = bucket.fetch(&key).await;
    let Some(part) = part else {
        return Ok((newest?, None));
    };
    let is_as_stored = match &newest {
        Ok(bytes) => is_stored(bytes),
        Err(failure) => !Error::is_no_object(failure),
    };
    if is_as_stored {
        return Ok((newest?, None));
    }
    match bucket.fetch_stored(&listed.folder, part, None).await {
        Some(Ok(bytes)) if is_stored(&bytes) => Ok((bytes, Some(format!("{n:06}.seg")))),
        _ => Ok((newest?, None)),
    }
}

/// There is one here: nothing is replaced, and a recording that disagrees with the store's is named.
fn keep_ours(path: &Path, theirs: &Path) -> Result<(), Error> {
    let open = |path: &Path| fs::File::open(path).map_err(recording::Error::io("read", path));
    let (ours, theirs) = (open(path)?, open(theirs)?);
    if !begins_with(ours, theirs).map_err(recording::Error::io("read", path))? {
        return Err(Error::disagrees(
            format!("{} is not what the store has", path.display()),
            "move it away to pull the store's; keep both, and find out who changed which",
        ));
    }
    Ok(())
}

fn begins_with(ours: impl Read, theirs: impl Read) -> io::Result<bool> {
    let (mut ours, mut theirs) = (BufReader::new(ours), BufReader::new(theirs));
    loop {
        let (a, b) = (ours.fill_buf()?, theirs.fill_buf()?);
        let len = a.len().min(b.len());
        if len == 0 {
            return Ok(b.is_empty());
        }
        if a[..len] != b[..len] {
            return Ok(false);
        }
        ours.consume(len);
        theirs.consume(len);
    }
}

/// A finished recording as the store describes it now.
struct Confirmed {
    answer: proof::Answer,
    /// Version of the manifest.
    manifest: Option<String>,
}

async fn confirm(bucket: &Bucket, listed: &Listed) -> Result<Option<Confirmed>, Error> {
    let Some(manifest) = &listed.manifest else {
        return Ok(None);
    };
    let mut parts = manifest.segments.clone();
    for (part, stored) in parts.iter_mut().zip(&listed.segments) {
        part.version_id = stored.version.clone().or(part.version_id.take());
    }
    Ok(Some(Confirmed {
        answer: proof::ask(bucket, &listed.folder, &parts).await?,
        manifest: match &listed.manifest_version {
            Some(first) => Some(first.clone()),
            None => {
                let key = Bucket::manifest_key(&listed.folder);
                bucket.facts(&key, None).await?.and_then(|facts| facts.version)
            }
        },
    }))
}

/// Journal and proof, as they were where it was recorded.
async fn note(
    bucket: &Bucket,
    device: &Arc<DeviceKey>,
    listed: &Listed,
    path: &Path,
    found: Confirmed,
) -> Result<(), Error> {
    let Some(mut journal) = Journal::open(path)? else {
        return Ok(());
    };
    journal.write(Line::To {
        bucket: bucket.name.clone(),
        folder: listed.folder.clone(),
    })?;
    for part in listed.manifest.iter().flat_map(|manifest| &manifest.segments) {
        journal.write(Line::Stored(part.clone()))?;
    }
    let now = jiff::Timestamp::now().to_string();
    journal.write(Line::Sealed {
        at: now.clone(),
        version_id: found.manifest.clone(),
    })?;
    let answer = found.answer.seen(&listed.seen);
    proof::save(bucket, device, path, &listed.folder, answer, found.manifest).await?;
    journal.write(Line::Proved { at: now })?;
    Ok(())
}

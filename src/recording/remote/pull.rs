//! From the store back to this disk: the exact bytes, checked against the manifest where there is one. A recording
//! whose machine is gone has none; what the store has of it is whole up to a checkpoint that its session signed.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use sha2::{Digest, Sha256};

use super::journal::{Journal, Line};
use super::{Bucket, Error, Listed, proof};
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
}

/// Rebuilds one recording; `device` closes it where its own device never did.
pub async fn pull(
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
    let (sha256, size) = fetch(bucket, listed, file.as_file_mut(), &path).await?;
    if let Some(manifest) = &listed.manifest
        && (manifest.size, &manifest.sha256) != (size, &hex::encode(sha256))
    {
        return Err(Error::disagrees(
            format!(
                "the segments of {} are not what its manifest says",
                bucket.address(&listed.folder)
            ),
            "look for who may change objects of this bucket; older versions may still be there",
        ));
    }
    if path.exists() {
        return keep_ours(&path, file.path(), size);
    }
    file.as_file()
        .sync_all()
        .map_err(recording::Error::io("flush", &path))?;
    file.persist_noclobber(&path)
        .map_err(|refused| recording::Error::io("create", &path)(refused.error))?;
    store::sync_dir(dir)?;
    note(bucket, device, listed, &path).await?;
    let is_torn = Reader::open(&path)?.state() == State::Torn;
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
    })
}

/// Writes the segments in their order; their hash and length.
pub(super) async fn fetch(
    bucket: &Bucket,
    listed: &Listed,
    file: &mut fs::File,
    path: &Path,
) -> Result<([u8; 32], u64), Error> {
    let keys = (1..=listed.segments.len() as u64).map(|n| Bucket::segment_key(&listed.folder, n));
    let fetched = keys.map(|key| async move { bucket.fetch(&key).await }.boxed());
    let mut segments = stream::iter(fetched.collect::<Vec<_>>()).buffered(AT_ONCE);
    let (mut hash, mut size) = (Sha256::new(), 0);
    while let Some(bytes) = segments.next().await {
        let bytes = bytes?;
        hash.update(&bytes);
        size += bytes.len() as u64;
        file.write_all(&bytes)
            .map_err(recording::Error::io("write", path))?;
    }
    Ok((hash.finalize().into(), size))
}

/// There is one here: nothing is replaced, and a recording that disagrees with the store's is named.
fn keep_ours(path: &Path, theirs: &Path, size: u64) -> Result<Pulled, Error> {
    let open = |path: &Path| fs::File::open(path).map_err(recording::Error::io("read", path));
    let (ours, theirs) = (open(path)?, open(theirs)?);
    if !begins_with(ours, theirs).map_err(recording::Error::io("read", path))? {
        return Err(Error::disagrees(
            format!("{} is not what the store has", path.display()),
            "move it away to pull the store's; keep both, and find out who changed which",
        ));
    }
    Ok(Pulled {
        path: path.into(),
        size,
        was_here: true,
        recovered: false,
    })
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

/// Journal and proof, as they were where it was recorded.
async fn note(bucket: &Bucket, device: &Arc<DeviceKey>, listed: &Listed, path: &Path) -> Result<(), Error> {
    let Some(manifest) = &listed.manifest else {
        return Ok(());
    };
    let Some(mut journal) = Journal::open(path)? else {
        return Ok(());
    };
    journal.write(Line::To {
        bucket: bucket.name.clone(),
        folder: listed.folder.clone(),
    })?;
    for part in &manifest.segments {
        journal.write(Line::Stored(part.clone()))?;
    }
    let facts = bucket.facts(&Bucket::manifest_key(&listed.folder), None).await?;
    let now = jiff::Timestamp::now().to_string();
    journal.write(Line::Sealed {
        at: now.clone(),
        version_id: facts.and_then(|facts| facts.version),
    })?;
    proof::save(bucket, device, path, &listed.folder, &journal.standing).await?;
    journal.write(Line::Proved { at: now })?;
    Ok(())
}

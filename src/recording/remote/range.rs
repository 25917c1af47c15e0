//! A recording in the store as a file that is read in places: blocks come when they are asked for and stay, so that a
//! replay fetches header, index and what it shows, and nothing else.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::manifest::Part;
use super::{Bucket, Manifest};
use crate::aws::{Failure, Why};
use crate::recording::tap::Far;

/// Fetched at a time; most segments of the index are smaller.
const BLOCK: u64 = 256 << 10;

/// A finished recording. Reads wait for the network: never within the runtime itself.
pub struct Ranged {
    bucket: Bucket,
    folder: String,
    manifest: Manifest,
    runtime: Handle,
    /// Versions may not be read here.
    is_refused: AtomicBool,
    blocks: Mutex<HashMap<u64, Arc<Vec<u8>>>>,
}

impl Ranged {
    /// Needs s3:GetObject, and s3:GetObjectVersion to see through what was put over a segment; nothing is fetched yet.
    pub fn new(bucket: Bucket, folder: &str, manifest: Manifest, runtime: Handle) -> Ranged {
        Ranged {
            bucket,
            folder: folder.into(),
            manifest,
            runtime,
            is_refused: AtomicBool::new(false),
            blocks: Mutex::default(),
        }
    }

    /// Bytes that were fetched so far.
    pub fn fetched(&self) -> u64 {
        let blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.values().map(|block| block.len() as u64).sum()
    }

    /// The block that starts at `at`, put together from the segments that it lies in.
    fn fetch(&self, at: u64) -> io::Result<Vec<u8>> {
        let end = at.saturating_add(BLOCK).min(self.manifest.size);
        let mut bytes = Vec::new();
        for part in &self.manifest.segments {
            let (first, last) = (part.offset.max(at), (part.offset + part.size).min(end));
            if first >= last {
                continue;
            }
            let wanted = self.fetch_part(part, first - part.offset, last - first);
            let got = self.runtime.block_on(wanted).map_err(io::Error::other)?;
            if got.len() as u64 != last - first {
                let key = Bucket::segment_key(&self.folder, part.n);
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{key} is shorter than the manifest says"),
                ));
            }
            bytes.extend(got);
        }
        Ok(bytes)
    }

    /// Of the version that was stored, where it may be read; else of the newest.
    async fn fetch_part(&self, part: &Part, first: u64, len: u64) -> Result<Vec<u8>, Failure> {
        if !self.is_refused.load(Ordering::Relaxed) {
            match self
                .bucket
                .fetch_stored(&self.folder, part, Some((first, len)))
                .await
            {
                Some(Ok(bytes)) => return Ok(bytes),
                Some(Err(failure)) if failure.why != Why::Denied => return Err(failure),
                Some(Err(_)) => self.is_refused.store(true, Ordering::Relaxed),
                None => {}
            }
        }
        let key = Bucket::segment_key(&self.folder, part.n);
        self.bucket.fetch_range(&key, first, len).await
    }
}

impl Far for Ranged {
    fn size(&self) -> u64 {
        self.manifest.size
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.manifest.size {
            return Ok(0);
        }
        let start = offset - offset % BLOCK;
        let known = {
            let blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
            blocks.get(&start).cloned()
        };
        let block = match known {
            Some(block) => block,
            None => {
                let block = Arc::new(self.fetch(start)?);
                let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
                blocks.insert(start, block.clone());
                block
            }
        };
        let rest = block.get((offset - start) as usize..).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

//! A recording in the store as a file that is read in places: blocks come when they are asked for and stay, so that a
//! replay fetches header, index and what it shows, and nothing else.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::{Bucket, Manifest};
use crate::recording::tap::Far;

/// Fetched at a time; most segments of the index are smaller.
const BLOCK: u64 = 256 << 10;

/// A finished recording. Reads wait for the network: never within the runtime itself.
pub struct Ranged {
    bucket: Bucket,
    folder: String,
    manifest: Manifest,
    runtime: Handle,
    blocks: Mutex<HashMap<u64, Arc<Vec<u8>>>>,
}

impl Ranged {
    /// Needs s3:GetObject; nothing is fetched yet.
    pub fn new(bucket: Bucket, folder: &str, manifest: Manifest, runtime: Handle) -> Ranged {
        Ranged {
            bucket,
            folder: folder.into(),
            manifest,
            runtime,
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
            let key = Bucket::segment_key(&self.folder, part.n);
            let wanted = self.bucket.fetch_range(&key, first - part.offset, last - first);
            let got = self.runtime.block_on(wanted).map_err(io::Error::other)?;
            if got.len() as u64 != last - first {
                return Err(io::Error::other(format!(
                    "{key} is shorter than the manifest says"
                )));
            }
            bytes.extend(got);
        }
        Ok(bytes)
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

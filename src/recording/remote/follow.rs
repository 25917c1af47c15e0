//! A session of another machine, followed through its segments: a file of this machine's own that grows as they come.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Bucket, Error, Listed};
use crate::recording;

pub struct Mirror {
    bucket: Bucket,
    folder: String,
    /// The number of the next segment.
    next: u64,
    file: tempfile::NamedTempFile,
}

impl Mirror {
    /// Fetches what is there. Needs s3:ListBucket and s3:GetObject.
    pub async fn open(bucket: Bucket, listed: &Listed) -> Result<Mirror, Error> {
        let file = tempfile::Builder::new()
            .prefix("quarterdeck-watch-")
            .suffix(".osr")
            .tempfile()
            .map_err(recording::Error::io("create a file in", Path::new("/tmp")))?;
        let mut mirror = Mirror {
            bucket,
            folder: listed.folder.clone(),
            next: 1,
            file,
        };
        let path = mirror.path();
        super::pull::write(&mirror.bucket, listed, mirror.file.as_file_mut(), &path).await?;
        mirror.next += listed.segments.len() as u64;
        Ok(mirror)
    }

    pub fn path(&self) -> PathBuf {
        self.file.path().into()
    }

    /// Appends what has come since; true when there was something.
    pub async fn grow(&mut self) -> Result<bool, Error> {
        let mut grown = false;
        loop {
            let key = Bucket::segment_key(&self.folder, self.next);
            let bytes = match self.bucket.fetch(&key).await {
                Ok(bytes) => bytes,
                // Not there yet.
                Err(failure) if Error::is_no_object(&failure) => return Ok(grown),
                Err(failure) => return Err(failure.into()),
            };
            let path = self.path();
            self.file
                .as_file_mut()
                .write_all(&bytes)
                .map_err(recording::Error::io("write", &path))?;
            self.next += 1;
            grown = true;
        }
    }
}

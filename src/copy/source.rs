//! The file that is sent: read once, in order, from behind what the remote has of it, as lines of base64.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::{AGAIN, Error};

/// Bytes of content that make one line of 76 characters, which every decoder takes.
const LINE: usize = 57;
const LINES: usize = 256;

pub(super) struct Source {
    path: PathBuf,
    file: File,
    pub size: u64,
    modified_at: Option<std::time::SystemTime>,
    /// Bytes that are there already.
    pub at: u64,
    sum: Sha256,
}

impl Source {
    /// Stands behind what the remote has, if that is the file's beginning.
    pub fn open(path: &Path, there: u64, sum_there: &str) -> Result<Source, Error> {
        let at = |cause| Error::file(path)(cause);
        let file = File::open(path).map_err(at)?;
        let known = file.metadata().map_err(at)?;
        let mut source = Source {
            path: path.to_owned(),
            size: known.len(),
            modified_at: known.modified().ok(),
            file,
            at: 0,
            sum: Sha256::new(),
        };
        if there > 0 && there <= source.size {
            let mut left = there;
            let mut buffer = vec![0; 1 << 20];
            while left > 0 {
                let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let got = source.file.read(&mut buffer[..want]).map_err(at)?;
                if got == 0 {
                    break;
                }
                source.sum.update(&buffer[..got]);
                left -= got as u64;
            }
            if left == 0 && hex::encode(source.sum.clone().finalize()) == sum_there {
                source.at = there;
                return Ok(source);
            }
            source.sum = Sha256::new();
            source.file.seek(SeekFrom::Start(0)).map_err(at)?;
        }
        Ok(source)
    }

    pub fn read_all(mut self, pieces: &mpsc::Sender<(Bytes, Bytes)>) -> Result<(u64, [u8; 32]), Error> {
        let mut buffer = vec![0; LINE * LINES];
        loop {
            let count = fill(&mut self.file, &mut buffer).map_err(Error::file(&self.path))?;
            if count == 0 {
                break;
            }
            let content = Bytes::copy_from_slice(&buffer[..count]);
            self.sum.update(&content);
            self.at += count as u64;
            let lines = lines_of(&content);
            if pieces.blocking_send((content, lines)).is_err() {
                return Err(Error::new("the session is over", AGAIN));
            }
        }
        let now = self.file.metadata().map_err(Error::file(&self.path))?;
        if self.at != self.size || now.modified().ok() != self.modified_at {
            return Err(Error::new(
                format!("{} changed while it was copied", self.path.display()),
                "copy it again when nobody writes to it",
            ));
        }
        Ok((self.at, self.sum.finalize().into()))
    }
}

/// Fills the buffer unless the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match file.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(count)
}

fn lines_of(content: &[u8]) -> Bytes {
    let mut text = String::with_capacity(content.len().div_ceil(LINE) * 77);
    for line in content.chunks(LINE) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_the_file_is_gone_on_from() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"hello, world").unwrap();
        let sum = |text: &[u8]| hex::encode(Sha256::digest(text));
        assert_eq!(Source::open(&path, 5, &sum(b"hello")).unwrap().at, 5);
        assert_eq!(Source::open(&path, 5, &sum(b"jello")).unwrap().at, 0);
        assert_eq!(Source::open(&path, 50, &sum(b"hello")).unwrap().at, 0);
        let source = Source::open(&path, 5, &sum(b"hello")).unwrap();
        let (pieces, mut given) = mpsc::channel(4);
        let whole = source.read_all(&pieces).unwrap();
        let (content, lines) = given.try_recv().unwrap();
        assert_eq!(
            (&content[..], &lines[..]),
            (&b", world"[..], &b"LCB3b3JsZA==\n"[..])
        );
        assert_eq!(hex::encode(whole.1), sum(b"hello, world"));
    }
}

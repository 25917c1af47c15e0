//! A transcript on disk: `index/ID.text`, mode 0600, made again whenever it is missing, torn or of another time. A head
//! (what a listing wants, the commands) that is read alone, then pages that are unpacked one after another.
//!
//! `QDTEXT2\n | length of the head (4) | head: zstd of JSON | length of the sketch (4) | sketch | its CRC-32C (4) |
//! page*`, a page being `length of the text (4) | length of its lines (4) | text: zstd | lines: zstd`; numbers little-endian.

use super::wire::Cut;
use super::{Command, Page, Row, Transcript, sketch};
use crate::store;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

const MAGIC: &[u8; 8] = b"QDTEXT2\n";
const LEVEL: i32 = 3;
/// No head is larger: a bound against hostile files.
const MAX_HEAD: usize = 64 << 20;

/// What is known of a recording without its text.
#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    /// Of the recording's file, in nanoseconds since 1970, when it was read: with its size it says which file that was.
    pub modified_ns: i128,
    pub row: Row,
    pub commands: Vec<Command>,
}

/// A sidecar whose head was read.
pub(super) struct Sidecar {
    pub head: Head,
    file: File,
    is_past_sketch: bool,
}

/// Replaces the sidecar. It is not flushed: what a power failure takes is made again.
pub(super) fn save(path: &Path, head: &Head, transcript: &Transcript) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    store::create_private_dir(dir).map_err(|refused| refused.cause)?;
    let mut file = tempfile::Builder::new().prefix(".text-").tempfile_in(dir)?;
    let json = serde_json::to_vec(head)?;
    let packed = zstd::bulk::compress(&json, LEVEL)?;
    file.write_all(MAGIC)?;
    file.write_all(&length(&packed)?)?;
    file.write_all(&packed)?;
    let sketch = sketch::of(transcript.pages.iter().map(Page::text));
    file.write_all(&length(&sketch)?)?;
    file.write_all(&sketch)?;
    file.write_all(&crc32c::crc32c(&sketch).to_le_bytes())?;
    for page in &transcript.pages {
        let (text, lines) = page.pack()?;
        file.write_all(&length(&text)?)?;
        file.write_all(&length(&lines)?)?;
        file.write_all(&text)?;
        file.write_all(&lines)?;
    }
    file.persist(path).map_err(|refused| refused.error)?;
    Ok(())
}

fn length(bytes: &[u8]) -> io::Result<[u8; 4]> {
    let len = u32::try_from(bytes.len()).map_err(|_| io::Error::other("a part of it is too long"))?;
    Ok(len.to_le_bytes())
}

impl Sidecar {
    /// `None` when there is none that can be read.
    pub fn open(path: &Path) -> Option<Sidecar> {
        let mut file = File::open(path).ok()?;
        let mut start = [0; 12];
        file.read_exact(&mut start).ok()?;
        let (magic, len) = start.split_at(8);
        let len = u32::from_le_bytes(len.try_into().ok()?) as usize;
        if magic != MAGIC || len > MAX_HEAD {
            return None;
        }
        let mut packed = Vec::new();
        (&mut file).take(len as u64).read_to_end(&mut packed).ok()?;
        let head = zstd::bulk::decompress(&packed, MAX_HEAD).ok()?;
        let head = serde_json::from_slice(&head).ok()?;
        Some(Sidecar {
            head,
            file,
            is_past_sketch: false,
        })
    }

    /// Whether the text may hold all of these words; `None` when the file is not what was written. Asked at most once,
    /// before the pages.
    pub fn may_hold<'w>(&mut self, mut words: impl Iterator<Item = &'w str>) -> Option<bool> {
        let sketch = self.sketch()?;
        Some(words.all(|word| sketch::may_hold(&sketch, word)))
    }

    fn sketch(&mut self) -> Option<Vec<u8>> {
        self.is_past_sketch = true;
        let mut number = [0; 4];
        self.file.read_exact(&mut number).ok()?;
        let len = u64::from(u32::from_le_bytes(number));
        let mut sketch = Vec::new();
        (&mut self.file).take(len).read_to_end(&mut sketch).ok()?;
        self.file.read_exact(&mut number).ok()?;
        (crc32c::crc32c(&sketch) == u32::from_le_bytes(number)).then_some(sketch)
    }

    /// Each page's text, with a way to the rest of it; false when the file is not what was written.
    pub fn each_page(mut self, mut take: impl FnMut(Page, &[u8]) -> Option<()>) -> bool {
        if !self.is_past_sketch && self.sketch().is_none() {
            return false;
        }
        let mut bytes = Vec::new();
        if self.file.read_to_end(&mut bytes).is_err() {
            return false;
        }
        let mut cut = Cut(&bytes);
        while !cut.0.is_empty() {
            let page = (|| {
                let text = u32::from_le_bytes(cut.array()?) as usize;
                let lines = u32::from_le_bytes(cut.array()?) as usize;
                let page = Page::unpack_text(cut.bytes(text)?)?;
                take(page, cut.bytes(lines)?)
            })();
            if page.is_none() {
                return false;
            }
        }
        true
    }
}

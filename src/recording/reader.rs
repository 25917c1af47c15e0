//! Opens a recording: header, state, segments. A sealed file is opened by its footer, without reading the rest;
//! any other is walked once and its index rebuilt.

use super::cipher::Cipher;
use super::cursor::Cursor;
use super::event::{Event, What};
use super::header::{self, Header};
use super::index::{Index, Keyframe, Segment, Summary, TRAILER_LEN, parse_trailer};
use super::record::{self, Records, Step};
use super::scan::{Depth, Quiet, scan};
use super::tap::{Far, Tap};
use super::{Error, Keyring};
use std::fs::{File, TryLockError};
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest screen dump that is believed.
const MAX_DUMP: usize = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A writer holds it.
    Live,
    Sealed,
    /// Closed by the device after its writer died.
    Recovered,
    /// Its writer died.
    Torn,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Live => "live",
            State::Sealed => "sealed",
            State::Recovered => "recovered",
            State::Torn => "torn",
        }
    }
}

pub struct Reader {
    path: PathBuf,
    tap: Tap,
    header: Header,
    device_key: [u8; 32],
    header_hash: [u8; 32],
    state: State,
    index: Index,
    /// Of an encrypted recording that was unlocked.
    cipher: Option<Arc<Cipher>>,
}

impl Reader {
    pub fn open(path: &Path) -> Result<Reader, Error> {
        let file = File::open(path).map_err(Error::io("open", path))?;
        Reader::of(path, Tap::Here(file))
    }

    /// A recording that is far away; `path` names it in errors.
    pub fn open_far(path: &Path, far: Arc<dyn Far>) -> Result<Reader, Error> {
        Reader::of(path, Tap::Far { far, at: 0 })
    }

    fn of(path: &Path, mut tap: Tap) -> Result<Reader, Error> {
        let io = || Error::io("read", path);
        let not = |why: &str| Error::NotARecording {
            path: path.into(),
            why: why.into(),
        };
        let block = header::read(&mut BufReader::new(&mut tap))
            .map_err(io())?
            .map_err(not)?;
        let len = tap.size().map_err(io())?;
        let (state, index) = match footer_of(&mut tap, len).map_err(io())? {
            Some(index) if index.summary.recovered => (State::Recovered, index),
            Some(index) => (State::Sealed, index),
            None => {
                let is_live = matches!(&tap, Tap::Here(file) if is_held(file));
                let state = if is_live { State::Live } else { State::Torn };
                tap.seek(SeekFrom::Start(0)).map_err(io())?;
                let scan = scan(&mut tap, Depth::Events(None), &mut Quiet)
                    .map_err(io())?
                    .map_err(not)?;
                (state, scan.index)
            }
        };
        let header::Block {
            header,
            device_key,
            hash: header_hash,
            ..
        } = block;
        Ok(Reader {
            path: path.into(),
            tap,
            header,
            device_key,
            header_hash,
            state,
            index,
            cipher: None,
        })
    }

    /// True when what was shown and said is encrypted; header, times of checkpoints and counts are in clear.
    pub fn is_encrypted(&self) -> bool {
        self.header.envelope.is_some()
    }

    /// Finds the key to an encrypted recording; others need none. Whoever reads content goes through here first:
    /// what is still locked gives [`Error::Locked`] and nothing else.
    pub fn unlock(&mut self, keyring: &Keyring) -> Result<(), Error> {
        if self.cipher.is_some() {
            return Ok(());
        }
        let Some(cipher) = keyring.cipher(&self.header, &self.path)? else {
            return Ok(());
        };
        if self.state != State::Sealed {
            // Counted without the key, it was not known how much each record holds.
            let mut tap = self.again()?;
            tap.seek(SeekFrom::Start(0))
                .map_err(Error::io("read", &self.path))?;
            let scanned = scan(&mut tap, Depth::Events(Some(&cipher)), &mut Quiet);
            let scan = scanned
                .map_err(Error::io("read", &self.path))?
                .map_err(|why| self.damaged(0, why))?;
            let recovered = self.index.summary.recovered;
            self.index = scan.index;
            self.index.summary.recovered = recovered;
        }
        self.cipher = Some(Arc::new(cipher));
        Ok(())
    }

    /// What stands for a text outside of an encrypted recording that was unlocked.
    pub fn digest(&self, text: &str) -> Option<String> {
        Some(self.cipher.as_ref()?.digest(text))
    }

    fn content(&self) -> Result<Option<&Arc<Cipher>>, Error> {
        match self.is_encrypted() && self.cipher.is_none() {
            true => Err(Error::Locked {
                path: self.path.clone(),
                recipients: self.header.recipients.clone(),
            }),
            false => Ok(self.cipher.as_ref()),
        }
    }

    fn damaged(&self, offset: u64, why: &str) -> Error {
        Error::Damaged {
            path: self.path.clone(),
            offset,
            why: why.into(),
        }
    }

    fn again(&self) -> Result<Tap, Error> {
        self.tap.again(&self.path).map_err(Error::io("open", &self.path))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Public key of the device that made it.
    pub fn device_key(&self) -> [u8; 32] {
        self.device_key
    }

    /// SHA-256 of the header; its first 16 hexadecimal digits are in the session's reason.
    pub fn header_hash(&self) -> [u8; 32] {
        self.header_hash
    }

    pub fn state(&self) -> State {
        self.state
    }

    pub fn summary(&self) -> &Summary {
        &self.index.summary
    }

    pub fn segments(&self) -> &[Segment] {
        &self.index.segments
    }

    pub fn duration_us(&self) -> u64 {
        self.index.summary.duration_us
    }

    /// File size in bytes.
    pub fn size(&self) -> Result<u64, Error> {
        self.tap.size().map_err(Error::io("read", &self.path))
    }

    /// All events from the start.
    pub fn events(&self) -> Result<Cursor, Error> {
        self.events_from(0)
    }

    /// All events from the start of a segment on.
    pub fn events_from(&self, segment: usize) -> Result<Cursor, Error> {
        let cipher = self.content()?.cloned();
        let offset = self.index.segments.get(segment).map_or(0, |s| s.offset);
        // Its own descriptor: a cursor must not move another one's position.
        Cursor::new(self.again()?, &self.path, offset, cipher)
    }

    /// Markers, gaps, participants and the end, without unpacking the output between them.
    pub fn marks(&self) -> Result<Vec<Event>, Error> {
        let cipher = self.content()?.map(Arc::as_ref);
        let io = || Error::io("read", &self.path);
        let start = self.index.segments.first().map_or(0, |s| s.offset);
        let mut tap = self.again()?;
        tap.seek(SeekFrom::Start(start)).map_err(io())?;
        let mut records = Records::new(tap, start);
        let mut marks = Vec::new();
        while let Step::Record(found) = records.step().map_err(io())? {
            if found.kind != record::RESIZE {
                marks.extend(What::decode(found.kind, &found.payload, cipher).ok().flatten());
            }
        }
        Ok(marks)
    }

    /// The last segment at or before `at_us` from which a screen can be had: the first, or one with a keyframe.
    pub fn keyframe_before(&self, at_us: u64) -> usize {
        self.last_start(|s| s.at_us <= at_us)
    }

    /// The same by event number.
    pub fn keyframe_before_event(&self, event: u64) -> usize {
        self.last_start(|s| s.first_event <= event)
    }

    fn last_start(&self, fits: impl Fn(&Segment) -> bool) -> usize {
        let upto = self.index.segments.partition_point(fits);
        (1..upto)
            .rev()
            .find(|i| self.index.segments[*i].has_keyframe)
            .unwrap_or(0)
    }

    /// The screen's dump at the start of a segment; `None` for the first and for those without one.
    pub fn dump(&self, segment: usize) -> Result<Option<Vec<u8>>, Error> {
        let Some(found) = self.index.segments.get(segment) else {
            return Ok(None);
        };
        let cipher = self.content()?.map(Arc::as_ref);
        dump_of(self.again()?, &self.path, found, cipher)
    }
}

/// The dump at the start of a segment of a file that may still grow.
pub(super) fn dump_of(
    mut file: impl Read + Seek,
    path: &Path,
    segment: &Segment,
    cipher: Option<&Cipher>,
) -> Result<Option<Vec<u8>>, Error> {
    if !segment.has_keyframe {
        return Ok(None);
    }
    let damaged = |why: &str| Error::Damaged {
        path: path.into(),
        offset: segment.offset,
        why: why.into(),
    };
    file.seek(SeekFrom::Start(segment.offset))
        .map_err(Error::io("read", path))?;
    let step = Records::new(file, segment.offset)
        .step()
        .map_err(Error::io("read", path))?;
    let Step::Record(record) = step else {
        return Err(damaged("no keyframe where the index has one"));
    };
    let keyframe = Keyframe::decode(&record.payload).filter(|_| record.kind == record::KEYFRAME);
    let keyframe = keyframe.ok_or_else(|| damaged("no keyframe where the index has one"))?;
    let packed = match cipher {
        Some(cipher) => cipher.open(record::KEYFRAME, &keyframe.packed).map_err(damaged)?,
        None => keyframe.packed,
    };
    let mut dump = Vec::new();
    let unpacked = zstd::stream::read::Decoder::new(&packed[..])
        .and_then(|d| d.take(MAX_DUMP as u64).read_to_end(&mut dump));
    unpacked.map_err(|_| damaged("a keyframe that does not decompress"))?;
    Ok(Some(dump))
}

/// The index of a file that ends with a trailer, if it does.
pub(super) fn footer(file: &File) -> std::io::Result<Option<Index>> {
    let len = file.metadata()?.len();
    footer_of(&mut &*file, len)
}

fn footer_of(file: &mut (impl Read + Seek), len: u64) -> std::io::Result<Option<Index>> {
    let Some(at) = len.checked_sub(TRAILER_LEN) else {
        return Ok(None);
    };
    let mut tail = [0; TRAILER_LEN as usize];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut tail)?;
    let Some(offset) = parse_trailer(&tail).filter(|offset| *offset < at) else {
        return Ok(None);
    };
    file.seek(SeekFrom::Start(offset))?;
    match Records::new(file, offset).step()? {
        Step::Record(record) if record.kind == record::INDEX => Ok(Index::decode(&record.payload)),
        _ => Ok(None),
    }
}

/// True while a writer holds the file's lock.
pub(super) fn is_held(file: &File) -> bool {
    match file.try_lock_shared() {
        Ok(()) => {
            let _ = file.unlock();
            false
        }
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => false,
    }
}

//! The writer: each call puts whole records into the file before it returns, so that its caller may show the bytes.
//! Times are microseconds since the recording began and never run backwards.

use super::checkpoint::SessionKey;
use super::cipher::{Cipher, FileKey};
use super::event::{End, Gap, Marker, Participant, What};
use super::header::{self, Header};
use super::index::{Segment, Summary};
use super::key::DeviceKey;
use super::pulse::{Pulse, hold};
use super::strain::Strain;
use super::stream::{MAX_EVENT, Side};
use super::tape::{self, Tape};
use super::{Error, Recipients, library};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// What a finished recording is: where, how long, and the hash of the whole file.
#[derive(Debug, Clone)]
pub struct Sealed {
    pub path: PathBuf,
    pub len: u64,
    pub sha256: [u8; 32],
    pub summary: Summary,
}

/// An open recording. Dropped without `end`, it is left for recovery.
pub struct Writer {
    tape: Arc<Mutex<Tape>>,
    pulse: Pulse,
    strain: Arc<Strain>,
    path: PathBuf,
    header_hash: [u8; 32],
}

impl Writer {
    /// Creates `<data_dir>/recordings/<yyyy-mm-dd>/<id>.osr` with a fresh session key in its header.
    pub fn create(data_dir: &Path, header: Header, device: &DeviceKey) -> Result<Writer, Error> {
        let path = library::path_of(data_dir, &header);
        Writer::create_at(&path, header, device)
    }

    /// The same at a path of the caller's choice. With recipients in its header the recording is encrypted to them.
    pub fn create_at(path: &Path, mut header: Header, device: &DeviceKey) -> Result<Writer, Error> {
        let key = SessionKey::generate();
        header.session_key = key.public();
        let cipher = encrypt(&mut header)?;
        let block = header::encode(&header, device)?.ok_or_else(|| Error::NotARecording {
            path: path.into(),
            why: "its header would be longer than 64 KiB".into(),
        })?;
        let tape = Tape::create(path, &block, key, cipher)?;
        let file = tape.disk.file().try_clone().map_err(Error::io("open", path))?;
        let strain = tape.disk.strain.clone();
        let tape = Arc::new(Mutex::new(tape));
        let pulse = Pulse::start(file, path.into(), &tape, strain.clone())
            .map_err(Error::io("start the flushing of", path))?;
        pulse.wrote(true);
        Ok(Writer {
            tape,
            pulse,
            strain,
            path: path.into(),
            header_hash: Sha256::digest(&block).into(),
        })
    }

    /// Gathers several events into a record, which is smaller. Only for what nobody watches, such as an import:
    /// what is gathered is not in the file yet.
    pub(super) fn batched(self) -> Writer {
        self.tape().batch.0 = tape::BATCH_BYTES;
        self
    }

    /// How long the disk keeps this writer waiting.
    pub fn strain(&self) -> Arc<Strain> {
        self.strain.clone()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the header: sixteen hexadecimal digits of it go into the session's reason.
    pub fn header_hash(&self) -> [u8; 32] {
        self.header_hash
    }

    /// What stands for a text outside of it, where it is encrypted.
    pub fn digest(&self, text: &str) -> Option<String> {
        self.tape().digest(text)
    }

    pub fn output(&mut self, at_us: u64, bytes: &[u8]) -> Result<(), Error> {
        self.data(at_us, Side::Output, bytes)
    }

    pub fn stderr(&mut self, at_us: u64, bytes: &[u8]) -> Result<(), Error> {
        self.data(at_us, Side::Stderr, bytes)
    }

    pub fn input(&mut self, at_us: u64, bytes: &[u8]) -> Result<(), Error> {
        self.data(at_us, Side::Input, bytes)
    }

    /// Refused on a full disk; the last size is written as soon as there is room again.
    pub fn resize(&mut self, at_us: u64, cols: u16, rows: u16) -> Result<(), Error> {
        self.tape().resize(at_us, cols, rows)?;
        self.flush(true)
    }

    pub fn marker(&mut self, at_us: u64, marker: Marker) -> Result<(), Error> {
        self.signed(at_us, What::Marker(marker))
    }

    /// Allowed on a full disk: there is a reserve for it.
    pub fn gap(&mut self, at_us: u64, gap: Gap) -> Result<(), Error> {
        self.signed(at_us, What::Gap(gap))
    }

    pub fn participant(&mut self, at_us: u64, participant: Participant) -> Result<(), Error> {
        self.signed(at_us, What::Join(participant))
    }

    /// AWS's id of the session, once it is known.
    pub fn session_id(&mut self, at_us: u64, id: &str) -> Result<(), Error> {
        self.signed(at_us, What::SessionId(id.into()))
    }

    /// The last data-channel sequence number recorded; it goes into the next checkpoint.
    pub fn sequence(&mut self, number: u64) {
        self.tape().sequence = Some(number);
    }

    /// Starts a new segment with a dump of the screen; an empty one starts it without.
    pub fn keyframe(&mut self, at_us: u64, dump: &[u8]) -> Result<(), Error> {
        self.tape().keyframe(at_us, dump)?;
        self.flush(false)
    }

    /// Bytes were shown although `output` refused them: the next gap says how many.
    pub fn lost(&mut self, bytes: usize) {
        self.tape().lost_bytes += bytes as u64;
    }

    /// Output was refused and none has been taken since.
    pub(super) fn is_full(&self) -> bool {
        self.tape().is_full()
    }

    /// Signs everything so far.
    pub fn checkpoint(&mut self) -> Result<(), Error> {
        self.tape().checkpoint(false)?;
        self.flush(true)
    }

    /// Bytes of output since the last keyframe, and its time.
    pub(super) fn since_keyframe(&self) -> (u64, u64) {
        let tape = self.tape();
        let start = tape
            .index
            .segments
            .last()
            .map_or((0, 0), |s| (s.output_before, s.at_us));
        (tape.index.summary.output_bytes - start.0, start.1)
    }

    /// The newest segment from which a screen can be had.
    pub(super) fn newest_start(&self) -> Segment {
        let tape = self.tape();
        let segments = &tape.index.segments;
        let newest = segments.iter().rev().find(|segment| segment.has_keyframe);
        newest.or(segments.first()).cloned().unwrap_or(Segment {
            at_us: 0,
            offset: 0,
            first_event: 0,
            output_before: 0,
            has_keyframe: false,
        })
    }

    /// Ends, signs and closes the recording.
    pub fn end(mut self, at_us: u64, end: End) -> Result<Sealed, Error> {
        self.pulse.stop();
        self.tape().finish(at_us, end)
    }

    fn data(&mut self, at_us: u64, side: Side, bytes: &[u8]) -> Result<(), Error> {
        for part in bytes.chunks(MAX_EVENT) {
            self.tape().data(at_us, side, part)?;
        }
        self.flush(false)
    }

    fn signed(&mut self, at_us: u64, what: What) -> Result<(), Error> {
        let mut tape = self.tape();
        tape.control(at_us, &what)?;
        tape.checkpoint(false)?;
        drop(tape);
        self.flush(true)
    }

    fn flush(&self, urgent: bool) -> Result<(), Error> {
        match self.pulse.wrote(urgent) {
            Some(says) => Err(Error::Sync {
                path: self.path.clone(),
                says,
            }),
            None => Ok(()),
        }
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        hold(&self.tape)
    }
}

/// A fresh file key, wrapped into the header for its recipients.
fn encrypt(header: &mut Header) -> Result<Option<Cipher>, Error> {
    header.envelope = None;
    if header.recipients.is_empty() {
        return Ok(None);
    }
    let mut key = FileKey::default();
    rand::fill(&mut key[..]);
    let recipients = Recipients::parse(header.recipients.clone())?;
    header.envelope = Some(STANDARD.encode(recipients.wrap(&key)?));
    match Cipher::new(&key, header.id) {
        Some(cipher) => Ok(Some(cipher)),
        None => Err(Error::Recipients("no key could be derived".into())),
    }
}

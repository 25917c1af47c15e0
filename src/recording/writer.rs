//! The writer: each call puts whole records into the file before it returns, so that its caller may show the bytes.
//! Times are microseconds since the recording began and never run backwards.

use super::checkpoint::{Checkpoint, SessionKey};
use super::disk::Disk;
use super::event::{End, Gap, Marker, Participant, What};
use super::header::{self, Header};
use super::index::{self, Index, Keyframe, Segment, Summary};
use super::key::DeviceKey;
use super::pulse::{Pulse, hold};
use super::record::{self, frame};
use super::stream::{MAX_EVENT, Packer, Side};
use super::{Error, library};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

const SEAL_BYTES: u64 = 256 << 10;
const SEAL_AFTER: Duration = Duration::from_secs(10);
const BATCH_BYTES: usize = 32 << 10;
/// A full disk is asked again no more often than this.
const RETRY_AFTER: Duration = Duration::from_secs(1);

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
    core: Arc<Mutex<Core>>,
    pulse: Pulse,
    path: PathBuf,
    header_hash: [u8; 32],
}

pub(super) struct Core {
    disk: Disk,
    packer: Packer,
    key: SessionKey,
    clock_us: u64,
    index: Index,
    sequence: Option<u64>,
    sealed_len: u64,
    unsealed_since: Option<Instant>,
    /// Set while the disk is full: since when, and what could not be kept.
    full: Option<(Instant, u64)>,
    buffer: Vec<u8>,
    packed: Vec<u8>,
    /// Bytes that one data record gathers, and how many it has; 0 for one record a write.
    batch: (usize, usize),
}

impl Writer {
    /// Creates `<data_dir>/recordings/<yyyy-mm-dd>/<id>.osr` with a fresh session key in its header.
    pub fn create(data_dir: &Path, header: Header, device: &DeviceKey) -> Result<Writer, Error> {
        let path = library::path_of(data_dir, &header);
        Writer::create_at(&path, header, device)
    }

    /// The same at a path of the caller's choice.
    pub fn create_at(path: &Path, mut header: Header, device: &DeviceKey) -> Result<Writer, Error> {
        let key = SessionKey::generate();
        header.session_key = key.public();
        let block = header::encode(&header, device).ok_or_else(|| Error::NotARecording {
            path: path.into(),
            why: "its header would be longer than 64 KiB".into(),
        })?;
        let disk = Disk::create(path, &block)?;
        let file = disk.file().try_clone().map_err(Error::io("open", path))?;
        let segment = Segment {
            at_us: 0,
            offset: disk.len(),
            first_event: 0,
            output_before: 0,
            has_keyframe: false,
        };
        let core = Core {
            disk,
            packer: Packer::new().map_err(Error::io("compress", path))?,
            key,
            clock_us: 0,
            index: Index {
                segments: vec![segment],
                summary: Summary::default(),
            },
            sequence: None,
            sealed_len: 0,
            unsealed_since: Some(Instant::now()),
            full: None,
            buffer: Vec::new(),
            packed: Vec::new(),
            batch: (0, 0),
        };
        let core = Arc::new(Mutex::new(core));
        let pulse = Pulse::start(file, &core).map_err(Error::io("start the flushing of", path))?;
        pulse.wrote(true);
        Ok(Writer {
            core,
            pulse,
            path: path.into(),
            header_hash: Sha256::digest(&block).into(),
        })
    }

    /// Gathers several events into a record, which is smaller. Only for what nobody watches, such as an import:
    /// what is gathered is not in the file yet.
    pub(super) fn batched(self) -> Writer {
        self.core().batch.0 = BATCH_BYTES;
        self
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the header: sixteen hexadecimal digits of it go into the session's reason.
    pub fn header_hash(&self) -> [u8; 32] {
        self.header_hash
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

    pub fn resize(&mut self, at_us: u64, cols: u16, rows: u16) -> Result<(), Error> {
        self.signed(at_us, What::Resize { cols, rows })
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
        self.core().sequence = Some(number);
    }

    /// Starts a new segment with a dump of the screen; an empty one starts it without.
    pub fn keyframe(&mut self, at_us: u64, dump: &[u8]) -> Result<(), Error> {
        self.core().keyframe(at_us, dump)?;
        self.flush(false)
    }

    /// Signs everything so far.
    pub fn checkpoint(&mut self) -> Result<(), Error> {
        self.core().checkpoint(false)?;
        self.flush(true)
    }

    /// Bytes of output since the last keyframe, and its time.
    pub(super) fn since_keyframe(&self) -> (u64, u64) {
        let core = self.core();
        let start = core
            .index
            .segments
            .last()
            .map_or((0, 0), |s| (s.output_before, s.at_us));
        (core.index.summary.output_bytes - start.0, start.1)
    }

    /// Ends, signs and closes the recording.
    pub fn end(mut self, at_us: u64, end: End) -> Result<Sealed, Error> {
        self.pulse.stop();
        self.core().finish(at_us, end)
    }

    fn data(&mut self, at_us: u64, side: Side, bytes: &[u8]) -> Result<(), Error> {
        for part in bytes.chunks(MAX_EVENT) {
            self.core().data(at_us, side, part)?;
        }
        self.flush(false)
    }

    fn signed(&mut self, at_us: u64, what: What) -> Result<(), Error> {
        let mut core = self.core();
        core.control(at_us, &what)?;
        core.checkpoint(false)?;
        drop(core);
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

    fn core(&self) -> MutexGuard<'_, Core> {
        hold(&self.core)
    }
}

impl Core {
    fn append(&mut self, kind: u8, payload: &[u8], urgent: bool) -> Result<(), Error> {
        self.buffer.clear();
        frame(&mut self.buffer, kind, payload);
        self.disk.append(&self.buffer, urgent)?;
        self.unsealed_since.get_or_insert_with(Instant::now);
        Ok(())
    }

    fn data(&mut self, at_us: u64, side: Side, bytes: &[u8]) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        let at_us = at_us.max(self.clock_us);
        if let Some((since, lost)) = self.full {
            self.leave_full_disk(at_us, since, lost, bytes.len() as u64)?;
        }
        self.batch.1 += bytes.len();
        let pushed = self
            .packer
            .push(side, at_us - self.clock_us, bytes, &mut self.packed);
        let pushed = pushed.map_err(Error::io("compress", self.disk.path()));
        let written = pushed.and_then(|()| {
            if self.batch.1 < self.batch.0 {
                Ok(())
            } else {
                self.write_data()
            }
        });
        if let Err(e) = written {
            self.enter_full_disk(at_us, bytes.len() as u64, &e);
            return Err(e);
        }
        self.clock_us = at_us;
        let summary = &mut self.index.summary;
        summary.events += 1;
        match side {
            Side::Input => summary.input_bytes += bytes.len() as u64,
            _ => summary.output_bytes += bytes.len() as u64,
        }
        if self.disk.len() - self.sealed_len >= SEAL_BYTES {
            self.checkpoint(false)?;
        }
        self.seal_if_due();
        Ok(())
    }

    /// One data record of everything pushed.
    fn write_data(&mut self) -> Result<(), Error> {
        if self.batch.1 == 0 {
            return Ok(());
        }
        self.batch.1 = 0;
        let mut packed = std::mem::take(&mut self.packed);
        let flushed = self
            .packer
            .flush(&mut packed)
            .map_err(Error::io("compress", self.disk.path()));
        let done = flushed.and_then(|()| self.append(record::DATA, &packed, false));
        packed.clear();
        self.packed = packed;
        done
    }

    fn control(&mut self, at_us: u64, what: &What) -> Result<(), Error> {
        let at_us = at_us.max(self.clock_us);
        self.write_data()?;
        let Some((kind, payload)) = what.encode(at_us) else {
            return Ok(());
        };
        self.append(
            kind,
            &payload,
            matches!(what, What::Gap(_) | What::End(_) | What::Resize { .. }),
        )?;
        self.clock_us = at_us;
        let summary = &mut self.index.summary;
        summary.events += 1;
        match what {
            What::SessionId(id) => summary.session_id = Some(id.clone()),
            What::End(end) => {
                summary.why = Some(end.why.clone());
                summary.exit_code = end.exit_code;
            }
            _ => {}
        }
        Ok(())
    }

    fn keyframe(&mut self, at_us: u64, dump: &[u8]) -> Result<(), Error> {
        self.write_data()?;
        let path = self.disk.path().to_path_buf();
        let mut packed = Vec::new();
        if !dump.is_empty() {
            packed = zstd::bulk::compress(dump, 3).map_err(Error::io("compress", &path))?;
        }
        let keyframe = Keyframe {
            at_us: at_us.max(self.clock_us),
            first_event: self.index.summary.events,
            output_before: self.index.summary.output_bytes,
            packed,
        };
        let offset = self.disk.len();
        self.append(record::KEYFRAME, &keyframe.encode(), false)?;
        self.clock_us = keyframe.at_us;
        self.index.segments.push(keyframe.segment(offset));
        self.disk.expect_segment();
        self.packer.restart().map_err(Error::io("compress", &path))
    }

    /// The stream is out of step with the file now; one signed gap says so, from the reserve.
    fn enter_full_disk(&mut self, at_us: u64, lost: u64, error: &Error) {
        if self.full.is_none() {
            let gap = Gap {
                cause: "disk-full".into(),
                note: error.to_string(),
                ..Gap::default()
            };
            let _ = self
                .control(at_us, &What::Gap(gap))
                .and_then(|()| self.checkpoint(false));
        }
        let before = self.full.map_or(0, |(_, lost)| lost);
        self.full = Some((Instant::now(), before + lost));
    }

    fn leave_full_disk(&mut self, at_us: u64, since: Instant, lost: u64, more: u64) -> Result<(), Error> {
        let again = Error::DiskFull {
            path: self.disk.path().to_path_buf(),
        };
        if since.elapsed() < RETRY_AFTER {
            self.full = Some((since, lost + more));
            return Err(again);
        }
        if let Err(e) = self.keyframe(at_us, &[]) {
            self.full = Some((Instant::now(), lost + more));
            return Err(e);
        }
        let note = "recording goes on".into();
        let gap = Gap {
            cause: "disk-full".into(),
            sequence: None,
            lost_bytes: lost,
            note,
        };
        self.control(at_us, &What::Gap(gap))?;
        self.full = None;
        self.checkpoint(false)
    }

    pub fn checkpoint(&mut self, is_final: bool) -> Result<(), Error> {
        self.write_data()?;
        let checkpoint = Checkpoint {
            is_final,
            is_recovered: false,
            offset: self.disk.len(),
            at_us: self.clock_us,
            wall_us: wall_us(),
            events: self.index.summary.events,
            sequence: self.sequence,
            hash: self.disk.hash(),
            next_key: [0; 32],
        };
        let payload = self.key.seal(checkpoint);
        self.append(record::CHECKPOINT, &payload, true)?;
        self.sealed_len = self.disk.len();
        self.unsealed_since = None;
        Ok(())
    }

    /// Signs what has waited long enough; how long the rest still may, if there is any.
    pub fn seal_if_due(&mut self) -> Option<Duration> {
        let waited = self.unsealed_since?.elapsed();
        if waited < SEAL_AFTER {
            return Some(SEAL_AFTER - waited);
        }
        // A failure here shows again at the next write, where someone can be told.
        self.checkpoint(false).err().map(|_| SEAL_AFTER)
    }

    fn finish(&mut self, at_us: u64, end: End) -> Result<Sealed, Error> {
        if let Some((_, lost)) = self.full.filter(|(_, lost)| *lost > 0) {
            let gap = Gap {
                cause: "disk-full".into(),
                lost_bytes: lost,
                ..Gap::default()
            };
            self.control(at_us, &What::Gap(gap))?;
        }
        self.control(at_us, &What::End(end))?;
        self.index.summary.duration_us = self.clock_us;
        let index_offset = self.disk.len();
        let index = self.index.encode();
        self.append(record::INDEX, &index, true)?;
        self.checkpoint(true)?;
        self.disk.append(&index::trailer(index_offset), true)?;
        self.disk.close()?;
        Ok(Sealed {
            path: self.disk.path().to_path_buf(),
            len: self.disk.len(),
            sha256: self.disk.hash(),
            summary: self.index.summary.clone(),
        })
    }
}

pub(super) fn wall_us() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap_or(0)
}

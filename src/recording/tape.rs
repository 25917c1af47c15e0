//! The tape: the open file's state and the order in which records go into it. Every change is either whole in the
//! file or not in it; the writer's thread and its pulse share it under one lock.

use super::Error;
use super::checkpoint::{Checkpoint, SessionKey};
use super::cipher::Cipher;
use super::disk::Disk;
use super::event::{End, Gap, What};
use super::index::{self, Index, Keyframe, MAX_SEGMENTS, Segment, Summary};
use super::record::{self, MAX_PAYLOAD, frame};
use super::stream::{Packer, Side};
use super::writer::Sealed;
use std::path::Path;
use std::time::{Duration, Instant};

const SEAL_BYTES: u64 = 256 << 10;
const SEAL_AFTER: Duration = Duration::from_secs(10);
pub(super) const BATCH_BYTES: usize = 32 << 10;
/// A screen that packs larger than this gets no keyframe.
const MAX_DUMP: u64 = MAX_PAYLOAD - 64;
/// A full disk is asked again no more often than this.
const RETRY_AFTER: Duration = Duration::from_secs(1);

pub(super) struct Tape {
    pub disk: Disk,
    packer: Packer,
    /// Of an encrypted recording.
    cipher: Option<Cipher>,
    key: SessionKey,
    clock_us: u64,
    pub index: Index,
    pub sequence: Option<u64>,
    sealed_len: u64,
    unsealed_since: Option<Instant>,
    /// Set while the disk is full: when it was last asked.
    full_since: Option<Instant>,
    /// Shown and not recorded, and in no gap yet.
    pub lost_bytes: u64,
    /// Columns and rows that the window got meanwhile.
    missed_size: Option<(u16, u16)>,
    buffer: Vec<u8>,
    packed: Vec<u8>,
    sealed: Vec<u8>,
    /// Bytes that one data record gathers, and how many it has; 0 for one record a write.
    pub batch: (usize, usize),
}

impl Tape {
    /// The file with its header, and nothing in it yet.
    pub fn create(
        path: &Path,
        header: &[u8],
        key: SessionKey,
        cipher: Option<Cipher>,
    ) -> Result<Tape, Error> {
        let disk = Disk::create(path, header)?;
        let segment = Segment {
            at_us: 0,
            offset: disk.len(),
            first_event: 0,
            output_before: 0,
            has_keyframe: false,
        };
        Ok(Tape {
            disk,
            packer: Packer::new().map_err(Error::io("compress", path))?,
            cipher,
            key,
            clock_us: 0,
            index: Index {
                segments: vec![segment],
                summary: Summary::default(),
            },
            sequence: None,
            sealed_len: 0,
            unsealed_since: Some(Instant::now()),
            full_since: None,
            lost_bytes: 0,
            missed_size: None,
            buffer: Vec::new(),
            packed: Vec::new(),
            sealed: Vec::new(),
            batch: (0, 0),
        })
    }

    /// Of a text, where the recording is encrypted.
    pub fn digest(&self, text: &str) -> Option<String> {
        Some(self.cipher.as_ref()?.digest(text))
    }

    fn append(&mut self, kind: u8, payload: &[u8], urgent: bool) -> Result<(), Error> {
        if payload.len() as u64 > MAX_PAYLOAD {
            return Err(Error::TooLong {
                path: self.disk.path().to_path_buf(),
                len: payload.len(),
            });
        }
        self.buffer.clear();
        frame(&mut self.buffer, kind, payload);
        self.disk.append(&self.buffer, urgent)?;
        self.unsealed_since.get_or_insert_with(Instant::now);
        Ok(())
    }

    pub fn data(&mut self, at_us: u64, side: Side, bytes: &[u8]) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        let at_us = at_us.max(self.clock_us);
        if let Some(since) = self.full_since {
            self.leave_full_disk(at_us, since)?;
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
            self.enter_full_disk(at_us, &e);
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
        let done = flushed.and_then(|()| match self.seal(record::DATA, &packed)? {
            Some(sealed) => {
                let done = self.append(record::DATA, &sealed, false);
                self.sealed = sealed;
                done
            }
            None => self.append(record::DATA, &packed, false),
        });
        packed.clear();
        self.packed = packed;
        done
    }

    /// What goes into an encrypted file instead of `plain`; nothing where the file is in clear.
    fn seal(&mut self, kind: u8, plain: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let Some(cipher) = &mut self.cipher else {
            return Ok(None);
        };
        let mut sealed = std::mem::take(&mut self.sealed);
        sealed.clear();
        let done = cipher.seal(kind, plain, &mut sealed);
        done.map(|()| Some(sealed))
            .ok_or_else(|| Error::io("encrypt", self.disk.path())(std::io::Error::other("the cipher failed")))
    }

    pub fn control(&mut self, at_us: u64, what: &What) -> Result<(), Error> {
        let at_us = at_us.max(self.clock_us);
        self.write_data()?;
        let Some((kind, payload)) = what.encode(at_us, self.cipher.as_mut()) else {
            return Ok(());
        };
        self.append(kind, &payload, matches!(what, What::Gap(_) | What::End(_)))?;
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

    /// A new size of the window. The reserve is not for it: a full disk sees many, and the seal must still fit. The last
    /// of them follows when there is room again.
    pub fn resize(&mut self, at_us: u64, cols: u16, rows: u16) -> Result<(), Error> {
        if let Some(since) = self.full_since {
            self.missed_size = Some((cols, rows));
            return self.leave_full_disk(at_us, since);
        }
        if let Err(e) = self.control(at_us, &What::Resize { cols, rows }) {
            self.missed_size = Some((cols, rows));
            self.enter_full_disk(at_us, &e);
            return Err(e);
        }
        self.checkpoint(false)
    }

    pub fn keyframe(&mut self, at_us: u64, dump: &[u8]) -> Result<(), Error> {
        // One that the index has no room for is left out: it only makes seeking quicker. After a full disk it must be.
        if self.index.segments.len() >= MAX_SEGMENTS && !dump.is_empty() {
            return Ok(());
        }
        self.write_data()?;
        let path = self.disk.path().to_path_buf();
        let mut packed = Vec::new();
        if !dump.is_empty() {
            packed = zstd::bulk::compress(dump, 3).map_err(Error::io("compress", &path))?;
        }
        if packed.len() as u64 > MAX_DUMP {
            return Ok(());
        }
        if !packed.is_empty()
            && let Some(sealed) = self.seal(record::KEYFRAME, &packed)?
        {
            packed = sealed;
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
    fn enter_full_disk(&mut self, at_us: u64, error: &Error) {
        if self.full_since.replace(Instant::now()).is_none() {
            let _ = self.full_disk_gap(at_us, &error.to_string());
        }
    }

    pub fn is_full(&self) -> bool {
        self.full_since.is_some()
    }

    fn leave_full_disk(&mut self, at_us: u64, since: Instant) -> Result<(), Error> {
        if since.elapsed() < RETRY_AFTER {
            return Err(Error::DiskFull {
                path: self.disk.path().to_path_buf(),
            });
        }
        self.full_since = Some(Instant::now());
        self.keyframe(at_us, &[])?;
        if let Some((cols, rows)) = self.missed_size {
            self.control(at_us, &What::Resize { cols, rows })?;
            self.missed_size = None;
        }
        self.full_disk_gap(at_us, "the recording goes on")?;
        self.full_since = None;
        Ok(())
    }

    fn full_disk_gap(&mut self, at_us: u64, note: &str) -> Result<(), Error> {
        let lost_bytes = self.lost_bytes;
        let gap = Gap {
            cause: "disk-full".into(),
            sequence: None,
            lost_bytes,
            note: note.into(),
        };
        self.control(at_us, &What::Gap(gap))?;
        self.lost_bytes -= lost_bytes;
        self.checkpoint(false)
    }

    pub fn checkpoint(&mut self, is_final: bool) -> Result<(), Error> {
        self.write_data()?;
        let checkpoint = Checkpoint {
            is_final,
            is_recovered: false,
            is_elsewhere: false,
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

    pub fn finish(&mut self, at_us: u64, end: End) -> Result<Sealed, Error> {
        if self.lost_bytes > 0 {
            self.full_disk_gap(at_us, "until the end")?;
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

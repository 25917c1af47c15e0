//! Recovery of a file whose writer died: the whole records stay, the rest is set aside, and the device key signs
//! that this is what was found. Nothing is recovered under a live writer, and nothing that was altered.

use super::checkpoint::Checkpoint;
use super::disk::Disk;
use super::event::{End, Gap, What};
use super::index::trailer;
use super::key::DeviceKey;
use super::library::data_dir_of;
use super::reader::footer;
use super::record::{self, frame};
use super::scan::{Depth, Ending, Quiet, Scan, scan};
use super::tape::wall_us;
use super::verify::Chain;
use super::{Error, Sealed};
use crate::audit::{Leaf, Log};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Closes a torn recording. Bytes after its last whole record move to `<path>.tail`.
pub fn recover(path: &Path, device: &DeviceKey) -> Result<Sealed, Error> {
    recover_by(path, device, false, None)
}

/// The same for a file that may lie anywhere; the log of `data_dir` is asked too whether it was sealed.
pub(super) fn recover_here(path: &Path, device: &DeviceKey, data_dir: &Path) -> Result<Sealed, Error> {
    recover_by(path, device, false, Some(data_dir))
}

/// The same for one that came from the store, whose own device may be gone. Another device closes no more than what
/// the session itself signed; whoever verifies it is told whose key did.
pub fn recover_elsewhere(path: &Path, device: &DeviceKey) -> Result<Sealed, Error> {
    recover_by(path, device, true, None)
}

fn recover_by(
    path: &Path,
    device: &DeviceKey,
    may_be_foreign: bool,
    data_dir: Option<&Path>,
) -> Result<Sealed, Error> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .map_err(Error::io("open", path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Error::Live { path: path.into() }),
        Err(TryLockError::Error(e)) => return Err(Error::io("lock", path)(e)),
    }
    let len = file.metadata().map_err(Error::io("read", path))?.len();
    let mut scan = walk(&file, len, path)?;
    let earlier = device.earlier(&scan.block.device_key);
    let device = earlier.as_ref().unwrap_or(device);
    let is_foreign = scan.block.device_key != device.public();
    if !scan.block.is_signed || is_foreign && !may_be_foreign {
        let why = "its header is not signed by this device".into();
        return Err(Error::Damaged {
            path: path.into(),
            offset: 0,
            why,
        });
    }
    if scan.ending == Ending::Trailer {
        return Err(Error::Sealed { path: path.into() });
    }
    if footer(&file).map_err(Error::io("read", path))?.is_some() {
        let why = "it was sealed, and then altered".into();
        return Err(Error::Damaged {
            path: path.into(),
            offset: scan.good_len,
            why,
        });
    }
    let is_signed_whole = scan.is_final && scan.end_seen && scan.index_offset.is_some();
    let id = scan.block.header.id.to_string();
    if !is_signed_whole && let Some(sealed) = sealed_len(path, &id, data_dir)? {
        let why = format!("the audit log tells that it was sealed with {sealed} bytes: it was altered since");
        return Err(Error::Damaged {
            path: path.into(),
            offset: scan.good_len,
            why,
        });
    }
    if is_foreign {
        let signed_len = signed_len(&file, path)?.unwrap_or(scan.block.len);
        scan = walk(&file, signed_len, path)?;
    }
    let tail = len.saturating_sub(scan.good_len);
    if tail > 0 {
        keep_tail(&file, path, scan.good_len).map_err(Error::io("set aside the tail of", path))?;
    }
    seal(file, path, scan, tail, device)
}

/// How long the recording was when it was sealed, if the log of its data directory, or of this one, tells of that. A
/// log that is there and cannot be asked is no answer.
fn sealed_len(path: &Path, id: &str, here: Option<&Path>) -> Result<Option<u64>, Error> {
    let unclear = |says: String| Error::Unclear {
        path: path.into(),
        says,
    };
    let of_path = data_dir_of(path).map_err(|cause| unclear(cause.to_string()))?;
    let dirs = of_path.as_deref().into_iter().chain(here);
    for data_dir in dirs.filter(|dir| dir.join("audit").is_dir()) {
        let leaves = Log::open(data_dir).and_then(|log| log.find(id));
        let leaves = leaves.map_err(|cause| unclear(cause.to_string()))?;
        let sealed = leaves.into_iter().find_map(|found| match found.leaf {
            Leaf::Recording { id: other, size, .. } if other == id => Some(size),
            _ => None,
        });
        if sealed.is_some() {
            return Ok(sealed);
        }
    }
    Ok(None)
}

/// The first `len` bytes.
fn walk(mut file: &File, len: u64, path: &Path) -> Result<Scan, Error> {
    let scanned = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| scan(file.take(len), Depth::Events(None), &mut Quiet));
    let scanned = scanned.map_err(Error::io("read", path))?;
    scanned.map_err(|why| Error::NotARecording {
        path: path.into(),
        why: why.into(),
    })
}

/// How far the session's own signatures reach.
fn signed_len(mut file: &File, path: &Path) -> Result<Option<u64>, Error> {
    let mut chain = Chain::default();
    file.seek(SeekFrom::Start(0))
        .and_then(|_| scan(file, Depth::Frames, &mut chain))
        .map_err(Error::io("read", path))?
        .ok();
    Ok(chain.signed_len)
}

fn seal(file: File, path: &Path, scan: Scan, tail: u64, device: &DeviceKey) -> Result<Sealed, Error> {
    if let (true, true, Some(index_offset)) = (scan.is_final, scan.end_seen, scan.index_offset) {
        return close(file, path, scan, index_offset);
    }
    let Scan {
        mut index,
        good_len,
        hash,
        end_seen,
        last_at_us: at_us,
        ending,
        block,
        ..
    } = scan;
    let is_foreign = block.device_key != device.public();
    let mut out = Vec::new();
    let mut put = |what: What| {
        if let Some((kind, payload)) = what.encode(at_us, None) {
            frame(&mut out, kind, &payload);
            index.summary.events = index.summary.events.saturating_add(1);
        }
    };
    if !end_seen {
        let note = match ending {
            Ending::Bad(why) => format!("{tail} bytes after the last whole record were set aside: {why}"),
            _ => format!("{tail} bytes of an unfinished record were set aside"),
        };
        put(What::Gap(Gap {
            cause: "recovered".into(),
            note,
            ..Gap::default()
        }));
        put(What::End(End {
            why: "its writer died".into(),
            exit_code: None,
            abnormal: true,
        }));
        index.summary.why = Some("its writer died".into());
    }
    index.summary.duration_us = at_us;
    index.summary.recovered = true;
    let index_offset = good_len + out.len() as u64;
    frame(&mut out, record::INDEX, &index.encode());
    let mut disk = Disk::adopt(file, path, good_len, hash)?;
    disk.append(&out, true)?;
    let checkpoint = Checkpoint {
        is_final: true,
        is_recovered: true,
        is_elsewhere: is_foreign,
        offset: disk.len(),
        at_us,
        wall_us: wall_us(),
        events: index.summary.events,
        sequence: None,
        hash: disk.hash(),
        next_key: if is_foreign { device.public() } else { [0; 32] },
    };
    out.clear();
    frame(
        &mut out,
        record::CHECKPOINT,
        &checkpoint.encode_by_device(device)?,
    );
    out.extend(trailer(index_offset));
    disk.append(&out, true)?;
    disk.close()?;
    Ok(Sealed {
        path: path.into(),
        len: disk.len(),
        sha256: disk.hash(),
        summary: index.summary,
    })
}

/// Its writer died after it had signed everything: the way to the index is all that is missing, and nobody's word.
fn close(file: File, path: &Path, scan: Scan, index_offset: u64) -> Result<Sealed, Error> {
    let mut disk = Disk::adopt(file, path, scan.good_len, scan.hash)?;
    disk.append(&trailer(index_offset), true)?;
    disk.close()?;
    let index = footer(disk.file()).map_err(Error::io("read", path))?;
    Ok(Sealed {
        path: path.into(),
        len: disk.len(),
        sha256: disk.hash(),
        summary: index.unwrap_or(scan.index).summary,
    })
}

fn keep_tail(mut file: &File, path: &Path, from: u64) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tail");
    let mut kept = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(name)?;
    file.seek(SeekFrom::Start(from))?;
    io::copy(&mut file.take(u64::MAX), &mut kept)?;
    kept.flush()?;
    kept.sync_all()
}

//! Where a recording may be cut into segments: behind a checkpoint, so that every segment's bytes are signed and a
//! store that ends with any of them is a whole prefix of the recording.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::recording::header;
use crate::recording::record::{self, Records, Step};

/// A segment grows to about this before it is cut.
pub const SEGMENT_BYTES: u64 = 1 << 20;

/// The next segment of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Bytes from where it was asked.
    pub len: u64,
    /// It ends with the file's trailer.
    pub is_last: bool,
    /// The last checkpoint record's offset and payload.
    pub checkpoint: Option<(u64, Vec<u8>)>,
}

/// The longest stretch from `from` (0, or where another segment ended) to a checkpoint, up to about a segment's size;
/// `None` while there is no checkpoint.
pub fn next_cut(path: &Path, from: u64) -> io::Result<Option<Cut>> {
    let mut file = File::open(path)?;
    let mut at = from;
    if from == 0 {
        match header::read(&mut file)? {
            Ok(block) => at = block.len,
            Err(_) => return Ok(None),
        }
    }
    file.seek(SeekFrom::Start(at))?;
    let mut records = Records::new(file, at);
    let mut cut = None;
    loop {
        match records.step()? {
            Step::Record(found) if found.kind == record::CHECKPOINT => {
                let len = records.offset - from;
                cut = Some(Cut {
                    len,
                    is_last: false,
                    checkpoint: Some((found.offset, found.payload)),
                });
                if len >= SEGMENT_BYTES {
                    return Ok(cut);
                }
            }
            Step::Record(found) if found.kind == record::TRAILER => {
                let rest = records.remainder()?;
                if rest != header::MAGIC {
                    return Ok(cut);
                }
                return Ok(Some(Cut {
                    len: records.offset + rest.len() as u64 - from,
                    is_last: true,
                    checkpoint: cut.and_then(|cut| cut.checkpoint),
                }));
            }
            Step::Record(_) => {}
            Step::End | Step::Cut | Step::Bad(_) => return Ok(cut),
        }
    }
}

/// Reads a stretch, after what is in it has reached the disk: a store that is ahead of a disk that lost power would
/// hold another recording than the one that is recovered.
pub fn load(path: &Path, from: u64, len: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    file.sync_data()?;
    let len = usize::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, from)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{DeviceKey, End, Header, Writer};

    #[test]
    fn cuts_lie_behind_checkpoints_and_add_up_to_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let key = DeviceKey::load_or_create(dir.path()).unwrap();
        let mut writer = Writer::create(dir.path(), Header::new("local", (80, 24)), &key).unwrap();
        let path = writer.path().to_path_buf();
        assert_eq!(next_cut(&path, 0).unwrap(), None, "nothing is signed yet");
        let mut noise = 1u64;
        for at_us in 0..600 {
            let bytes: Vec<u8> = (0..8192)
                .map(|_| {
                    noise = noise
                        .wrapping_mul(6364136223846793005)
                        .wrapping_add(1442695040888963407);
                    (noise >> 33) as u8
                })
                .collect();
            writer.output(at_us, &bytes).unwrap();
        }
        writer.end(600, End::default()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let (mut rebuilt, mut segments) = (Vec::new(), 0);
        while let Some(cut) = next_cut(&path, rebuilt.len() as u64).unwrap() {
            assert!(cut.len < SEGMENT_BYTES + (512 << 10), "{}", cut.len);
            rebuilt.extend(load(&path, rebuilt.len() as u64, cut.len).unwrap());
            segments += 1;
            if cut.is_last {
                break;
            }
        }
        assert!(segments >= 4, "{segments}");
        assert!(rebuilt == whole);
    }
}

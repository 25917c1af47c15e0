//! The footer: a table of segments and a summary, found from the end of the file. It is a shortcut only;
//! everything in it can be rebuilt by walking the records.

use super::header::MAGIC;
use super::json;
use super::record::{self, frame};
use super::wire::{Cut, put_varint};
use serde::{Deserialize, Serialize};

/// The trailer record (type, length, offset, checksum) and the magic after it.
pub(super) const TRAILER_LEN: u64 = 1 + 1 + 8 + 4 + 8;

/// So many that their table still fits into one record, whatever the numbers in it: 100 GB of output.
pub(super) const MAX_SEGMENTS: usize = 400_000;

/// A stretch of the recording that can be decoded without what came before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Microseconds since the start.
    pub at_us: u64,
    /// Where its keyframe record (for the first: its first record) starts in the file.
    pub offset: u64,
    /// Number of events before it.
    pub first_event: u64,
    /// Bytes of output before it.
    pub output_before: u64,
    /// Whether a screen can be restored at its start.
    pub has_keyframe: bool,
}

/// What a listing wants to know without walking the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub session_id: Option<String>,
    pub duration_us: u64,
    pub events: u64,
    pub output_bytes: u64,
    pub input_bytes: u64,
    pub why: Option<String>,
    pub exit_code: Option<i32>,
    #[serde(default)]
    pub recovered: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub segments: Vec<Segment>,
    pub summary: Summary,
}

impl Index {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(&mut out, self.segments.len() as u64);
        let mut last = [0u64; 4];
        for s in &self.segments {
            let now = [s.at_us, s.offset, s.first_event, s.output_before];
            for (now, last) in now.iter().zip(last) {
                put_varint(&mut out, now.wrapping_sub(last));
            }
            out.push(u8::from(s.has_keyframe));
            last = now;
        }
        out.extend(serde_json::to_vec(&self.summary).unwrap_or_default());
        out
    }

    pub fn decode(payload: &[u8]) -> Option<Index> {
        let mut cut = Cut(payload);
        let count = cut.varint()?;
        let mut segments = Vec::new();
        let mut last = [0u64; 4];
        if count > MAX_SEGMENTS as u64 {
            return None;
        }
        for _ in 0..count {
            for field in &mut last {
                *field = field.wrapping_add(cut.varint()?);
            }
            let [at_us, offset, first_event, output_before] = last;
            let has_keyframe = cut.array::<1>()? == [1];
            segments.push(Segment {
                at_us,
                offset,
                first_event,
                output_before,
                has_keyframe,
            });
        }
        Some(Index {
            segments,
            summary: json::object(cut.rest())?,
        })
    }
}

/// The last bytes of a sealed file.
pub(super) fn trailer(index_offset: u64) -> Vec<u8> {
    let mut out = Vec::new();
    frame(&mut out, record::TRAILER, &index_offset.to_le_bytes());
    out.extend(MAGIC);
    out
}

/// The index's offset, if `tail` is exactly a trailer.
pub(super) fn parse_trailer(tail: &[u8]) -> Option<u64> {
    let offset = u64::from_le_bytes(Cut(tail.get(2..)?).array()?);
    (trailer(offset) == tail).then_some(offset)
}

/// Body of a keyframe record: time, events and output before it, then the screen's dump (may be empty).
pub(super) struct Keyframe {
    pub at_us: u64,
    pub first_event: u64,
    pub output_before: u64,
    pub packed: Vec<u8>,
}

impl Keyframe {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for number in [self.at_us, self.first_event, self.output_before] {
            put_varint(&mut out, number);
        }
        out.extend_from_slice(&self.packed);
        out
    }

    pub fn decode(payload: &[u8]) -> Option<Keyframe> {
        let mut cut = Cut(payload);
        let (at_us, first_event, output_before) = (cut.varint()?, cut.varint()?, cut.varint()?);
        Some(Keyframe {
            at_us,
            first_event,
            output_before,
            packed: cut.rest().to_vec(),
        })
    }

    pub fn segment(&self, offset: u64) -> Segment {
        Segment {
            at_us: self.at_us,
            offset,
            first_event: self.first_event,
            output_before: self.output_before,
            has_keyframe: !self.packed.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_index_survives_and_hostile_ones_are_refused(at: u32, offset: u64, n: u16, bytes: Vec<u8>) {
            let segment = |k: u64| Segment {
                at_us: u64::from(at) * k, offset, first_event: k * u64::from(n), output_before: k, has_keyframe: k > 0,
            };
            let index = Index { segments: (0..3).map(segment).collect(), summary: Summary::default() };
            prop_assert_eq!(Index::decode(&index.encode()), Some(index));
            let _ = Index::decode(&bytes);
            let _ = Keyframe::decode(&bytes);
            prop_assert_eq!(parse_trailer(&bytes), None);
        }
    }
}

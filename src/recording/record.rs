//! Records: `type, length, payload, CRC-32C`, and the walk over them.
//! A length is believed only as far as bytes follow it, so a hostile one allocates nothing.

use super::wire::put_varint;
use std::io::{self, BufReader, Read};

pub(super) const DATA: u8 = b'D';
pub(super) const KEYFRAME: u8 = b'K';
pub(super) const CHECKPOINT: u8 = b'C';
pub(super) const RESIZE: u8 = b'R';
pub(super) const MARKER: u8 = b'M';
pub(super) const GAP: u8 = b'G';
pub(super) const PARTICIPANT: u8 = b'P';
pub(super) const SESSION: u8 = b'S';
pub(super) const END: u8 = b'E';
pub(super) const INDEX: u8 = b'I';
pub(super) const TRAILER: u8 = b'Z';

/// No record is larger; the biggest real ones are keyframes of very large screens.
pub(super) const MAX_PAYLOAD: u64 = 16 << 20;

/// Appends one record to `out`.
pub(super) fn frame(out: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    let start = out.len();
    out.push(kind);
    put_varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
    let crc = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
}

#[derive(Debug)]
pub(super) struct Record {
    pub offset: u64,
    pub kind: u8,
    pub payload: Vec<u8>,
}

/// One step of the walk.
#[derive(Debug)]
pub(super) enum Step {
    Record(Record),
    /// The bytes end between two records.
    End,
    /// The bytes end inside a record: torn, or still being written.
    Cut,
    /// Whole, but not what was written.
    Bad(&'static str),
}

pub(super) struct Records<R> {
    input: BufReader<R>,
    /// Where the next record starts: everything before it is good.
    pub offset: u64,
}

impl<R: Read> Records<R> {
    pub fn new(input: R, offset: u64) -> Self {
        Records {
            input: BufReader::with_capacity(64 << 10, input),
            offset,
        }
    }

    pub fn step(&mut self) -> io::Result<Step> {
        let mut head = Vec::with_capacity(11);
        let mut len = 0u64;
        loop {
            let mut byte = [0];
            if !fill(&mut self.input, &mut byte)? {
                return Ok(if head.is_empty() { Step::End } else { Step::Cut });
            }
            head.push(byte[0]);
            let at = head.len();
            if at == 1 {
                continue;
            }
            if at > 6 {
                return Ok(Step::Bad("a record of impossible length"));
            }
            len |= u64::from(byte[0] & 0x7f) << (7 * (at - 2));
            if byte[0] < 0x80 {
                // A length has one way to be written: what is hashed is what is in the file.
                if byte[0] == 0 && at > 2 {
                    return Ok(Step::Bad("a record of impossible length"));
                }
                break;
            }
        }
        if len > MAX_PAYLOAD {
            return Ok(Step::Bad("a record of impossible length"));
        }
        let mut payload = Vec::with_capacity(len.min(64 << 10) as usize);
        self.input.by_ref().take(len).read_to_end(&mut payload)?;
        let mut crc = [0; 4];
        if (payload.len() as u64) < len || !fill(&mut self.input, &mut crc)? {
            return Ok(Step::Cut);
        }
        if crc32c::crc32c_append(crc32c::crc32c(&head), &payload) != u32::from_le_bytes(crc) {
            return Ok(Step::Bad("a record whose checksum does not match"));
        }
        let offset = self.offset;
        self.offset += head.len() as u64 + len + 4;
        Ok(Step::Record(Record {
            offset,
            kind: head[0],
            payload,
        }))
    }

    /// What follows the last record, up to a little more than a footer can hold.
    pub fn remainder(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.input.by_ref().take(64).read_to_end(&mut rest)?;
        Ok(rest)
    }
}

/// Fills `buf`; false when the input ends first.
fn fill(input: &mut impl Read, buf: &mut [u8]) -> io::Result<bool> {
    match input.read_exact(buf) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hostile_bytes_end_the_walk_without_a_panic(bytes: Vec<u8>) {
            let mut records = Records::new(&bytes[..], 0);
            while let Ok(Step::Record(_)) = records.step() {}
            prop_assert!(records.offset <= bytes.len() as u64);
        }

        #[test]
        fn every_cut_of_two_records_keeps_whole_ones(a: Vec<u8>, b: Vec<u8>, cut: prop::sample::Index) {
            let mut bytes = Vec::new();
            frame(&mut bytes, DATA, &a);
            let first = bytes.len();
            frame(&mut bytes, 0xf0, &b);
            let cut = cut.index(bytes.len());
            let mut records = Records::new(&bytes[..cut], 0);
            let mut seen = 0;
            while let Ok(Step::Record(r)) = records.step() {
                prop_assert_eq!(&r.payload, if seen == 0 { &a } else { &b });
                seen += 1;
            }
            prop_assert_eq!(seen, usize::from(cut >= first));
        }
    }
}

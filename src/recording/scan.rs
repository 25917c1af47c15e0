//! One walk over a whole file: what verification, recovery and the rebuilding of a missing index have in common.

use super::checkpoint::{Checkpoint, Proof};
use super::cipher::Cipher;
use super::cursor;
use super::event::{Event, What};
use super::header::{self, Block};
use super::index::{Index, Keyframe, MAX_SEGMENTS, Segment, parse_trailer};
use super::record::{self, Records, Step, frame};
use super::stream::Unpacker;
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// How the bytes end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With an exact trailer.
    Trailer,
    /// Between two records.
    Open,
    /// Inside a record.
    Cut,
    /// With something that nobody wrote so.
    Bad(&'static str),
}

/// How deep a walk looks.
#[derive(Clone, Copy)]
pub(super) enum Depth<'a> {
    /// Into whatever can be known without a key and without unpacking: one rule for recordings in clear and encrypted.
    Frames,
    /// Into every event, with the key of an encrypted file; without it no deeper than frames.
    Events(Option<&'a Cipher>),
}

pub(super) struct Scan {
    pub block: Block,
    pub index: Index,
    /// Every byte before is whole records that decode.
    pub good_len: u64,
    /// SHA-256 state over those bytes.
    pub hash: Sha256,
    pub ending: Ending,
    pub end_seen: bool,
    /// The session itself signed the last that it had to say.
    pub is_final: bool,
    /// Of what was looked at.
    pub last_at_us: u64,
    pub index_offset: Option<u64>,
    /// Data was passed over since the events were last counted by a record: it may hold more than one each.
    is_vague: bool,
}

/// A checkpoint with the facts that it must agree with.
pub(super) struct Seal<'a> {
    pub checkpoint: Checkpoint,
    pub proof: Proof,
    pub record_offset: u64,
    /// Where the next record starts.
    pub record_end: u64,
    pub hash_before: [u8; 32],
    pub block: &'a Block,
}

/// What a scan tells its caller on the way; the answer stops it with that complaint.
pub(super) trait Watch {
    /// Of every record, before anything else is told of it.
    fn record(&mut self, _kind: u8) {}
    fn seal(&mut self, _seal: Seal) -> Result<(), &'static str> {
        Ok(())
    }
    fn event(&mut self, _offset: u64, _event: &Event) -> Result<(), &'static str> {
        Ok(())
    }
    fn index(&mut self, _found: &Index, _rebuilt: &Index, _last_at_us: u64) -> Result<(), &'static str> {
        Ok(())
    }
}

/// Watches nothing.
pub(super) struct Quiet;
impl Watch for Quiet {}

/// Walks `input`; the inner error says why there is no header to start from.
pub(super) fn scan<R: Read>(
    mut input: R,
    depth: Depth,
    watch: &mut impl Watch,
) -> io::Result<Result<Scan, &'static str>> {
    let block = match header::read(&mut input)? {
        Ok(block) => block,
        Err(why) => return Ok(Err(why)),
    };
    let first = Segment {
        at_us: 0,
        offset: block.len,
        first_event: 0,
        output_before: 0,
        has_keyframe: false,
    };
    let mut scan = Scan {
        index: Index {
            segments: vec![first],
            ..Index::default()
        },
        good_len: block.len,
        hash: Sha256::new_with_prefix(&block.bytes),
        ending: Ending::Open,
        end_seen: false,
        is_final: false,
        last_at_us: 0,
        index_offset: None,
        is_vague: false,
        block,
    };
    let depth = match depth {
        Depth::Events(None) if scan.block.header.envelope.is_some() => Depth::Frames,
        depth => depth,
    };
    let mut records = Records::new(input, scan.block.len);
    let mut unpacker = Unpacker::new()?;
    let mut bytes = Vec::new();
    scan.ending = loop {
        let record = match records.step()? {
            Step::Record(record) => record,
            Step::End => break Ending::Open,
            Step::Cut => break Ending::Cut,
            Step::Bad(why) => break Ending::Bad(why),
        };
        bytes.clear();
        frame(&mut bytes, record.kind, &record.payload);
        if record.kind == record::TRAILER {
            bytes.extend(records.remainder()?);
            let whole = parse_trailer(&bytes).is_some_and(|offset| scan.trailer_fits(offset));
            break if whole {
                Ending::Trailer
            } else {
                Ending::Bad("a footer that does not fit the file")
            };
        }
        if let Err(why) = scan.take(record, records.offset, depth, &mut unpacker, watch) {
            break Ending::Bad(why);
        }
        scan.hash.update(&bytes);
        scan.good_len = records.offset;
    };
    Ok(Ok(scan))
}

impl Scan {
    fn take(
        &mut self,
        record: record::Record,
        record_end: u64,
        depth: Depth,
        unpacker: &mut Unpacker,
        watch: &mut impl Watch,
    ) -> Result<(), &'static str> {
        if self.end_seen && !matches!(record.kind, record::INDEX | record::CHECKPOINT) {
            return Err("a record after the end");
        }
        if self.is_final {
            return Err("a record after the last checkpoint");
        }
        watch.record(record.kind);
        match record.kind {
            record::CHECKPOINT => {
                let (checkpoint, proof) =
                    Checkpoint::decode(&record.payload).ok_or("a checkpoint that is cut short")?;
                self.claim(checkpoint.events)
                    .then_some(())
                    .ok_or("a checkpoint that counts other events")?;
                if let Depth::Frames = depth {
                    self.last_at_us = self.last_at_us.max(checkpoint.at_us);
                }
                self.is_final = checkpoint.is_final;
                return watch.seal(Seal {
                    checkpoint,
                    proof,
                    record_offset: record.offset,
                    record_end,
                    hash_before: self.hash.clone().finalize().into(),
                    block: &self.block,
                });
            }
            record::INDEX => {
                let found = Index::decode(&record.payload).ok_or("an index that cannot be read")?;
                self.index.summary.duration_us = self.last_at_us;
                self.index_offset = Some(record.offset);
                watch.index(&found, &self.index, self.last_at_us)?;
                return self
                    .claim(found.summary.events)
                    .then_some(())
                    .ok_or("an index that does not describe this file");
            }
            record::KEYFRAME => {
                let keyframe = Keyframe::decode(&record.payload).ok_or("a keyframe that is cut short")?;
                self.claim(keyframe.first_event)
                    .then_some(())
                    .ok_or("a keyframe that counts other events")?;
                if self.index.segments.len() >= MAX_SEGMENTS {
                    return Err("more segments than an index can name");
                }
                self.index.segments.push(keyframe.segment(record.offset));
                if let Depth::Frames = depth {
                    self.last_at_us = self.last_at_us.max(keyframe.at_us);
                    self.index.summary.output_bytes = keyframe.output_before;
                    return Ok(());
                }
            }
            record::DATA | record::MARKER | record::PARTICIPANT if matches!(depth, Depth::Frames) => {
                self.is_vague |= record.kind == record::DATA;
                return self.one_more();
            }
            _ => {}
        }
        let cipher = match depth {
            Depth::Events(cipher) => cipher,
            Depth::Frames => None,
        };
        let offset = record.offset;
        for event in cursor::decode(record, unpacker, &mut self.last_at_us, cipher)? {
            watch.event(offset, &event)?;
            self.count(&event)?;
        }
        self.index.summary.duration_us = self.last_at_us;
        Ok(())
    }

    /// A record says how many events came before it. What was passed over holds at least one each.
    fn claim(&mut self, events: u64) -> bool {
        let counted = self.index.summary.events;
        let fits = events == counted || self.is_vague && events > counted;
        self.index.summary.events = events;
        self.is_vague = false;
        fits
    }

    /// A record may claim any number of events before it.
    fn one_more(&mut self) -> Result<(), &'static str> {
        let events = &mut self.index.summary.events;
        *events = events.checked_add(1).ok_or("more events than can be counted")?;
        Ok(())
    }

    fn count(&mut self, event: &Event) -> Result<(), &'static str> {
        self.one_more()?;
        let summary = &mut self.index.summary;
        match &event.what {
            What::Output(b) | What::Stderr(b) => summary.output_bytes += b.len() as u64,
            What::Input(b) => summary.input_bytes += b.len() as u64,
            What::SessionId(id) => summary.session_id = Some(id.clone()),
            What::End(end) => {
                summary.why = Some(end.why.clone());
                summary.exit_code = end.exit_code;
                self.end_seen = true;
            }
            _ => {}
        }
        Ok(())
    }

    fn trailer_fits(&self, offset: u64) -> bool {
        self.index_offset == Some(offset) && self.end_seen
    }
}

//! The compressed stream of one segment: terminal bytes with their times, flushed to a whole zstd block at each write
//! so that whatever reached the file can be decoded, however the file ends.

use super::event::{Event, What};
use super::wire::{Cut, put_varint};
use std::io;
use zstd::stream::raw::{CParameter, DParameter, Decoder, Encoder, InBuffer, Operation, OutBuffer};

/// A segment is little larger than this, so a wider window would only cost memory.
const WINDOW_LOG: u32 = 19;
const LEVEL: i32 = 3;
/// Longer writes are split into several events of the same time.
pub(super) const MAX_EVENT: usize = 256 << 10;
/// What one data record may unfold to: a bound against hostile files.
const MAX_UNPACKED: usize = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Output = 0,
    Stderr = 1,
    Input = 2,
}

pub(super) struct Packer {
    encoder: Encoder<'static>,
    block: Box<[u8]>,
    head: Vec<u8>,
}

impl Packer {
    pub fn new() -> io::Result<Self> {
        let mut encoder = Encoder::new(LEVEL)?;
        encoder.set_parameter(CParameter::WindowLog(WINDOW_LOG))?;
        Ok(Packer {
            encoder,
            block: vec![0; 32 << 10].into(),
            head: Vec::new(),
        })
    }

    /// Starts a new, independent stream.
    pub fn restart(&mut self) -> io::Result<()> {
        self.encoder.reinit()
    }

    /// Takes one event in; `out` gets what is ready, the rest stays inside until `flush`.
    pub fn push(&mut self, side: Side, after_us: u64, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        self.head.clear();
        put_varint(&mut self.head, after_us << 2 | side as u64);
        put_varint(&mut self.head, bytes.len() as u64);
        for part in [&self.head[..], bytes] {
            let mut input = InBuffer::around(part);
            while input.pos() < part.len() {
                let mut block = OutBuffer::around(&mut self.block[..]);
                self.encoder.run(&mut input, &mut block)?;
                out.extend_from_slice(block.as_slice());
            }
        }
        Ok(())
    }

    /// Ends a zstd block, so that everything pushed can be decoded from what `out` got.
    pub fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let mut block = OutBuffer::around(&mut self.block[..]);
            let left = self.encoder.flush(&mut block)?;
            out.extend_from_slice(block.as_slice());
            if left == 0 {
                return Ok(());
            }
        }
    }
}

pub(super) struct Unpacker {
    decoder: Decoder<'static>,
    block: Box<[u8]>,
    plain: Vec<u8>,
}

impl Unpacker {
    pub fn new() -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
        Ok(Unpacker {
            decoder,
            block: vec![0; 64 << 10].into(),
            plain: Vec::new(),
        })
    }

    pub fn restart(&mut self) -> io::Result<()> {
        self.decoder.reinit()
    }

    /// The events of one data record; `clock_us` is the time of the event before and moves on.
    pub fn unpack(&mut self, packed: &[u8], clock_us: &mut u64) -> Result<Vec<Event>, &'static str> {
        self.plain.clear();
        let mut input = InBuffer::around(packed);
        loop {
            let mut block = OutBuffer::around(&mut self.block[..]);
            self.decoder
                .run(&mut input, &mut block)
                .map_err(|_| "terminal data that does not decompress")?;
            let got = block.as_slice();
            self.plain.extend_from_slice(got);
            if self.plain.len() > MAX_UNPACKED {
                return Err("terminal data of impossible size");
            }
            if input.pos() == packed.len() && got.len() < self.block.len() {
                break;
            }
        }
        let mut events = Vec::new();
        let mut cut = Cut(&self.plain);
        while !cut.0.is_empty() {
            let head = cut.varint().ok_or(MALFORMED)?;
            let len = cut
                .varint()
                .and_then(|n| usize::try_from(n).ok())
                .ok_or(MALFORMED)?;
            let bytes = cut.bytes(len).ok_or(MALFORMED)?.to_vec();
            *clock_us = clock_us.saturating_add(head >> 2);
            let what = match head & 3 {
                0 => What::Output(bytes),
                1 => What::Stderr(bytes),
                2 => What::Input(bytes),
                _ => return Err(MALFORMED),
            };
            events.push(Event {
                at_us: *clock_us,
                what,
            });
        }
        Ok(events)
    }
}

const MALFORMED: &str = "terminal data that is not made of whole events";

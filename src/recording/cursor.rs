//! Walks the events of a file from any segment's start. A torn tail ends the walk quietly, because every event
//! before it is whole; a record that was altered ends it with an error.

use super::Error;
use super::cipher::Cipher;
use super::event::{Event, What};
use super::index::Keyframe;
use super::record::{self, Record, Records, Step};
use super::stream::Unpacker;
use super::tap::Tap;
use std::collections::VecDeque;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An iterator over events.
pub struct Cursor {
    path: PathBuf,
    records: Records<Tap>,
    unpacker: Unpacker,
    cipher: Option<Arc<Cipher>>,
    clock_us: u64,
    ready: VecDeque<Event>,
    done: bool,
}

impl Cursor {
    /// `offset` is where the records or a keyframe record begin.
    pub(super) fn new(
        mut tap: Tap,
        path: &Path,
        offset: u64,
        cipher: Option<Arc<Cipher>>,
    ) -> Result<Cursor, Error> {
        tap.seek(SeekFrom::Start(offset))
            .map_err(Error::io("read", path))?;
        Ok(Cursor {
            path: path.to_path_buf(),
            records: Records::new(tap, offset),
            unpacker: Unpacker::new().map_err(Error::io("read", path))?,
            cipher,
            clock_us: 0,
            ready: VecDeque::new(),
            done: false,
        })
    }

    /// Takes one record in; false when the walk is over.
    fn advance(&mut self) -> Result<bool, Error> {
        let step = self.records.step().map_err(Error::io("read", &self.path))?;
        let record = match step {
            Step::Record(record) => record,
            Step::End | Step::Cut => return Ok(false),
            Step::Bad(why) => return Err(self.damaged(self.records.offset, why)),
        };
        let offset = record.offset;
        let more = !matches!(record.kind, record::END | record::INDEX | record::TRAILER);
        let events = decode(
            record,
            &mut self.unpacker,
            &mut self.clock_us,
            self.cipher.as_deref(),
        );
        self.ready
            .extend(events.map_err(|why| self.damaged(offset, why))?);
        Ok(more)
    }

    fn damaged(&self, offset: u64, why: &str) -> Error {
        Error::Damaged {
            path: self.path.clone(),
            offset,
            why: why.into(),
        }
    }
}

impl Iterator for Cursor {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            if self.done {
                return None;
            }
            match self.advance() {
                Ok(more) => self.done = !more,
                Err(e) => {
                    self.done = true;
                    return Some(Err(e));
                }
            }
        }
    }
}

/// The events of one record; keeps stream and clock in step. Unknown records are skipped.
pub(super) fn decode(
    record: Record,
    unpacker: &mut Unpacker,
    clock_us: &mut u64,
    cipher: Option<&Cipher>,
) -> Result<Vec<Event>, &'static str> {
    match record.kind {
        record::DATA => match cipher {
            Some(cipher) => unpacker.unpack(&cipher.open(record::DATA, &record.payload)?, clock_us),
            None => unpacker.unpack(&record.payload, clock_us),
        },
        record::KEYFRAME => {
            let keyframe = Keyframe::decode(&record.payload).ok_or("a keyframe that is cut short")?;
            *clock_us = keyframe.at_us.max(*clock_us);
            unpacker
                .restart()
                .map_err(|_| "a stream that cannot be restarted")?;
            Ok(Vec::new())
        }
        kind => {
            let mut event = What::decode(kind, &record.payload, cipher)?;
            if let Some(event) = &mut event {
                event.at_us = event.at_us.max(*clock_us);
                *clock_us = event.at_us;
            }
            Ok(event.into_iter().collect())
        }
    }
}

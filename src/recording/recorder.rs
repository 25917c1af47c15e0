//! A writer with the screen that its bytes are shown on. The file gets them first; what could not be written is not
//! shown unless the caller says so. Keyframes are cut here, only where the emulator's parser is between sequences.

use super::redaction::{Live, covered, enforced};
use super::stream::Side;
use super::typed::{Heard, Typist, line_of};
use super::{DeviceKey, End, Error, Gap, Header, Marker, Participant, Sealed, Segment, Strain, Writer};
use crate::term::{Screen, Size};
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// A seek replays at most about this much output: half of it in 3 ms.
const SEGMENT_BYTES: u64 = 256 << 10;
/// What is imported may be dense; fewer keyframes keep it below the size it came in.
const IMPORT_SEGMENT_BYTES: u64 = 384 << 10;
/// A slow session gets a keyframe after this long, if there was something to show.
const SEGMENT_US: u64 = 300_000_000;
const SEGMENT_LEAST: u64 = 4 << 10;

/// A command as it may be told outside of its recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Clear(String),
    /// The recording is encrypted, and with it what was said: the text, and what stands for it.
    Sealed {
        text: String,
        digest: String,
    },
}

pub struct Recorder {
    writer: Writer,
    screen: Screen,
    started: Instant,
    segment_bytes: u64,
    /// Where policy says that secrets must not be written.
    covering: Option<Box<Live>>,
    /// Where policy wants what is typed and echoed.
    typist: Option<Typist>,
    /// Lines of it that nobody was told of yet.
    typed: Vec<Told>,
}

impl Recorder {
    /// Starts the recording and its clock; `scrollback` in lines.
    pub fn create(
        data_dir: &Path,
        mut header: Header,
        device: &DeviceKey,
        scrollback: usize,
    ) -> Result<Recorder, Error> {
        for said in [&mut header.reason, &mut header.ticket].into_iter().flatten() {
            *said = covered(said);
        }
        let (cols, rows) = header.size;
        let mut screen = Screen::new(Size { cols, rows }, scrollback);
        screen.feed(header.first_mode());
        let writer = Writer::create(data_dir, header, device)?;
        let covering = match enforced() {
            Some(rules) => Some(Box::new(Live::new(rules, device)?)),
            None => None,
        };
        Ok(Recorder {
            writer,
            screen,
            started: Instant::now(),
            segment_bytes: SEGMENT_BYTES,
            covering,
            typist: Typist::wanted(),
            typed: Vec::new(),
        })
    }

    /// For an import: times come from the file, and nobody waits for each event.
    pub(super) fn for_import(writer: Writer, size: Size) -> Recorder {
        let screen = Screen::new(size, 0);
        let writer = writer.batched();
        Recorder {
            writer,
            screen,
            started: Instant::now(),
            segment_bytes: IMPORT_SEGMENT_BYTES,
            covering: None,
            typist: None,
            typed: Vec::new(),
        }
    }

    /// Microseconds since the start.
    pub fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Records, then shows.
    pub fn output(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.take(Side::Output, bytes)
    }

    /// What of the bytes that were just given may be shown elsewhere: those, or where secrets are covered before they
    /// are written, what came of them and of those held before.
    pub fn shown(&mut self, bytes: Bytes, is_stderr: bool) -> Bytes {
        let side = if is_stderr { Side::Stderr } else { Side::Output };
        match &mut self.covering {
            Some(live) => live.take_shown(side as usize).into(),
            None => bytes,
        }
    }

    /// When `let_go` must be called, because output that may begin a secret is held.
    pub fn held_until(&self) -> Option<Instant> {
        Some(self.covering.as_ref()?.held_until()?.0)
    }

    /// Records and shows what was held for long enough; true when it was standard error.
    pub fn let_go(&mut self) -> Result<bool, Error> {
        let Some(live) = &mut self.covering else {
            return Ok(false);
        };
        let Some((_, stream)) = live.held_until() else {
            return Ok(false);
        };
        let bytes = live.let_go(stream);
        self.put(side(stream), &bytes)?;
        Ok(side(stream) == Side::Stderr)
    }

    fn take(&mut self, side: Side, bytes: &[u8]) -> Result<(), Error> {
        let Some(live) = &mut self.covering else {
            return self.put_at(self.now_us(), side, bytes);
        };
        let bytes = live.pass(side as usize, bytes);
        self.put(side, &bytes)
    }

    /// What was covered, then what was covered in it.
    fn put(&mut self, side: Side, bytes: &[u8]) -> Result<(), Error> {
        let at_us = self.now_us();
        self.put_at(at_us, side, bytes)?;
        let markers = self.covering.as_mut().map(|live| live.take_markers());
        for marker in markers.unwrap_or_default() {
            self.writer.marker(at_us, marker)?;
        }
        Ok(())
    }

    fn put_at(&mut self, at_us: u64, side: Side, bytes: &[u8]) -> Result<(), Error> {
        match side {
            Side::Output => self.output_at(at_us, bytes)?,
            Side::Stderr => self.stderr_at(at_us, bytes)?,
            Side::Input => return self.writer.input(at_us, bytes),
        }
        let heard = self.typist.as_ref().map(|typist| typist.shown(bytes));
        self.hear(heard.unwrap_or_default())
    }

    /// Who must be told of every key before it is sent; `None` where keys are not kept.
    pub fn typist(&self) -> Option<Typist> {
        self.typist.clone()
    }

    /// The lines that were typed since the last time, as a person would read them.
    pub fn take_typed(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.typed)
    }

    /// How a command that is in this recording is told elsewhere.
    pub fn told(&self, command: &str) -> Told {
        let text = covered(command);
        match self.writer.digest(&text) {
            Some(digest) => Told::Sealed { text, digest },
            None => Told::Clear(text),
        }
    }

    fn hear(&mut self, heard: Vec<Heard>) -> Result<(), Error> {
        for heard in heard {
            match heard {
                Heard::Echoed(bytes) => {
                    self.input(&bytes)?;
                    let line = line_of(&bytes).map(|line| self.told(&line));
                    self.typed.extend(line);
                }
                Heard::Unechoed(keys) => {
                    let marker = Marker {
                        kind: "typed".into(),
                        label: format!("{keys} {}, not echoed", if keys == 1 { "key" } else { "keys" }),
                        fields: [("keys".to_owned(), keys.to_string())].into(),
                    };
                    self.writer.marker(self.now_us(), marker)?;
                }
            }
        }
        Ok(())
    }

    /// The same for a time of the caller's.
    pub fn output_at(&mut self, at_us: u64, bytes: &[u8]) -> Result<(), Error> {
        self.writer.output(at_us, bytes)?;
        self.show(at_us, bytes);
        Ok(())
    }

    /// The split standard error of a command: recorded as such, shown on the same screen.
    pub fn stderr(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.take(Side::Stderr, bytes)
    }

    pub(super) fn stderr_at(&mut self, at_us: u64, bytes: &[u8]) -> Result<(), Error> {
        self.writer.stderr(at_us, bytes)?;
        self.show(at_us, bytes);
        Ok(())
    }

    pub fn input(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.take(Side::Input, bytes)
    }

    /// For a session that policy lets go on although `output` failed: these bytes are counted as lost.
    pub fn show_unrecorded(&mut self, bytes: &[u8]) {
        self.writer.lost(bytes.len());
        self.screen.feed(bytes);
    }

    /// True while the disk takes no output.
    pub fn is_full(&self) -> bool {
        self.writer.is_full()
    }

    pub fn resize(&mut self, cols: u16, rows: u16) -> Result<(), Error> {
        self.resize_at(self.now_us(), cols, rows)
    }

    pub(super) fn resize_at(&mut self, at_us: u64, cols: u16, rows: u16) -> Result<(), Error> {
        let written = self.writer.resize(at_us, cols, rows);
        // The window has that size either way.
        self.screen.resize(Size { cols, rows });
        written
    }

    pub fn marker(&mut self, mut marker: Marker) -> Result<(), Error> {
        if let Some(live) = &self.covering {
            live.cover_marker(&mut marker);
        }
        self.writer.marker(self.now_us(), marker)
    }

    pub fn gap(&mut self, gap: Gap) -> Result<(), Error> {
        self.writer.gap(self.now_us(), gap)
    }

    pub fn participant(&mut self, participant: Participant) -> Result<(), Error> {
        self.writer.participant(self.now_us(), participant)
    }

    pub fn session_id(&mut self, id: &str) -> Result<(), Error> {
        self.writer.session_id(self.now_us(), id)
    }

    /// The last data-channel sequence number recorded.
    pub fn sequence(&mut self, number: u64) {
        self.writer.sequence(number);
    }

    pub fn checkpoint(&mut self) -> Result<(), Error> {
        self.writer.checkpoint()
    }

    /// Where whoever joins now finds the newest screen in the file.
    pub fn newest_start(&self) -> Segment {
        self.writer.newest_start()
    }

    pub fn end(self, end: End) -> Result<Sealed, Error> {
        self.finish(end).0
    }

    /// Ends the recording and leaves the screen, so that the last of it can still be looked at.
    pub fn finish(mut self, end: End) -> (Result<Sealed, Error>, Screen) {
        for stream in [Side::Output, Side::Stderr, Side::Input] {
            let held = self.covering.as_mut().map(|live| live.finish(stream as usize));
            // What cannot be written any more was not shown either; the seal says how far it goes.
            let _ = self.put(stream, &held.unwrap_or_default());
            if let (Side::Stderr, Some(typist)) = (stream, self.typist.take()) {
                let _ = self.hear(typist.finish());
            }
        }
        let now_us = self.now_us();
        (self.writer.end(now_us, end), self.screen)
    }

    pub(super) fn writer_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }

    pub(super) fn into_writer(self) -> Writer {
        self.writer
    }

    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    pub fn screen_mut(&mut self) -> &mut Screen {
        &mut self.screen
    }

    pub fn path(&self) -> &Path {
        self.writer.path()
    }

    /// How long the disk keeps it waiting.
    pub fn strain(&self) -> Arc<Strain> {
        self.writer.strain()
    }

    pub fn header_hash(&self) -> [u8; 32] {
        self.writer.header_hash()
    }

    fn show(&mut self, at_us: u64, bytes: &[u8]) {
        self.screen.feed(bytes);
        let (since, start_us) = self.writer.since_keyframe();
        let slow = since >= SEGMENT_LEAST && at_us.saturating_sub(start_us) >= SEGMENT_US;
        if (since >= self.segment_bytes || slow) && self.screen.is_ground() {
            // A keyframe is a convenience; if the disk is full, the next output says so.
            let _ = self.writer.keyframe(at_us, &self.screen.dump());
        }
    }
}

fn side(stream: usize) -> Side {
    match stream {
        0 => Side::Output,
        1 => Side::Stderr,
        _ => Side::Input,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_may_move_its_recorder_to_another_thread() {
        fn is_send<T: Send>() {}
        is_send::<Recorder>();
        is_send::<crate::recording::Player>();
    }
}

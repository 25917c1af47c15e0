//! The screen of a recording that grows: restored at the newest keyframe, then kept up with the file. A record that is
//! half written is left for the next look.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::recording::cipher::Cipher;
use crate::recording::cursor::decode;
use crate::recording::player::{blank_of, show};
use crate::recording::reader::{Reader, dump_of};
use crate::recording::record::{self, Records, Step};
use crate::recording::stream::Unpacker;
use crate::recording::{End, Error, Header, Keyring, Segment, What, header};
use crate::term::Screen;

const SCROLLBACK: usize = 2_000;

pub struct Follower {
    path: PathBuf,
    file: File,
    header: Header,
    screen: Screen,
    unpacker: Unpacker,
    cipher: Option<Cipher>,
    /// Everything before is on the screen.
    offset: u64,
    at_us: u64,
    session_id: Option<String>,
    end: Option<End>,
}

impl Follower {
    /// From `start` on, as the session's owner told it; without one the file is walked to find the newest screen.
    pub fn open(path: &Path, start: Option<Segment>, keyring: &Keyring) -> Result<Follower, Error> {
        let (header, _) = header::header_of(path)?;
        let cipher = keyring.cipher(&header, path)?;
        let start = match start {
            Some(start) => Some(start),
            None => {
                let reader = Reader::open(path)?;
                let newest = reader.keyframe_before(u64::MAX);
                reader.segments().get(newest).cloned()
            }
        };
        let file = || File::open(path).map_err(Error::io("open", path));
        let mut screen = blank_of(&header);
        let mut offset = 0;
        if let Some(start) = &start {
            offset = start.offset;
            if let Some(dump) = dump_of(file()?, path, start, cipher.as_ref())? {
                screen = Screen::restore(&dump, SCROLLBACK).map_err(|bad| Error::Damaged {
                    path: path.into(),
                    offset,
                    why: format!("a keyframe that cannot be restored: {bad}"),
                })?;
            }
        }
        let mut follower = Follower {
            path: path.into(),
            file: file()?,
            header,
            screen,
            unpacker: Unpacker::new().map_err(Error::io("read", path))?,
            cipher,
            offset,
            at_us: start.map_or(0, |start| start.at_us),
            session_id: None,
            end: None,
        };
        follower.advance(|_| {})?;
        Ok(follower)
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    pub fn screen_mut(&mut self) -> &mut Screen {
        &mut self.screen
    }

    /// Microseconds from the start to the newest event.
    pub fn at_us(&self) -> u64 {
        self.at_us
    }

    /// How it ended, once it has.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Takes in what was written since; true when there was something. Each event is passed on as it came.
    pub fn advance(&mut self, mut pass: impl FnMut(&What)) -> Result<bool, Error> {
        let io = || Error::io("read", &self.path);
        let len = self.file.metadata().map_err(io())?.len();
        if len <= self.offset || self.end.is_some() {
            return Ok(false);
        }
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.offset)).map_err(io())?;
        let mut records = Records::new(file, self.offset);
        let before = self.offset;
        while let Step::Record(record) = self.whole(records.step().map_err(io())?, records.offset)? {
            if matches!(record.kind, record::INDEX | record::TRAILER) {
                break;
            }
            let offset = record.offset;
            let events = decode(record, &mut self.unpacker, &mut self.at_us, self.cipher.as_ref());
            let events = events.map_err(|why| self.damaged(offset, why))?;
            for event in events {
                show(&mut self.screen, &event.what);
                pass(&event.what);
                match event.what {
                    What::SessionId(id) => self.session_id = Some(id),
                    What::End(end) => self.end = Some(end),
                    _ => {}
                }
            }
            self.offset = records.offset;
        }
        Ok(self.offset > before)
    }

    fn whole(&self, step: Step, offset: u64) -> Result<Step, Error> {
        match step {
            Step::Bad(why) => Err(self.damaged(offset, why)),
            step => Ok(step),
        }
    }

    fn damaged(&self, offset: u64, why: &str) -> Error {
        Error::Damaged {
            path: self.path.clone(),
            offset,
            why: why.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{DeviceKey, Recorder};

    #[test]
    fn a_late_joiner_sees_the_owners_screen_at_every_moment_after() {
        let dir = tempfile::tempdir().unwrap();
        let key = DeviceKey::load_or_create(dir.path()).unwrap();
        let mut recorder = Recorder::create(dir.path(), Header::new("shell", (80, 24)), &key, 0).unwrap();
        let path = recorder.path().to_path_buf();
        let mut early = Follower::open(&path, Some(recorder.newest_start()), &Keyring::default()).unwrap();
        for n in 0..6_000 {
            recorder
                .output(format!("\x1b[3{}mline {n} {}\r\n", n % 8, "x".repeat(n % 97)).as_bytes())
                .unwrap();
        }
        assert!(recorder.newest_start().has_keyframe);
        let mut late = Follower::open(&path, Some(recorder.newest_start()), &Keyring::default()).unwrap();
        let mut walked = Follower::open(&path, None, &Keyring::default()).unwrap();
        for step in 0..3 {
            recorder
                .output(format!("\x1b[2J\x1b[{step};7Hafter {step}").as_bytes())
                .unwrap();
            recorder.resize(70 + step, 20).unwrap();
            for follower in [&mut early, &mut late, &mut walked] {
                follower.advance(|_| {}).unwrap();
                assert_eq!(follower.screen().text(), recorder.screen().text());
            }
        }
        recorder
            .end(End {
                why: "done".into(),
                ..End::default()
            })
            .unwrap();
        assert!(late.advance(|_| {}).unwrap());
        assert_eq!(late.end().unwrap().why, "done");
    }
}

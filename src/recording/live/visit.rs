//! The other end of the door: joins, may ask for the end, and leaves by closing.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use super::{Asked, Told, door, folder, name};
use crate::recording::Segment;

/// A session answers at once unless its process is stopped.
const PATIENCE: Duration = Duration::from_secs(5);

pub struct Visit {
    stream: BufReader<UnixStream>,
}

impl Visit {
    /// Whether somebody may be at that door at all.
    pub fn is_possible(data_dir: &Path, id: Uuid) -> bool {
        folder(data_dir).join(name(id)).exists()
    }

    /// Joins as an observer; where the newest screen starts in the file. It goes into the recording and the audit log.
    pub fn join(data_dir: &Path, id: Uuid, who: &str) -> io::Result<(Visit, Segment)> {
        let (short, _dir) = door::address(&folder(data_dir).join(name(id)))?;
        let stream = UnixStream::connect(short)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut visit = Visit {
            stream: BufReader::new(stream),
        };
        match visit.ask(&Asked::Join { who: who.into() })? {
            Told::Joined { start } => Ok((visit, start)),
            Told::Refused { says } => Err(io::Error::other(says)),
            Told::Ending => Err(io::Error::other("it answered out of turn")),
        }
    }

    /// Asks the session's owner to end it.
    pub fn end(&mut self) -> io::Result<()> {
        match self.ask(&Asked::End)? {
            Told::Ending => Ok(()),
            Told::Refused { says } => Err(io::Error::other(says)),
            Told::Joined { .. } => Err(io::Error::other("it answered out of turn")),
        }
    }

    fn ask(&mut self, asked: &Asked) -> io::Result<Told> {
        let mut line = serde_json::to_string(asked)?;
        line.push('\n');
        self.stream.get_mut().write_all(line.as_bytes())?;
        let mut answer = String::new();
        self.stream.read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

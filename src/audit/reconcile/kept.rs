//! The recordings of this data directory, as far as a comparison with AWS needs them.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::recording::{Error, Library, Reader, Row, State, What};

/// One recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: String,
    pub session_id: Option<String>,
    /// Sixteen hexadecimal digits of the header's hash.
    pub stamp: String,
    pub target: Option<String>,
    pub account: Option<String>,
    pub region: Option<String>,
    pub actor: Option<String>,
    pub started_at: Timestamp,
    /// `None` while it is written.
    pub ended_at: Option<Timestamp>,
    pub state: State,
    pub path: PathBuf,
}

/// Every recording, and those that cannot be read.
pub fn load_kept(data_dir: &Path) -> Result<(Vec<Kept>, Vec<Error>), Error> {
    let (rows, mut failures) = Library::open(data_dir).list()?;
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        match Reader::open(&row.path) {
            Ok(reader) => kept.push(Kept::of(row, &reader)),
            Err(failure) => failures.push(failure),
        }
    }
    Ok((kept, failures))
}

impl Kept {
    fn of(row: Row, reader: &Reader) -> Kept {
        Kept {
            stamp: hex::encode(&reader.header_hash()[..8]),
            id: row.id,
            session_id: row.session_id,
            target: row.target,
            account: row.account,
            region: row.region,
            actor: row.actor,
            started_at: instant(row.started_at),
            ended_at: row.ended_at.map(instant),
            state: row.state,
            path: row.path,
        }
    }

    /// One recording, wherever it lies.
    pub fn load(path: &Path) -> Result<Kept, Error> {
        let reader = Reader::open(path)?;
        Ok(Kept::of(Row::of(&reader)?, &reader))
    }
}

/// When the last output of a recording came. Reads it from its last keyframe on.
pub fn last_output_at(kept: &Kept) -> Option<Timestamp> {
    let reader = Reader::open(&kept.path).ok()?;
    let last_of = |events: crate::recording::Cursor| {
        events
            .filter_map(Result::ok)
            .filter(|event| matches!(event.what, What::Output(_)))
            .last()
    };
    let last_segment = reader.segments().len().saturating_sub(1);
    let found = last_of(reader.events_from(last_segment).ok()?);
    let event = match found {
        Some(event) => event,
        None => last_of(reader.events().ok()?)?,
    };
    let at_us = i64::try_from(event.at_us).ok()?;
    Timestamp::from_microsecond(reader.header().started_at.checked_add(at_us)?).ok()
}

fn instant(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH)
}

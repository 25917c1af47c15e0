//! What the audit log says of a recording: whose it is and where it lies.

use super::{Error, Reader, evidence};
use crate::audit::{Actor, Event, Kind, Rec, Target};
use std::path::Path;

/// An event about a recording, by the user of this process.
pub fn event_of(kind: Kind, reader: &Reader) -> Event {
    let header = reader.header();
    let target = Target {
        account: header.account.clone(),
        region: header.region.clone(),
        id: header.target.clone(),
        name: header.target_name.clone(),
        ..Target::default()
    };
    let rec = Rec {
        path: reader.path().display().to_string(),
        size: reader.size().ok(),
        ..Rec::default()
    };
    Event {
        target: Some(target),
        sid: Some(header.id),
        ssm_session_id: reader.summary().session_id.clone(),
        rec: Some(rec),
        ..Event::new(kind, Actor::local())
    }
}

/// The event of a recording that was closed after its writer died.
pub fn recovered_event(path: &Path) -> Result<Event, Error> {
    let event = sealing_event(Kind::RecordingRecovered, path)?;
    Ok(event.with("how", "its writer died"))
}

/// An event that makes the closed recording at `path`, as it is now, a leaf of the log.
pub fn sealing_event(kind: Kind, path: &Path) -> Result<Event, Error> {
    let mut event = event_of(kind, &Reader::open(path)?);
    if let Some(rec) = &mut event.rec {
        let (size, sha256) = evidence::fingerprint(path).map_err(Error::io("read", path))?;
        (rec.size, rec.sha256) = (Some(size), Some(sha256));
    }
    Ok(event)
}

//! What the audit log says of a recording: whose it is and where it lies.

use super::Reader;
use crate::audit::{Actor, Event, Kind, Rec, Target};

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

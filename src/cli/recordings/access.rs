//! The audit events of reading a recording: who, which, how. They are on disk before the content is.

use super::super::{Context, Error};
use crate::audit::{Actor, Event, Kind, Log, Rec, Target};
use crate::recording::Reader;

/// Records that all recordings are about to be searched. What is sought stands in the log: an auditor asks for it.
pub(super) fn searched(context: &Context, query: &str) -> Result<(), Error> {
    let event = Event::new(Kind::RecordingAccess, Actor::local());
    let event = event.with("how", "search").with("query", query);
    Log::open(&context.paths.data_dir)?.append(event)?;
    Ok(())
}

/// Records that `reader`'s content is about to be replayed, exported or was brought in.
pub(super) fn record(context: &Context, kind: Kind, reader: &Reader, how: &str) -> Result<(), Error> {
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
        size: Some(reader.size()?),
        ..Rec::default()
    };
    let event = Event {
        target: Some(target),
        sid: Some(header.id),
        ssm_session_id: reader.summary().session_id.clone(),
        rec: Some(rec),
        ..Event::new(kind, Actor::local())
    };
    Log::open(&context.paths.data_dir)?.append(event.with("how", how))?;
    Ok(())
}

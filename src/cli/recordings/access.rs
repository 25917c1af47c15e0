//! The audit events of reading a recording: who, which, how. They are on disk before the content is.

use super::super::{Context, Error};
use crate::audit::{Actor, Event, Kind, Log};
use crate::recording::{Reader, event_of, sealing_event};

/// Records that all recordings are about to be searched. What is sought stands in the log: an auditor asks for it.
pub(super) fn searched(context: &Context, query: &str) -> Result<(), Error> {
    let event = Event::new(Kind::RecordingAccess, Actor::local());
    let event = event.with("how", "search").with("query", query);
    Log::open(&context.paths.data_dir)?.append(event)?;
    Ok(())
}

/// Records that `reader`'s content is about to be replayed, exported or was brought in.
pub(super) fn record(context: &Context, kind: Kind, reader: &Reader, how: &str) -> Result<(), Error> {
    record_with(context, kind, reader, how, |event| event)
}

/// The same with more to say.
pub(super) fn record_with(
    context: &Context,
    kind: Kind,
    reader: &Reader,
    how: &str,
    fill: impl FnOnce(Event) -> Event,
) -> Result<(), Error> {
    let event = match kind {
        Kind::RecordingImported => sealing_event(kind, reader.path())?,
        _ => event_of(kind, reader),
    };
    Log::open(&context.paths.data_dir)?.append(fill(event.with("how", how)))?;
    Ok(())
}

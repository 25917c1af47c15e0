//! The audit events of reading a recording: who, which, how. They are on disk before the content is.

use super::super::{Context, Error};
use crate::audit::{Kind, Log};
use crate::recording::{Reader, event_of};

/// Records that `reader`'s content is about to be replayed, exported or was brought in.
pub(super) fn record(context: &Context, kind: Kind, reader: &Reader, how: &str) -> Result<(), Error> {
    let event = event_of(kind, reader).with("how", how);
    Log::open(&context.paths.data_dir)?.append(event)?;
    Ok(())
}

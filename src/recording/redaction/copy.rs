//! A recording whose secrets are covered, for views: everything that a player does (seek, search, copy) then knows
//! nothing else. It is a view and no evidence: it lives as long as it is looked at.

use super::{Replay, Rules};
use crate::recording::import::replay_into;
use crate::recording::{DeviceKey, Error, Reader, Sealed};
use std::path::Path;
use std::sync::Arc;

/// Writes the covered copy below `dir`, which the caller removes.
pub fn redacted_copy(
    reader: &Reader,
    rules: &Arc<Rules>,
    dir: &Path,
    device: &DeviceKey,
) -> Result<Sealed, Error> {
    let mut header = reader.header().clone();
    header.reason = header.reason.map(|reason| rules.redact(&reason));
    header.ticket = header.ticket.map(|ticket| rules.redact(&ticket));
    header.source = None;
    let events = Replay::new(reader.events()?, rules.clone());
    replay_into(events, header, dir, device)
}

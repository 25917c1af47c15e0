//! A recorded session as an episode: its target and its reason are on its row; its commands are read only when somebody
//! looks closer.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Deed, Episode, Kind};
use crate::recording::{Command, Row};
use crate::runbook::reads;

pub fn episode(row: &Row) -> Option<Episode> {
    let targets: Vec<String> = [&row.target, &row.name].into_iter().flatten().cloned().collect();
    let name = row.name.as_ref().or(row.target.as_ref())?;
    let mut text = targets.clone();
    text.extend([&row.reason, &row.ticket].into_iter().flatten().cloned());
    Some(Episode {
        kind: Kind::Session,
        id: row.id.clone(),
        title: match row.reason.as_deref().filter(|reason| !reason.trim().is_empty()) {
            Some(reason) => reason.to_owned(),
            None => format!("a shell on {name}"),
        },
        who: row.local_user.clone().or(row.actor.clone()).unwrap_or_default(),
        started_at: Timestamp::from_microsecond(row.started_at).ok()?,
        lasted_for: row.duration_us.map(Duration::from_micros),
        outcome: row.state.as_str().to_owned(),
        alarms: Vec::new(),
        text: text.join(" "),
        targets,
        deeds: Vec::new(),
        path: Some(row.path.clone()),
    })
}

/// Commands that changed something, and did not fail as far as is known.
pub fn deeds(started_at: Timestamp, commands: &[Command]) -> Vec<Deed> {
    let went_well = |command: &&Command| command.exit_code.is_none_or(|code| code == 0);
    let changes = |command: &&Command| !reads(&command.text);
    let at = |us: u64| started_at.checked_add(SignedDuration::from_micros(us.min(i64::MAX as u64) as i64));
    let deed = |command: &Command| {
        let text = command.text.clone();
        at(command.at_us).ok().map(|at| Deed { at, text })
    };
    commands
        .iter()
        .filter(went_well)
        .filter(changes)
        .filter_map(deed)
        .collect()
}

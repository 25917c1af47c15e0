//! An incident as an episode, by the lines of its journal. Notes of before they were covered as they were written are
//! covered here.

use std::path::Path;
use std::time::Duration;

use super::{Deed, Episode, Kind};
use crate::incident::journal::{self, Journal};
use crate::incident::{Line, Record, State};
use crate::runbook::kept;

/// Those of a data directory that can be read, and why others cannot.
pub fn episodes(data_dir: &Path) -> (Vec<Episode>, Vec<String>) {
    let ids = match journal::list(data_dir) {
        Ok(ids) => ids,
        Err(cause) => return (Vec::new(), vec![cause.to_string()]),
    };
    let (mut episodes, mut failures) = (Vec::new(), Vec::new());
    for id in ids {
        match Journal::load(data_dir, &id) {
            Ok(journal) => episodes.extend(episode(&id, &journal.lines)),
            Err(cause) => failures.push(cause.to_string()),
        }
    }
    (episodes, failures)
}

/// `None` where nothing was opened.
fn episode(id: &str, lines: &[Line]) -> Option<Episode> {
    lines
        .iter()
        .find(|line| matches!(line.record, Record::Opened(_)))?;
    let state = State::of(id, lines);
    let started_at = state.started_at?;
    let title = kept(&state.title);
    let mut text = vec![title.clone()];
    let mut targets = Vec::new();
    if let Some(alarm) = &state.alarm {
        text.push(alarm.name.clone());
        text.extend(alarm.metric.clone());
        targets.extend(alarm.dimensions.values().cloned());
    }
    text.extend(lines.iter().filter_map(|line| line.record.note()).map(kept));
    let over_at = state.recovered_at.or(state.closed_at);
    Some(Episode {
        kind: Kind::Incident,
        id: id.to_owned(),
        who: lines.first()?.by.user.clone().unwrap_or_default(),
        started_at,
        lasted_for: over_at.and_then(|at| Duration::try_from(at.duration_since(started_at)).ok()),
        outcome: state.status.as_str().to_owned(),
        targets,
        alarms: state.alarm.iter().map(|alarm| alarm.name.clone()).collect(),
        text: text.join(" "),
        deeds: deeds(lines, over_at.is_some()),
        path: None,
        title,
    })
}

/// What people think had helped. Where nobody said it with the words that it was better, it is the last that was noted of
/// one that is over.
fn deeds(lines: &[Line], is_over: bool) -> Vec<Deed> {
    let said: Vec<Deed> = lines.iter().filter_map(deed).collect();
    if !said.is_empty() || !is_over {
        return said;
    }
    let noted = |line: &Line| match &line.record {
        Record::Note { text } if !text.trim().is_empty() => Some(Deed {
            at: line.at,
            text: kept(text),
        }),
        _ => None,
    };
    lines.iter().rev().find_map(noted).into_iter().collect()
}

/// What a person wrote when it was better.
fn deed(line: &Line) -> Option<Deed> {
    let (Record::Mitigated { note, .. } | Record::Recovered { note, .. } | Record::Closed { note }) =
        &line.record
    else {
        return None;
    };
    (!note.trim().is_empty()).then(|| Deed {
        at: line.record.when().unwrap_or(line.at),
        text: kept(note),
    })
}

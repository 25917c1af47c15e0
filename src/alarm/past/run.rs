//! A run of a runbook as an episode, from its journal alone.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::{Deed, Episode, Kind};
use crate::runbook::reads;
use crate::runbook::run::State;
use crate::runbook::run::record::{Line, Outcome, Record};

/// `None` for a journal in which nothing began.
pub fn episode(id: &str, lines: &[Line]) -> Option<Episode> {
    let state = State::of(lines);
    let started_at: Timestamp = state.started_at.parse().ok()?;
    let alarm = lines.iter().find_map(|line| match &line.record {
        Record::Opened { alarm, .. } => alarm.as_ref(),
        _ => None,
    });
    let of_alarm = |field: &str| Some(alarm?.get(field)?.as_str()?.to_owned());
    let alarms: Vec<String> = [of_alarm("arn"), of_alarm("name")]
        .into_iter()
        .flatten()
        .collect();
    let last_at: Option<Timestamp> = state.last_at.parse().ok();
    let lasted_for = state.closed.as_ref().and(last_at);
    let lasted_for = lasted_for.and_then(|at| Duration::try_from(at.duration_since(started_at)).ok());
    let mut targets: Vec<String> = Vec::new();
    for machine in state.machines.iter().filter(|machine| machine.id != "local") {
        targets.extend([machine.id.clone(), machine.name.clone()]);
    }
    let given = state
        .values
        .values()
        .filter(|value| value.starts_with("i-"))
        .cloned();
    targets.extend(given);
    targets.retain(|target| !target.is_empty());
    let mut text = vec![state.title.clone(), state.reason.clone()];
    text.extend(of_alarm("name"));
    text.extend(of_alarm("metric"));
    text.extend(targets.iter().cloned());
    Some(Episode {
        kind: Kind::Run,
        id: id.to_owned(),
        who: state.by.clone(),
        started_at,
        lasted_for,
        outcome: state.word().to_owned(),
        targets,
        alarms,
        text: text.join(" "),
        deeds: deeds(lines),
        path: None,
        title: state.title,
    })
}

/// Steps that changed something and went well, as their commands were run.
fn deeds(lines: &[Line]) -> Vec<Deed> {
    let mut commands: HashMap<(&str, &str), &[String]> = HashMap::new();
    let mut deeds = Vec::new();
    for line in lines {
        match &line.record {
            Record::Started {
                step,
                target,
                commands: run,
                ..
            } => drop(commands.insert((step, target), run)),
            Record::Ended {
                step,
                target,
                outcome: Outcome::Success,
                ..
            } => {
                let run = commands
                    .get(&(step.as_str(), target.as_str()))
                    .copied()
                    .unwrap_or_default();
                let changes = run.iter().rev().find(|command| !reads(command));
                if let (Some(command), Ok(at)) = (changes, line.at.parse()) {
                    let text = command.clone();
                    deeds.push(Deed { at, text });
                }
            }
            _ => {}
        }
    }
    deeds
}

/// Ids of the recordings that the run made.
pub fn recordings(lines: &[Line]) -> Vec<String> {
    let mut ids = Vec::new();
    for line in lines {
        match &line.record {
            Record::Started { spot: Some(spot), .. } | Record::Ended { spot: Some(spot), .. } => {
                ids.push(spot.recording.clone());
            }
            Record::Closed { recordings, .. } => ids.extend(recordings.values().cloned()),
            _ => {}
        }
    }
    ids
}

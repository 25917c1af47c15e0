//! An incident as an episode, by the lines of its journal, `DATA_DIR/incidents/ID/journal.jsonl`. Only what is told here is
//! read of a line, so that one with more in it, or of another kind, hides nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Deed, Episode, Kind};

const FILE: &str = "journal.jsonl";

#[derive(Deserialize)]
struct Line {
    at: Timestamp,
    #[serde(default)]
    by: By,
    event: String,
    title: Option<String>,
    started_at: Option<Timestamp>,
    alarm: Option<Told>,
    note: Option<String>,
    /// When it was, where that is not when it was written.
    when: Option<Timestamp>,
    text: Option<String>,
}

#[derive(Default, Deserialize)]
struct By {
    user: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    name: String,
    metric: Option<String>,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
}

/// Those of a data directory that can be read, and why others cannot.
pub fn episodes(data_dir: &Path) -> (Vec<Episode>, Vec<String>) {
    let (mut episodes, mut failures) = (Vec::new(), Vec::new());
    let folder = data_dir.join("incidents");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return (episodes, failures),
        Err(cause) => return (episodes, vec![format!("{}: {cause}", folder.display())]),
    };
    for entry in entries.flatten() {
        let path = entry.path().join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
                let id = entry.file_name().to_string_lossy().into_owned();
                episodes.extend(episode(&id, &lines.collect::<Vec<Line>>()));
            }
            // A folder that is no incident's.
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => failures.push(format!("{}: {cause}", path.display())),
        }
    }
    (episodes, failures)
}

/// `None` where nothing was opened.
fn episode(id: &str, lines: &[Line]) -> Option<Episode> {
    let opened = lines.iter().find(|line| line.event == "opened")?;
    let title = opened.title.clone().unwrap_or_default();
    let over = lines.iter().find(|line| line.event == "recovered");
    let over = over.or_else(|| lines.iter().rfind(|line| line.event == "closed"));
    let last = lines.iter().rfind(|line| {
        ["acknowledged", "mitigated", "recovered", "closed", "reopened"].contains(&line.event.as_str())
    });
    let mut text = vec![title.clone()];
    let mut targets = Vec::new();
    if let Some(alarm) = &opened.alarm {
        text.push(alarm.name.clone());
        text.extend(alarm.metric.clone());
        targets.extend(alarm.dimensions.values().cloned());
    }
    let said = lines
        .iter()
        .filter_map(|line| line.text.as_ref().or(line.note.as_ref()));
    text.extend(said.cloned());
    // What a person wrote when it was better is what they think had helped.
    let better = lines
        .iter()
        .filter(|line| ["mitigated", "recovered"].contains(&line.event.as_str()));
    let deed = |line: &Line| {
        let text = line.note.clone().filter(|note| !note.trim().is_empty())?;
        Some(Deed {
            at: line.when.unwrap_or(line.at),
            text,
        })
    };
    let started_at = opened.started_at.unwrap_or(opened.at);
    Some(Episode {
        kind: Kind::Incident,
        id: id.to_owned(),
        who: opened.by.user.clone().unwrap_or_default(),
        started_at,
        lasted_for: over
            .map(|over| over.when.unwrap_or(over.at))
            .and_then(|at| Duration::try_from(at.duration_since(started_at)).ok()),
        outcome: last.map_or("open", |line| line.event.as_str()).to_owned(),
        targets,
        alarms: opened.alarm.iter().map(|alarm| alarm.name.clone()).collect(),
        text: text.join(" "),
        deeds: better.filter_map(deed).collect(),
        path: None,
        title,
    })
}

//! Last time: what was done before for the same alarm, on the same target, or about something that reads alike; by whom,
//! how long it took, how it ended. What fixed it is a guess from what was run before the alarm went quiet, and says so.

mod incident;
mod run;
mod session;
mod similar;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::Alarm;
use crate::recording::{Catalogue, Row};
use crate::runbook::run::journal;
use similar::Index;

/// What kind of doing it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Run,
    Session,
    Incident,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Run => "run",
            Kind::Session => "session",
            Kind::Incident => "incident",
        }
    }
}

/// Something that was changed, and went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub at: Timestamp,
    /// The step's title or the command.
    pub text: String,
}

/// One time that somebody dealt with something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    pub kind: Kind,
    pub id: String,
    pub title: String,
    pub who: String,
    pub started_at: Timestamp,
    /// `None` while it goes on.
    pub lasted_for: Option<Duration>,
    pub outcome: String,
    /// Ids and names of what it was done on.
    pub targets: Vec<String>,
    /// Name and ARN of the alarm that led to it.
    pub alarms: Vec<String>,
    /// What it is found by.
    pub text: String,
    /// In the order of time; of a session only once its commands were read.
    pub deeds: Vec<Deed>,
    /// Of its recording.
    pub path: Option<PathBuf>,
}

/// Why an episode is recalled; the first is the surest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    Alarm,
    Target,
    Similar,
}

impl Why {
    pub fn says(self) -> &'static str {
        match self {
            Why::Alarm => "same alarm",
            Why::Target => "same target",
            Why::Similar => "reads alike",
        }
    }
}

/// An episode that is worth knowing now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    pub episode: Episode,
    pub why: Why,
    /// It began after the alarm went off this time: nothing is known yet of what it leads to.
    pub is_since: bool,
    /// Always a guess.
    pub fix: Option<Fix>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    pub text: String,
    /// The alarm is known to have gone quiet after it; otherwise nothing is known but the order.
    pub before_ok: bool,
}

/// Everything that was done from this data directory.
#[derive(Default)]
pub struct Past {
    pub episodes: Vec<Episode>,
    index: Index,
}

/// How many of a kind of match are worth a look.
const SIMILAR: usize = 3;
/// Below this share of the question's weight two texts do not speak of the same thing.
const ALIKE: f64 = 0.4;
/// Names shorter than this stand in too many texts by chance.
const TELLING: usize = 6;

impl Past {
    /// Reads the journals of runs and of incidents, and takes the rows of recordings; what cannot be read is told.
    pub fn load(data_dir: &Path, recordings: &[Row]) -> (Past, Vec<String>) {
        let (mut episodes, mut failures) = (Vec::new(), Vec::new());
        let mut own = std::collections::HashSet::new();
        match journal::list(data_dir) {
            Ok(runs) => {
                for id in runs {
                    match journal::load(data_dir, &id) {
                        Ok(lines) => {
                            let recorded = run::recordings(&lines);
                            let is_its = |row: &&Row| recorded.contains(&row.id);
                            let path = recordings.iter().find(is_its).map(|row| row.path.clone());
                            let episode = run::episode(&id, &lines);
                            episodes.extend(episode.map(|episode| Episode { path, ..episode }));
                            own.extend(recorded);
                        }
                        Err(cause) => failures.push(cause.to_string()),
                    }
                }
            }
            Err(cause) => failures.push(cause.to_string()),
        }
        let (incidents, unread) = incident::episodes(data_dir);
        episodes.extend(incidents);
        failures.extend(unread);
        // The recording of a run is the run told a second time.
        let apart = recordings.iter().filter(|row| !own.contains(&row.id));
        episodes.extend(apart.filter_map(session::episode));
        (Past::of(episodes), failures)
    }

    pub fn of(mut episodes: Vec<Episode>) -> Past {
        episodes.sort_by(|a, b| b.started_at.cmp(&a.started_at).then_with(|| a.id.cmp(&b.id)));
        let index = Index::of(episodes.iter().map(|episode| episode.text.as_str()));
        Past { episodes, index }
    }

    /// What is worth knowing of an alarm, the surest first and the newest of those; `name` is its target's. What began
    /// after the alarm went off this time is not the past: see [`since`](Past::since).
    pub fn recall(&self, alarm: &Alarm, name: Option<&str>, most: usize) -> Vec<Recalled> {
        let is_past = |episode: &Episode| !is_since(episode, alarm);
        let mut found: Vec<(Why, usize)> = Vec::new();
        for (at, episode) in self
            .episodes
            .iter()
            .enumerate()
            .filter(|(_, episode)| is_past(episode))
        {
            if let Some(why) = of_same(episode, alarm, name) {
                found.push((why, at));
            }
        }
        let question = question(alarm, name);
        let alike = self
            .index
            .search(&question)
            .into_iter()
            .filter(|(_, share)| *share >= ALIKE);
        let alike = alike
            .filter(|(at, _)| is_past(&self.episodes[*at]) && !found.iter().any(|(_, known)| known == at));
        let alike: Vec<(Why, usize)> = alike.take(SIMILAR).map(|(at, _)| (Why::Similar, at)).collect();
        // Stable: within a reason the order stays, by time or by likeness.
        found.sort_by_key(|(why, _)| *why);
        found.extend(alike);
        let recalled = |(why, at): (Why, usize)| {
            let episode = self.episodes[at].clone();
            let fix = fix(&episode, None);
            Recalled {
                episode,
                why,
                is_since: false,
                fix,
            }
        };
        found.into_iter().take(most).map(recalled).collect()
    }

    /// What was done for an alarm, or on its target, since it went off this time, the newest first.
    pub fn since(&self, alarm: &Alarm, name: Option<&str>, most: usize) -> Vec<Recalled> {
        let since = self.episodes.iter().filter(|episode| is_since(episode, alarm));
        let recalled = |episode: &Episode| {
            Some(Recalled {
                why: of_same(episode, alarm, name)?,
                episode: episode.clone(),
                is_since: true,
                fix: None,
            })
        };
        since.filter_map(recalled).take(most).collect()
    }
}

/// Reads what was run in recalled sessions, and judges what fixed it; `quiet_at` are the moments at which the alarm is
/// known to have gone OK, `None` where its history is not known.
pub fn look_closer(recalled: &mut [Recalled], catalogue: &Catalogue, quiet_at: Option<&[Timestamp]>) {
    for one in recalled.iter_mut().filter(|one| !one.is_since) {
        if let (Kind::Session, Some(path)) = (one.episode.kind, &one.episode.path)
            && let Ok(kept) = catalogue.load(path)
        {
            one.episode.deeds = session::deeds(one.episode.started_at, &kept.commands);
        }
    }
    judge_fixes(recalled, quiet_at);
}

/// What fixed it each time, by when the alarm is known to have gone OK.
pub fn judge_fixes(recalled: &mut [Recalled], quiet_at: Option<&[Timestamp]>) {
    for one in recalled.iter_mut().filter(|one| !one.is_since) {
        one.fix = fix(&one.episode, quiet_at);
    }
}

/// The last thing that was changed before the alarm went quiet.
fn fix(episode: &Episode, quiet_at: Option<&[Timestamp]>) -> Option<Fix> {
    let last = episode.deeds.last()?;
    let over_at = last.at.checked_add(24.hours()).ok()?;
    let quiet = quiet_at
        .into_iter()
        .flatten()
        .filter(|at| **at >= episode.started_at && **at <= over_at)
        .min();
    let before = quiet.and_then(|quiet| episode.deeds.iter().rev().find(|deed| deed.at <= *quiet));
    // What a person writes of an incident is mostly written when the alarm is quiet already.
    let is_told = quiet.is_none() || episode.kind == Kind::Incident;
    let deed = before.or_else(|| Some(last).filter(|_| is_told))?;
    Some(Fix {
        text: deed.text.clone(),
        before_ok: before.is_some(),
    })
}

/// Whether it began after the alarm went off, which it still is.
fn is_since(episode: &Episode, alarm: &Alarm) -> bool {
    let since = alarm.since.filter(|_| alarm.is_burning());
    since.is_some_and(|since| episode.started_at >= since)
}

fn of_same(episode: &Episode, alarm: &Alarm, name: Option<&str>) -> Option<Why> {
    let told = |name: &str| name.len() >= TELLING && contains_word(&episode.text, name);
    let is_alarm = |known: &String| *known == alarm.arn || *known == alarm.name;
    if episode.alarms.iter().any(is_alarm) || told(&alarm.name) {
        return Some(Why::Alarm);
    }
    let mut names = [alarm.instance_id(), alarm.target(), name].into_iter().flatten();
    let is_target = names.any(|name| episode.targets.iter().any(|target| target == name));
    is_target.then_some(Why::Target)
}

/// Whether a text holds a name that is no part of a longer one.
fn contains_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    text.match_indices(name).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn question(alarm: &Alarm, name: Option<&str>) -> String {
    let target = alarm.target().filter(|_| alarm.instance_id().is_none());
    let parts = [
        Some(alarm.name.as_str()),
        alarm.metric.as_deref(),
        name.or(target),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;

//! What a log alone tells of a command on many machines whose recording is not here: how it ended on each that the log names,
//! and on how many that it does not name.

use std::collections::BTreeMap;

use serde_json::Value;

use super::audited::{command_of, text, touches_of};
use super::command::settle;
use super::{Item, Kind, Spot, Target};
use crate::audit::{self, Entry};
use crate::fanout::Ending;

/// The lines of a run.
#[derive(Default)]
struct Lines<'e> {
    start: Option<&'e Entry>,
    end: Option<&'e Entry>,
}

/// Runs by the recording of each.
pub struct Fanned<'e>(BTreeMap<&'e str, Lines<'e>>);

/// Machines that a command went to, or was to go to, and that no log here names.
pub struct Untold {
    pub machines: u64,
    pub says: String,
}

fn count(entry: &Entry, key: &str) -> u64 {
    entry.body.get(key).and_then(Value::as_u64).unwrap_or_default()
}

/// Machines that it reached, by the line of its end.
fn reached(end: &Entry) -> u64 {
    ["succeeded", "failed", "unknown"]
        .map(|key| count(end, key))
        .iter()
        .sum()
}

impl<'e> Fanned<'e> {
    pub fn of(entries: &'e [(Option<String>, Entry)]) -> Fanned<'e> {
        let mut runs: BTreeMap<&str, Lines> = BTreeMap::new();
        for (_, entry) in entries {
            let is_exec = entry.event == audit::Kind::Exec.name();
            let Some(sid) = entry.sid.as_deref().filter(|_| is_exec) else {
                continue;
            };
            match text(entry, "phase") {
                Some("start") => runs.entry(sid).or_default().start = Some(entry),
                Some("end") => runs.entry(sid).or_default().end = Some(entry),
                _ => {}
            }
        }
        Fanned(runs)
    }

    fn lines(&self, entry: &Entry) -> Option<&Lines<'e>> {
        self.0.get(entry.sid.as_deref()?)
    }

    /// Whether it is over and never began on any machine: the one that it names was not touched either.
    pub fn has_reached_none(&self, entry: &Entry) -> bool {
        let end = self.lines(entry).and_then(|lines| lines.end);
        end.is_some_and(|end| {
            reached(end) == 0 && count(end, "not_connected") + count(end, "never_began") > 0
        })
    }

    /// How it ended on each machine that its last line names; none for any other line.
    pub fn results(&self, entry: &Entry) -> Vec<Item> {
        let lines = self.lines(entry);
        let is_end = |lines: &&Lines| lines.end.is_some_and(|end| end.uid == entry.uid);
        let (Some(lines), Some(at)) = (lines.filter(is_end), entry.at()) else {
            return Vec::new();
        };
        let known = lines.start.map(touches_of).unwrap_or_default();
        let target =
            |id: &String, ending: &Ending| match known.iter().find(|known| known.id.as_ref() == Some(id)) {
                Some(known) => Target::of(known),
                None => Target {
                    id: Some(id.clone()),
                    account: ending.account.clone(),
                    region: ending.region.clone(),
                    ..Target::default()
                },
            };
        let result = |id: &String, ending: &Ending| {
            let mut item = Item::new(at, Kind::Result, "");
            settle(&mut item, &ending.status);
            item.who = entry.actor.user.clone().or_else(|| entry.actor.arn.clone());
            item.arn.clone_from(&entry.actor.arn);
            item.target = Some(target(id, ending));
            item.command = command_of(entry).map(str::to_owned);
            item.exit = ending.exit_code;
            let spot = |recording| Spot { recording, at_us: 0 };
            item.spot = entry.sid.clone().map(spot);
            item
        };
        let mut items = Vec::new();
        for ending in endings(entry).unwrap_or_default() {
            items.extend(ending.machines.iter().map(|id| result(id, &ending)));
        }
        items
    }

    /// What the last line of a run leaves open, with the log that tells it where it is somebody else's.
    pub fn untold(&self, entry: &Entry, from: Option<&String>) -> Option<Untold> {
        let lines = self.lines(entry)?;
        if lines.end.or(lines.start)?.uid != entry.uid {
            return None;
        }
        let many = lines.start.map_or(0, |start| count(start, "targets"));
        let command = command_of(entry)?.lines().next().unwrap_or_default();
        let (machines, says) = match lines.end {
            Some(end) if endings(end).is_some() => {
                let more = count(end, "more");
                let says = format!("how `{command}` ended on {more} more machines than it names");
                (more, says)
            }
            // The one that it names is the one where it ran.
            _ if many == 1 => return None,
            end => {
                let says = format!("on which of {many} machines `{command}` ran, and how it ended there,");
                (end.map_or(many, reached), says)
            }
        };
        let sid = entry.sid.as_deref()?;
        let says = match from {
            Some(from) => format!("told of by {from}: {says} is in recording {sid} on that machine alone"),
            None => format!("{says} is in recording {sid} alone, which cannot be read here"),
        };
        (machines > 0).then_some(Untold { machines, says })
    }
}

/// `None` for a line of a version that named no machine.
fn endings(end: &Entry) -> Option<Vec<Ending>> {
    serde_json::from_value(end.body.get("results")?.clone()).ok()
}

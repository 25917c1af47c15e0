//! Runs of runbooks during an incident: their steps with how each ended, who confirmed them, and what they leave as evidence.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Item, Kind, Spot, Target};
use crate::runbook::run::record::{Line, Machine, Outcome, Record};
use crate::runbook::run::{State, journal};

/// A run, as its journal tells it.
pub struct Ran {
    pub id: String,
    pub title: String,
    pub lines: Vec<Line>,
    /// Whether journal and outputs are what was written.
    pub is_whole: bool,
}

impl Ran {
    pub fn load(data_dir: &Path, id: &str) -> Result<Ran, journal::Error> {
        let lines = journal::load(data_dir, id)?;
        let verdict = journal::verify(data_dir, id)?;
        Ok(Ran {
            id: id.to_owned(),
            title: State::of(&lines).title,
            lines,
            is_whole: verdict.is_ok(),
        })
    }

    /// Recordings that its sessions made.
    pub fn recordings(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for line in &self.lines {
            match &line.record {
                Record::Started { spot: Some(spot), .. } | Record::Ended { spot: Some(spot), .. } => {
                    ids.insert(spot.recording.clone());
                }
                Record::Closed { recordings, .. } => ids.extend(recordings.values().cloned()),
                _ => {}
            }
        }
        ids
    }

    pub fn items(&self) -> Vec<Item> {
        let mut teller = Teller {
            ran: self,
            who: None,
            machines: &[],
            items: Vec::new(),
        };
        for (nth, line) in self.lines.iter().enumerate() {
            teller.hear(nth, line);
        }
        teller.items
    }
}

struct Teller<'r> {
    ran: &'r Ran,
    who: Option<String>,
    machines: &'r [Machine],
    items: Vec<Item>,
}

impl<'r> Teller<'r> {
    fn push(&mut self, line: &Line, kind: Kind, says: String) -> Option<&mut Item> {
        let mut item = Item::new(line.at.parse().ok()?, kind, says);
        item.who.clone_from(&self.who);
        item.run = Some(self.ran.id.clone());
        self.items.push(item);
        self.items.last_mut()
    }

    fn target(&self, id: &str) -> Option<Target> {
        let machine = self.machines.iter().find(|machine| machine.id == id)?;
        Some(Target {
            id: Some(machine.id.clone()),
            name: Some(machine.name.clone()),
            account: machine.account.clone(),
            region: machine.region.clone(),
        })
    }

    fn hear(&mut self, nth: usize, line: &'r Line) {
        match &line.record {
            Record::Opened { who, machines, .. } => {
                self.who = who.user.clone().or_else(|| who.arn.clone());
                self.machines = machines;
                let says = format!("runbook {} began", self.ran.title);
                self.push(line, Kind::Run, says);
            }
            Record::Resumed { who } => {
                self.who = who.user.clone().or_else(|| who.arn.clone());
                let says = format!("runbook {} was gone on with", self.ran.title);
                self.push(line, Kind::Run, says);
            }
            Record::Confirmed {
                step,
                targets,
                level,
                by,
                ..
            } => {
                let says = format!("step {step} confirmed ({level}) for {}", targets.join(", "));
                let by = by.clone();
                if let Some(item) = self.push(line, Kind::Approval, says) {
                    item.who = Some(by);
                }
            }
            Record::Started {
                step,
                target,
                attempt,
                commands,
                spot,
                ..
            } => {
                let end = self.ran.lines[nth + 1..]
                    .iter()
                    .find_map(|later| match &later.record {
                        Record::Ended {
                            step: ended,
                            target: on,
                            attempt: which,
                            outcome,
                            exit,
                            says,
                            ..
                        } if (ended, on, which) == (step, target, attempt) => {
                            Some((*outcome, *exit, says.clone()))
                        }
                        _ => None,
                    });
                let mut says = format!("step {step}: {}", commands.join("; "));
                match &end {
                    None => says.push_str(" (how it ended is not known)"),
                    Some((_, _, why)) if !why.is_empty() => says.push_str(&format!(" ({why})")),
                    Some(_) => {}
                }
                let target = self.target(target);
                let spot = spot.as_ref().map(|spot| Spot {
                    recording: spot.recording.clone(),
                    at_us: spot.at_us,
                });
                if let Some(item) = self.push(line, Kind::Step, says) {
                    item.exit = end.as_ref().and_then(|(_, exit, _)| *exit);
                    item.failed = end.is_some_and(|(outcome, ..)| outcome != Outcome::Success);
                    item.known = Some("marked");
                    (item.target, item.spot) = (target, spot);
                }
            }
            Record::Ticked { step, by, note, .. } => {
                let says = match note.as_str() {
                    "" => format!("step {step} was done by hand"),
                    note => format!("step {step} was done by hand: {note}"),
                };
                let by = by.clone();
                if let Some(item) = self.push(line, Kind::Step, says) {
                    item.who = Some(by);
                }
            }
            Record::Skipped { step, why } => {
                self.push(line, Kind::Step, format!("step {step} was left out: {why}"));
            }
            Record::Dropped { target, says, .. } => {
                let target = self.target(target);
                if let Some(item) = self.push(line, Kind::Step, says.clone()) {
                    item.target = target;
                }
            }
            Record::Decided {
                step,
                target,
                done,
                by,
            } => {
                let word = if *done { "done" } else { "not done" };
                let says =
                    format!("step {step} was under way on {target} when its process died; {by} says: {word}");
                self.push(line, Kind::Step, says);
            }
            Record::Changed { by, .. } => {
                self.push(line, Kind::Run, format!("the page was changed, taken by {by}"));
            }
            Record::Closed { outcome, says, .. } => {
                let failed = *outcome != Outcome::Success;
                let word = if failed {
                    "ended without success"
                } else {
                    "ended well"
                };
                let why = Some(says.as_str()).filter(|says| !says.is_empty());
                let why = why.map(|says| format!(": {says}")).unwrap_or_default();
                let says = format!("runbook {} {word}{why}", self.ran.title);
                if let Some(item) = self.push(line, Kind::Run, says) {
                    item.failed = failed;
                }
            }
            Record::Sent { .. } | Record::Valued { .. } | Record::Ended { .. } | Record::Recovered { .. } => {
            }
        }
    }
}

//! Runs of runbooks during an incident: their steps with how each ended, who confirmed them, and what they leave as evidence.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;

use super::{Item, Kind, Spot, Target};
use crate::runbook::run::record::{Line, Machine, Outcome, Record, approved};
use crate::runbook::run::{State, journal};

/// A run, as its journal tells it.
pub struct Ran {
    pub id: String,
    pub title: String,
    pub lines: Vec<Line>,
    /// Whether journal and outputs are what was written.
    pub is_whole: bool,
}

/// Whether this data directory has anything of a run.
pub(super) fn is_here(data_dir: &Path, id: &str) -> bool {
    journal::folder(data_dir).join(id).exists()
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

    /// Machines that steps were begun on and documents went to, and when.
    pub fn reached(&self) -> Vec<(Timestamp, Target)> {
        let mut reached = Vec::new();
        let mut known: Vec<&Machine> = Vec::new();
        for line in &self.lines {
            match &line.record {
                Record::Opened { machines, .. } | Record::Resumed { machines, .. } => known.extend(machines),
                Record::Started { target, .. } => {
                    let at: Timestamp = line.at.parse().unwrap_or_default();
                    let there = known.iter().find(|machine| machine.id == *target);
                    reached.extend(there.map(|machine| (at, Target::of_machine(machine))));
                }
                Record::Sent {
                    machines,
                    region,
                    known: then,
                    ..
                } => {
                    let at: Timestamp = line.at.parse().unwrap_or_default();
                    let of = |id: &String| {
                        let of_run = known.iter().find(|machine| machine.id == *id);
                        let of_fleet = || then.iter().find(|target| target.id.as_ref() == Some(id));
                        of_run
                            .map(|machine| Target::of_machine(machine))
                            .or_else(|| of_fleet().map(Target::of))
                            .unwrap_or_else(|| Target {
                                id: Some(id.clone()),
                                region: Some(region.clone()),
                                ..Target::default()
                            })
                    };
                    reached.extend(machines.iter().map(|id| (at, of(id))));
                }
                _ => {}
            }
        }
        reached
    }

    pub fn items(&self) -> Vec<Item> {
        let mut teller = Teller {
            ran: self,
            who: None,
            arn: None,
            machines: Vec::new(),
            items: Vec::new(),
        };
        for (nth, line) in self.lines.iter().enumerate() {
            teller.hear(nth, line);
        }
        teller.items
    }
}

impl Target {
    fn of_machine(machine: &Machine) -> Target {
        Target {
            id: Some(machine.id.clone()),
            name: Some(machine.name.clone()),
            account: machine.account.clone(),
            region: machine.region.clone(),
            tags: machine.tags.clone(),
        }
    }
}

fn judged(by: &str, done: bool) -> String {
    format!("{by} says: {}", if done { "done" } else { "not done" })
}

struct Teller<'r> {
    ran: &'r Ran,
    who: Option<String>,
    arn: Option<String>,
    machines: Vec<&'r Machine>,
    items: Vec<Item>,
}

impl<'r> Teller<'r> {
    fn push(&mut self, line: &Line, kind: Kind, says: String) -> Option<&mut Item> {
        let mut item = Item::new(line.at.parse().ok()?, kind, says);
        item.who.clone_from(&self.who);
        item.arn.clone_from(&self.arn);
        item.run = Some(self.ran.id.clone());
        self.items.push(item);
        self.items.last_mut()
    }

    fn target(&self, id: &str) -> Option<Target> {
        let machine = self.machines.iter().find(|machine| machine.id == id)?;
        Some(Target::of_machine(machine))
    }

    fn has_begun(&self, nth: usize, step: &str, target: &str, attempt: u32) -> bool {
        self.ran.lines[..nth].iter().any(|before| {
            matches!(&before.record, Record::Started { step: begun, target: on, attempt: which, .. }
                if (begun.as_str(), on.as_str(), *which) == (step, target, attempt))
        })
    }

    /// What a person said later of a step whose end nobody saw, before it was begun there again.
    fn decided(&self, nth: usize, step: &str, target: &str) -> Option<String> {
        let is = |id: &str, on: &str| (id, on) == (step, target);
        for later in &self.ran.lines[nth + 1..] {
            match &later.record {
                Record::Started { step, target, .. } if is(step, target) => return None,
                Record::Decided {
                    step,
                    target,
                    done,
                    by,
                } if is(step, target) => return Some(judged(by, *done)),
                _ => {}
            }
        }
        None
    }

    fn hear(&mut self, nth: usize, line: &'r Line) {
        match &line.record {
            Record::Opened { who, machines, .. } => {
                self.who = who.user.clone().or_else(|| who.arn.clone());
                self.arn.clone_from(&who.arn);
                self.machines.extend(machines);
                let says = format!("runbook {} began", self.ran.title);
                self.push(line, Kind::Run, says);
            }
            Record::Resumed { who, machines, .. } => {
                self.machines.extend(machines);
                self.who = who.user.clone().or_else(|| who.arn.clone());
                self.arn.clone_from(&who.arn);
                let says = format!("runbook {} was gone on with", self.ran.title);
                self.push(line, Kind::Run, says);
            }
            // Nobody was asked.
            Record::Confirmed { level, .. } if level == "none" => {}
            Record::Confirmed {
                step,
                targets,
                level,
                impact,
                by,
                ..
            } => {
                let mut says = format!("step {step} confirmed ({level}) for {}", targets.join(", "));
                if let Some(first) = impact.first() {
                    says.push_str(&format!(", {first}"));
                }
                let (by, approved) = approved(by);
                if let Some(item) = self.push(line, Kind::Approval, says) {
                    item.who = Some(by.to_owned());
                }
                if let Some((approver, key)) = approved {
                    let says = format!("step {step} was approved with key {key}");
                    if let Some(item) = self.push(line, Kind::Approval, says) {
                        (item.who, item.arn) = (Some(approver.to_owned()), None);
                    }
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
                let how = match &end {
                    None => Some("how it ended is not known".to_owned()),
                    Some((_, _, why)) => Some(why.clone()).filter(|why| !why.is_empty()),
                };
                let said: Vec<String> = how.into_iter().chain(self.decided(nth, step, target)).collect();
                let mut says = format!("step {step}: {}", commands.join("; "));
                if !said.is_empty() {
                    says.push_str(&format!(" ({})", said.join("; ")));
                }
                let target = self.target(target);
                let spot = spot.as_ref().map(|spot| Spot {
                    recording: spot.recording.clone(),
                    at_us: spot.at_us,
                });
                if let Some(item) = self.push(line, Kind::Step, says) {
                    item.exit = end.as_ref().and_then(|(_, exit, _)| *exit);
                    item.failed = end.is_some_and(|(outcome, ..)| outcome.is_failure());
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
                let says = format!("step {step} was left out: {why}");
                if let Some(item) = self.push(line, Kind::Step, says) {
                    item.is_remark = true;
                }
            }
            Record::Dropped { target, says, .. } => {
                let target = self.target(target);
                if let Some(item) = self.push(line, Kind::Step, says.clone()) {
                    (item.target, item.is_remark) = (target, true);
                }
            }
            Record::Decided {
                step,
                target,
                done,
                by,
            } => {
                let there = self.target(target);
                let on = there.as_ref().map_or(target.as_str(), Target::label);
                let before = State::of(&self.ran.lines[..nth]);
                let why = match before.half_undone_by(step, target) {
                    None => format!("step {step} was under way on {on}, and nobody saw its end"),
                    Some(rollback) => {
                        format!(
                            "step {step} was done on {on}, and its rollback {rollback} did not go through there"
                        )
                    }
                };
                let says = format!("{why}; {}", judged(by, *done));
                if let Some(item) = self.push(line, Kind::Step, says) {
                    (item.target, item.is_remark) = (there, true);
                }
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
            Record::Ended {
                step,
                target,
                attempt,
                says,
                ..
            } if !self.has_begun(nth, step, target, *attempt) => {
                let target = self.target(target);
                if let Some(item) = self.push(line, Kind::Step, format!("step {step} did not begin: {says}"))
                {
                    (item.failed, item.target) = (true, target);
                }
            }
            Record::Valued { .. }
            | Record::Moved { .. }
            | Record::Sent { .. }
            | Record::Ended { .. }
            | Record::Recovered { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit;
    use crate::runbook::run::record::{Who, with_approver};

    fn ran(records: Vec<Record>) -> Ran {
        let line = |(nth, record): (usize, Record)| Line {
            v: 1,
            seq: nth as u64 + 1,
            at: format!("2026-11-22T10:00:0{nth}.000000Z"),
            prev: String::new(),
            record,
        };
        Ran {
            id: "r1".into(),
            title: "Drain".into(),
            lines: records.into_iter().enumerate().map(line).collect(),
            is_whole: true,
        }
    }

    fn resumed(id: &str) -> Record {
        Record::Resumed {
            who: Who::default(),
            machines: vec![Machine {
                id: id.into(),
                name: "web-1".into(),
                account: Some("613489207754".into()),
                region: None,
                production: true,
                tags: [("team".to_owned(), "web".into())].into_iter().collect(),
            }],
            targets: vec![id.into()],
        }
    }

    fn confirmed(level: &str) -> Record {
        Record::Confirmed {
            step: "look".into(),
            targets: vec!["i-1".into()],
            level: level.into(),
            impact: Vec::new(),
            doubt: None,
            typed: String::new(),
            by: "mara".into(),
        }
    }

    #[test]
    fn what_nobody_was_asked_is_no_approval() {
        let items = ran(vec![confirmed("none"), confirmed("yes")]).items();
        let said: Vec<&str> = items.iter().map(|item| item.says.as_str()).collect();
        assert_eq!(said, ["step look confirmed (yes) for i-1"]);
    }

    #[test]
    fn whoever_approved_a_step_is_a_person_of_their_own() {
        let mut line = confirmed("type");
        if let Record::Confirmed { by, .. } = &mut line {
            *by = with_approver("mara", "jun", "5f2a");
        }
        let items = ran(vec![line]).items();
        let said: Vec<_> = items
            .iter()
            .map(|item| (item.who.as_deref(), item.says.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (Some("mara"), "step look confirmed (type) for i-1"),
                (Some("jun"), "step look was approved with key 5f2a")
            ]
        );
    }

    #[test]
    fn a_document_s_machines_are_touched() {
        let sent = Record::Sent {
            step: "reboot".into(),
            target: "aws".into(),
            attempt: 1,
            kind: "automation".into(),
            id: "7c3e1f2a".into(),
            profile: "shop".into(),
            region: "us-east-1".into(),
            machines: vec!["i-1".into(), "i-2".into(), "i-3".into()],
            known: vec![audit::Target {
                id: Some("i-3".into()),
                name: Some("db-1".into()),
                tags: [("team".to_owned(), "data".into())].into_iter().collect(),
                ..audit::Target::default()
            }],
        };
        let reached = ran(vec![resumed("i-1"), sent]).reached();
        let labels: Vec<&str> = reached.iter().map(|(_, target)| target.label()).collect();
        assert_eq!(labels, ["web-1", "i-2", "db-1"]);
        let teams: Vec<_> = reached
            .iter()
            .map(|(_, target)| target.tags.get("team"))
            .collect();
        assert_eq!(teams, [Some(&"web".into()), None, Some(&"data".into())]);
        assert_eq!(reached[0].1.account.as_deref(), Some("613489207754"));
    }

    #[test]
    fn a_step_that_did_not_begin_is_told_with_its_machine() {
        let ended = Record::Ended {
            step: "look".into(),
            target: "i-1".into(),
            attempt: 1,
            outcome: Outcome::Failed,
            exit: None,
            lasted_us: 0,
            output: None,
            spot: None,
            says: "no shell on web-1".into(),
        };
        let items = ran(vec![resumed("i-1"), ended]).items();
        let last = items.last().unwrap();
        assert_eq!(
            (
                last.says.as_str(),
                last.failed,
                last.target.as_ref().map(Target::label)
            ),
            ("step look did not begin: no shell on web-1", true, Some("web-1"))
        );
    }
}

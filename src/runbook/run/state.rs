//! How a run stands, by its journal alone: what is done stays done, and that whose end nobody saw is unknown until a person
//! says.

mod again;
mod same;
mod standing;
mod word;

use std::collections::{BTreeMap, BTreeSet};

use super::captured::Captured;
use super::record::{Line, Listed, Machine, Outcome, Record};
use crate::audit;
use crate::aws::Place;
use crate::runbook::Values;
use crate::runbook::fence::Kind;
use crate::runbook::placeholder::name;
use crate::runbook::plan::Step;
use crate::runbook::variable::Source;

use again::Ground;
use same::same;
pub use standing::Standing;

/// What AWS was told to do for a step that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub attempt: u32,
    pub id: String,
    /// Else an automation.
    pub is_command: bool,
    pub place: Place,
    pub machines: Vec<String>,
    /// What was known of those.
    pub known: Vec<audit::Target>,
}

impl Sent {
    pub(super) fn record(&self, step: &str, target: &str) -> Record {
        Record::Sent {
            step: step.to_owned(),
            target: target.to_owned(),
            attempt: self.attempt,
            kind: if self.is_command { "command" } else { "automation" }.to_owned(),
            id: self.id.clone(),
            profile: self.place.profile.clone(),
            region: self.place.region.clone(),
            machines: self.machines.clone(),
            known: self.known.clone(),
        }
    }
}

/// What the lines of a journal amount to.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub runbook: String,
    pub title: String,
    pub reason: String,
    pub sha256: String,
    pub machines: Vec<Machine>,
    /// Where steps run that do not say where.
    pub targets: Vec<String>,
    pub steps: Vec<Listed>,
    /// Of the alarm that led to it.
    pub facts: Values,
    /// Machines among them that are production.
    pub production: BTreeSet<String>,
    pub by: String,
    pub started_at: String,
    pub last_at: String,
    /// By step and target; a task and a skipped step have the target `""`.
    pub standings: BTreeMap<(String, String), Standing>,
    /// Steps that were done, and on what ground that does not simply stand.
    again: BTreeMap<(String, String), Ground>,
    /// Of steps that are unknown, what goes on at AWS.
    pub sent: BTreeMap<(String, String), Sent>,
    /// Machines that later steps leave alone, and the step that failed there.
    pub dropped: BTreeMap<String, String>,
    /// Values that are no secrets, with the target where they differ by it.
    pub values: BTreeMap<(String, Option<String>), String>,
    /// The same of those of which the journal has not all: a run that is gone on with asks for them again.
    pub covered: BTreeMap<(String, Option<String>), String>,
    /// What steps captured, machine by machine.
    pub captured: Captured,
    /// Folders that done steps left shells in, by target; `None`: it is not known. One that is not here was never left.
    pub folders: BTreeMap<String, Option<String>>,
    /// The same of a step that is not over.
    moving: BTreeMap<(String, String), Option<String>>,
    /// Attempts so far, by step and target.
    pub attempts: BTreeMap<(String, String), u32>,
    /// Microseconds spent in each step.
    pub spent_us: BTreeMap<String, u64>,
    pub closed: Option<(Outcome, String)>,
}

impl State {
    pub fn of(lines: &[Line]) -> State {
        let mut state = State::default();
        for line in lines {
            state.hear(&line.record);
            if state.started_at.is_empty() {
                state.started_at.clone_from(&line.at);
            }
            state.last_at.clone_from(&line.at);
        }
        state
    }

    /// What was known of the alarm when it began, where nothing newer is known.
    pub fn take_facts(&self, facts: &mut Values, production: &mut BTreeSet<String>) {
        for (name, value) in &self.facts {
            facts.entry(name.clone()).or_insert_with(|| value.clone());
        }
        production.extend(self.production.iter().cloned());
    }

    /// What was given or asked for the whole run, but for names that are given a value now, however they are spelt.
    pub fn take_values(&self, values: &mut Values) {
        let known = self.values.iter().filter(|((_, target), _)| target.is_none());
        for ((known, _), value) in known {
            if !values.keys().any(|given| name(given) == name(known)) {
                values.insert(known.clone(), value.clone());
            }
        }
    }

    /// Whether the journal has a value of this name, and not all of it.
    pub fn is_covered(&self, wanted: &str) -> bool {
        let mut covered = self.covered.keys();
        covered.any(|(known, _)| name(known) == name(wanted))
    }

    /// Names of which the journal has no value whole, whatever it is: a step captured one that it may not keep, or it covered
    /// one by its name alone. Where only the value itself was at fault, another may be none.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &String> {
        let by_name = |known: &String| format!("[redacted {}]", name(known));
        let is_hidden = move |(known, target): &&(String, Option<String>), value: &String| match target {
            Some(at) => self.captured.lost(known, at, &[]).is_some(),
            None => *value == by_name(known),
        };
        let covered = self.covered.iter();
        let hidden = covered.filter(move |(key, value)| is_hidden(key, value));
        hidden.map(|((known, _), _)| known)
    }

    /// What steps captured, but for names that are given a value now.
    pub fn captured_beside(&self, given: &Values) -> Captured {
        let mut captured = self.captured.clone();
        let begun = self.standings.keys();
        begun.for_each(|(step, machine)| captured.begin(step, machine));
        given.keys().for_each(|name| captured.drop_all(name));
        captured
    }

    /// Whether it is done wherever it was begun, and nothing has undone it.
    pub fn is_done(&self, step: &str) -> bool {
        let mut own = self.standings.keys().filter(|(id, _)| id == step).peekable();
        own.peek().is_some() && own.all(|key| self.stands(key) == Some(Standing::Done))
    }

    /// Whether it is done anywhere, or was before a rollback that did not go through.
    pub(super) fn has_done(&self, step: &str) -> bool {
        let mut own = self.standings.iter().filter(|((id, _), _)| id == step);
        own.any(|(key, standing)| *standing == Standing::Done && self.again.get(key) != Some(&Ground::Undone))
    }

    pub(super) fn hear(&mut self, record: &Record) {
        let key = |step: &str, target: &str| (step.to_owned(), target.to_owned());
        match record {
            Record::Opened {
                runbook,
                title,
                sha256,
                who,
                reason,
                machines,
                targets,
                steps,
                facts,
                production,
                ..
            } => {
                self.facts.clone_from(facts);
                self.production.clone_from(production);
                self.runbook.clone_from(runbook);
                self.title.clone_from(title);
                self.sha256.clone_from(sha256);
                self.by = who.user.clone().unwrap_or_default();
                self.reason.clone_from(reason);
                self.machines.clone_from(machines);
                self.targets.clone_from(targets);
                self.steps.clone_from(steps);
            }
            Record::Changed { sha256, steps, .. } => {
                self.sha256.clone_from(sha256);
                self.take_over(steps);
            }
            Record::Valued {
                name,
                value: Some(value),
                target,
                covered,
                step,
                source,
            } => {
                match (step, target) {
                    (Some(step), Some(target)) => {
                        let whole = (!covered).then(|| value.clone());
                        match *source == Source::Asked.name() {
                            true => self.captured.amend(step, name, target, whole),
                            false => self.captured.take(step, name, target, whole),
                        }
                    }
                    (_, None) => self.captured.forget(name),
                    (None, Some(_)) => {}
                }
                if target.is_none() {
                    self.unsay(name);
                }
                let key = (name.clone(), target.clone());
                let (into, from) = match covered {
                    true => (&mut self.covered, &mut self.values),
                    false => (&mut self.values, &mut self.covered),
                };
                from.remove(&key);
                into.insert(key, value.clone());
            }
            Record::Started {
                step,
                target,
                attempt,
                ..
            } => {
                self.renew(step, target);
                self.standings.insert(key(step, target), Standing::Unknown);
                self.take_back(step, target);
                self.moving.remove(&key(step, target));
                self.captured.run(step, target);
                self.attempts.insert(key(step, target), *attempt);
            }
            Record::Ended {
                step,
                target,
                outcome,
                lasted_us,
                ..
            } => {
                self.settle(step, target, Standing::from(*outcome));
                *self.spent_us.entry(step.clone()).or_default() += lasted_us;
            }
            Record::Sent {
                step,
                target,
                attempt,
                kind,
                id,
                profile,
                region,
                machines,
                known,
            } => {
                let sent = Sent {
                    attempt: *attempt,
                    id: id.clone(),
                    is_command: kind == "command",
                    place: Place {
                        profile: profile.clone(),
                        region: region.clone(),
                    },
                    machines: machines.clone(),
                    known: known.clone(),
                };
                self.sent.insert(key(step, target), sent);
            }
            Record::Dropped { step, target, .. } => {
                self.dropped.insert(target.clone(), step.clone());
            }
            Record::Ticked { step, lasted_us, .. } => {
                self.standings.insert(key(step, ""), Standing::Done);
                *self.spent_us.entry(step.clone()).or_default() += lasted_us;
            }
            Record::Skipped { step, .. } => {
                self.standings.insert(key(step, ""), Standing::Skipped);
            }
            Record::Decided {
                step, target, done, ..
            } => {
                self.sent.remove(&key(step, target));
                match *done {
                    true => self.settle(step, target, Standing::Done),
                    false => {
                        self.renew(step, target);
                        self.standings.remove(&key(step, target));
                    }
                }
            }
            Record::Moved { step, target, folder } => {
                self.moving.insert(key(step, target), folder.clone());
            }
            Record::Resumed {
                machines, targets, ..
            } => {
                self.closed = None;
                let known: Vec<String> = self.machines.iter().map(|machine| machine.id.clone()).collect();
                let new = machines.iter().filter(|machine| !known.contains(&machine.id));
                self.machines.extend(new.cloned());
                if !targets.is_empty() {
                    self.targets.clone_from(targets);
                }
            }
            Record::Closed { outcome, says, .. } => self.closed = Some((*outcome, says.clone())),
            Record::Valued { value: None, .. } | Record::Confirmed { .. } | Record::Recovered { .. } => {}
        }
    }

    /// What was said before of a value, in whatever spelling.
    fn unsay(&mut self, said: &str) {
        for values in [&mut self.values, &mut self.covered] {
            values.retain(|(known, target), _| target.is_some() || name(known) != name(said));
        }
    }

    /// Steps of a changed page: what is the same block stays done, whatever its number; what is another one is not.
    fn take_over(&mut self, steps: &[Listed]) {
        let renamed = same(&self.steps, steps);
        let (mut standings, sent) = (BTreeMap::new(), std::mem::take(&mut self.sent));
        self.moving.clear();
        for (old, new) in &renamed {
            let going = sent.iter().filter(|((id, _), _)| id == old);
            self.sent
                .extend(going.map(|((_, target), sent)| ((new.clone(), target.clone()), sent.clone())));
            let own = self.standings.iter().filter(|((id, _), _)| id == old);
            standings.extend(own.map(|((_, target), standing)| ((new.clone(), target.clone()), *standing)));
        }
        self.standings = standings;
        self.rename_again(&renamed);
        self.captured.rename(&renamed);
        // A step that is gone failed there all the same.
        for step in self.dropped.values_mut() {
            if let Some((_, new)) = renamed.iter().find(|(old, _)| old == step) {
                step.clone_from(new);
            }
        }
        self.steps = steps.to_vec();
    }

    /// A step is over there, as far as anybody saw; one that is done after all brings its machine back.
    pub(super) fn settle(&mut self, step: &str, target: &str, standing: Standing) {
        let key = (step.to_owned(), target.to_owned());
        self.renew(step, target);
        if standing == Standing::Done {
            if self.dropped.get(target).is_some_and(|at| at == step) {
                self.dropped.remove(target);
            }
            if let Some(folder) = self.moving.remove(&key) {
                self.folders.insert(target.to_owned(), folder);
            }
        }
        // What goes on at AWS can be asked about there.
        if standing != Standing::Unknown {
            self.sent.remove(&key);
        }
        self.standings.insert(key, standing);
        self.take_back(step, target);
    }

    /// The step whose failure there keeps another one away.
    pub(super) fn dropped_by(&self, step: &str, target: &str) -> Option<&str> {
        let at = self.dropped.get(target)?;
        (at != step).then_some(at)
    }

    /// Whether an earlier step failed there, which the page tolerates. What undoes something is kept from no machine.
    pub(super) fn is_kept_from(&self, step: &Step, target: &str) -> bool {
        step.attributes.kind != Kind::Rollback && self.dropped_by(&step.id, target).is_some()
    }

    /// Whether a step is done as far as one on `target` needs it: there, if it runs there; otherwise wherever it ran and
    /// was not given up.
    pub(super) fn is_met(&self, needed: &str, runs_there: bool, target: &str) -> bool {
        if runs_there {
            return self.standing(needed, target) == Some(Standing::Done);
        }
        let mut is_done = false;
        for (key, standing) in &self.standings {
            let (step, at) = key;
            let is_given_up = *standing == Standing::Failed && self.dropped.get(at) == Some(step);
            match standing {
                _ if step != needed || is_given_up => {}
                _ if self.stands(key) == Some(Standing::Done) => is_done = true,
                _ => return false,
            }
        }
        is_done
    }

    /// How it stands there now: what was undone is as if it had not been done.
    pub fn standing(&self, step: &str, target: &str) -> Option<Standing> {
        let at = |target: &str| self.stands(&(step.to_owned(), target.to_owned()));
        at(target).or_else(|| at(""))
    }

    /// Steps whose end nobody saw, and those whose rollback did not go through.
    pub fn unknown(&self) -> Vec<(String, String)> {
        let keys = self.standings.keys();
        let unknown = keys.filter(|key| self.stands(key) == Some(Standing::Unknown));
        unknown.cloned().collect()
    }

    /// Those of which nobody but a person can tell how they stand.
    pub fn undecided(&self) -> Vec<(String, String)> {
        let mut unknown = self.unknown();
        unknown.retain(|key| !self.sent.contains_key(key));
        unknown
    }
}

#[cfg(test)]
mod tests;

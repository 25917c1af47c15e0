//! How a run stands, by its journal alone: what is done stays done, and that whose end nobody saw is unknown until a person
//! says.

mod standing;

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

    /// Whether it is done wherever it was begun.
    pub fn is_done(&self, step: &str) -> bool {
        let mut own = self.standings.iter().filter(|((id, _), _)| id == step).peekable();
        own.peek().is_some() && own.all(|(_, standing)| *standing == Standing::Done)
    }

    /// Whether it is done anywhere.
    pub(super) fn has_done(&self, step: &str) -> bool {
        let mut own = self.standings.iter().filter(|((id, _), _)| id == step);
        own.any(|(_, standing)| *standing == Standing::Done)
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
                self.standings.insert(key(step, target), Standing::Unknown);
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
                    false => drop(self.standings.remove(&key(step, target))),
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
        for ((step, at), standing) in &self.standings {
            let is_given_up = *standing == Standing::Failed && self.dropped.get(at) == Some(step);
            match standing {
                _ if step != needed || is_given_up => {}
                Standing::Done => is_done = true,
                _ => return false,
            }
        }
        is_done
    }

    pub fn standing(&self, step: &str, target: &str) -> Option<Standing> {
        let at = |target: &str| self.standings.get(&(step.to_owned(), target.to_owned())).copied();
        at(target).or_else(|| at(""))
    }

    /// Steps whose end nobody saw.
    pub fn unknown(&self) -> Vec<(String, String)> {
        let unknown = self
            .standings
            .iter()
            .filter(|(_, standing)| **standing == Standing::Unknown);
        unknown.map(|(key, _)| key.clone()).collect()
    }

    /// Those of which nobody but a person can tell how they stand.
    pub fn undecided(&self) -> Vec<(String, String)> {
        let mut unknown = self.unknown();
        unknown.retain(|key| !self.sent.contains_key(key));
        unknown
    }

    /// How many steps are done, and of how many; what only undoes others is no step on the way.
    pub fn progress(&self) -> (usize, usize) {
        let own = || self.steps.iter().filter(|step| step.undoes.is_none());
        let done = own().filter(|step| self.is_done(&step.step));
        (done.count(), own().count())
    }

    /// Of the steps that are done and can be undone, how many are, and how many there are.
    fn undone(&self) -> (usize, usize) {
        let (mut undone, mut all) = (BTreeSet::new(), BTreeSet::new());
        for rollback in &self.steps {
            let undoes = rollback
                .undoes
                .iter()
                .flatten()
                .filter(|step| self.has_done(step));
            for step in undoes {
                all.insert(step);
                if self.is_done(&rollback.step) {
                    undone.insert(step);
                }
            }
        }
        (undone.len(), all.len())
    }

    /// `done`, `undone`, `failed`, `stopped`, `unfinished`; whether it is going on is not in the journal.
    pub fn word(&self) -> &'static str {
        match &self.closed {
            Some((Outcome::Success, _)) => match self.undone() {
                (0, _) => "done",
                (undone, all) if undone == all => "undone",
                _ => "partly undone",
            },
            Some((Outcome::Stopped, _)) => "stopped",
            Some(_) => "failed",
            None => "unfinished",
        }
    }

    /// The word for people: of a run that was no success, also which end nobody saw, or what of it was rolled back.
    pub fn says(&self) -> String {
        let word = self.word();
        let unknown: BTreeSet<String> = self.unknown().into_iter().map(|(step, _)| step).collect();
        if self.closed.is_some() && !unknown.is_empty() {
            return format!("{word}, {} unknown", Vec::from_iter(unknown).join(", "));
        }
        let is_no_success = matches!(&self.closed, Some((outcome, _)) if *outcome != Outcome::Success);
        match self.undone() {
            (undone, all) if is_no_success && undone > 0 => match undone == all {
                true => format!("{word}, rolled back"),
                false => format!("{word}, partly rolled back"),
            },
            _ => word.to_owned(),
        }
    }
}

/// Which steps of a page are which of another one: equal blocks one to one. A name tells them apart; otherwise what stands
/// around them, then their order.
fn same(old: &[Listed], new: &[Listed]) -> Vec<(String, String)> {
    let mut of: Vec<Option<usize>> = vec![None; new.len()];
    let mut is_taken = vec![false; old.len()];
    let mut pair = |at: usize, was: usize| {
        if of[at].is_none() && !std::mem::replace(&mut is_taken[was], true) {
            of[at] = Some(was);
        }
    };
    let is_named = |step: &Listed| step.step.parse::<usize>().is_err();
    for (at, step) in new.iter().enumerate().filter(|(_, step)| is_named(step)) {
        let is = |was: &Listed| was.step == step.step && was.sha256 == step.sha256;
        old.iter().position(is).into_iter().for_each(|was| pair(at, was));
    }
    let hashes = |steps: &[Listed]| -> Vec<String> { steps.iter().map(|step| step.sha256.clone()).collect() };
    let (before, after) = (hashes(old), hashes(new));
    for alike in similar::capture_diff_slices(similar::Algorithm::Myers, &before, &after) {
        if let similar::DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = alike
        {
            (0..len).for_each(|nth| pair(new_index + nth, old_index + nth));
        }
    }
    // What was moved.
    for at in 0..new.len() {
        let free = |was: &usize| of[at].is_none() && !is_taken[*was] && before[*was] == after[at];
        if let Some(was) = (0..old.len()).find(free) {
            (of[at], is_taken[was]) = (Some(was), true);
        }
    }
    let names = |(at, was): (usize, Option<usize>)| Some((old[was?].step.clone(), new[at].step.clone()));
    of.into_iter().enumerate().filter_map(names).collect()
}

#[cfg(test)]
mod tests;

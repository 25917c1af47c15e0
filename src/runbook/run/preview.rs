//! What a run would do, without doing any of it: each step with its targets, its commands as they would be run, what must
//! be said before, and what stands in its way.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::captured::Captured;
use super::production::Reach;
use super::purse::{Need, Purse};
use super::reached::{Fleet, Reached};
use super::rollback::{undoes, undone_by};
use super::state::{Standing, State};
use super::tab::{self, Tabs};
use super::target::Target;
use super::when::Case;
use crate::aws::Place;
use crate::runbook::call::Call;
use crate::runbook::fence::{Kind, On};
use crate::runbook::fill::Values;
use crate::runbook::placeholder::name;
use crate::runbook::plan::{Plan, Step, What};
use crate::runbook::{Filled, Level};

/// A step as it would be carried out.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    pub step: String,
    pub number: usize,
    pub title: String,
    pub phase: String,
    pub start_line: usize,
    pub end_line: usize,
    /// `task`, `check`, `change` or `rollback`.
    pub kind: &'static str,
    /// Whether nothing says that these are commands, and not what one has printed.
    pub unsure: bool,
    /// Why it is so.
    pub doubt: Option<String>,
    pub confirm: String,
    #[serde(skip)]
    pub level: Level,
    /// Whether it changes nothing.
    #[serde(skip)]
    finds: bool,
    pub timeout_ms: u64,
    pub needs: Vec<String>,
    pub rollback: Option<String>,
    /// The tabs that it stands in one of, where a person says which is meant.
    pub tabs: Vec<String>,
    /// Why it would be left out altogether.
    pub left_out: Option<String>,
    /// Where it would be left out, though not elsewhere.
    pub left_out_on: Vec<Out>,
    /// Why it could not run.
    pub blocked: Option<String>,
    pub targets: Vec<Placed>,
    /// Of a document: the machines that it goes to.
    pub reaches: Option<Reached>,
}

/// A machine that its condition leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Out {
    pub id: String,
    pub name: String,
    pub why: String,
}

/// The same on one target.
#[derive(Clone, Debug, Serialize)]
pub struct Placed {
    pub id: String,
    pub name: String,
    pub production: bool,
    pub commands: Vec<String>,
    /// Variables that would be set, secrets without their value.
    pub variables: BTreeMap<String, Option<String>>,
    /// Values that would be asked for.
    pub missing: Vec<String>,
    /// Values that a step before or Parameter Store gives, and where each is from.
    pub later: BTreeMap<String, String>,
    /// The document that would be started.
    #[serde(skip)]
    call: Option<Call>,
}

impl Preview {
    /// Whether an earlier process of the run has done all of it, or left it out.
    pub fn is_over(&self, before: &State) -> bool {
        let stands = |target: &str| {
            let is_left = before.standing(&self.step, target) == Some(Standing::Skipped);
            is_left || before.is_done_on(&self.step, target, self.finds)
        };
        stands("") || (!self.targets.is_empty() && self.targets.iter().all(|target| stands(&target.id)))
    }
}

impl Placed {
    /// What a second person's word on it holds for.
    pub fn sha256(&self) -> String {
        super::approval::sha256_of(&self.commands, &self.variables)
    }

    /// What is known of it before it runs.
    fn filled(&self) -> Filled {
        let known = |(name, value): (&String, &Option<String>)| Some((name.clone(), value.clone()?));
        Filled {
            commands: self.commands.clone(),
            exports: self.variables.iter().filter_map(known).collect(),
            call: self.call.clone(),
            ..Filled::default()
        }
    }

    fn is_later(&self, variable: &str) -> bool {
        let key = name(variable);
        self.later.keys().any(|known| name(known) == key)
    }
}

/// What the condition of a step makes of its places.
#[derive(Default)]
struct Meant {
    targets: Vec<Target>,
    left_out: Option<String>,
    left_out_on: Vec<Out>,
    /// Why nobody can say.
    untold: Option<String>,
}

/// Where and with what it would run.
pub struct Scene<'a> {
    pub plan: &'a Plan,
    pub targets: &'a [Target],
    pub named: &'a BTreeMap<String, Vec<Target>>,
    /// Those that are given now.
    pub values: Values,
    /// The run that is gone on with.
    pub before: Option<&'a State>,
    pub facts: Values,
    /// Ids of machines that are known to be production.
    pub production: &'a BTreeSet<String>,
    pub only: Option<&'a str>,
    pub from: Option<&'a str>,
    pub looks_only: bool,
    /// Titles of tabs that are meant, said ahead.
    pub tabs: &'a [String],
    /// Machines as they are known, and where documents are started that no machine gives a place to.
    pub fleet: &'a Fleet,
    pub home: Option<&'a Place>,
    /// The AWS profile of what runs here; `None`: as the environment has it.
    pub profile: Option<&'a str>,
}

impl Scene<'_> {
    /// Every step that a run would come to, in its order.
    pub fn preview(&self) -> Vec<Preview> {
        let (mut values, mut captured) = (self.values.clone(), Captured::default());
        if let Some(before) = self.before {
            captured = before.captured_beside(&values);
            before.take_values(&mut values);
        }
        let purse = Purse::new(values, self.facts.clone())
            .with(captured)
            .under(self.profile);
        let mut has_begun = self.from.is_none();
        let mut previews = Vec::new();
        let mut tabs = Tabs::of(self.plan, self.before, self.tabs);
        // What an earlier step is still to leave is no value to ask for.
        let mut captured: Vec<String> = Vec::new();
        let rollbacks = self
            .plan
            .rollbacks
            .iter()
            .filter(|step| self.only == Some(step.id.as_str()) && !self.looks_only);
        for step in self.plan.steps.iter().chain(rollbacks) {
            let is = |wanted: Option<&str>| {
                wanted.is_some_and(|wanted| step.id == wanted || step.number.to_string() == wanted)
            };
            has_begun |= is(self.from) || (self.from.is_none());
            if !has_begun
                || (self.only.is_some() && !is(self.only))
                || (step.attributes.excluded && !is(self.only))
                || (self.looks_only && !self.plan.looks(step))
            {
                continue;
            }
            let mut preview = self.of(step, &purse, &captured);
            match tabs.place(step, is(self.only) || is(self.from), self.looks_only) {
                tab::Place::In => {}
                tab::Place::Beside(why) => preview.left_out = Some(why),
                tab::Place::Open(tab) => preview.tabs = tab.among.to_vec(),
            }
            if !self.before.is_some_and(|before| preview.is_over(before)) {
                captured.extend(step.attributes.capture.iter().map(|capture| name(&capture.name)));
            }
            previews.push(preview);
        }
        previews
    }

    fn of(&self, step: &Step, purse: &Purse, captured: &[String]) -> Preview {
        let targets = &self.targets_of(step);
        let Meant {
            targets,
            left_out,
            left_out_on,
            untold,
        } = self.meant(step, targets, purse, captured);
        let left_out = left_out.or_else(|| self.idle(step, &targets));
        let misplaced = || targets.iter().find_map(|target| target.obstacle(step));
        let mut blocked = step.obstacle().or(untold).or_else(misplaced);
        let mut on = Vec::new();
        let undone = self.plan.names_undone_by(step);
        let targets = self.able(step, &targets, purse);
        for target in targets.iter().filter(|_| !step.is_task()) {
            let own = purse.at(&target.machine.id, &undone);
            on.push(self.on(step, target, own, captured, &mut blocked));
        }
        let reach = Reach {
            targets: self.targets,
            named: self.named,
            known: self.production,
            facts: &self.facts,
        };
        let filled: Vec<Filled> = on.iter().map(Placed::filled).collect();
        let reaches = on.first().and_then(|placed| placed.call.as_ref());
        let reaches = reaches.map(|call| self.reached(call));
        let placed: Vec<Target> = match &reaches {
            Some(reached) => targets
                .iter()
                .map(|target| reached.place(target, self.targets))
                .collect(),
            None => targets,
        };
        let is_production = reach.is_production(&placed, &filled);
        for (one, target) in on.iter_mut().zip(&placed) {
            // What runs here is as much production as what it is about.
            one.production = target.machine.production || is_production && target.far.is_none();
        }
        let level = step.level(&self.plan.manifest, is_production);
        let level = reaches.as_ref().map_or(level, |reached| reached.raised(level));
        Preview {
            step: step.id.clone(),
            number: step.number,
            title: step.title.clone(),
            phase: step.phase.clone(),
            start_line: step.lines.0,
            end_line: step.lines.1,
            kind: match (&step.what, step.attributes.kind) {
                (What::Task(_), _) => "task",
                (_, Kind::Rollback) => "rollback",
                _ if step.reads => "check",
                _ => "change",
            },
            unsure: step.is_unsure(),
            doubt: step.doubt().map(str::to_owned),
            confirm: level.to_string(),
            level,
            finds: step.finds(),
            timeout_ms: step.timeout(&self.plan.manifest).as_millis() as u64,
            needs: step.attributes.needs.clone(),
            rollback: step.attributes.rollback.clone(),
            tabs: Vec::new(),
            left_out,
            left_out_on,
            blocked,
            targets: on,
            reaches,
        }
    }

    /// Where its condition holds, as far as anybody knows it: a step before may capture what it is about. One that is left
    /// out altogether is shown with all its places.
    fn meant(&self, step: &Step, targets: &[Target], purse: &Purse, captured: &[String]) -> Meant {
        let mut meant = Meant::default();
        let is_later = |name_of: &str| captured.contains(&name(name_of));
        let when = step.attributes.when.as_ref();
        let is_told = when.is_some_and(|when| !is_later(&when.name));
        let undone = self.plan.names_undone_by(step);
        for target in targets {
            let (id, facts) = (&target.machine.id, target.facts_among(self.targets));
            if self.before.is_some_and(|before| before.is_kept_from(step, id)) {
                let (id, name) = (id.clone(), target.machine.name.clone());
                let why = "an earlier step failed there".to_owned();
                meant.left_out_on.push(Out { id, name, why });
                continue;
            }
            let case = match is_told {
                true => Case::of(
                    step,
                    &self.plan.manifest,
                    &purse.at(id, &undone),
                    target.label(),
                    &facts,
                    None,
                ),
                false => Case::Meant,
            };
            if let Case::Out(why) = case {
                let (id, name) = (id.clone(), target.machine.name.clone());
                meant.left_out_on.push(Out { id, name, why });
                continue;
            }
            if let Case::Untold(why) = case {
                meant.untold = meant.untold.or(Some(why));
            }
            meant.targets.push(target.clone());
        }
        if meant.targets.is_empty() {
            meant.targets = targets.to_vec();
            meant.left_out = meant.left_out_on.pop().map(|out| out.why);
            meant.left_out_on.clear();
        }
        meant
    }

    /// Where a step is told to run.
    fn targets_of(&self, step: &Step) -> Vec<Target> {
        match (&step.what, &step.attributes.on) {
            (What::Call(call), _) => vec![Target::aws(&call.document, self.targets)],
            (_, On::Local) => vec![Target::local()],
            (_, On::Named(name)) => self.named.get(name).cloned().unwrap_or_default(),
            (_, On::Untold | On::Each) => self.targets.to_vec(),
        }
    }

    /// Why a rollback has nothing to do: of what it undoes nothing was begun anywhere.
    fn idle(&self, step: &Step, targets: &[Target]) -> Option<String> {
        let before = self.before?;
        let undone = undone_by(self.plan, step, |one| self.targets_of(one));
        let all = self.targets_of(step);
        let is_never = |target: &Target| undoes(before, &undone, &all, target).is_none();
        let is_idle = !undone.is_empty() && !targets.is_empty() && targets.iter().all(is_never);
        is_idle.then(|| {
            format!(
                "nothing to undo: {} was done nowhere",
                self.plan.names_undone_by(step).join(", ")
            )
        })
    }

    /// The machines of a step; a rollback leaves out those that have no value of their own, as long as others have one, and
    /// those where what it undoes was never begun.
    fn able(&self, step: &Step, targets: &[Target], purse: &Purse) -> Vec<Target> {
        let undone = undone_by(self.plan, step, |one| self.targets_of(one));
        let (names, all) = (self.plan.names_undone_by(step), self.targets_of(step));
        let was_begun = |target: &Target| {
            let never = |before: &State| undoes(before, &undone, &all, target).is_none();
            undone.is_empty() || !self.before.is_some_and(never)
        };
        let is_able = |target: &&Target| {
            if !was_begun(target) {
                return false;
            }
            let facts = target.facts_among(self.targets);
            let own = purse.at(&target.machine.id, &names);
            let is_rollback = step.attributes.kind == Kind::Rollback;
            !is_rollback || own.bare(&self.plan.manifest, step, target, &facts).is_none()
        };
        let able: Vec<Target> = targets.iter().filter(is_able).cloned().collect();
        match able.is_empty() {
            true => targets.to_vec(),
            false => able,
        }
    }

    fn reached(&self, call: &Call) -> Reached {
        let mut all = self.targets.iter().chain(self.named.values().flatten());
        let far = all.find_map(|target| target.far.as_ref());
        let place = far.map(|far| Place {
            profile: far.node.profile.clone(),
            region: far.node.region.clone(),
        });
        let place = place.as_ref().or(self.home);
        Reached::of(call, self.targets, self.fleet, place, self.production)
    }

    fn on(
        &self,
        step: &Step,
        target: &Target,
        mut purse: Purse,
        captured: &[String],
        blocked: &mut Option<String>,
    ) -> Placed {
        let mut on = Placed {
            id: target.machine.id.clone(),
            name: target.machine.name.clone(),
            production: target.machine.production,
            commands: step.commands(),
            variables: BTreeMap::new(),
            missing: Vec::new(),
            later: BTreeMap::new(),
            call: None,
        };
        let facts = target.facts_among(self.targets);
        loop {
            match purse.equip(&self.plan.manifest, step, &facts, target.far.is_none()) {
                Ok(filled) => {
                    // A secret stands in no command: without it, they are what they will be.
                    let is_secret =
                        |wanted: &String| filled.secrets.iter().any(|one| name(one) == name(wanted));
                    if on.missing.iter().all(is_secret) {
                        on.commands = filled.commands;
                    }
                    on.call = filled.call;
                    let exports = filled
                        .exports
                        .into_iter()
                        .filter(|(key, _)| !on.missing.contains(&name(key)) && !on.is_later(key));
                    on.variables = exports.map(|(key, value)| (key, Some(value))).collect();
                    on.variables
                        .extend(filled.secrets.into_iter().map(|key| (key, None)));
                    return on;
                }
                // A stand-in shows what else is missing; it is never run.
                Err(Need::Value(wanted)) => {
                    purse.stand_in(&wanted, format!("‹{wanted}›"));
                    let declared = super::purse::declared(&self.plan.manifest, &wanted);
                    let stored = declared.and_then(|(_, variable)| variable.stored());
                    if let Some(parameter) = stored.filter(|_| !purse.is_lost(&wanted)) {
                        on.later.insert(wanted, format!("ssm:{parameter}"));
                    } else if captured.contains(&name(&wanted)) {
                        on.later.insert(wanted, "a step before".into());
                    } else {
                        on.missing.push(wanted);
                    }
                }
                // A step before captures it anew.
                Err(Need::Differs(wanted)) if captured.contains(&name(&wanted)) => {
                    purse.stand_in(&wanted, format!("‹{wanted}›"));
                    on.later.insert(wanted, "a step before".into());
                }
                Err(Need::Differs(wanted)) => {
                    let why = purse.differs_for(&wanted, target.label());
                    *blocked = blocked.take().or(Some(why));
                    return on;
                }
                Err(Need::Secret(wanted)) => {
                    let declared = super::purse::declared(&self.plan.manifest, &wanted);
                    if declared.is_none_or(|(_, variable)| variable.parameter().is_none()) {
                        on.missing.push(wanted.clone());
                    }
                    purse.set_secret(&wanted, zeroize::Zeroizing::new("x".into()));
                }
                Err(Need::Refused(refused)) => {
                    *blocked = blocked.take().or(Some(format!("{refused}; {}", refused.hint())));
                    return on;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! Shells that are gone in the middle of a run, with all that earlier steps left in them: a folder, functions, variables.
//! What a step reads is looked for before it runs; the rest only a person can judge.

use std::collections::BTreeSet;

use super::event::Event;
use super::exported::exported;
use super::sequence::Sequence;
use super::state::{Standing, State};
use super::step::{Task, Unready};
use super::target::Target;
use crate::runbook::Level;
use crate::runbook::placeholder::assigned;
use crate::runbook::plan::{Plan, Step};
use crate::runbook::shell::quote;

/// Machines where steps of an earlier process ran in a shell.
pub(super) fn since_before(plan: &Plan, state: &State) -> BTreeSet<String> {
    let ran_there = |step: &str| {
        let step = plan.step(step);
        step.is_none_or(|step| step.block().is_some_and(|block| !block.is_powershell()))
    };
    let ran = state
        .standings
        .keys()
        .filter(|(step, target)| !target.is_empty() && ran_there(step));
    ran.map(|(_, target)| target.clone()).collect()
}

impl Sequence {
    /// What has to be said before a step, and why it is more than the step itself asks for: the first that may change
    /// something in a new shell is asked about.
    pub(super) async fn beyond_loss(
        &mut self,
        step: &Step,
        targets: &[Target],
        level: Level,
    ) -> (Level, Option<String>) {
        let dead = self.shells.iter().filter(|(_, shell)| !shell.is_alive);
        self.lost.extend(dead.map(|(id, _)| id.clone()));
        if step.block().is_none() {
            return (level, None);
        }
        if step.reads {
            self.tell_unexported(step, targets).await;
            return (level, None);
        }
        let is_lost = |target: &&Target| self.lost.contains(&target.machine.id);
        let gone: Vec<&Target> = targets.iter().filter(is_lost).collect();
        if gone.is_empty() {
            return (level, None);
        }
        for target in &gone {
            self.lost.remove(&target.machine.id);
        }
        let lost: Vec<&str> = gone.iter().map(|target| target.label()).collect();
        let exported = self.exported(step, &gone);
        let exported = match exported.is_empty() {
            true => String::new(),
            false => format!("; what they exported is not set: {}", exported.join(", ")),
        };
        let says = format!(
            "the shell of the steps before is gone on {}, and with it the functions and variables that they left{exported}",
            lost.join(", ")
        );
        let folders: BTreeSet<&Option<String>> = gone
            .iter()
            .filter_map(|target| self.state.folders.get(&target.machine.id))
            .collect();
        let is_known = folders.iter().all(|folder| folder.is_some());
        let hint = match folders.iter().next() {
            None => "the step runs in a new shell".to_owned(),
            Some(Some(folder)) if folders.len() == 1 => format!("the step runs in a new shell, in {folder}"),
            Some(_) if is_known => {
                "the step runs in new shells, in the folders that they had entered".to_owned()
            }
            Some(_) => {
                "the step runs in a new shell, and in which folder theirs stood is not known".to_owned()
            }
        };
        // Ahead nobody could say yes to a place that nobody knows.
        let least = if is_known { Level::Yes } else { Level::Type };
        let note = format!("{says}; {hint}");
        let _ = self.events.send(Event::Told { says, hint }).await;
        (level.max(least), Some(note))
    }

    /// What only looks is not asked about; a program that it runs may look elsewhere without what the shell had exported.
    async fn tell_unexported(&mut self, step: &Step, targets: &[Target]) {
        let is_news = |target: &&Target| {
            let id = &target.machine.id;
            self.lost.contains(id) && !self.unexported.contains(id)
        };
        let gone: Vec<&Target> = targets.iter().filter(is_news).collect();
        let exported = self.exported(step, &gone);
        if exported.is_empty() {
            return;
        }
        let labels: Vec<&str> = gone.iter().map(|target| target.label()).collect();
        let told = Event::Told {
            says: format!(
                "what earlier steps exported is gone with their shell on {}: {}",
                labels.join(", "),
                exported.join(", ")
            ),
            hint: format!("step {} runs without it", step.id),
        };
        self.unexported
            .extend(gone.iter().map(|target| target.machine.id.clone()));
        let _ = self.events.send(told).await;
    }

    /// Names that the other steps which are done on one of these machines gave to the programs of the steps behind them,
    /// each once.
    fn exported(&self, step: &Step, gone: &[&Target]) -> Vec<String> {
        let is_done = |other: &&Step| {
            let mut there = gone.iter();
            other.id != step.id
                && there
                    .any(|target| self.state.standing(&other.id, &target.machine.id) == Some(Standing::Done))
        };
        let done = self.plan.steps.iter().filter(is_done);
        let blocks = done
            .filter_map(Step::block)
            .filter(|block| !block.is_powershell());
        let commands: Vec<&String> = blocks.flat_map(|block| &block.commands).collect();
        exported(&commands)
    }

    /// Says what a run that begins in the middle of a page does without.
    pub(super) async fn tell_left_out(&self, plan: &Plan) {
        let Some(from) = &self.from else { return };
        let before = plan
            .steps
            .iter()
            .take_while(|step| step.id != *from && step.number.to_string() != *from);
        let leaves = |step: &&Step| {
            let is_meant = !step.attributes.excluded && (!self.terms.looks_only || plan.looks(step));
            let is_shell = step.block().is_some_and(|block| !block.is_powershell());
            is_meant && is_shell && !self.state.has_done(&step.id)
        };
        let left: Vec<&str> = before.filter(leaves).map(|step| step.id.as_str()).collect();
        let left = match left.as_slice() {
            [] => return,
            [one] => format!("step {one} is left out"),
            many => format!("steps {} are left out", many.join(", ")),
        };
        let told = Event::Told {
            says: format!("{left}: no folder, function or variable from there is known to the steps behind"),
            hint: String::new(),
        };
        let _ = self.events.send(told).await;
    }
}

impl Task {
    /// Nothing of a step ran: the shell that it was to run in was gone by then.
    pub(super) fn gone_before(&self, why: &str) -> Unready {
        Unready {
            says: format!("the session was over before the step began, and nothing of it ran: {why}"),
            hint: format!(
                "`qd runbooks run --resume {}` goes on with it in a new session",
                self.desk.run()
            ),
        }
    }

    /// Nothing of a step ran, because variables that it reads are not set; `names` are parted by blanks.
    pub(super) fn unset(&self, names: &str) -> Unready {
        let wanted: BTreeSet<&str> = names.split(' ').collect();
        let sets = |step: &&Step| {
            let commands = step
                .block()
                .map(|block| block.commands.as_slice())
                .unwrap_or_default();
            let mut set = commands.iter().flat_map(|command| assigned(command));
            set.any(|(name, _)| wanted.contains(name.as_str()))
        };
        let before = self.plan.steps.iter().take_while(|step| step.id != self.step.id);
        let says = format!("no step has set {names} in this shell");
        match before.into_iter().find(sets) {
            None => Unready {
                says,
                hint: "declare it under `vars` and give it with --set".to_owned(),
            },
            Some(first) => Unready {
                says: format!("{says}: step {}, which would, did not run in it", first.id),
                hint: format!(
                    "begin a new run of the page with --from {}, and --on and --set as before: in this run no step that is \
                     done runs again",
                    quote(&first.id)
                ),
            },
        }
    }
}

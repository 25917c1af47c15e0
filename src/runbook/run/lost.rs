//! Shells that are gone in the middle of a run, with all that earlier steps left in them: a folder, functions, variables.
//! What a step reads is looked for before it runs; the rest only a person can judge.

use std::collections::BTreeSet;

use super::event::Event;
use super::sequence::Sequence;
use super::state::State;
use super::target::Target;
use crate::runbook::Level;
use crate::runbook::plan::{Plan, Step};

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
        if step.reads || step.block().is_none() {
            return (level, None);
        }
        let lost = targets
            .iter()
            .filter(|target| self.lost.contains(&target.machine.id));
        let lost: Vec<String> = lost.map(|target| target.label().to_owned()).collect();
        if lost.is_empty() {
            return (level, None);
        }
        for target in targets {
            self.lost.remove(&target.machine.id);
        }
        let says = format!(
            "the shell of the steps before is gone on {}, and with it the folder, functions and variables that they left",
            lost.join(", ")
        );
        let told = Event::Told {
            says: says.clone(),
            hint: "the step runs in a new shell".into(),
        };
        let _ = self.events.send(told).await;
        (level.max(Level::Yes), Some(says))
    }
}

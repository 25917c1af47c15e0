//! Machines that have no value of their own of what a step captured on each. What undoes the step leaves them out, says so,
//! and undoes it on the others all the same.

use std::ops::ControlFlow::{Break, Continue};

use super::captured::{Differs, differs, lost};
use super::purse::{Need, Purse};
use super::record::Outcome;
use super::sequence::{Flow, Sequence};
use super::state::Standing;
use super::target::Target;
use crate::runbook::fill::Values;
use crate::runbook::manifest::Manifest;
use crate::runbook::plan::Step;

impl Purse {
    /// Why a step has no value there though others have one; a purse of that machine says it.
    pub(super) fn differs_for(&self, wanted: &str, label: &str) -> String {
        match self.apart(wanted) {
            Some(Differs::Absent) => format!(
                "{wanted} was captured on other machines, and {label} has none of its own: only --set {wanted}=VALUE can give it one"
            ),
            _ => differs(wanted),
        }
    }

    /// Why nothing tells the value of a name that steps have captured.
    pub(super) fn untold(&self, wanted: &str, label: &str) -> Option<String> {
        match (self.differs(wanted), self.is_lost(wanted)) {
            (true, _) => Some(self.differs_for(wanted, label)),
            (_, true) => Some(lost(wanted)),
            _ => None,
        }
    }

    /// The same where the machine is one that the value was to be captured on.
    pub(super) fn bare(
        mut self,
        manifest: &Manifest,
        step: &Step,
        target: &Target,
        facts: &Values,
    ) -> Option<String> {
        let is_absent = |purse: &Purse, wanted: &str| purse.apart(wanted) == Some(Differs::Absent);
        let when = step.attributes.when.as_ref().map(|when| when.name.clone());
        if let Some(wanted) = when.filter(|wanted| is_absent(&self, wanted)) {
            return Some(self.differs_for(&wanted, target.label()));
        }
        loop {
            match self.equip(manifest, step, facts, target.far.is_none()) {
                // What a person can still say is no matter here.
                Err(Need::Value(wanted)) => self.stand_in(&wanted, "x".into()),
                Err(Need::Secret(wanted)) => self.set_secret(&wanted, zeroize::Zeroizing::new("x".into())),
                Err(Need::Differs(wanted)) if is_absent(&self, &wanted) => {
                    return Some(self.differs_for(&wanted, target.label()));
                }
                _ => return None,
            }
        }
    }
}

impl Sequence {
    /// What is known for a step on one of its machines.
    pub(super) fn purse_at(&self, step: &Step, target: &Target) -> Purse {
        let undone = self.plan.names_undone_by(step);
        self.purse.lock().at(&target.machine.id, &undone)
    }

    pub(super) fn bare(&self, step: &Step, target: &Target) -> Option<String> {
        let facts = target.facts_among(&self.targets);
        let purse = self.purse_at(step, target);
        purse.bare(&self.plan.manifest, step, target, &facts)
    }

    /// Carries a rollback out; one that had to leave out what is done has not undone it.
    pub(super) async fn take_back(&mut self, rollback: &Step) -> Flow<()> {
        let flow = Box::pin(self.step(rollback)).await?;
        let targets = self.targets_of(rollback);
        let is_owed = |there: &&Target| {
            self.undoes(rollback, &targets, there) == Some(Standing::Done)
                && self.state.standing(&rollback.id, &there.machine.id).is_none()
                && self.bare(rollback, there).is_some()
        };
        let owed: Vec<&str> = targets.iter().filter(is_owed).map(Target::label).collect();
        Ok(match flow {
            Continue(()) if !owed.is_empty() => {
                let says = format!("step {} was left out on {}", rollback.id, owed.join(", "));
                Break((Outcome::Failed, says))
            }
            flow => flow,
        })
    }
}

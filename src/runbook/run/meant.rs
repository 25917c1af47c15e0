//! The machines that a step is for: where it is told to run, without those that its own condition, a tolerated failure or
//! its being done leaves out.

use super::event::Event;
use super::sequence::Sequence;
use super::target::Target;
use super::when::Case;
use crate::runbook::fence::On;
use crate::runbook::plan::{Step, What};

impl Sequence {
    /// Where its condition holds; `Err` says why it is left out altogether.
    pub(super) async fn meant(&self, step: &Step) -> Result<Vec<Target>, String> {
        let (mut meant, mut out, mut last) = (Vec::new(), Vec::new(), None);
        for target in self.targets_of(step) {
            match self.case(step, &target) {
                Case::Meant | Case::Untold(_) => meant.push(target),
                Case::Out(why) => {
                    out.push(target);
                    last = Some(why);
                }
            }
        }
        if let Some(why) = last {
            if meant.is_empty() {
                return Err(why);
            }
            self.tell_out(step, &out, &why).await;
        }
        Ok(meant)
    }

    /// A step that is left out was meant on these machines all the same: one that it did not come to has no value of what it
    /// captured elsewhere. One that its condition leaves out shares it, as the page wants.
    pub(super) fn forgo(&self, step: &Step) {
        if step.attributes.capture.is_none() {
            return;
        }
        for target in self.targets_of(step) {
            if !matches!(self.case(step, &target), Case::Out(_)) {
                self.purse.lock().begin(&step.id, &target.machine.id);
            }
        }
    }

    /// Says where a step does not run that runs elsewhere.
    pub(super) async fn tell_out(&self, step: &Step, out: &[Target], why: &str) {
        if out.is_empty() {
            return;
        }
        let labels: Vec<&str> = out.iter().map(Target::label).collect();
        let says = format!("step {} is left out on {}: {why}", step.id, labels.join(", "));
        let hint = String::new();
        let _ = self.events.send(Event::Told { says, hint }).await;
    }

    /// What has no value here is as good as empty.
    fn case(&self, step: &Step, target: &Target) -> Case {
        let facts = target.facts_among(&self.targets);
        let purse = self.purse_at(step, target);
        Case::of(
            step,
            &self.plan.manifest,
            &purse,
            target.label(),
            &facts,
            Some(""),
        )
    }

    /// Its condition is about a value of which there are several, or one that was not kept.
    pub(super) fn ambiguous(&self, step: &Step, targets: &[Target]) -> Option<String> {
        targets.iter().find_map(|target| match self.case(step, target) {
            Case::Untold(why) => Some(why),
            _ => None,
        })
    }

    /// Where it is told to run.
    pub(super) fn targets_of(&self, step: &Step) -> Vec<Target> {
        if let What::Call(call) = &step.what {
            return vec![Target::aws(&call.document, &self.targets)];
        }
        match &step.attributes.on {
            On::Local => vec![Target::local()],
            On::Named(name) => self.named.get(name).cloned().unwrap_or_default(),
            On::Untold | On::Each => self.targets.clone(),
        }
    }

    pub(super) fn is_out(&self, step: &Step, target: &Target) -> bool {
        self.state.is_kept_from(step, &target.machine.id)
    }

    /// Where it is not done yet.
    pub(super) async fn left(&self, step: &Step, targets: &[Target]) -> Vec<Target> {
        let mut left = Vec::new();
        for target in targets {
            if self.state.is_done_on(&step.id, &target.machine.id, step.finds()) {
                let stood = Event::Stood {
                    step: step.id.clone(),
                    target: target.machine.id.clone(),
                };
                let _ = self.events.send(stood).await;
            } else if !self.is_out(step, target) {
                left.push(target.clone());
            }
        }
        left
    }
}

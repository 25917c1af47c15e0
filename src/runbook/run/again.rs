//! What a run that is gone on with carries out again though it was done before: what a rollback has undone, and what was only
//! looked at behind it. It is told before anything runs, and nothing that was said for it the first time counts again.

use super::event::Event;
use super::sequence::Sequence;
use super::target::Target;
use crate::runbook::plan::{Plan, Step};

impl Sequence {
    pub(super) async fn tell_again(&self, plan: &Plan) {
        if self.terms.looks_only || self.only_undoes() {
            return;
        }
        let (left, coming) = self.coming(plan);
        let undone = |steps: &[&Step]| -> Vec<String> {
            let undone = steps.iter().filter_map(|step| self.undone_as(step));
            undone.collect()
        };
        let is_behind = |step: &&&Step| {
            let mut own = self.state.was_done_on(&step.id).into_iter();
            step.finds() && own.any(|(target, _)| self.state.is_behind(&step.id, target))
        };
        let (here, behind) = (undone(&coming), undone(&left));
        let finds: Vec<&str> = coming
            .iter()
            .filter(is_behind)
            .map(|step| step.id.as_str())
            .collect();
        if !here.is_empty() {
            let all = match self.only.is_none() && self.is_all_undone(plan) {
                true => "; every change of this run was undone",
                false => "",
            };
            let says = match here.as_slice() {
                [one] => format!("{one} was undone: it runs again{all}"),
                many => format!("{} were undone: they run again{all}", many.join(", ")),
            };
            let hint = match finds.as_slice() {
                [] => String::new(),
                [one] => format!("{one} looked at what was undone, and runs again as well"),
                many => format!(
                    "{} looked at what was undone, and run again as well",
                    many.join(", ")
                ),
            };
            let _ = self.events.send(Event::Told { says, hint }).await;
        } else if !finds.is_empty() {
            let says = match finds.as_slice() {
                [one] => format!("{one} looked at what was undone since: it runs again"),
                many => format!(
                    "{} looked at what was undone since: they run again",
                    many.join(", ")
                ),
            };
            let hint = String::new();
            let _ = self.events.send(Event::Told { says, hint }).await;
        }
        if !behind.is_empty() {
            let says = match behind.as_slice() {
                [one] => format!("{one} was undone, and is left out: what runs now goes without it"),
                many => format!(
                    "{} were undone, and are left out: what runs now goes without them",
                    many.join(", ")
                ),
            };
            let hint = format!(
                "--resume {} without a step begins with what was undone",
                self.desk.run()
            );
            let _ = self.events.send(Event::Told { says, hint }).await;
        }
    }

    /// The steps that this process comes to, behind those before them that it leaves out.
    fn coming<'p>(&self, plan: &'p Plan) -> (Vec<&'p Step>, Vec<&'p Step>) {
        let is = |step: &Step, wanted: &String| step.id == *wanted || step.number.to_string() == *wanted;
        let named = self.only.as_ref().or(self.from.as_ref());
        let first = named.and_then(|wanted| plan.steps.iter().position(|step| is(step, wanted)));
        let (left, coming) = plan.steps.split_at(first.unwrap_or(0));
        let is_only = |step: &&Step| self.only.as_ref().is_none_or(|only| is(step, only));
        let is_meant = |step: &&Step| is_only(step) && (self.only.is_some() || !step.attributes.excluded);
        (left.iter().collect(), coming.iter().filter(is_meant).collect())
    }

    /// The same of one step, for whoever is asked about it.
    pub(super) fn told_again(&self, step: &Step) -> Option<String> {
        let undone = self.undone_as(step)?;
        Some(format!("{undone} was undone: it runs again"))
    }

    /// A step that was undone by its name, and where, if that was not everywhere.
    fn undone_as(&self, step: &Step) -> Option<String> {
        let own = self.state.was_done_on(&step.id);
        let undone: Vec<&str> = own
            .iter()
            .filter(|(_, is)| *is)
            .map(|(target, _)| *target)
            .collect();
        match undone.len() {
            0 => None,
            all if all == own.len() => Some(step.id.clone()),
            _ => {
                let targets = self.targets_of(step);
                let name = |id: &&str| {
                    let known = targets.iter().find(|target| target.machine.id == **id);
                    known.map_or(*id, Target::label).to_owned()
                };
                let on: Vec<String> = undone.iter().map(name).collect();
                Some(format!("{} on {}", step.id, on.join(", ")))
            }
        }
    }

    /// Whether nothing stands of what the run changed.
    fn is_all_undone(&self, plan: &Plan) -> bool {
        let changes = plan.steps.iter().filter(|step| !step.finds() && !step.is_task());
        let mut done = changes.flat_map(|step| self.state.was_done_on(&step.id));
        done.all(|(_, is_undone)| is_undone)
    }
}

//! Steps whose end nobody saw, because their process died or their connection was lost: a person looks how they stand and
//! says so, and nothing of them runs again before that.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow::{self, Break, Continue};

use super::begin::ask;
use super::event::{Answer, Event, Question};
use super::journal::Error;
use super::record::{Outcome, Record};
use super::sequence::{End, Flow, Sequence};
use super::state::Standing;
use super::target::Target;
use crate::runbook::plan::Step;

impl Sequence {
    /// Those of the processes before.
    pub(super) async fn settle_unknown(&mut self) -> Flow<()> {
        let mut seen = BTreeSet::new();
        while let Some((step, target)) = self.next_unknown(&seen) {
            seen.insert((step.clone(), target.clone()));
            if self.unknown_are_done.is_none() && self.pick_up(&step, &target).await? {
                continue;
            }
            if let Break(()) = self.decide(&step, &target, self.unknown_are_done).await? {
                let says = match self
                    .still
                    .get(&target)
                    .filter(|_| self.unknown_are_done.is_some())
                {
                    Some(why) => format!("step {step} may still run on {target}: {why}"),
                    None => format!("nobody said how step {step} stands on {target}"),
                };
                return Ok(Break((Outcome::Stopped, says)));
            }
        }
        Ok(Continue(()))
    }

    /// The next of them. How a rollback stands is settled before what it undoes, which that may settle as well; where it is
    /// only undone, nobody has to say how that stands.
    fn next_unknown(&self, seen: &BTreeSet<(String, String)>) -> Option<(String, String)> {
        let is_rollback = |step: &String| self.plan.rollbacks.iter().any(|one| one.id == *step);
        let only_undoes = self.terms.undoes || self.only_undoes();
        let is_meant = |(step, target): &(String, String)| {
            !only_undoes || self.state.half_undone_by(step, target).is_none()
        };
        let unknown = self.state.unknown().into_iter();
        let unknown = unknown.filter(|key| !seen.contains(key) && is_meant(key));
        unknown.min_by_key(|(step, _)| !is_rollback(step))
    }

    /// How a run ends that goes on elsewhere though on some machines nobody saw the end of a step; `None` where there is none.
    pub(super) fn unseen(&mut self) -> Option<End> {
        let mut steps: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (step, target) in self.state.unknown() {
            if self.state.half_undone_by(&step, &target).is_none() {
                let label = self.label(&target);
                steps.entry(step).or_default().push(label);
            }
        }
        let says = steps
            .iter()
            .map(|(step, on)| format!("how step {step} ended on {} is not known", on.join(", ")));
        let says: Vec<String> = says.collect();
        if says.is_empty() || self.terms.looks_only {
            return None;
        }
        self.hint = self.look_first();
        Some((Outcome::Failed, says.join("; ")))
    }

    /// What to do about a step whose end nobody saw.
    pub(super) fn look_first(&self) -> String {
        let run = self.desk.run();
        format!("look how it stands, then give --resume {run} --unknown done or --unknown again")
    }

    /// What people call a machine of the run.
    fn label(&self, id: &str) -> String {
        let mut all = self.targets.iter().chain(self.named.values().flatten());
        let known = all.find(|target| target.machine.id == id);
        known.map_or(id, Target::label).to_owned()
    }

    /// Those of a step that was just carried out. What was said ahead is not for them. Whether there were any, and nothing
    /// else of the step failed.
    pub(super) async fn settle_here(&mut self, step: &Step, says: &str) -> Flow<bool> {
        if self.terms.looks_only {
            return Ok(Continue(false));
        }
        let mut unknown = self.state.unknown();
        unknown.retain(|(id, _)| *id == step.id);
        for (id, target) in &unknown {
            if let Break(()) = self.decide(id, target, None).await? {
                self.hint = self.look_first();
                return Ok(Break((Outcome::Failed, format!("step {id}: {says}"))));
            }
        }
        let mut own = self.state.standings.iter().filter(|((id, _), _)| *id == step.id);
        let has_failed = own.any(|(_, standing)| *standing == Standing::Failed);
        Ok(Continue(!unknown.is_empty() && !has_failed))
    }

    /// Writes down how it stands, as it was said ahead or a person says now. `Break`: nobody did, or it may still run.
    async fn decide(
        &mut self,
        step: &str,
        target: &str,
        ahead: Option<bool>,
    ) -> Result<ControlFlow<()>, Error> {
        let title = self.plan.step(step).map(|step| step.title.clone());
        let title = title.unwrap_or_default();
        let rollback = self.state.half_undone_by(step, target).map(str::to_owned);
        let done = loop {
            let done = match ahead {
                Some(done) => done,
                None => {
                    let question = Question::Unknown {
                        step: step.to_owned(),
                        title: title.clone(),
                        target: target.to_owned(),
                        rollback: rollback.clone(),
                    };
                    match ask(&self.events, question).await {
                        Answer::Yes => true,
                        Answer::No | Answer::Retry => false,
                        _ => return Ok(Break(())),
                    }
                }
            };
            let Some(why) = self.still.get(target).filter(|_| !done) else {
                break done;
            };
            // A second copy beside the first is worse than none.
            if ahead.is_some() {
                return Ok(Break(()));
            }
            let says = format!("step {step} may still run on {target}: {why}");
            let hint = "it is not run again before that is over".to_owned();
            let _ = self.events.send(Event::Told { says, hint }).await;
        };
        let record = Record::Decided {
            step: step.to_owned(),
            target: target.to_owned(),
            done,
            by: self.by.clone(),
        };
        self.state.hear(&record);
        self.desk.append(record).await?;
        Ok(Continue(()))
    }
}

//! After a failure, or later when a person asks for it: the declared rollbacks of the steps that were completed, the last
//! first, each asked about. Nothing is undone by itself.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{Break, Continue};

use super::begin::ask;
use super::event::{Answer, Event, Question};
use super::record::Outcome;
use super::sequence::{End, Flow, Sequence};
use super::shell::Stop;
use super::state::{Standing, State};
use super::target::Target;
use crate::runbook::plan::{Plan, Step};

/// Between how a run ended and what has undone it.
const BACK: &str = "; rolled back: ";

impl Sequence {
    /// Only this of a run that was over: how it ended stays its end, unless what undoes it fails.
    pub(super) async fn undo(&mut self) -> Flow<()> {
        if let Break(end) = self.settle_unknown().await? {
            return Ok(Break(end));
        }
        for (step, target) in self.state.standings.keys() {
            if self.state.standing(step, target) == Some(Standing::Done) {
                let (step, target) = (step.clone(), target.clone());
                let _ = self.events.send(Event::Stood { step, target }).await;
            }
        }
        if self.undoable().is_empty() {
            let _ = self.events.send(self.nothing()).await;
        }
        if let Some(says) = self.offer_rollbacks().await {
            return Ok(Break((Outcome::Failed, says)));
        }
        Ok(match self.ended_before() {
            (Outcome::Success, _) => Continue(()),
            end => Break(end),
        })
    }

    /// Why there is nothing to undo.
    fn nothing(&self) -> Event {
        let declared: Vec<&Step> = self
            .plan
            .steps
            .iter()
            .filter(|step| step.attributes.rollback.is_some())
            .collect();
        let is_done = |step: &&&Step| self.state.was_done(&step.id);
        let (why, hint) = match declared.iter().filter(is_done).count() {
            _ if declared.is_empty() => ("", "rollback=NAME on a step names the block that undoes it"),
            0 => (": no step that has a rollback is done", ""),
            _ => (": all of it is undone already", ""),
        };
        Event::Told {
            says: format!("nothing that is done can be undone{why}"),
            hint: hint.into(),
        }
    }

    fn ended_before(&self) -> End {
        let left = || (Outcome::Stopped, "it was left before its end".into());
        self.state.closed.clone().unwrap_or_else(left)
    }

    /// Whether all that is asked for is to undo one thing of a run that was over.
    pub(super) fn only_undoes(&self) -> bool {
        let is_rollback = |only: &String| self.plan.rollbacks.iter().any(|step| step.id == *only);
        !self.state.runbook.is_empty() && self.only.as_ref().is_some_and(is_rollback)
    }

    /// How the run stands by its journal when this process ends so: undoing what it did makes no success of one that was
    /// none, and is said.
    pub(super) fn on_record(&self, end: &End) -> End {
        let (outcome, says) = match end.0 {
            Outcome::Success if self.only_undoes() => self.ended_before(),
            _ => end.clone(),
        };
        if outcome == Outcome::Success {
            return (outcome, says);
        }
        let left = self.undoable();
        let is_done = |rollback: &&Step| {
            let is_left = left.iter().any(|(_, one)| one.id == rollback.id);
            !is_left && self.state.is_done(&rollback.id)
        };
        let done = self.plan.rollbacks.iter().filter(is_done);
        let done: Vec<&str> = done.map(|step| step.id.as_str()).collect();
        let (own, _) = says.split_once(BACK).unwrap_or((says.as_str(), ""));
        let back = match done.is_empty() {
            true => String::new(),
            false => format!("{BACK}{}", done.join(", ")),
        };
        (outcome, format!("{own}{back}"))
    }

    /// Steps that are done, the last first, and what undoes each and is not done yet.
    fn undoable(&self) -> Vec<(Step, Step)> {
        let is_left = |rollback: &Step| {
            let targets = self.targets_of(rollback);
            targets.iter().any(|there| {
                self.undoes(rollback, &targets, there) == Some(Standing::Done)
                    && self.state.standing(&rollback.id, &there.machine.id) != Some(Standing::Done)
            })
        };
        let completed = self
            .plan
            .steps
            .iter()
            .rev()
            .filter(|step| self.state.has_done(&step.id));
        let pairs = completed.filter_map(|step| {
            let wanted = step.attributes.rollback.as_ref()?;
            let rollback = self
                .plan
                .rollbacks
                .iter()
                .find(|rollback| rollback.id == *wanted)?;
            is_left(rollback).then(|| (step.clone(), rollback.clone()))
        });
        pairs.collect()
    }

    /// How what a rollback undoes stands where one of its targets is.
    pub(super) fn undoes(&self, rollback: &Step, targets: &[Target], there: &Target) -> Option<Standing> {
        let undone = undone_by(&self.plan, rollback, |step| self.targets_of(step));
        undoes(&self.state, &undone, targets, there)
    }

    /// Of the targets of a rollback those where what it undoes was done; where that only failed, a person says. Where it has
    /// no value of its own there, nothing can be undone. A run that has none of it behind itself was told to run the rollback
    /// alone.
    /// `None` ends it.
    pub(super) async fn undone(&self, rollback: &Step, targets: Vec<Target>) -> Option<Vec<Target>> {
        let undone: Vec<&str> = self
            .plan
            .undone_by(rollback)
            .map(|step| step.id.as_str())
            .collect();
        let is_later = !self.state.runbook.is_empty();
        let mut begun = self.state.standings.keys();
        let has_begun = begun.any(|(step, _)| undone.contains(&step.as_str()));
        if undone.is_empty() || !(is_later || has_begun) {
            return Some(targets);
        }
        let undone = undone.join(", ");
        // Of what its condition leaves out too: whether it shares machines with what it undoes is a matter of the page.
        let all = self.targets_of(rollback);
        let stands = |there: &Target| self.undoes(rollback, &all, there);
        let of = |wanted: Option<Standing>| targets.iter().filter(move |there| stands(there) == wanted);
        let never: Vec<Target> = of(None).cloned().collect();
        if !targets.is_empty() && never.len() == targets.len() {
            let says = format!(
                "nothing to undo by step {}: {undone} was done nowhere",
                rollback.id
            );
            let hint = String::new();
            let _ = self.events.send(Event::Told { says, hint }).await;
            return Some(Vec::new());
        }
        let mut bare = BTreeSet::new();
        for there in targets.iter().filter(|there| stands(there).is_some()) {
            if let Some(why) = self.bare(rollback, there) {
                bare.insert(there.machine.id.clone());
                self.tell_out(rollback, std::slice::from_ref(there), &why).await;
            }
        }
        let is_able = |there: &&Target| !bare.contains(&there.machine.id);
        let failed: Vec<Target> = of(Some(Standing::Failed)).filter(is_able).cloned().collect();
        let is_wanted = match failed.is_empty() {
            true => false,
            false => {
                let question = Question::Rollback {
                    step: rollback.id.clone(),
                    undoes: undone.clone(),
                    commands: rollback.commands(),
                    failed_on: failed.iter().map(|there| there.label().to_owned()).collect(),
                };
                match ask(&self.events, question).await {
                    Answer::Abort => return None,
                    said => said == Answer::Yes,
                }
            }
        };
        if !is_wanted {
            let why = format!("{undone} failed there, and nobody said to undo it");
            self.tell_out(rollback, &failed, &why).await;
        }
        self.tell_out(rollback, &never, &format!("{undone} was not done there"))
            .await;
        let is_meant = |there: &&Target| match stands(there) {
            Some(Standing::Done) => true,
            Some(_) => is_wanted,
            None => false,
        };
        let meant = targets.iter().filter(is_able).filter(is_meant);
        Some(meant.cloned().collect())
    }

    /// Some says which of them failed, and how.
    pub(super) async fn offer_rollbacks(&mut self) -> Option<String> {
        let pairs = self.undoable();
        if pairs.is_empty() {
            return None;
        }
        // The wish to stop was for what ran; a rollback that is asked for now runs.
        let (again, stop) = tokio::sync::watch::channel(Stop::No);
        if *self.stop.borrow() == Stop::Soon {
            self.stop = stop;
        }
        let mut failed = None;
        for (step, rollback) in pairs {
            let question = Question::Rollback {
                step: rollback.id.clone(),
                undoes: step.id.clone(),
                commands: rollback.commands(),
                failed_on: Vec::new(),
            };
            match ask(&self.events, question).await {
                Answer::Yes => {
                    let said = match self.take_back(&rollback).await {
                        Ok(Continue(())) => continue,
                        Ok(Break((_, says))) => says,
                        Err(cause) => cause.to_string(),
                    };
                    let told = Event::Told {
                        says: said.clone(),
                        hint: format!(
                            "the rollbacks before it are not offered; --resume {} --undo offers them",
                            self.desk.run()
                        ),
                    };
                    let _ = self.events.send(told).await;
                    failed = Some(said);
                    break;
                }
                Answer::Abort => break,
                Answer::Nobody => {
                    let says = format!(
                        "step {} is done and can be undone by step {}",
                        step.id, rollback.id
                    );
                    let hint = format!("--resume {} --only {}", self.desk.run(), rollback.id);
                    let _ = self.events.send(Event::Told { says, hint }).await;
                }
                _ => {}
            }
        }
        drop(again);
        failed
    }
}

/// The steps that a rollback undoes, each with its places.
pub(super) fn undone_by<'p>(
    plan: &'p Plan,
    rollback: &'p Step,
    targets_of: impl Fn(&Step) -> Vec<Target>,
) -> Vec<(&'p Step, Vec<Target>)> {
    let undone = plan.undone_by(rollback);
    undone.map(|step| (step, targets_of(step))).collect()
}

/// How what a rollback undoes stands, each step of it with its places, as far as one of the rollback's targets has to do
/// with it: there, where both run on machines that they share; otherwise anywhere.
pub(super) fn undoes(
    state: &State,
    undone: &[(&Step, Vec<Target>)],
    targets: &[Target],
    there: &Target,
) -> Option<Standing> {
    let mut has_failed = false;
    for (step, own) in undone {
        let is_own = |target: &Target| own.iter().any(|one| one.machine.id == target.machine.id);
        let is_shared = targets.iter().any(is_own);
        let all = state.standings.iter();
        let all = all.filter(|((id, at), _)| *id == step.id && (!is_shared || *at == there.machine.id));
        for (_, standing) in all {
            match standing {
                Standing::Done => return Some(Standing::Done),
                Standing::Failed | Standing::Unknown => has_failed = true,
                Standing::Skipped => {}
            }
        }
    }
    has_failed.then_some(Standing::Failed)
}

//! After a failure, or later when a person asks for it: the declared rollbacks of the steps that were completed, the last
//! first, each asked about. Nothing is undone by itself.

use std::ops::ControlFlow::{Break, Continue};

use super::begin::ask;
use super::event::{Answer, Event, Question};
use super::record::Outcome;
use super::sequence::{Flow, Sequence};
use super::shell::Stop;
use super::state::Standing;
use crate::runbook::plan::Step;

impl Sequence {
    /// Only this of a run that was over: how it ended stays its end, unless what undoes it fails.
    pub(super) async fn undo(&mut self) -> Flow<()> {
        if let Break(end) = self.settle_unknown().await? {
            return Ok(Break(end));
        }
        for ((step, target), standing) in &self.state.standings {
            if *standing == Standing::Done {
                let (step, target) = (step.clone(), target.clone());
                let _ = self.events.send(Event::Stood { step, target }).await;
            }
        }
        if self.undoable().is_empty() {
            let told = Event::Told {
                says: "nothing that is done can be undone".into(),
                hint: "rollback=NAME on a step names the block that undoes it".into(),
            };
            let _ = self.events.send(told).await;
        }
        if let Some(says) = self.offer_rollbacks().await {
            return Ok(Break((Outcome::Failed, says)));
        }
        Ok(match self.state.closed.clone() {
            Some((Outcome::Success, _)) => Continue(()),
            Some(end) => Break(end),
            None => Break((Outcome::Stopped, "it was left before its end".into())),
        })
    }

    /// Steps that are done, the last first, and what undoes each and is not done yet.
    fn undoable(&self) -> Vec<(Step, Step)> {
        let is_done = |id: &str| {
            let mut own = self.state.standings.iter().filter(|((step, _), _)| step == id);
            own.any(|(_, standing)| *standing == Standing::Done)
        };
        let completed = self.plan.steps.iter().rev().filter(|step| is_done(&step.id));
        let pairs = completed.filter_map(|step| {
            let wanted = step.attributes.rollback.as_ref()?;
            let rollback = self
                .plan
                .rollbacks
                .iter()
                .find(|rollback| rollback.id == *wanted)?;
            (!is_done(&rollback.id)).then(|| (step.clone(), rollback.clone()))
        });
        pairs.collect()
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
            };
            match ask(&self.events, question).await {
                Answer::Yes => {
                    let said = match Box::pin(self.step(&rollback)).await {
                        Ok(Continue(())) => continue,
                        Ok(Break((_, says))) => says,
                        Err(cause) => cause.to_string(),
                    };
                    let told = Event::Told {
                        says: said.clone(),
                        hint: "the rollbacks before it are not offered".into(),
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

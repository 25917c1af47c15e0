//! After a failure: the declared rollbacks of the steps that were completed, the last first, each asked about. Nothing is
//! undone by itself.

use std::ops::ControlFlow::{Break, Continue};

use super::begin::ask;
use super::event::{Answer, Event, Question};
use super::sequence::Sequence;
use super::shell::Stop;
use super::state::Standing;
use crate::runbook::plan::Step;

impl Sequence {
    pub(super) async fn offer_rollbacks(&mut self) {
        let plan = self.plan.clone();
        let is_done = |step: &Step| {
            let mut standings = self.state.standings.iter().filter(|((id, _), _)| *id == step.id);
            standings.any(|(_, standing)| *standing == Standing::Done)
        };
        let completed = plan.steps.iter().rev().filter(|step| is_done(step));
        let pairs: Vec<(&Step, &Step)> = completed
            .filter_map(|step| {
                let wanted = step.attributes.rollback.as_ref()?;
                let rollback = plan.rollbacks.iter().find(|rollback| rollback.id == *wanted)?;
                Some((step, rollback))
            })
            .filter(|(_, rollback)| {
                let done = |((id, _), standing): (&(String, String), &Standing)| {
                    *id == rollback.id && *standing == Standing::Done
                };
                !self.state.standings.iter().any(done)
            })
            .collect();
        if pairs.is_empty() {
            return;
        }
        // The wish to stop was for what ran; a rollback that is asked for now runs.
        let (again, stop) = tokio::sync::watch::channel(Stop::No);
        if *self.stop.borrow() < Stop::Now {
            self.stop = stop;
        }
        for (step, rollback) in pairs {
            let commands = rollback.commands();
            let question = Question::Rollback {
                step: rollback.id.clone(),
                undoes: step.id.clone(),
                commands,
            };
            match ask(&self.events, question).await {
                Answer::Yes => {
                    let said = match Box::pin(self.step(rollback)).await {
                        Ok(Continue(())) => continue,
                        Ok(Break((_, says))) => says,
                        Err(cause) => cause.to_string(),
                    };
                    let hint = "the rollbacks before it are not offered".to_owned();
                    let _ = self.events.send(Event::Told { says: said, hint }).await;
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
    }
}

//! What must be said before a step runs: by the person at the keys, ahead by `--yes`, or by a second person's signed word.

use std::ops::ControlFlow::{self, Break, Continue};

use super::approval::Own;
use super::begin::ask;
use super::event::{Answer, Question};
use super::journal::Error;
use super::record::Record;
use super::sequence::Sequence;
use super::target::Target;
use crate::runbook::fence::Kind;
use crate::runbook::plan::Step;
use crate::runbook::{Filled, Level};

impl Sequence {
    /// A second person is wanted, and none has spoken.
    pub(super) fn unapproved(&self, step: &Step, targets: &[Target]) -> Option<String> {
        let production = targets.iter().any(|target| target.machine.production);
        if step.level(&self.plan.manifest, production) < Level::Two {
            return None;
        }
        let now = jiff::Timestamp::now();
        let mut said = self
            .approvals
            .iter()
            .map(|approval| approval.check(step, &self.own(), &self.terms.approvers, now));
        if said.clone().any(|said| said.is_ok()) {
            return None;
        }
        let why = said
            .next()
            .and_then(Result::err)
            .map(|why| format!("; what was given does not count: {why}"));
        let how = format!(
            "`qd runbooks approve PAGE {}` gives a file for --approval",
            step.id
        );
        Some(format!(
            "it wants a second person: {how}{}",
            why.unwrap_or_default()
        ))
    }

    fn own(&self) -> Own<'_> {
        Own {
            key: &self.own_key,
            user: &self.by,
        }
    }

    fn approver(&self, step: &Step) -> Option<String> {
        let now = jiff::Timestamp::now();
        let approval = self.approvals.iter().find(|approval| {
            approval
                .check(step, &self.own(), &self.terms.approvers, now)
                .is_ok()
        })?;
        Some(format!(
            "{}, approved by {} with key {}",
            self.by, approval.by, approval.key
        ))
    }

    /// Lets a person say what the step asks for. `Break` carries what was said instead of a yes.
    pub(super) async fn confirm(
        &mut self,
        step: &Step,
        targets: &[Target],
        filled: &[Filled],
    ) -> Result<ControlFlow<Answer>, Error> {
        let production = targets.iter().any(|target| target.machine.production);
        let level = step.level(&self.plan.manifest, production);
        let (level, loss) = self.beyond_loss(step, targets, level).await;
        let labels: Vec<String> = targets.iter().map(|target| target.label().to_owned()).collect();
        let phrase = match labels.as_slice() {
            [one] => one.clone(),
            _ => "production".into(),
        };
        let redact = step
            .attributes
            .redact
            .as_deref()
            .and_then(|pattern| regex::Regex::new(pattern).ok());
        let commands: Vec<String> = {
            let purse = self.purse.lock();
            let first = filled
                .first()
                .map(|filled| filled.commands.as_slice())
                .unwrap_or_default();
            first
                .iter()
                .map(|command| purse.cover(command, redact.as_ref()))
                .collect()
        };
        let typed = if level == Level::None {
            String::new()
        } else if self.assumes_yes && level.is_answered_by_yes() {
            "--yes".to_owned()
        } else {
            let note = match (&step.attributes.kind, step.reads, targets.len()) {
                (Kind::Check, false, _) => {
                    "the page calls it a check, but not every command is known to only look"
                }
                (_, _, 2..) if filled.iter().any(|one| one.commands != filled[0].commands) => {
                    "shown with the values of the first target"
                }
                _ => "",
            };
            let question = Question::Confirm {
                step: step.id.clone(),
                title: step.title.clone(),
                targets: labels,
                production,
                level,
                phrase: phrase.clone(),
                commands,
                note: loss.unwrap_or_else(|| note.to_owned()),
            };
            match (ask(&self.events, question).await, level) {
                (Answer::Skip, _) => return Ok(Break(Answer::Skip)),
                (Answer::Yes, Level::Enter | Level::Yes) => "yes".to_owned(),
                (Answer::Text(text), Level::Type | Level::Two) if text.trim() == phrase => {
                    text.trim().to_owned()
                }
                (Answer::Text(text), Level::Enter | Level::Yes) if text.trim() == "yes" => "yes".to_owned(),
                (other, _) => return Ok(Break(other)),
            }
        };
        let record = Record::Confirmed {
            step: step.id.clone(),
            targets: targets.iter().map(|target| target.machine.id.clone()).collect(),
            level: level.to_string(),
            typed,
            by: self
                .approver(step)
                .filter(|_| level == Level::Two)
                .unwrap_or_else(|| self.by.clone()),
        };
        self.desk.append(record).await?;
        Ok(Continue(()))
    }
}

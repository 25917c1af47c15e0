//! What must be said before a step runs: by the person at the keys, ahead by `--yes`, or by a second person's signed word.

use std::ops::ControlFlow::{self, Break, Continue};

use super::approval::{Approval, Asked, BadApproval, Own, sha256_of, unmet};
use super::begin::ask;
use super::event::{Answer, Event, Question};
use super::journal::Error;
use super::production::Reach;
use super::reached::Reached;
use super::record::{Record, with_approver};
use super::sequence::Sequence;
use super::target::{LOCAL, Target};
use crate::runbook::fence::Kind;
use crate::runbook::plan::Step;
use crate::runbook::{Filled, Level};

/// What would run on one machine, as it is approved.
fn hashed(filled: &Filled) -> String {
    let told = filled.exports.iter();
    let told = told.map(|(name, value)| (name.clone(), Some(value.clone())));
    let secret = filled.secrets.iter().map(|name| (name.clone(), None));
    sha256_of(&filled.commands, &told.chain(secret).collect())
}

/// All that there is to say, each once.
fn joined<const N: usize>(notes: [Option<String>; N]) -> String {
    let said = notes.into_iter().flatten().filter(|note| !note.is_empty());
    said.collect::<Vec<String>>().join("; ")
}

impl Sequence {
    /// What must be said, and whether production is reached.
    fn level(&self, step: &Step, targets: &[Target], filled: &[Filled]) -> (Level, bool) {
        let reached = self.reached(filled);
        let targets = self.placed(targets, reached.as_ref());
        let purse = self.purse.lock();
        let reach = Reach {
            targets: &self.targets,
            named: &self.named,
            known: &self.terms.production,
            facts: purse.facts(),
        };
        let production = reach.is_production(&targets, filled);
        let level = step.level(&self.plan.manifest, production);
        let level = reached.map_or(level, |reached| reached.raised(level));
        (level, production)
    }

    /// A second person is wanted, and none has spoken.
    pub(super) fn unapproved(&self, step: &Step, targets: &[Target], filled: &[Filled]) -> Option<String> {
        if self.level(step, targets, filled).0 < Level::Two {
            return None;
        }
        let said = self.said(step, targets, filled).into_iter();
        unmet(&step.id, said.map(|(_, said)| said))
    }

    fn own(&self) -> Own<'_> {
        Own {
            key: &self.own_key,
            user: &self.by,
        }
    }

    /// What was given, and whether it counts for what would run.
    fn said(
        &self,
        step: &Step,
        targets: &[Target],
        filled: &[Filled],
    ) -> Vec<(&Approval, Result<(), BadApproval>)> {
        let now = jiff::Timestamp::now();
        let machines = targets.iter().map(|target| target.machine.id.clone());
        let asked = Asked {
            step,
            page: &self.plan.sha256,
            on: &machines.zip(filled.iter().map(hashed)).collect(),
        };
        let check = |approval: &Approval| approval.check(&asked, &self.own(), &self.terms.approvers, now);
        self.approvals
            .iter()
            .map(|approval| (approval, check(approval)))
            .collect()
    }

    fn approver(&self, step: &Step, targets: &[Target], filled: &[Filled]) -> Option<String> {
        let said = self.said(step, targets, filled);
        let (approval, _) = said.into_iter().find(|(_, said)| said.is_ok())?;
        let name = approval.named(&self.terms.approvers);
        Some(with_approver(&self.by, name, &approval.key))
    }

    /// Lets a person say what the step asks for. `Break` carries what was said instead of a yes.
    pub(super) async fn confirm(
        &mut self,
        step: &Step,
        targets: &[Target],
        filled: &[Filled],
    ) -> Result<ControlFlow<Answer>, Error> {
        let (level, production) = self.level(step, targets, filled);
        let (level, loss) = self.beyond_loss(step, targets, level).await;
        let labels: Vec<String> = targets.iter().map(|target| target.label().to_owned()).collect();
        let phrase = match labels.as_slice() {
            // The name of this machine would tell nothing of what is reached from it.
            [one] if !production || one != LOCAL => one.clone(),
            _ => "production".into(),
        };
        let redact = step.redact();
        let (commands, values) = {
            let purse = self.purse.lock();
            let cover = |text: &String| purse.cover(text, redact.as_ref());
            let first = filled.first().cloned().unwrap_or_default();
            let told = first
                .exports
                .iter()
                .map(|(name, value)| (name.clone(), Some(cover(value))));
            let secret = first.secrets.iter().map(|name| (name.clone(), None));
            let commands: Vec<String> = first.commands.iter().map(cover).collect();
            (commands, told.chain(secret).collect())
        };
        let reached = self.reached(filled);
        let mut impact: Vec<String> = reached.as_ref().and_then(Reached::says).into_iter().collect();
        let doubt = step.doubt().map(|doubt| format!("perhaps no command: {doubt}"));
        let typed = if level == Level::None {
            String::new()
        } else if self.assumes_yes && level.is_answered_by_yes() {
            if let Some(doubt) = &doubt {
                let says = format!("step {} is {doubt}", step.id);
                let hint = "--yes runs it all the same".to_owned();
                let _ = self.events.send(Event::Told { says, hint }).await;
            }
            "--yes".to_owned()
        } else {
            impact = self.impact(filled, reached.as_ref()).await;
            let note = match (&step.attributes.kind, step.reads, targets.len()) {
                (Kind::Check, false, _) => {
                    "the page calls it a check, but not every command is known to only look"
                }
                (_, _, 2..) if filled.iter().any(|one| *one != filled[0]) => {
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
                values,
                commands,
                impact: impact.clone(),
                note: joined([self.told_again(step), loss, doubt.clone(), Some(note.to_owned())]),
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
            impact,
            doubt: step.doubt().map(str::to_owned),
            typed,
            by: self
                .approver(step, targets, filled)
                .filter(|_| level == Level::Two)
                .unwrap_or_else(|| self.by.clone()),
        };
        self.desk.append(record).await?;
        Ok(Continue(()))
    }
}

//! The order of a run: each step is left out, blocked, confirmed or carried out; a failure stops the run unless a person
//! says otherwise; at the end every shell is closed and the journal too.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::approval::Approval;
use super::begin::ask;
use super::desk::Desk;
use super::event::{Answer, Event, Question};
use super::journal::Error;
use super::purse::Purse;
use super::record::{Outcome, Record};
use super::shell::{Opener, Shell, Stop};
use super::state::{Standing, State};
use super::tab::Tabs;
use super::target::Target;
use super::tidy::Still;
use super::{Terms, Told};
use crate::runbook::Filled;
use crate::runbook::fence::Kind;
use crate::runbook::plan::{Plan, Step, What};

pub(super) struct Sequence {
    pub plan: Arc<Plan>,
    pub targets: Vec<Target>,
    pub named: BTreeMap<String, Vec<Target>>,
    pub only: Option<String>,
    pub from: Option<String>,
    pub assumes_yes: bool,
    pub approvals: Vec<Approval>,
    pub terms: Terms,
    /// Of this device, which approves nothing for itself.
    pub own_key: [u8; 32],
    pub unknown_are_done: Option<bool>,
    pub by: String,
    pub purse: Arc<Mutex<Purse>>,
    pub desk: Desk,
    pub state: State,
    pub events: Told,
    pub stop: watch::Receiver<Stop>,
    pub opener: Opener,
    pub shells: BTreeMap<String, Shell>,
    /// Machines whose shell is gone with what earlier steps left in it.
    pub lost: BTreeSet<String>,
    /// Machines of which was said what a shell that is gone had exported.
    pub unexported: BTreeSet<String>,
    /// Where steps of an earlier process may still run, and why.
    pub still: Still,
    pub recordings: BTreeMap<String, String>,
    pub phases: BTreeMap<String, u64>,
    pub tabs: Tabs,
    /// What to do about the step that failed last, where going on with the run is not all.
    pub hint: String,
}

/// Why the run goes no further.
pub(super) type End = (Outcome, String);
pub(super) type Flow<T> = Result<ControlFlow<End, T>, Error>;

impl Sequence {
    pub async fn run(mut self) {
        let started_at = Instant::now();
        let is_left = |step: &&Step| self.state.standing(&step.id, "") == Some(Standing::Skipped);
        self.plan
            .steps
            .iter()
            .filter(is_left)
            .for_each(|step| self.forgo(step));
        let end = match self.terms.undoes {
            true => self.undo().await,
            false => self.all().await,
        };
        let end = match end {
            Ok(Continue(())) => (Outcome::Success, String::new()),
            Ok(Break(end)) => end,
            Err(cause) => (Outcome::Failed, format!("the journal cannot be written: {cause}")),
        };
        let hint = std::mem::take(&mut self.hint);
        if end.0 != Outcome::Success && !self.terms.undoes && !self.only_undoes() {
            self.offer_rollbacks().await;
        }
        let (stands, says) = self.on_record(&end);
        for (id, shell) in std::mem::take(&mut self.shells) {
            let recording = shell.close("the run ended").await;
            self.recordings.insert(id, recording);
        }
        let closed = Record::Closed {
            outcome: stands,
            says: says.clone(),
            lasted_us: started_at.elapsed().as_micros() as u64,
            phases: self.phases.clone(),
            recordings: self.recordings.clone(),
        };
        let (outcome, says) = match self.desk.append(closed).await {
            // What was asked for is done, however the run stands.
            Ok(()) => (end.0, says),
            Err(cause) => (Outcome::Failed, format!("the journal cannot be closed: {cause}")),
        };
        let _ = self.events.send(Event::Closed { outcome, says, hint }).await;
    }

    async fn all(&mut self) -> Flow<()> {
        if let Break(end) = self.settle_unknown().await? {
            return Ok(Break(end));
        }
        let plan = self.plan.clone();
        self.tell_left_out(&plan).await;
        self.tell_again(&plan).await;
        let mut has_begun = self.from.is_none();
        let mut failed = Vec::new();
        for step in &plan.steps {
            let is = |wanted: &Option<String>| {
                wanted
                    .as_ref()
                    .is_some_and(|wanted| step.id == *wanted || step.number.to_string() == *wanted)
            };
            has_begun |= is(&self.from);
            let is_out = !has_begun || (self.only.is_some() && !is(&self.only));
            let is_out = is_out || (self.terms.looks_only && !plan.looks(step));
            if is_out || (step.attributes.excluded && !is(&self.only)) {
                continue;
            }
            let began_at = Instant::now();
            let is_named = is(&self.only) || is(&self.from);
            let flow = match self.chosen(step, is_named).await {
                Continue(None) => self.step(step).await?,
                Continue(Some(why)) => self.skip(step, why).await?,
                Break(end) => Break(end),
            };
            let spent = began_at.elapsed().as_micros() as u64;
            *self.phases.entry(step.phase.clone()).or_default() += spent;
            match flow {
                Break((Outcome::Failed, says)) if self.terms.looks_only => failed.push(says),
                Break(end) => return Ok(Break(end)),
                Continue(()) => {}
            }
        }
        if !failed.is_empty() {
            return Ok(Break((Outcome::Failed, failed.join("; "))));
        }
        if let Some(end) = self.unseen() {
            return Ok(Break(end));
        }
        // A rollback runs when it alone is asked for, and otherwise only after a failure.
        if let Some(rollback) = self
            .only
            .as_ref()
            .and_then(|only| plan.rollbacks.iter().find(|step| step.id == *only))
            .filter(|_| !self.terms.looks_only)
        {
            return self.take_back(rollback).await;
        }
        Ok(Continue(()))
    }

    pub(super) async fn step(&mut self, step: &Step) -> Flow<()> {
        if *self.stop.borrow() > Stop::No {
            return Ok(Break((Outcome::Stopped, "it was stopped".into())));
        }
        if self.state.standing(&step.id, "") == Some(Standing::Skipped) && self.only.is_none() {
            let _ = self
                .events
                .send(Event::Stood {
                    step: step.id.clone(),
                    target: String::new(),
                })
                .await;
            return Ok(Continue(()));
        }
        if let What::Task(text) = &step.what {
            return self.tick(step, text).await;
        }
        let targets = match self.meant(step).await {
            Ok(targets) => targets,
            Err(why) => return self.skip(step, why).await,
        };
        let targets = match step.attributes.kind {
            Kind::Rollback => self.undone(step, targets).await,
            _ => Some(targets),
        };
        let Some(targets) = targets else {
            return Ok(Break((
                Outcome::Stopped,
                format!("step {} was not confirmed", step.id),
            )));
        };
        loop {
            let left = self.left(step, &targets).await;
            if left.is_empty() && !targets.is_empty() && targets.iter().all(|there| self.is_out(step, there))
            {
                let why = "an earlier step failed on every machine of it";
                return self.skip(step, why.into()).await;
            }
            if left.is_empty() {
                return Ok(Continue(()));
            }
            let mut wants_approval = false;
            let why = match self.ready(step, &left, &mut wants_approval).await? {
                Break(why) => why,
                Continue(filled) => match self.confirm(step, &left, &filled).await? {
                    Break(Answer::Skip) => return self.skip(step, "a person left it out".into()).await,
                    Break(_) => {
                        return Ok(Break((
                            Outcome::Stopped,
                            format!("step {} was not confirmed", step.id),
                        )));
                    }
                    Continue(()) => {
                        let Some(says) = self.carry_all(step, &left, filled).await? else {
                            return Ok(Continue(()));
                        };
                        if *self.stop.borrow() > Stop::No {
                            return Ok(Break((Outcome::Stopped, format!("step {} was stopped", step.id))));
                        }
                        match self.settle_here(step, &says).await? {
                            Break(end) => return Ok(Break(end)),
                            Continue(true) => continue,
                            Continue(false) => {}
                        }
                        let (id, title) = (step.id.clone(), step.title.clone());
                        let trouble = Question::Failed {
                            step: id,
                            title,
                            says: says.clone(),
                        };
                        match self.told_of(trouble).await {
                            Answer::Retry => continue,
                            Answer::Skip => return self.skip(step, format!("it failed: {says}")).await,
                            _ => {
                                return Ok(Break((Outcome::Failed, format!("step {}: {says}", step.id))));
                            }
                        }
                    }
                },
            };
            let (id, title) = (step.id.clone(), step.title.clone());
            let trouble = Question::Blocked {
                step: id,
                title,
                why: why.clone(),
                wants_approval,
            };
            match self.told_of(trouble).await {
                Answer::Retry => {}
                Answer::Text(path) if wants_approval => self.take_approval(path.trim()).await,
                Answer::Skip => return self.skip(step, why).await,
                _ => {
                    return Ok(Break((
                        Outcome::Failed,
                        format!("step {} cannot run: {why}", step.id),
                    )));
                }
            }
        }
    }

    /// The step's commands for each target, or why it cannot run.
    async fn ready(
        &mut self,
        step: &Step,
        targets: &[Target],
        wants_approval: &mut bool,
    ) -> Result<ControlFlow<String, Vec<Filled>>, Error> {
        if let Some(why) = self.obstacle(step, targets) {
            return Ok(Break(why));
        }
        // What a second person's word is wanted for may depend on the values.
        let filled = self.fill_all(step, targets).await?;
        Ok(match filled {
            Continue(filled) => match self.unapproved(step, targets, &filled) {
                Some(why) => {
                    *wants_approval = true;
                    Break(why)
                }
                None => Continue(filled),
            },
            refused => refused,
        })
    }

    /// Reads a second person's word; what is wrong with the file is told.
    async fn take_approval(&mut self, path: &str) {
        match Approval::load(std::path::Path::new(path)) {
            Ok(approval) => self.approvals.push(approval),
            Err(says) => {
                let hint = "`qd runbooks approve PAGE STEP` writes such a file".to_owned();
                let _ = self.events.send(Event::Told { says, hint }).await;
            }
        }
    }

    /// What becomes of a step that failed or cannot run. A run that only looks goes on to what else there is to see.
    async fn told_of(&self, trouble: Question) -> Answer {
        match self.terms.looks_only {
            true => Answer::Nobody,
            false => ask(&self.events, trouble).await,
        }
    }

    async fn tick(&mut self, step: &Step, text: &str) -> Flow<()> {
        if self.state.standing(&step.id, "") == Some(Standing::Done) {
            let _ = self
                .events
                .send(Event::Stood {
                    step: step.id.clone(),
                    target: String::new(),
                })
                .await;
            return Ok(Continue(()));
        }
        let asked_at = Instant::now();
        let question = Question::Task {
            step: step.id.clone(),
            text: text.to_owned(),
        };
        let note = match ask(&self.events, question).await {
            Answer::Yes => String::new(),
            // What looks like a secret in it is not kept, and covered from now on wherever it stands.
            Answer::Text(note) => self.purse.lock().keep(&note, None),
            Answer::Skip | Answer::No => return self.skip(step, "a person left it out".into()).await,
            Answer::Nobody => {
                let says = format!("step {} waits for a person: {}", step.id, step.title);
                return Ok(Break((Outcome::Stopped, says)));
            }
            _ => return Ok(Break((Outcome::Stopped, "it was stopped".into()))),
        };
        let record = Record::Ticked {
            step: step.id.clone(),
            by: self.by.clone(),
            note,
            lasted_us: asked_at.elapsed().as_micros() as u64,
        };
        self.state.hear(&record);
        self.desk.append(record).await?;
        let _ = self
            .events
            .send(Event::Ticked {
                step: step.id.clone(),
            })
            .await;
        Ok(Continue(()))
    }

    async fn skip(&mut self, step: &Step, why: String) -> Flow<()> {
        self.forgo(step);
        let record = Record::Skipped {
            step: step.id.clone(),
            why: why.clone(),
        };
        self.state.hear(&record);
        self.desk.append(record).await?;
        let _ = self
            .events
            .send(Event::Skipped {
                step: step.id.clone(),
                why,
            })
            .await;
        Ok(Continue(()))
    }

    fn obstacle(&self, step: &Step, targets: &[Target]) -> Option<String> {
        let unmet = step.attributes.needs.iter().find_map(|needed| {
            let asked = self.plan.step(needed).map(|needed| self.targets_of(needed));
            let asked: BTreeSet<String> = asked
                .into_iter()
                .flatten()
                .map(|there| there.machine.id)
                .collect();
            let is_met = |there: &&Target| {
                let id = &there.machine.id;
                self.state.is_met(needed, asked.contains(id), id)
            };
            let unmet = targets.iter().find(|there| !is_met(there))?;
            Some((
                needed,
                asked.len() > 1 && asked.contains(&unmet.machine.id),
                unmet,
            ))
        });
        match unmet {
            Some((needed, true, there)) => Some(format!(
                "it needs step {needed}, which is not done on {}",
                there.label()
            )),
            Some((needed, false, _)) => Some(format!("it needs step {needed}, which is not done")),
            None => step
                .obstacle()
                .or_else(|| self.ambiguous(step, targets))
                .or_else(|| targets.iter().find_map(|target| target.obstacle(step))),
        }
    }
}

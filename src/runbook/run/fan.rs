//! A step on all its targets: so many at a time as the page allows, and no more of them once too many have failed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::task::JoinSet;

use super::call::Over;
use super::event::Event;
use super::journal::Error;
use super::record::{Outcome, Record};
use super::sequence::Sequence;
use super::shell::{Shell, Stop};
use super::state::Standing;
use super::step::{self, Task};
use super::target::Target;
use crate::aws::{Cloud, Place};
use crate::runbook::Filled;
use crate::runbook::plan::{Step, What};

/// Targets at a time where the page does not say.
const AT_ONCE: usize = 10;

/// A number, or a share of all, at least `least`.
fn amount(said: Option<&str>, all: usize, otherwise: usize, least: usize) -> usize {
    let Some(said) = said else { return otherwise };
    let number = match said.strip_suffix('%') {
        Some(share) => share.parse::<usize>().map(|share| all * share / 100),
        None => said.parse(),
    };
    number.unwrap_or(otherwise).max(least)
}

/// `None`: it was not asked.
type Came = (Target, Option<Shell>, Option<Result<step::Went, Error>>);

/// How many may fail, shared by the targets of a step: opening a shell takes a while, and meanwhile others fail.
#[derive(Clone)]
struct Budget {
    failed: Arc<AtomicUsize>,
    tolerated: usize,
}

impl Budget {
    fn of(tolerated: usize) -> Budget {
        Budget {
            failed: Arc::default(),
            tolerated,
        }
    }

    fn is_spent(&self) -> bool {
        self.failed.load(Ordering::SeqCst) > self.tolerated
    }

    /// Counts what did not go well as soon as it is known.
    fn note(&self, result: &Result<step::Went, Error>) {
        let is_well = matches!(result, Ok(went) if went.outcome == Outcome::Success);
        self.failed.fetch_add(usize::from(!is_well), Ordering::SeqCst);
    }
}

impl Sequence {
    /// `Some` says how it failed.
    pub(super) async fn carry_all(
        &mut self,
        step: &Step,
        targets: &[Target],
        filled: Vec<Filled>,
    ) -> Result<Option<String>, Error> {
        let said = &step.attributes;
        let at_once = amount(said.concurrency.as_deref(), targets.len(), AT_ONCE, 1);
        let tolerated = amount(said.max_errors.as_deref(), targets.len(), 0, 0);
        let shared = Arc::new(step.clone());
        let mut waiting: VecDeque<(Target, Filled)> = targets.iter().cloned().zip(filled).collect();
        let mut running: JoinSet<Came> = JoinSet::new();
        let mut failures: Vec<String> = Vec::new();
        let (mut broken, mut unasked) = (None, 0);
        let budget = Budget::of(tolerated);
        loop {
            let goes_on = !budget.is_spent()
                && failures.len() <= tolerated
                && broken.is_none()
                && *self.stop.borrow() == Stop::No;
            while goes_on && running.len() < at_once {
                let Some((target, filled)) = waiting.pop_front() else {
                    break;
                };
                self.launch(&mut running, &budget, shared.clone(), target, filled);
            }
            let Some(came) = running.join_next().await else {
                break;
            };
            let Ok((target, shell, result)) = came else {
                failures.push("its task was interrupted".into());
                continue;
            };
            if let Some(shell) = shell {
                self.shells.insert(target.machine.id.clone(), shell);
            }
            match result {
                None => unasked += 1,
                Some(Err(cause)) => broken = Some(cause),
                Some(Ok(result)) => {
                    if let Some(failure) = self.over(step, &target, result, targets.len()).await? {
                        failures.push(failure);
                    }
                }
            }
        }
        if let Some(cause) = broken {
            return Err(cause);
        }
        // Within what the page tolerates a failed target is left behind, and its step counts as done elsewhere.
        unasked += waiting.len();
        if failures.len() > tolerated || (unasked > 0 && failures.is_empty()) {
            if unasked > 0 {
                failures.push(format!("{unasked} targets were not asked"));
            }
            return Ok(Some(failures.join("; ")));
        }
        if *self.stop.borrow() == Stop::No {
            self.drop_failed(step, targets).await?;
        }
        Ok(None)
    }

    /// What failed, and may, is left alone from here on.
    async fn drop_failed(&mut self, step: &Step, targets: &[Target]) -> Result<(), Error> {
        let left: Vec<(Target, Standing)> = targets
            .iter()
            .filter_map(|there| {
                let standing = self.state.standing(&step.id, &there.machine.id)?;
                matches!(standing, Standing::Failed | Standing::Unknown).then(|| (there.clone(), standing))
            })
            .collect();
        for (there, standing) in left {
            let is_unknown = standing == Standing::Unknown;
            let why = match is_unknown {
                true => format!("how step {} ended there is not known", step.id),
                false => format!("step {} failed there", step.id),
            };
            let says = format!("{} gets none of the steps that follow: {why}", there.label());
            let record = Record::Dropped {
                step: step.id.clone(),
                target: there.machine.id.clone(),
                says: says.clone(),
            };
            self.state.hear(&record);
            self.desk.append(record).await?;
            let hint = match is_unknown {
                true => self.look_first(),
                false => format!("--resume {} tries it there again", self.desk.run()),
            };
            let _ = self.events.send(Event::Told { says, hint }).await;
        }
        Ok(())
    }

    fn launch(
        &mut self,
        running: &mut JoinSet<Came>,
        budget: &Budget,
        step: Arc<Step>,
        target: Target,
        filled: Filled,
    ) {
        let budget = budget.clone();
        let shell = self
            .shells
            .remove(&target.machine.id)
            .filter(|shell| shell.is_alive);
        let mut task = self.task(step);
        if shell.is_none() {
            task.folder = self.state.folders.get(&target.machine.id).cloned().flatten();
        }
        let (opener, title) = (self.opener.clone(), self.plan.title.clone());
        let before = self.attempts(&task.step.id, &target.machine.id);
        if matches!(task.step.what, What::Call(_)) {
            running.spawn(async move {
                let result = task.call(&target, &filled, before).await;
                budget.note(&result);
                (target, None, Some(result))
            });
            return;
        }
        if task.step.is_powershell() {
            running.spawn(async move {
                let result = task.powershell(&target, &filled, before, &opener).await;
                budget.note(&result);
                (target, None, Some(result))
            });
            return;
        }
        running.spawn(async move {
            let opened = match shell {
                Some(shell) => Ok(shell),
                None => Shell::open(&opener, &target, &title, &task.events).await,
            };
            match opened {
                // Too many have failed while it was opened.
                Ok(shell) if budget.is_spent() => (target, Some(shell), None),
                Ok(mut shell) => {
                    let result = task.carry(&mut shell, &target, &filled, before).await;
                    budget.note(&result);
                    (target, Some(shell), Some(result))
                }
                Err(refused) => {
                    let hint = refused.hint.clone();
                    let says = format!("no shell on {}: {}", target.label(), refused.says);
                    let _ = task
                        .events
                        .send(Event::Told {
                            says: says.clone(),
                            hint,
                        })
                        .await;
                    // On record, though nothing of it began.
                    let (id, over) = (target.machine.id.clone(), Over::failed(says));
                    let result = task.close(&id, before + 1, Instant::now(), over).await;
                    budget.note(&result);
                    (target, None, Some(result))
                }
            }
        });
    }

    fn task(&self, step: Arc<Step>) -> Task {
        Task {
            plan: self.plan.clone(),
            step,
            purse: self.purse.clone(),
            desk: self.desk.clone(),
            events: self.events.clone(),
            stop: self.stop.clone(),
            home: self.home(),
            machines: self.machines(),
            fleet: self.terms.fleet.clone(),
            folder: None,
        }
    }

    /// Whether AWS could tell how a step ended that it was told to do by an earlier process.
    pub(super) async fn pick_up(&mut self, step: &str, target: &str) -> Result<bool, Error> {
        let sent = self
            .state
            .sent
            .get(&(step.to_owned(), target.to_owned()))
            .cloned();
        let plan = self.plan.clone();
        let (Some(sent), Some(step)) = (sent, plan.step(step)) else {
            return Ok(false);
        };
        let What::Call(call) = &step.what else {
            return Ok(false);
        };
        let target = Target::aws(&call.document, &self.targets);
        let mut task = self.task(Arc::new(step.clone()));
        match task.pick_up(&target, &sent).await? {
            Some(went) => self.over(step, &target, went, 1).await.map(|_| true),
            None => Ok(false),
        }
    }

    /// The place of the first machine, else that of the terms.
    pub(super) fn home(&self) -> Option<(Cloud, Place)> {
        let mut all = self.targets.iter().chain(self.named.values().flatten());
        let far = all.find_map(|target| target.far.as_ref()).map(|far| {
            let place = Place {
                profile: far.node.profile.clone(),
                region: far.node.region.clone(),
            };
            (far.cloud.clone(), place)
        });
        far.or_else(|| self.terms.home.clone())
    }

    fn machines(&self) -> Vec<String> {
        let far = self.targets.iter().filter(|target| target.far.is_some());
        far.map(|target| target.machine.id.clone()).collect()
    }

    fn attempts(&self, step: &str, target: &str) -> u32 {
        let key = (step.to_owned(), target.to_owned());
        self.state.attempts.get(&key).copied().unwrap_or_default()
    }

    /// Takes a result over; `Some` says how it failed.
    async fn over(
        &mut self,
        step: &Step,
        target: &Target,
        result: step::Went,
        of: usize,
    ) -> Result<Option<String>, Error> {
        let id = target.machine.id.clone();
        self.state.settle(&step.id, &id, Standing::from(result.outcome));
        if let Some(folder) = result.moved {
            self.state.folders.insert(id.clone(), folder);
        }
        self.hint = result.hint;
        self.purse.lock().run(&step.id, &id);
        let retries = step.attributes.retry.map_or(0, |(times, _)| times);
        *self
            .state
            .attempts
            .entry((step.id.clone(), id.clone()))
            .or_default() += retries + 1;
        if let Some((name, value)) = result.captured {
            let redact = step.redact();
            let record = self
                .purse
                .lock()
                .capture(&step.id, &name, &id, &value, redact.as_ref());
            self.state.hear(&record);
            self.desk.append(record).await?;
        }
        let is_one = of == 1;
        Ok(match result.outcome {
            Outcome::Success => None,
            _ if is_one => Some(result.says),
            _ => Some(format!("{}: {}", target.label(), result.says)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn shares_are_of_all_targets_and_one_always_runs() {
        assert_eq!(amount(Some("25%"), 8, 10, 1), 2);
        assert_eq!(amount(Some("1%"), 8, 10, 1), 1);
        assert_eq!(amount(Some("0"), 8, 5, 0), 0);
        assert_eq!(amount(None, 8, 10, 1), 10);
    }
}

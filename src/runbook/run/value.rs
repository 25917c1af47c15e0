//! Before a step can run its values are there: taken from what is known, fetched, or asked for. What is asked once holds
//! for the whole run.

use std::ops::ControlFlow::{Break, Continue};

use zeroize::Zeroizing;

use super::begin::ask;
use super::event::{Answer, Question};
use super::journal::Error;
use super::purse::{Need, declared};
use super::record::Record;
use super::sequence::Sequence;
use super::target::Target;
use crate::runbook::plan::Step;
use crate::runbook::variable::Source;
use crate::runbook::{Filled, Variable};

/// A suggestion that takes longer is none.
const SUGGESTS: std::time::Duration = std::time::Duration::from_secs(20);
/// Words beyond these help nobody to choose.
const CHOICES: usize = 200;

impl Sequence {
    /// The step's commands for each target, or why it cannot run.
    pub(super) async fn fill_all(
        &mut self,
        step: &Step,
        targets: &[Target],
    ) -> Result<std::ops::ControlFlow<String, Vec<Filled>>, Error> {
        let mut filled = Vec::new();
        for target in targets {
            let facts = target.facts_among(&self.targets);
            loop {
                let is_here = target.far.is_none();
                let purse = self.purse_at(step, target);
                let need = purse.equip(&self.plan.manifest, step, &facts, is_here);
                let why = match need {
                    Ok(one) => {
                        filled.push(one);
                        break;
                    }
                    Err(Need::Refused(refused)) => Some(format!("{refused}; {}", refused.hint())),
                    Err(Need::Differs(wanted)) => Some(purse.differs_for(&wanted, target.label())),
                    Err(Need::Value(wanted)) => self.find_value(step, &wanted, target).await?,
                    Err(Need::Secret(wanted)) => self.fetch_secret(&wanted, target).await?,
                };
                if let Some(why) = why {
                    return Ok(Break(why));
                }
            }
            for (name, value) in &filled.last().map(|one| one.exports.clone()).unwrap_or_default() {
                self.tell_value(step, name, value, &target.machine.id).await?;
            }
        }
        for (name, variable) in &self.plan.manifest.variables {
            let values = filled.iter().filter_map(|one| one.exports.get(name));
            if let Some(bad) = values.filter_map(|value| variable.accept(value).err()).next() {
                return Ok(Break(format!("{name}: {bad}")));
            }
        }
        Ok(Continue(filled))
    }

    /// Writes down a value that a step gets, once.
    async fn tell_value(&mut self, step: &Step, name: &str, value: &str, target: &str) -> Result<(), Error> {
        let key = (name.to_owned(), Some(target.to_owned()));
        let also = step.redact();
        let record = self
            .purse
            .lock()
            .valued(name, Source::Given, value, Some(target), also.as_ref());
        if let Record::Valued {
            value: Some(value), ..
        } = &record
        {
            let known = self
                .state
                .values
                .get(&key)
                .or_else(|| self.state.covered.get(&key));
            if known == Some(value) {
                return Ok(());
            }
        }
        self.state.hear(&record);
        self.desk.append(record).await
    }

    /// What the page says of a value; nothing where it does not declare it.
    fn declared(&self, wanted: &str) -> Variable {
        let declared = declared(&self.plan.manifest, wanted);
        declared.map(|(_, variable)| variable.clone()).unwrap_or_default()
    }

    /// What Parameter Store holds for a default of `{{ssm:NAME}}`, else what a person says. `Some` says why there is
    /// none.
    async fn find_value(
        &mut self,
        step: &Step,
        wanted: &str,
        target: &Target,
    ) -> Result<Option<String>, Error> {
        let variable = self.declared(wanted);
        // What was captured is another's than the page's own default, and may be one machine's alone.
        let is_lost = self.purse_at(step, target).is_lost(wanted);
        let stored = variable.stored().filter(|_| !is_lost).map(str::to_owned);
        let Some(parameter) = stored else {
            return self.ask_value(step, wanted, target, variable, is_lost).await;
        };
        let Some((cloud, place)) = self.near(target) else {
            return Ok(Some(format!(
                "{wanted}: no account is known to read {parameter} in"
            )));
        };
        let value = match cloud.fetch_plain_parameter(&place, &parameter).await {
            Ok(Some(value)) => value,
            Ok(None) => {
                let says = format!("{wanted}: {parameter} is a SecureString");
                return Ok(Some(format!(
                    "{says}; declare {wanted} as `{{secret: \"ssm:{parameter}\"}}`"
                )));
            }
            Err(failure) => return Ok(Some(format!("{wanted}: {failure}; {}", failure.hint))),
        };
        if let Err(cause) = variable.accept(&value) {
            return Ok(Some(format!(
                "{wanted}: what {parameter} holds is refused: {cause}"
            )));
        }
        let record = {
            let mut purse = self.purse.lock();
            purse.set(wanted, value.clone());
            purse.valued(wanted, Source::Parameter, &value, None, None)
        };
        self.desk.append(record).await?;
        Ok(None)
    }

    /// The account and region of a machine, else those that the run has of its own.
    fn near(&self, target: &Target) -> Option<(crate::aws::Cloud, crate::aws::Place)> {
        let near = target.far.as_ref().map(|far| {
            let place = crate::aws::Place {
                profile: far.node.profile.clone(),
                region: far.node.region.clone(),
            };
            (far.cloud.clone(), place)
        });
        near.or_else(|| self.home())
    }

    /// `Some` says why there is none.
    async fn ask_value(
        &mut self,
        step: &Step,
        wanted: &str,
        target: &Target,
        variable: Variable,
        is_lost: bool,
    ) -> Result<Option<String>, Error> {
        let choices = match (&variable.choose, &variable.suggest) {
            (choices, _) if !choices.is_empty() => choices.clone(),
            (_, Some(command)) => suggestions(command).await,
            _ => Vec::new(),
        };
        let in_branch = step.block().is_some_and(|block| block.sets_in_branch(wanted));
        let unsure =
            in_branch.then(|| format!("{wanted}, which the block sets only where a condition holds"));
        let before = is_lost.then(|| format!("{wanted} for {}, as it was captured before", target.label()));
        let is_optional = step.block().is_some_and(|block| block.is_optional(wanted));
        let optional = is_optional.then(|| format!("{wanted}, which may be left empty"));
        let told = before.or(variable.prompt.clone()).or(unsure).or(optional);
        let mut prompt = told.unwrap_or_default();
        if !is_lost && self.state.is_covered(wanted) {
            let words = if prompt.is_empty() { wanted } else { &prompt };
            prompt = format!("{words}, again: the journal may not hold it");
        }
        let mut refused = None;
        loop {
            let question = Question::Value {
                name: wanted.to_owned(),
                prompt: prompt.clone(),
                choices: choices.clone(),
                default: variable.default.clone().filter(|_| !is_lost),
                // The journal may not have it, and nor may the screen.
                is_secret: self.purse.lock().is_hidden(wanted),
                refused: refused.take(),
            };
            let Answer::Text(value) = ask(&self.events, question).await else {
                return Ok(Some(format!("{wanted} has no value")));
            };
            if value.is_empty() && !is_optional {
                return Ok(Some(format!("{wanted} has no value")));
            }
            if let Err(cause) = variable.accept(&value) {
                refused = Some(cause.to_string());
                continue;
            }
            let (undone, machine) = (self.plan.names_undone_by(step), &target.machine.id);
            let record = self.purse.lock().answer(wanted, machine, &undone, &value);
            self.desk.append(record).await?;
            return Ok(None);
        }
    }

    /// `Some` says why there is none.
    async fn fetch_secret(&mut self, wanted: &str, target: &Target) -> Result<Option<String>, Error> {
        let variable = self.declared(wanted);
        let value = match (variable.parameter(), self.near(target)) {
            (Some(parameter), Some((cloud, place))) => match cloud.fetch_parameter(&place, parameter).await {
                Ok(value) => value,
                Err(failure) => return Ok(Some(format!("{wanted}: {failure}; {}", failure.hint))),
            },
            _ => {
                let question = Question::Value {
                    name: wanted.to_owned(),
                    prompt: variable.prompt.clone().unwrap_or_default(),
                    choices: Vec::new(),
                    default: None,
                    is_secret: true,
                    refused: None,
                };
                match ask(&self.events, question).await {
                    Answer::Text(value) if !value.is_empty() => Zeroizing::new(value),
                    _ => return Ok(Some(format!("the secret {wanted} was not given"))),
                }
            }
        };
        if let Err(cause) = variable.accept(&value) {
            // The cause would quote it.
            tracing::debug!(name = wanted, "a secret is refused");
            let _ = cause;
            return Ok(Some(format!(
                "the secret {wanted} is not of the form that the page wants"
            )));
        }
        self.purse.lock().set_secret(wanted, value);
        let record = Record::Valued {
            name: wanted.to_owned(),
            source: Source::Secret.name().to_owned(),
            value: None,
            target: None,
            covered: false,
            step: None,
        };
        self.desk.append(record).await?;
        Ok(None)
    }
}

/// What a read-only command prints, word by word; nothing where it fails.
async fn suggestions(command: &str) -> Vec<String> {
    let run = tokio::process::Command::new("sh")
        .args(["-c", command])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(SUGGESTS, run).await {
        Ok(Ok(out)) if out.status.success() => String::from_utf8_lossy(&out.stdout)
            .split_whitespace()
            .take(CHOICES)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

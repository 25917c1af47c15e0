//! The values of a run: given, known of the target or the alarm, captured, asked. Secrets are kept apart, leave only for a
//! shell's `read`, and are covered in everything that is shown or written.

mod given;
mod inherited;
mod seen;

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use zeroize::Zeroizing;

use super::captured::{Captured, Differs};
use super::record::Record;
use crate::recording::redaction::{covered, masked};
use crate::runbook::fill::Values;
use crate::runbook::fill::fits;
use crate::runbook::manifest::Manifest;
use crate::runbook::placeholder::{expands, is_secret_name, name};
use crate::runbook::plan::{Plan, Step, What};
use crate::runbook::variable::Source;
use crate::runbook::{Block, Filled, Refused, fill_apart};
use seen::Seen;

/// Bytes of a value that nobody asked for: one of more than 128 KiB would let no program start.
const LONGEST: usize = 32 << 10;

#[derive(Clone, Default)]
pub struct Purse {
    /// By the one name of all spellings.
    values: Values,
    secrets: BTreeMap<String, Zeroizing<String>>,
    /// Names of values that are covered like secrets wherever they turn up.
    hidden: BTreeSet<String>,
    /// What the steps that capture a name want covered in its values, whoever says them.
    redacted: BTreeMap<String, Vec<Regex>>,
    /// And those that are given a name in its values.
    covered_in: BTreeMap<String, Vec<Regex>>,
    /// What a preview shows for values that only a run knows; no form is asked of it.
    stand_ins: Values,
    captured: Captured,
    /// On the machine that this is for: names that others captured, and why theirs are not meant.
    apart: BTreeMap<String, Differs>,
    /// There, names that a step captured and the journal did not keep: nothing else stands for them.
    lost: BTreeSet<String>,
    /// Of the alarm, under `alarm.…` and by the names that placeholders have.
    facts: Values,
    /// Names that the page declares, whatever they are called.
    declared: BTreeSet<String>,
    /// Secrets that were found in what was written.
    seen: Seen,
    /// Whether the shells here are given an AWS profile, whatever this process has.
    has_profile: bool,
}

/// What a step needs before it can run.
#[derive(Debug)]
pub enum Need {
    /// A value for this name.
    Value(String),
    Secret(String),
    /// Machines have captured this name, and whose value is meant is not said.
    Differs(String),
    /// No value helps.
    Refused(Refused),
}

impl Purse {
    pub fn new(given: Values, facts: Values) -> Purse {
        let values = given
            .into_iter()
            .map(|(key, value)| (name(&key), value))
            .collect();
        Purse {
            values,
            facts,
            ..Purse::default()
        }
    }

    /// The same with what steps captured.
    pub fn with(self, captured: Captured) -> Purse {
        Purse { captured, ..self }
    }

    /// The same where a page wants values covered that its steps capture or read.
    pub fn of(mut self, plan: &Plan) -> Purse {
        self.declared = plan.manifest.variables.keys().map(|key| name(key)).collect();
        for step in plan.steps.iter().chain(&plan.rollbacks) {
            let Some(pattern) = step.redact() else { continue };
            for variable in given::all(&plan.manifest, step) {
                let own = self.covered_in.entry(name(&variable)).or_default();
                own.push(pattern.clone());
            }
            if let Some(capture) = &step.attributes.capture {
                self.redacted
                    .entry(name(&capture.name))
                    .or_default()
                    .push(pattern);
            }
        }
        self
    }

    /// What it is for a step on that machine, which undoes those.
    pub fn at(&self, machine: &str, undone: &[String]) -> Purse {
        let mut own = self.clone();
        for (name, value) in self.captured.on(machine, undone) {
            own.values.remove(name);
            match value {
                Ok(Some(value)) => drop(own.values.insert(name.clone(), value.clone())),
                Ok(None) => drop(own.lost.insert(name.clone())),
                Err(why) => drop(own.apart.insert(name.clone(), why)),
            }
        }
        own
    }

    /// Of the machine that this is for: whether others have captured a value of that name, not all the same, and it has none.
    pub fn differs(&self, variable: &str) -> bool {
        self.apart(variable).is_some()
    }

    pub(super) fn apart(&self, variable: &str) -> Option<Differs> {
        self.apart.get(&name(variable)).copied()
    }

    /// A step has begun there.
    pub(super) fn begin(&mut self, step: &str, machine: &str) {
        self.captured.begin(step, machine);
    }

    /// The same of one that ran, with the values of now.
    pub(super) fn run(&mut self, step: &str, machine: &str) {
        self.captured.begin(step, machine);
        self.captured.run(step, machine);
    }

    /// Whether what was captured under that name was not kept.
    pub fn is_lost(&self, variable: &str) -> bool {
        self.lost.contains(&name(variable))
    }

    /// Whether nothing tells the value of a name that steps have captured.
    pub(super) fn is_untold(&self, variable: &str) -> bool {
        self.differs(variable) || self.is_lost(variable)
    }

    /// What is known of the alarm.
    pub(super) fn facts(&self) -> &Values {
        &self.facts
    }

    pub fn set(&mut self, variable: &str, value: String) {
        self.captured.forget(variable);
        self.values.insert(name(variable), value);
    }

    pub fn stand_in(&mut self, variable: &str, shown: String) {
        self.stand_ins.insert(name(variable), shown);
    }

    pub fn set_secret(&mut self, variable: &str, value: Zeroizing<String>) {
        self.secrets.insert(name(variable), value);
    }

    pub fn secret(&self, variable: &str) -> Option<&str> {
        self.secrets.get(&name(variable)).map(|value| value.as_str())
    }

    /// A value without asking, and where it is from. `facts` are the target's.
    pub fn known(&self, manifest: &Manifest, variable: &str, facts: &Values) -> Option<(String, Source)> {
        let key = name(variable);
        if let Some(shown) = self.stand_ins.get(&key) {
            return Some((shown.clone(), Source::Given));
        }
        if self.is_untold(variable) {
            return None;
        }
        let given = || self.values.get(&key).map(|value| (value.clone(), Source::Given));
        let declared = declared(manifest, &key);
        let told = || {
            let all: Values = self
                .facts
                .iter()
                .chain(facts)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            declared.and_then(|(_, variable)| variable.known(&all))
        };
        let fact = || {
            let fact = facts.get(&key).or_else(|| self.facts.get(&key));
            fact.map(|value| (value.clone(), Source::Fact))
        };
        // What is not of the form that the page wants is as good as unknown.
        let fits = |value: &String| declared.is_none_or(|(_, variable)| variable.accept(value).is_ok());
        given()
            .or_else(told)
            .or_else(fact)
            .filter(|(value, _)| fits(value))
    }

    /// The commands of a step on a target with their values, or what is wanting. A shell here, `is_here`, has the variables
    /// of this process.
    pub fn fill(
        &self,
        manifest: &Manifest,
        step: &Step,
        facts: &Values,
        is_here: bool,
    ) -> Result<Filled, Need> {
        let secrets = manifest.secrets();
        let mut values = self.values.clone();
        values.retain(|known, _| !self.apart.contains_key(known));
        values.extend(self.stand_ins.clone());
        if let What::Call(call) = &step.what {
            for wanted in call.placeholders() {
                if let Some((value, _)) = self.known(manifest, &wanted, facts) {
                    values.insert(wanted, value);
                }
            }
            let call = call.fill(&values, &secrets).map_err(|refused| match refused {
                Refused::Missing(missing) => {
                    self.lacks(manifest, missing.into_iter().next().unwrap_or_default())
                }
                refused => Need::Refused(refused),
            })?;
            return Ok(Filled {
                commands: call.lines(),
                call: Some(call),
                ..Filled::default()
            });
        }
        let Some(block) = step.block() else {
            return Ok(Filled::default());
        };
        let mut inherited: BTreeSet<String> = BTreeSet::new();
        let mut filled = loop {
            match fill_apart(block, &values, &secrets, &inherited) {
                Ok(filled) => break filled,
                Err(Refused::Missing(missing)) => {
                    for wanted in missing {
                        match self.known(manifest, &wanted, facts) {
                            Some((value, _)) if !value.is_empty() => {
                                values.insert(name(&wanted), value);
                            }
                            _ if !self.is_untold(&wanted)
                                && is_here
                                && self.inherit(&mut inherited, block, &wanted) => {}
                            _ => return Err(self.lacks(manifest, wanted)),
                        }
                    }
                }
                Err(refused) => return Err(Need::Refused(refused)),
            }
        };
        for variable in given::read(manifest, step, block) {
            if secrets.contains(variable) {
                let mut commands = block.commands.iter();
                if step.inputs.contains(variable) || commands.any(|command| expands(command, variable)) {
                    filled.secrets.insert(variable.clone());
                }
                continue;
            }
            match self.known(manifest, variable, facts) {
                Some((value, _)) => export(&mut filled, block, variable, value)?,
                None => return Err(self.lacks(manifest, variable.clone())),
            }
        }
        for variable in block.takes() {
            let value = self.values.get(&name(&variable));
            if let Some(value) = value.filter(|_| self::declared(manifest, &variable).is_none()) {
                export(&mut filled, block, &variable, value.clone())?;
            }
        }
        if let Some(secret) = filled.secrets.first().filter(|_| block.is_powershell()) {
            let name = secret.clone();
            return Err(Need::Refused(Refused::Kept { name }));
        }
        match filled.secrets.iter().find(|wanted| self.secret(wanted).is_none()) {
            Some(wanted) => Err(Need::Secret(wanted.clone())),
            None => Ok(filled),
        }
    }

    fn lacks(&self, manifest: &Manifest, wanted: String) -> Need {
        let spelt = spelt(manifest, wanted);
        match self.differs(&spelt) {
            true => Need::Differs(spelt),
            false => Need::Value(spelt),
        }
    }

    /// The same as a run has it: with every value that the programs of the step may look for in their environment.
    pub fn equip(
        &self,
        manifest: &Manifest,
        step: &Step,
        facts: &Values,
        is_here: bool,
    ) -> Result<Filled, Need> {
        let mut filled = self.fill(manifest, step, facts, is_here)?;
        let Some(block) = step.block() else {
            return Ok(filled);
        };
        for variable in &step.environment {
            let known = self.known(manifest, variable, facts);
            if let Some((value, _)) = known.filter(|_| !filled.exports.contains_key(variable)) {
                export(&mut filled, block, variable, value)?;
            }
        }
        let is_kept = |variable: &String| block.is_powershell() && self.is_hidden(variable);
        let learnt = step.learnt.iter().filter(|variable| !self.is_untold(variable));
        for variable in
            learnt.filter(|variable| !filled.exports.contains_key(*variable) && !is_kept(variable))
        {
            let known = self.values.get(&name(variable));
            if let Some(value) = known.filter(|value| value.len() <= LONGEST && !value.contains('\0'))
                && fits(block, variable, value).is_ok()
            {
                filled.learnt.insert(variable.clone(), value.clone());
            }
        }
        Ok(filled)
    }

    /// A text as it may be shown: secrets by their names, and what policy and the page want covered.
    pub fn cover(&self, text: &str, also: Option<&Regex>) -> String {
        covered(&self.named(text, also))
    }

    /// A text as it may be written: what looks like a secret in it is covered, whatever policy says of recordings.
    pub fn keep(&self, text: &str, also: Option<&Regex>) -> String {
        self.seen.kept(&self.named(text, also))
    }

    fn named(&self, text: &str, also: Option<&Regex>) -> String {
        let mut named = text.to_owned();
        let own = |name| {
            self.values
                .get(name)
                .into_iter()
                .chain(self.captured.values(name))
        };
        let all = self.hidden.iter();
        let hidden = all.flat_map(|name| own(name).map(move |value| (name, value)));
        for (name, value) in hidden.filter(|(_, value)| !value.is_empty()) {
            named = named.replace(value.as_str(), &format!("[redacted {name}]"));
        }
        for (name, value) in self.secrets.iter().filter(|(_, value)| !value.is_empty()) {
            named = named.replace(value.as_str(), &format!("[secret {name}]"));
        }
        match also {
            Some(pattern) => pattern.replace_all(&named, "[redacted]").into_owned(),
            None => named,
        }
    }

    /// Whether a person's value is secret by its name alone, which the page does not declare.
    fn is_secret_by_name(&self, key: &str, source: Source) -> bool {
        matches!(source, Source::Given | Source::Asked) && !self.declared.contains(key) && is_secret_name(key)
    }

    /// A value as the journal has it. One that may not be written whole is covered from now on wherever it turns up.
    pub fn valued(
        &mut self,
        variable: &str,
        source: Source,
        value: &str,
        target: Option<&str>,
        also: Option<&Regex>,
    ) -> Record {
        let key = name(variable);
        let own = [&self.redacted, &self.covered_in];
        let own = own.into_iter().flat_map(|of| of.get(&key)).flatten();
        let named = own.fold(self.named(value, also), |text, pattern| {
            pattern.replace_all(&text, "[redacted]").into_owned()
        });
        let kept = match self.is_secret_by_name(&key, source) {
            true => "[redacted]".to_owned(),
            false => masked(&named),
        };
        let is_covered = kept != value;
        if is_covered {
            self.hide(variable);
        }
        Record::Valued {
            name: variable.to_owned(),
            source: source.name().to_owned(),
            value: Some(kept),
            target: target.map(str::to_owned),
            covered: is_covered,
            step: None,
        }
    }

    /// Takes what a step captured on a machine, and tells the journal of it.
    pub fn capture(
        &mut self,
        by: &str,
        variable: &str,
        machine: &str,
        value: &str,
        also: Option<&Regex>,
    ) -> Record {
        self.captured.take(by, variable, machine, Some(value.to_owned()));
        let record = self.valued(variable, Source::Captured, value, Some(machine), also);
        by_step(record, by)
    }

    /// Takes what a person says: for the whole run, or only for that machine where a step captured it there and the journal
    /// did not keep it.
    pub fn answer(&mut self, variable: &str, machine: &str, undone: &[String], value: &str) -> Record {
        let lost = self.captured.lost(variable, machine, undone);
        let Some(by) = lost.map(str::to_owned) else {
            self.set(variable, value.to_owned());
            return self.valued(variable, Source::Asked, value, None, None);
        };
        self.captured
            .amend(&by, variable, machine, Some(value.to_owned()));
        let record = self.valued(variable, Source::Asked, value, Some(machine), None);
        by_step(record, &by)
    }

    /// Whether nobody is to see a value of this name, be it that there is none yet.
    pub fn is_hidden(&self, variable: &str) -> bool {
        let key = name(variable);
        self.hidden.contains(&key) || self.redacted.contains_key(&key)
    }

    /// A value that was covered where a step printed it is so by itself too: what it stood behind may have told.
    pub(super) fn hide_cut(&mut self, captured: Option<&(String, String)>, printed: &str, kept: &str) {
        if let Some((name, value)) = captured
            && printed != kept
            && !kept.contains(value.as_str())
        {
            self.hide(name);
        }
    }

    /// A value of this name is covered like a secret.
    pub fn hide(&mut self, variable: &str) {
        self.hidden.insert(name(variable));
    }
}

fn by_step(mut record: Record, by: &str) -> Record {
    if let Record::Valued { step, .. } = &mut record {
        *step = Some(by.to_owned());
    }
    record
}

/// Sets a variable for a block; a value that something would evaluate is refused.
fn export(filled: &mut Filled, block: &Block, variable: &str, value: String) -> Result<(), Need> {
    if value.contains('\0') {
        let what = format!("the value of ${variable}");
        return Err(Need::Refused(Refused::Control { what }));
    }
    fits(block, variable, &value).map_err(Need::Refused)?;
    filled.exports.insert(variable.to_owned(), value);
    Ok(())
}

/// A name as the page declares it, where it does.
fn spelt(manifest: &Manifest, wanted: String) -> String {
    let known = declared(manifest, &wanted).map(|(known, _)| known.clone());
    known.unwrap_or(wanted)
}

/// A declaration under any spelling of its name.
pub fn declared<'m>(
    manifest: &'m Manifest,
    variable: &str,
) -> Option<(&'m String, &'m crate::runbook::Variable)> {
    let key = name(variable);
    manifest.variables.iter().find(|(known, _)| name(known) == key)
}

#[cfg(test)]
mod tests;

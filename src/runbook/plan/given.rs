//! Values that are given ahead, on a command line or in the console's form: whether the page takes them. One that it does not
//! take is refused: the name may be misspelt, and a default would run in its place.

use std::collections::BTreeMap;

use super::{Plan, What};
use crate::runbook::fence::is_variable;
use crate::runbook::fill::Values;
use crate::runbook::placeholder::{self, name};
use crate::runbook::variable::BadVariable;

/// Names that a refusal lists.
const LISTED: usize = 8;

/// Why a value is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadGiven {
    #[error("{0:?} is no name")]
    NoName(String),
    #[error("{0}: the page takes no such value; it takes {1}")]
    Stranger(String, String),
    #[error("{0}: the page sets it itself")]
    Own(String),
    #[error("{0} is a secret: it is asked for without being shown, or fetched from Parameter Store")]
    Secret(String),
    #[error("{0}: {1}")]
    Form(String, BadVariable),
}

impl Plan {
    /// Whether this may be given for a variable or a placeholder, in whatever spelling.
    pub fn accepts(&self, variable: &str, value: &str) -> Result<(), BadGiven> {
        let key = name(variable);
        if key.is_empty() {
            return Err(BadGiven::NoName(variable.to_owned()));
        }
        let mut declared = self.manifest.variables.iter();
        let declared = declared.find(|(known, _)| is_variable(known) && name(known) == key);
        match declared {
            None => self.knows(variable, &key),
            Some((known, declared)) if declared.is_secret() => Err(BadGiven::Secret(known.clone())),
            Some((known, declared)) => declared
                .accept(value)
                .map_err(|bad| BadGiven::Form(known.clone(), bad)),
        }
    }

    /// Values under the names that the page takes them by: `YOUR_BUCKET` of its commands may be given by that word, though whose
    /// it is says nothing about what it is.
    pub fn named(&self, given: Values) -> Values {
        let taken = self.taken();
        let blocks = self
            .steps
            .iter()
            .chain(&self.rollbacks)
            .filter_map(|step| step.block());
        let found = blocks.flat_map(|block| {
            let commands = block.commands.iter();
            commands.flat_map(|command| block.placeholders_of(command))
        });
        let spelt = found.map(|found| (name(found.bare()), found.name));
        let spelt: BTreeMap<String, String> = spelt
            .filter(|(spelt, called)| spelt != called && spelt.ends_with(called.as_str()))
            .collect();
        let mut named = given.clone();
        for (said, value) in given {
            let key = name(&said);
            let Some(called) = spelt.get(&key) else { continue };
            if !taken.contains_key(&key) {
                named.remove(&said);
            }
            if !named.keys().any(|known| name(known) == *called) {
                named.insert(called.clone(), value);
            }
        }
        named
    }

    /// Whether anything of the page takes a value of this name, which it does not declare.
    fn knows(&self, variable: &str, key: &str) -> Result<(), BadGiven> {
        let taken = self.taken();
        if taken.contains_key(key) {
            return Ok(());
        }
        let blocks = self.steps.iter().filter_map(|step| step.block());
        let mut set = blocks
            .flat_map(|block| &block.commands)
            .flat_map(|command| placeholder::assigned(command));
        if set.any(|(own, _)| own == variable) {
            return Err(BadGiven::Own(variable.to_owned()));
        }
        let mut listed: Vec<&str> = taken.values().map(String::as_str).take(LISTED).collect();
        if taken.len() > LISTED {
            listed.push("…");
        }
        let listed = match listed.is_empty() {
            true => "none".to_owned(),
            false => listed.join(", "),
        };
        Err(BadGiven::Stranger(variable.to_owned(), listed))
    }

    /// What values may be given for, by the one name of all spellings, each as the page spells it.
    fn taken(&self) -> BTreeMap<String, String> {
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        let mut take = |spelt: &str| {
            taken.entry(name(spelt)).or_insert_with(|| spelt.to_owned());
        };
        let declared = self.manifest.variables.iter();
        let open = declared.filter(|(_, variable)| !variable.is_secret());
        open.for_each(|(known, _)| take(known));
        for target in self.manifest.targets.values() {
            let conditions = target.tag.values().map(|value| &value.0).chain(&target.filter);
            let wanted = conditions.flat_map(|text| placeholder::written(text));
            wanted.for_each(|found| take(&found.name));
        }
        for step in self.steps.iter().chain(&self.rollbacks) {
            step.inputs.iter().for_each(|input| take(input));
            step.attributes.when.iter().for_each(|when| take(&when.name));
            match &step.what {
                What::Commands(block) => {
                    let commands = block.commands.iter();
                    let wanted = commands.flat_map(|command| block.placeholders_of(command));
                    for found in wanted {
                        match found.text.strip_prefix('$') {
                            Some(variable) => take(variable),
                            None => take(&found.name),
                        }
                    }
                    block.takes().iter().for_each(|variable| take(variable));
                }
                What::Call(call) => call.placeholders().iter().for_each(|wanted| take(wanted)),
                What::Task(_) => {}
            }
        }
        taken
    }
}

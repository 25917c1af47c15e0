//! Whether the condition of a step holds on a machine: one answer for a run and for what is told before it.

use super::purse::Purse;
use crate::runbook::Values;
use crate::runbook::manifest::Manifest;
use crate::runbook::placeholder::name;
use crate::runbook::plan::Step;

/// What `when` says of a machine.
pub(super) enum Case {
    Meant,
    /// It is not for this case.
    Out(String),
    /// Nobody can say: why.
    Untold(String),
}

impl Case {
    /// Of the machine that the purse is for, by its label. `unknown` counts where there is no value; without one, the step is meant.
    pub fn of(
        step: &Step,
        manifest: &Manifest,
        purse: &Purse,
        label: &str,
        facts: &Values,
        unknown: Option<&str>,
    ) -> Case {
        let Some(when) = &step.attributes.when else {
            return Case::Meant;
        };
        if let Some(why) = purse.untold(&when.name, label) {
            return Case::Untold(why);
        }
        let known = purse.known(manifest, &name(&when.name), facts);
        let known = known.map(|(value, _)| value);
        let Some(value) = known.or_else(|| unknown.map(str::to_owned)) else {
            return Case::Meant;
        };
        let sign = if when.is { "==" } else { "!=" };
        match (value == when.value) == when.is {
            true => Case::Meant,
            false => Case::Out(format!("it is for {} {sign} {:?}", when.name, when.value)),
        }
    }
}

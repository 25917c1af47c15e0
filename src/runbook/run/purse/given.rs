//! Under which names a step is given values, and so which of them its page can want covered.

use std::collections::BTreeSet;

use crate::runbook::manifest::Manifest;
use crate::runbook::plan::{Step, What};
use crate::runbook::{Block, is_variable, relied_on};

/// What the page declares or names as an input, and the block reads by its own spelling.
pub(super) fn read<'a>(
    manifest: &'a Manifest,
    step: &'a Step,
    block: &'a Block,
) -> impl Iterator<Item = &'a String> {
    let known = manifest.variables.keys().chain(&step.inputs);
    known
        .filter(|variable| is_variable(variable))
        .filter(|variable| step.inputs.contains(variable) || block.reads(variable))
}

/// Every name, as it is spelt there: what its text asks for, what it takes unasked, and what the programs of it may look for.
pub(super) fn all(manifest: &Manifest, step: &Step) -> BTreeSet<String> {
    let block = match &step.what {
        What::Commands(block) => block,
        What::Call(call) => return call.placeholders(),
        What::Task(_) => return BTreeSet::new(),
    };
    let mut all = relied_on(block);
    all.extend(block.keys.iter().cloned());
    all.extend(block.takes());
    all.extend(read(manifest, step, block).cloned());
    all.extend(step.environment.iter().cloned());
    all
}

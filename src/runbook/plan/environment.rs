//! Values reach commands as environment variables: which of the page's own reach a step that has none of them by name, but
//! may start a program that looks for them.

use std::collections::BTreeSet;

use super::{Manifest, Step};
use crate::runbook::fence::is_variable;
use crate::runbook::placeholder::{is_systems, name};

/// The steps, each with the variables that it gets unasked: those that the page declares, and those that a run only comes to
/// know, from a step's output, from Parameter Store or for another step. Secrets go to commands that name them; what a shell
/// has been handed by a block is left alone.
pub(super) fn told(mut steps: Vec<Step>, manifest: &Manifest) -> Vec<Step> {
    let captures = steps.iter().filter_map(|step| step.attributes.capture.as_ref());
    let captured: BTreeSet<String> = captures.map(|capture| capture.name.clone()).collect();
    let is_captured = |known: &str| captured.iter().any(|captured| name(captured) == name(known));
    let is_secret = |known: &str| {
        let mut declared = manifest.variables.iter();
        declared.any(|(other, variable)| variable.is_secret() && name(other) == name(known))
    };
    let mut learnt = asked(&steps);
    let mut declared = BTreeSet::new();
    for (known, variable) in &manifest.variables {
        match variable.stored().is_some() || is_captured(known) {
            true => learnt.insert(known.clone()),
            false => declared.insert(known.clone()),
        };
    }
    learnt.extend(captured.iter().cloned());
    learnt.retain(|known| is_variable(known) && !declared.contains(known));
    for known in [&mut declared, &mut learnt] {
        known.retain(|known| !is_secret(known) && !is_systems(known));
    }
    for step in &mut steps {
        let Some(block) = step.block() else { continue };
        let unset = |all: &BTreeSet<String>| -> Vec<String> {
            let unset = all.iter().filter(|known| !block.is_handed(known));
            unset.cloned().collect()
        };
        (step.environment, step.learnt) = (unset(&declared), unset(&learnt));
    }
    steps
}

/// Variables that the blocks want a value for by their name, declared or not.
fn asked(steps: &[Step]) -> BTreeSet<String> {
    let blocks = || steps.iter().filter_map(Step::block);
    let written = blocks().flat_map(|block| &block.placeholders);
    let written = written.filter_map(|text| text.strip_prefix('$').map(str::to_owned));
    written.chain(blocks().flat_map(|block| block.takes())).collect()
}

//! Values reach commands as environment variables: which of the page's own reach a step that has none of them by name, but
//! may start a program that looks for them.

use std::collections::BTreeSet;

use super::{Manifest, Step};
use crate::runbook::placeholder::{is_systems, name};

/// The steps, each with the variables that it gets unasked. What a run only comes to know, from a step's output or from
/// Parameter Store, goes to commands that name it, as secrets do; what a shell has been handed by a block is left alone.
pub(super) fn told(mut steps: Vec<Step>, manifest: &Manifest) -> Vec<Step> {
    let captured = steps.iter().filter_map(|step| step.attributes.capture.as_ref());
    let captured: BTreeSet<String> = captured.map(|capture| name(&capture.name)).collect();
    let declared = manifest.variables.iter().filter(|(known, variable)| {
        let is_learnt = variable.stored().is_some() || captured.contains(&name(known));
        !variable.is_secret() && !is_learnt && !is_systems(known)
    });
    let declared: Vec<&String> = declared.map(|(known, _)| known).collect();
    for step in &mut steps {
        let Some(block) = step.block() else { continue };
        let unset = declared.iter().filter(|known| !block.is_handed(known));
        step.environment = unset.map(|known| known.to_string()).collect();
    }
    steps
}

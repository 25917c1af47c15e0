//! Variables that a shell here has without being told: those of this process, and the AWS profile that it is started with.

use std::collections::BTreeSet;

use super::Purse;
use crate::runbook::Block;
use crate::runbook::placeholder::{expands, name};

/// The variable that names an AWS profile.
const PROFILE: &str = "AWS_PROFILE";

impl Purse {
    /// The same for shells here that are given this AWS profile, whatever this process has.
    pub fn under(self, profile: Option<&str>) -> Purse {
        Purse {
            has_profile: profile.is_some(),
            ..self
        }
    }

    /// Whether a shell here has a variable that the block expands by that very spelling, and nobody knew it yet.
    pub(super) fn inherit(&self, inherited: &mut BTreeSet<String>, block: &Block, wanted: &str) -> bool {
        let is_it = |variable: &String| {
            name(variable) == wanted && block.commands.iter().any(|command| expands(command, variable))
        };
        let set = std::env::vars_os().filter(|(_, value)| !value.is_empty());
        let known = set.filter_map(|(variable, _)| variable.into_string().ok());
        known
            .chain(self.has_profile.then(|| PROFILE.to_owned()))
            .find(is_it)
            .is_some_and(|variable| inherited.insert(variable))
    }
}

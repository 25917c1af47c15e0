//! Whether a step reaches production, wherever it runs: what is typed here, or given to AWS, may touch any machine. So it
//! takes over what the run's own machines are, what its alarm is about, and every machine that its text names.

use std::collections::{BTreeMap, BTreeSet};

use super::target::Target;
use crate::runbook::Filled;
use crate::runbook::fill::Values;

/// What a run is known to be about.
pub(super) struct Reach<'a> {
    pub targets: &'a [Target],
    pub named: &'a BTreeMap<String, Vec<Target>>,
    /// Ids of machines that are known to be production.
    pub known: &'a BTreeSet<String>,
    /// Of the alarm that led to it.
    pub facts: &'a Values,
}

impl Reach<'_> {
    /// Of a step on these targets, with its commands as they would be run.
    pub fn is_production(&self, on: &[Target], filled: &[Filled]) -> bool {
        let is_here = on.iter().any(|target| target.far.is_none());
        let all = || self.targets.iter().chain(self.named.values().flatten());
        on.iter().any(|target| target.machine.production)
            || is_here && all().any(|target| target.machine.production)
            || is_here && self.facts.values().any(|fact| self.known.contains(fact))
            || filled.iter().any(|one| self.is_named(one))
    }

    /// Whether the text, or a value that it is given, holds the id of such a machine.
    fn is_named(&self, filled: &Filled) -> bool {
        let texts = filled.commands.iter().chain(filled.exports.values());
        let words = texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
        words.into_iter().any(|word| self.known.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::run::record::Machine;

    fn there(id: &str, production: bool) -> Target {
        Target {
            machine: Machine {
                id: id.into(),
                production,
                ..Target::local().machine
            },
            far: None,
        }
    }

    fn runs(command: &str) -> [Filled; 1] {
        [Filled {
            commands: vec![command.into()],
            ..Filled::default()
        }]
    }

    #[test]
    fn what_runs_here_is_as_much_production_as_what_it_is_about() {
        let (none, here) = (BTreeMap::new(), [Target::local()]);
        let (known, nothing) = (BTreeSet::from(["i-0c1".to_owned()]), Values::new());
        let reach = |targets, facts| Reach {
            targets,
            named: &none,
            known: &known,
            facts,
        };
        let (prod, test) = ([there("i-0c1", true)], [there("i-0a1", false)]);
        assert!(reach(&prod, &nothing).is_production(&here, &runs("uptime")));
        assert!(!reach(&test, &nothing).is_production(&here, &runs("uptime")));
        let alarm = Values::from([("target.instance_id".to_owned(), "i-0c1".to_owned())]);
        assert!(reach(&here, &alarm).is_production(&here, &runs("uptime")));
        for (command, is) in [
            ("aws ec2 terminate-instances --instance-ids=i-0c1,i-0a1", true),
            ("aws ec2 terminate-instances --instance-ids i-0c12", false),
        ] {
            assert_eq!(
                reach(&test, &nothing).is_production(&here, &runs(command)),
                is,
                "{command}"
            );
        }
        let given = [Filled {
            exports: [("NODE".to_owned(), "i-0c1".to_owned())].into(),
            ..Filled::default()
        }];
        assert!(reach(&test, &nothing).is_production(&here, &given));
    }
}

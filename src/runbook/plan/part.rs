//! A page of which one step runs, without the others: what they would do with a value is no matter then.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Plan, Step, What};
use crate::runbook::block::Block;
use crate::runbook::placeholder;

impl Plan {
    /// The page's own targets that a run of that step, by name or number, comes to, and what undoes it.
    pub fn targets_alone(&self, wanted: &str) -> BTreeSet<&String> {
        let alone = self.step(wanted);
        let undoing = alone.and_then(|step| self.step(step.attributes.rollback.as_deref()?));
        Plan::targets_of(alone.into_iter().chain(undoing))
    }

    /// The same for a run of that step, by name or number, and of what undoes it.
    pub fn alone(mut self, wanted: &str) -> Plan {
        let undoing = self
            .step(wanted)
            .and_then(|step| step.attributes.rollback.clone());
        let is_in = |step: &Step| {
            step.id == wanted || step.number.to_string() == wanted || undoing.as_ref() == Some(&step.id)
        };
        let mut parts: Vec<&mut Block> = Vec::new();
        for step in self
            .steps
            .iter_mut()
            .chain(&mut self.rollbacks)
            .filter(|step| is_in(step))
        {
            if let What::Commands(block) = &mut step.what {
                parts.push(block);
            }
        }
        let commands: Vec<String> = parts
            .iter()
            .flat_map(|block| block.commands.iter().cloned())
            .collect();
        let evaluated = Arc::new(placeholder::evaluated(&commands));
        parts
            .into_iter()
            .for_each(|block| block.part(Arc::clone(&evaluated)));
        self
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::runbook::fill::fits;

    #[test]
    fn a_value_may_be_what_only_a_block_that_does_not_run_would_evaluate() {
        let page = "```sh {name=look}\necho \"$X\"\n```\n\n```sh {name=count rollback=undo}\necho \"$X\"\n```\n\n```sh {name=undo kind=rollback}\necho $((X + 1))\n```\n";
        let plan = || Plan::parse(Path::new("p.md"), "p.md", page).unwrap();
        let may_be = |plan: &Plan, step: &str| {
            let block = plan.step(step).and_then(Step::block).unwrap();
            fits(block, "X", "a b").is_ok()
        };
        assert!(!may_be(&plan(), "look"));
        assert!(may_be(&plan().alone("look"), "look") && may_be(&plan().alone("1"), "look"));
        // What undoes it may run too.
        assert!(!may_be(&plan().alone("count"), "count"));
    }
    #[test]
    fn a_step_alone_wants_no_machines_of_the_others() {
        let page = "---\ntargets: {web: {filter: web}, db: {filter: db}}\n---\n```sh {name=a on=web rollback=u}\ntouch x\n```\n\n```sh {name=b}\nls\n```\n\n```sh {name=u kind=rollback on=db}\nrm x\n```\n";
        let plan = Plan::parse(Path::new("p.md"), "p.md", page).unwrap();
        let alone = |step: &str| plan.targets_alone(step).into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(plan.targets().len(), 2);
        assert_eq!(
            (alone("a"), alone("2")),
            (vec!["db".to_owned(), "web".to_owned()], vec![])
        );
    }
}

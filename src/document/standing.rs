//! What holds for a word to an automation that has begun. Who lets it go on lets it touch its machines: that is judged by
//! them and by the account, as its start is.

use super::{Seen, may_be_production};
use crate::aws::Signal;
use crate::config::Mode;
use crate::fleet::{Node, Policy};
use crate::runbook::Level;

#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Machines that it touches, as far as they are known.
    pub nodes: Vec<Node>,
    pub is_production: bool,
    /// How strictly a word is told before it is said.
    pub mode: Mode,
}

impl Standing {
    /// `known` are machines, all of them where `is_whole`; `here` is the account and the region themselves. What is not
    /// known may be production.
    pub fn of(policy: &Policy, known: &[Node], is_whole: bool, here: &Node, seen: &Seen) -> Standing {
        let machines = seen.machines();
        let is_known = |id: &String| known.iter().any(|node| node.id.0 == *id);
        let nodes: Vec<Node> = known
            .iter()
            .filter(|node| machines.contains(&node.id.0))
            .cloned()
            .collect();
        let is_unknown = !is_whole && !machines.iter().all(is_known);
        let execution = &seen.execution;
        let sent = execution
            .locations
            .iter()
            .map(|(accounts, regions)| (&accounts[..], &regions[..]));
        let is_elsewhere = seen.unlisted.is_some() || may_be_production(policy, sent, here);
        // What a key chooses in other regions only the children there tell.
        let is_open = !execution.locations.is_empty() && !execution.targets.is_empty() && machines.is_empty();
        let is_production = is_unknown
            || is_elsewhere
            || is_open
            || policy.is_production(here)
            || nodes.iter().any(|node| policy.is_production(node));
        Standing {
            mode: policy.of_automation(&nodes, is_production),
            nodes,
            is_production,
        }
    }

    /// What must be said before the signal. It is asked for by itself: more than that is for production only.
    pub fn level(&self, signal: &Signal) -> Level {
        match self.is_production && signal.lets_go_on() {
            true => Level::None.raised(),
            false => Level::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Execution;
    use crate::config::Config;
    use crate::fleet::Id;

    fn node(id: &str, env: &str) -> Node {
        let mut node = Node::default();
        node.tags.insert("env".into(), env.into());
        node.id = Id(id.into());
        node
    }

    fn touching(id: &str) -> Seen {
        let given = ("InstanceId".to_owned(), vec![id.to_owned()]);
        Seen {
            execution: Execution {
                parameters: [given].into(),
                ..Execution::default()
            },
            ..Seen::default()
        }
    }

    #[test]
    fn what_lets_it_go_on_is_judged_by_the_machines_that_it_touches() {
        let policy = Policy::of(&Config::default()).unwrap();
        let known = [
            node("i-0aaaaaaaaaaaaaaaa", "prod"),
            node("i-0bbbbbbbbbbbbbbbb", "test"),
        ];
        let of = |id: &str, is_whole| {
            let standing = Standing::of(&policy, &known, is_whole, &Node::default(), &touching(id));
            (standing.mode, standing.is_production)
        };
        assert_eq!(of("i-0aaaaaaaaaaaaaaaa", true), (Mode::Strict, true));
        assert_eq!(of("i-0bbbbbbbbbbbbbbbb", false), (Mode::BestEffort, false));
        let unknown = "i-0cccccccccccccccc";
        assert_eq!(of(unknown, false), (Mode::Strict, true));
        assert_eq!(of(unknown, true), (Mode::BestEffort, false), "it is gone");
        let seen = touching("i-0aaaaaaaaaaaaaaaa");
        let prod = Standing::of(&policy, &known, true, &Node::default(), &seen);
        let mut here = Node::default();
        here.account = "111122223333".into();
        let sent = |account: &str, targets: Vec<(String, Vec<String>)>| {
            let mut seen = touching("i-0bbbbbbbbbbbbbbbb");
            seen.execution.locations = vec![(vec![account.into()], vec!["us-east-1".into()])];
            if !targets.is_empty() {
                seen.execution.parameters.clear();
            }
            seen.execution.targets = targets;
            Standing::of(&policy, &known, true, &here, &seen).is_production
        };
        assert!(!sent(&here.account, Vec::new()), "the own account by its number");
        assert!(sent("444455556666", Vec::new()));
        let by_tag = vec![("tag:env".to_owned(), vec!["any".to_owned()])];
        assert!(sent(&here.account, by_tag), "nobody tells what that is");
        let (comment, step) = (String::new(), String::new());
        assert_eq!(prod.level(&Signal::Resume { step }), Level::Enter);
        assert_eq!(prod.level(&Signal::Reject { comment }), Level::None);
    }
}

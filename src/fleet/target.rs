//! TARGET of the command line: an id, a Name tag, `key=value` tags or `ecs:CLUSTER/TASK/CONTAINER`.
//! A name is only unique when every region answered; otherwise nothing is opened on a guess.

use std::collections::BTreeSet;

use super::Node;
use crate::aws::Failure;

/// What a TARGET names.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    One(Box<Node>),
    None,
    Many(Vec<Node>),
    /// These `account region` pairs did not answer, so the name may exist there, or exist twice.
    Unproven {
        silent: Vec<String>,
    },
    /// Not in the fleet: a container of Amazon ECS.
    Container {
        cluster: String,
        task: String,
        container: String,
    },
}

/// Finds the one node that `target` names. Terminated namesakes do not count.
pub fn resolve(target: &str, nodes: &[Node], failures: &[Failure]) -> Found {
    if let Some(found) = container(target) {
        return found;
    }
    let is_id = is_id(target);
    let mut matches: Vec<&Node> = if is_id {
        nodes.iter().filter(|node| node.id.0 == target).collect()
    } else if let Some(tags) = tags(target) {
        let tagged = |node: &&Node| {
            tags.iter()
                .all(|(key, value)| node.tags.get(*key).is_some_and(|v| v == value))
        };
        nodes
            .iter()
            .filter(|node| !node.is_terminated())
            .filter(tagged)
            .collect()
    } else {
        nodes
            .iter()
            .filter(|node| !node.is_terminated() && node.name == target)
            .collect()
    };
    // Two profiles of one account show the same node twice.
    let mut seen = BTreeSet::new();
    matches.retain(|node| seen.insert(&node.id));
    let silent: BTreeSet<String> = failures
        .iter()
        .filter(|failure| failure.service != "sts")
        .map(|failure| {
            format!("{} {}", failure.account, failure.region)
                .trim_end()
                .to_owned()
        })
        .collect();
    match matches.as_slice() {
        [one] if is_id || silent.is_empty() => Found::One(Box::new((*one).clone())),
        [_, _, ..] => Found::Many(matches.into_iter().cloned().collect()),
        [] if silent.is_empty() => Found::None,
        _ => Found::Unproven {
            silent: silent.into_iter().collect(),
        },
    }
}

/// `i-` or `mi-` and hexadecimal digits, as AWS makes them.
fn is_id(target: &str) -> bool {
    target
        .strip_prefix("mi-")
        .or_else(|| target.strip_prefix("i-"))
        .is_some_and(|rest| rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn container(target: &str) -> Option<Found> {
    let mut parts = target.strip_prefix("ecs:")?.splitn(3, '/').map(str::to_owned);
    let (cluster, task, container) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Found::Container {
        cluster,
        task,
        container,
    })
}

/// `key=value`, several joined by commas.
fn tags(target: &str) -> Option<Vec<(&str, &str)>> {
    target
        .split(',')
        .map(|pair| pair.split_once('=').filter(|(key, _)| !key.is_empty()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Why;
    use crate::fleet::Id;

    fn node(id: &str, name: &str, state: &str, env: &str) -> Node {
        Node {
            id: Id(id.into()),
            name: name.into(),
            state: Some(state.into()),
            tags: [("env".to_owned(), env.to_owned())].into(),
            ..Node::default()
        }
    }

    fn fleet() -> Vec<Node> {
        vec![
            node("i-0aaaaaaaaaaaaaaa1", "web", "running", "prod"),
            node("i-0aaaaaaaaaaaaaaa2", "web", "terminated", "prod"),
            node("i-0aaaaaaaaaaaaaaa3", "db", "running", "prod"),
            node("i-0aaaaaaaaaaaaaaa4", "db", "running", "dev"),
        ]
    }

    fn failure() -> Failure {
        Failure {
            account: "1".into(),
            region: "eu-west-1".into(),
            service: "ec2".into(),
            cause: "x".into(),
            hint: "y".into(),
            profile: "p".into(),
            why: Why::Unreachable,
        }
    }

    fn one(found: Found) -> String {
        match found {
            Found::One(node) => node.id.0,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_name_is_found_and_terminated_namesakes_do_not_count() {
        assert_eq!(one(resolve("web", &fleet(), &[])), "i-0aaaaaaaaaaaaaaa1");
        assert_eq!(one(resolve("env=dev", &fleet(), &[])), "i-0aaaaaaaaaaaaaaa4");
    }

    #[test]
    fn two_of_a_name_are_listed() {
        assert!(matches!(resolve("db", &fleet(), &[]), Found::Many(nodes) if nodes.len() == 2));
        assert_eq!(resolve("nobody", &fleet(), &[]), Found::None);
    }

    #[test]
    fn a_name_is_unproven_while_a_region_is_silent_but_an_id_is_not() {
        let silent = Found::Unproven {
            silent: vec!["1 eu-west-1".into()],
        };
        assert_eq!(resolve("web", &fleet(), &[failure()]), silent);
        assert_eq!(resolve("i-0aaaaaaaaaaaaaaa9", &fleet(), &[failure()]), silent);
        assert_eq!(
            one(resolve("i-0aaaaaaaaaaaaaaa3", &fleet(), &[failure()])),
            "i-0aaaaaaaaaaaaaaa3"
        );
    }

    #[test]
    fn containers_are_named_by_cluster_task_and_container() {
        let found = Found::Container {
            cluster: "c".into(),
            task: "t".into(),
            container: "app".into(),
        };
        assert_eq!(resolve("ecs:c/t/app", &[], &[]), found);
    }
}

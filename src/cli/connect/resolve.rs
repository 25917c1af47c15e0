//! From what was typed to one node. A name is unique only when every region has answered.

use futures_util::StreamExt;

use crate::aws::Cloud;
use crate::cli::Error;
use crate::fleet::{self, Found, Node, Roster};

pub async fn resolve(cloud: &Cloud, target: &str) -> Result<Node, Error> {
    let mut roster = Roster::default();
    let mut batches = fleet::fetch(cloud);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    let failed = || {
        roster
            .failures
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    };
    match fleet::resolve(target, &roster.nodes, &roster.failures) {
        Found::One(node) => Ok(*node),
        found => Err(refusal(found, target, failed())),
    }
}

fn refusal(found: Found, target: &str, failed: String) -> Error {
    match found {
        Found::Many(nodes) => {
            let list: Vec<String> = nodes
                .iter()
                .map(|node| format!("{} {} {}", node.id, node.name, node.region))
                .collect();
            Error::usage(format!(
                "{target} is {} instances:\n  {}",
                nodes.len(),
                list.join("\n  ")
            ))
            .hint("name one by its id")
        }
        _ if !failed.is_empty() => Error::unreachable(format!(
            "{target} was not found, and not every region answered: {failed}"
        ))
        .hint("give the instance's id, or see that all regions answer"),
        _ => Error::unreachable(format!("no instance or managed node is {target}"))
            .hint("`qd fleet ls` lists what can be reached"),
    }
}

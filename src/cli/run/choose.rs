//! Which machines a run is for, and the question before it touches production.

use std::io::{self, IsTerminal};

use futures_util::StreamExt;
use serde::Serialize;

use crate::aws::Cloud;
use crate::cli::{Context, Error, cloud, notice, quote};
use crate::fleet::{self, Filter, Node, Policy, Roster, SortKey};

pub struct Chosen {
    pub nodes: Vec<Node>,
    /// How many of them are production.
    pub production: usize,
}

/// The machines that match and run. A region that does not answer is told; the others are taken.
pub async fn choose(clients: &Cloud, filter: &Filter, policy: &Policy) -> Result<Chosen, Error> {
    let mut roster = Roster::default();
    let mut batches = fleet::fetch(clients);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    roster.failures.iter().for_each(cloud::tell);
    let matching = roster.nodes.into_iter().filter(|node| filter.matches(node));
    let runs = |node: &Node| matches!(node.state.as_deref(), None | Some("running"));
    let (mut nodes, resting): (Vec<Node>, Vec<Node>) = matching.partition(runs);
    if !resting.is_empty() {
        notice(format!(
            "qd: {} that match do not run, and are left out",
            resting.len()
        ));
    }
    if nodes.is_empty() {
        return Err(Error::unreachable("no running instance or managed node matches")
            .hint("`qd fleet ls --filter EXPR` shows what does"));
    }
    nodes.sort_by(|a, b| SortKey::Name.compare(a, b, false));
    let production = nodes.iter().filter(|node| policy.is_production(node)).count();
    Ok(Chosen { nodes, production })
}

/// Asks on the terminal; where nobody can be asked it is refused.
pub fn confirm(command: &str, all: usize, production: usize) -> Result<(), Error> {
    let refused = |says: String| Error::refused(says).hint("give --yes to run it without a question");
    let says = format!("{production} of {all} instances are production");
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(refused(format!("{says}, and nobody is here to confirm")));
    }
    notice(format!("{}\n{says}.", quote(command)));
    eprint!("run it there? type the number of instances to go on: ");
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .map_err(|cause| Error::failed(format!("standard input: {cause}")))?;
    if line.trim() == all.to_string() {
        Ok(())
    } else {
        Err(refused("not confirmed; nothing was run".into()))
    }
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    account: &'a str,
    region: &'a str,
    platform: &'a str,
    ping: Option<&'a str>,
}

/// What `--dry-run` shows.
pub fn print(context: &Context, nodes: &[Node]) -> Result<(), Error> {
    if context.json {
        for node in nodes {
            context.print_json_line(&Row {
                id: &node.id.0,
                name: &node.name,
                account: &node.account,
                region: &node.region,
                platform: &node.platform,
                ping: node.ping.as_deref(),
            })?;
        }
        return Ok(());
    }
    let rows: Vec<Vec<String>> = nodes
        .iter()
        .map(|node| {
            vec![
                node.name.clone(),
                node.id.to_string(),
                node.ping.clone().unwrap_or_else(|| "-".into()),
                node.region.clone(),
                node.account.clone(),
                node.platform.clone(),
            ]
        })
        .collect();
    context.print_table(&["NAME", "ID", "PING", "REGION", "ACCOUNT", "PLATFORM"], &rows)?;
    notice(format!("qd: {} instances", nodes.len()));
    Ok(())
}

//! `qd fleet ls`: instances and managed nodes of every place. A place that does not answer is told on
//! standard error (and under `failures`), and the others are listed none the less.

use std::collections::BTreeMap;

use clap::Subcommand;
use futures_util::StreamExt;
use serde::Serialize;

use super::{Context, Error, Exit, Outcome, cloud, notice};
use crate::aws::Failure;
use crate::fleet::{self, Filter, Node, Roster, SortKey};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List instances and managed nodes
    Ls {
        /// Only nodes that match, such as 'web env:prod -ping:online' or 'agent:<3.2 or age:>90d'
        #[arg(long, value_name = "EXPR", default_value = "")]
        filter: String,
        /// The same as --filter
        #[arg(value_name = "EXPR", conflicts_with = "filter")]
        words: Vec<String>,
    },
}

pub async fn run(args: Args, context: Context) -> Outcome {
    let Verb::Ls { filter, words } = args.verb;
    let filter = Filter::parse(&format!("{filter}{}", words.join(" ")))
        .map_err(|bad| Error::usage(bad.to_string()))?;
    let cloud = cloud::connect(&context);
    let mut roster = Roster::default();
    let mut batches = fleet::fetch(&cloud);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    let mut nodes: Vec<&Node> = roster.nodes.iter().filter(|node| filter.matches(node)).collect();
    nodes.sort_by(|a, b| SortKey::Name.compare(a, b, false));
    if context.json {
        let rows = nodes.into_iter().map(Row::from).collect();
        context.print_json(&Document {
            rows,
            failures: &roster.failures,
        })?;
    } else {
        let rows: Vec<Vec<String>> = nodes.into_iter().map(cells).collect();
        context.print_table(&HEADERS, &rows)?;
        if rows.is_empty() && roster.any_answered() {
            notice("qd: no instance matches");
        }
        roster.failures.iter().for_each(cloud::tell);
    }
    if roster.any_answered() {
        return Ok(Exit::Done);
    }
    Err(Error::failed("no region answered").hint("the messages above say why for each"))
}

#[derive(Serialize)]
struct Document<'a> {
    rows: Vec<Row<'a>>,
    failures: &'a [Failure],
}

/// The fields that scripts may rely on; what is absent is null.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    account: &'a str,
    profile: &'a str,
    region: &'a str,
    zone: Option<&'a str>,
    state: Option<&'a str>,
    #[serde(rename = "type")]
    instance_type: Option<&'a str>,
    platform: &'a str,
    private_ip: Option<&'a str>,
    public_ip: Option<&'a str>,
    ping: Option<&'a str>,
    agent_version: Option<&'a str>,
    launched_at: Option<jiff::Timestamp>,
    tags: &'a BTreeMap<String, String>,
}

impl<'a> From<&'a Node> for Row<'a> {
    fn from(node: &'a Node) -> Row<'a> {
        Row {
            id: &node.id.0,
            name: &node.name,
            account: &node.account,
            profile: &node.profile,
            region: &node.region,
            zone: node.zone.as_deref(),
            state: node.state.as_deref(),
            instance_type: node.instance_type.as_deref(),
            platform: &node.platform,
            private_ip: node.private_ip.as_deref(),
            public_ip: node.public_ip.as_deref(),
            ping: node.ping.as_deref(),
            agent_version: node.agent_version.as_deref(),
            launched_at: node.launched_at,
            tags: &node.tags,
        }
    }
}

const HEADERS: [&str; 9] = [
    "NAME", "ID", "STATE", "PING", "TYPE", "REGION", "ACCOUNT", "IP", "AGENT",
];

fn cells(node: &Node) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    let unknown = if node.agent_known { "-" } else { "?" };
    vec![
        node.name.clone(),
        node.id.to_string(),
        text(&node.state),
        node.ping.clone().unwrap_or_else(|| unknown.into()),
        text(&node.instance_type),
        node.region.clone(),
        node.account.clone(),
        text(&node.private_ip),
        text(&node.agent_version),
    ]
}
